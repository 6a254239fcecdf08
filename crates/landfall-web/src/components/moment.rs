//! Instants: in UTC as text, in the reader's zone once the script has seen them.

use askama::Template;
use landfall_core::time::{Instant, Timestamp};
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
    /// An instant as clients write it, if it is one in UTC.
    pub(crate) fn in_utc(text: &str) -> Option<Self> {
        let is_utc = text.ends_with('Z') && Instant::parse(text.as_bytes()).is_some();
        is_utc.then(|| Self { iso: text.to_owned() })
    }

    /// As it came.
    pub(super) fn iso(&self) -> &str {
        &self.iso
    }

    /// When it is.
    pub(crate) fn timestamp(&self) -> Option<Timestamp> {
        Instant::parse(self.iso.as_bytes()).map(Instant::timestamp)
    }

    /// Hours, minutes and seconds, UTC.
    pub(crate) fn clock_seconds(&self) -> String {
        self.iso
            .chars()
            .skip("YYYY-MM-DDT".len())
            .take("HH:MM:SS".len())
            .collect()
    }

    /// Hours and minutes, UTC.
    pub(crate) fn clock(&self) -> String {
        self.iso
            .chars()
            .skip("YYYY-MM-DDT".len())
            .take("HH:MM".len())
            .collect()
    }

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
