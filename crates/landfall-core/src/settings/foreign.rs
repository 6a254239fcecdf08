//! Settings of other targets: which do no harm, which would change the data, and which are simply unknown.

use serde_json::Value;

use super::SettingName;
use super::problem::{SettingFault, SettingWarning};
use super::raw::environment_boolean;
use crate::edit_distance::edit_distance;

/// Settings of target-stitch and of the Meltano SDK that may be left in place (singer.md §2).
const WITHOUT_EFFECT: [(&str, &str); 10] = [
    ("client_id", NOT_STITCH),
    ("token", NOT_STITCH),
    ("small_batch_url", NOT_STITCH),
    ("big_batch_url", NOT_STITCH),
    (
        "batch_size_preferences",
        "batches are set by batch_size_rows, batch_size_bytes and batch_wait_seconds",
    ),
    (
        "turbo_boost_factor",
        "batches are set by batch_size_rows, batch_size_bytes and batch_wait_seconds",
    ),
    ("disable_collection", "no usage data is collected"),
    ("add_record_metadata", "the _sdc_ columns are always added"),
    (
        "batch_config",
        "BATCH messages say themselves how their files are encoded",
    ),
    ("default_target_schema", "folders are set by s3_key_format_string"),
];
const NOT_STITCH: &str = "nothing is sent to Stitch";

/// What to do about a setting that isn't ours.
pub(super) enum Foreign {
    /// Its value asks for what happens anyway.
    Harmless,
    WithoutEffect(SettingWarning),
    Refused(SettingFault),
}

pub(super) fn judge(name: &str, value: &Value) -> Foreign {
    if let Some((setting, reason)) = WITHOUT_EFFECT.into_iter().find(|(setting, _)| *setting == name) {
        return Foreign::WithoutEffect(SettingWarning { setting, reason });
    }
    let (is_harmless, fault) = match name {
        "load_method" => (value.as_str() == Some("append-only"), SettingFault::LoadMethod),
        "hard_delete" => (is_false(value), SettingFault::HardDelete),
        "flattening_enabled" => (is_false(value), SettingFault::Flattening),
        "stream_maps" => (
            value.as_object().is_some_and(|maps| maps.is_empty()),
            SettingFault::StreamMaps,
        ),
        unknown => (
            false,
            SettingFault::Unknown {
                nearest: nearest(unknown),
            },
        ),
    };
    if is_harmless {
        Foreign::Harmless
    } else {
        Foreign::Refused(fault)
    }
}

fn is_false(value: &Value) -> bool {
    match value {
        Value::Bool(value) => !value,
        Value::String(text) => environment_boolean(text) == Some(false),
        _ => false,
    }
}

/// The setting that was meant, if the spelling is close enough to tell: two letters off, or a third of them.
fn nearest(unknown: &str) -> Option<&'static str> {
    let spelled = unknown.to_lowercase();
    let close_enough = (spelled.chars().count() / 3).max(2);
    let names = SettingName::ALL.iter().map(|setting| setting.as_str());
    let (distance, name) = names
        .map(|name| (edit_distance(&spelled, name), name))
        .min_by_key(|(distance, _)| *distance)?;
    (distance <= close_enough).then_some(name)
}
