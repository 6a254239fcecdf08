//! States, in a word and a colour.

use askama::Template;

/// What a colour says. The word says it too: nobody depends on colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Good,
    Bad,
    Waiting,
    Quiet,
}

impl Tone {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Waiting => "waiting",
            Self::Quiet => "quiet",
        }
    }
}

/// A state.
#[derive(Debug, Clone, Template)]
#[template(
    source = r#"<span class="badge badge-{{ tone.as_str() }}">{{ text }}</span>"#,
    ext = "html"
)]
pub(crate) struct Badge {
    tone: Tone,
    text: String,
}

impl Badge {
    /// A `landfall_status` (setup-flow.md §8).
    pub(crate) fn of_destination(status: &str) -> Self {
        let (tone, text) = match status {
            "active" => (Tone::Good, "Active"),
            "failing" => (Tone::Bad, "Failing"),
            "pending_verification" => (Tone::Waiting, "Not verified yet"),
            "draft" => (Tone::Quiet, "Draft"),
            "paused" => (Tone::Quiet, "Paused"),
            other => (Tone::Quiet, other),
        };
        Self {
            tone,
            text: text.to_owned(),
        }
    }

    /// Any other state.
    pub(crate) fn new(tone: Tone, text: &str) -> Self {
        Self {
            tone,
            text: text.to_owned(),
        }
    }

    /// Whether a source takes data.
    pub(crate) fn of_source(is_paused: bool) -> Self {
        let (tone, text) = if is_paused {
            (Tone::Quiet, "Paused")
        } else {
            (Tone::Good, "Active")
        };
        Self {
            tone,
            text: text.to_owned(),
        }
    }
}
