//! Instants: in UTC as text, in the reader's zone once the script has seen them.

use askama::Template;
use landfall_core::time::Timestamp;
use serde::Deserialize;

/// An instant as the management API writes it, `2026-01-05T10:00:00Z`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Template)]
#[serde(transparent)]
#[template(
    source = r#"<time datetime="{{ iso }}" title="{{ self.plain() }} UTC">{{ self.plain() }} UTC</time>"#,
    ext = "html"
)]
pub struct Moment {
    iso: String,
}

impl Moment {
    /// In whole seconds, with a blank between day and time.
    fn plain(&self) -> String {
        self.iso
            .chars()
            .take(19)
            .map(|one| if one == 'T' { ' ' } else { one })
            .collect()
    }
}

impl From<Timestamp> for Moment {
    fn from(at: Timestamp) -> Self {
        let text = at.render();
        Self {
            iso: String::from_utf8_lossy(&text).into_owned(),
        }
    }
}
