//! What else is worth knowing about a bucket. Never a reason to fail.

use std::time::Duration;

use crate::context::Place;
use crate::probes::{StoreCapabilities, Support};
use crate::report::Information;

/// The lines for a store with `capabilities`, whose answers took as long as `answers`.
pub(super) fn lines(
    place: &Place,
    capabilities: StoreCapabilities,
    answers: &[Duration],
) -> Vec<Information> {
    let mut lines = vec![
        Information {
            topic: "store",
            text: store_text(capabilities),
        },
        Information {
            topic: "delivery",
            text: delivery_text(capabilities.conditional_create).to_owned(),
        },
    ];
    let fastest = answers.iter().min();
    if let (Some(fastest), Place::Aws | Place::Store { .. }) = (fastest, place) {
        lines.push(Information {
            topic: "latency",
            text: format!("the fastest answer took {} ms", fastest.as_millis()),
        });
    }
    lines
}

fn store_text(capabilities: StoreCapabilities) -> String {
    let said = |name: &str, support: Support| match support {
        Support::Present => format!("{name}: yes"),
        Support::Absent => format!("{name}: no"),
        Support::Unknown => format!("{name}: shows with the first load"),
    };
    [
        said("conditional create", capabilities.conditional_create),
        said("checksums", capabilities.checksums),
        said("multipart uploads", capabilities.multipart),
    ]
    .join(", ")
}

/// loading.md §6, "Upload only if absent".
fn delivery_text(conditional_create: Support) -> &'static str {
    match conditional_create {
        Support::Present => {
            "each load lands once, and no object is ever written over, whoever else writes here"
        }
        Support::Absent => {
            "each load lands once; because the store cannot create objects conditionally, Landfall looks before it \
             writes, so let nothing else write under its keys"
        }
        Support::Unknown => {
            "each load lands once; until the store has shown that it can create objects conditionally, Landfall looks \
             before it writes"
        }
    }
}
