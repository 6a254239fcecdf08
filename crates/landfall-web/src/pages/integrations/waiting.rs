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

    /// Told once, when rows that wait are held up, or are so no longer.
    fn turn(&self) -> String {
        let rows = self.count();
        match &self.prospect {
            Prospect::Nothing => String::new(),
            Prospect::By(within) => format!("No longer held up: {rows}, to be loaded {}.", within.text()),
            Prospect::Loading => format!("No longer held up: {rows}, being loaded."),
            Prospect::Held(why) => format!("Held up: {why}."),
        }
    }

    /// Why nothing is loaded; empty if it is.
    fn held(&self) -> &str {
        match &self.prospect {
            Prospect::Held(why) => why,
            Prospect::Nothing | Prospect::By(_) | Prospect::Loading => "",
        }
    }

    /// What the script tells of in a live region: what waits, what becomes of it, and what was loaded since.
    pub(crate) fn news(&self, loaded: Loaded<'_>) -> News {
        News {
            waiting: self.rows.0,
            landed: loaded.landed.0,
            rejected: loaded.rejected.0,
            received: self.received(),
            held: self.held().to_owned(),
            turn: self.turn(),
            place: loaded.place.to_owned(),
            rejects: loaded.rejects,
        }
    }
}

/// What was loaded today.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Loaded<'a> {
    pub(crate) landed: Count,
    pub(crate) rejected: Count,
    /// Where to, if there is but one place.
    pub(crate) place: &'a str,
    /// Where to look at what was rejected.
    pub(crate) rejects: &'static str,
}

/// Facts for the live region of a page; see `assets/news.js`.
#[derive(Debug, Clone, Template)]
#[template(
    source = r#"<span hidden data-news data-waiting="{{ waiting }}" data-landed="{{ landed }}" data-rejected="{{ rejected }}" data-received="{{ received }}" data-held="{{ held }}" data-turn="{{ turn }}" data-place="{{ place }}" data-rejects="{{ rejects }}"></span>"#,
    ext = "html"
)]
pub(crate) struct News {
    waiting: u64,
    landed: u64,
    rejected: u64,
    received: String,
    held: String,
    turn: String,
    place: String,
    rejects: &'static str,
}

impl askama::filters::HtmlSafe for News {}
