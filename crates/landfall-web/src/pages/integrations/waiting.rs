//! What waits to be loaded, of one integration or of all, in words. Pure.

use askama::Template;

use crate::components::{Count, Within};

/// Rows that were received and are not loaded yet.
#[derive(Debug, Clone)]
pub(crate) struct WaitingRows {
    pub(crate) rows: Count,
    pub(crate) tables: Count,
    /// Whether more wait than were counted.
    pub(crate) has_unread: bool,
    pub(crate) prospect: Prospect,
}

/// What becomes of rows that wait.
#[derive(Debug, Clone)]
pub(crate) enum Prospect {
    /// There are none.
    Nothing,
    /// They load by themselves then, at the latest.
    By(Within),
    /// They are being loaded.
    Loading,
    /// Nothing is loaded, and why.
    Held(String),
}

impl WaitingRows {
    pub(crate) fn is_none(&self) -> bool {
        self.rows.is_none()
    }

    /// Whether something may be loaded now that would wait otherwise.
    pub(crate) fn can_hurry(&self) -> bool {
        matches!(self.prospect, Prospect::By(_))
    }

    /// How many, such as `3 rows` or `at least 3 rows`.
    pub(crate) fn count(&self) -> String {
        let least = if self.has_unread { "at least " } else { "" };
        format!("{least}{}", self.rows.of("row"))
    }

    /// Told once, when they have come in.
    fn received(&self) -> String {
        let then = match &self.prospect {
            Prospect::Nothing => return String::new(),
            Prospect::By(within) => format!(", to be loaded {}", within.text()),
            Prospect::Loading => ", being loaded".to_owned(),
            Prospect::Held(why) => format!(": {why}"),
        };
        format!("{} received{then}.", self.rows.of("row"))
    }

    /// What the script tells of in a live region: this, and rows that landed since, in a place if there is but one.
    pub(crate) fn news(&self, landed: Count, place: &str) -> News {
        News {
            waiting: self.rows.0,
            landed: landed.0,
            received: self.received(),
            place: place.to_owned(),
        }
    }
}

/// Facts for the live region of a page; see `assets/data.js`.
#[derive(Debug, Clone, Template)]
#[template(
    source = r#"<span hidden data-news data-waiting="{{ waiting }}" data-landed="{{ landed }}" data-received="{{ received }}" data-place="{{ place }}"></span>"#,
    ext = "html"
)]
pub(crate) struct News {
    waiting: u64,
    landed: u64,
    received: String,
    place: String,
}

impl askama::filters::HtmlSafe for News {}
