//! Messages above a page.

use askama::Template;

/// A message: what was done, or what to look at. Screen readers tell it as soon as the page is there.
#[derive(Debug, Clone, Template)]
#[template(
    source = r#"<div class="banner banner-{{ kind }}" role="{{ role }}"><p>{{ text }}</p></div>"#,
    ext = "html"
)]
pub(crate) struct Banner {
    kind: &'static str,
    role: &'static str,
    text: String,
}

impl Banner {
    /// Something was done.
    pub(crate) fn done(text: impl Into<String>) -> Self {
        Self {
            kind: "good",
            role: "status",
            text: text.into(),
        }
    }

    /// Something to know.
    pub(crate) fn warning(text: impl Into<String>) -> Self {
        Self {
            kind: "waiting",
            role: "status",
            text: text.into(),
        }
    }

    /// Something was not done.
    pub(crate) fn error(text: impl Into<String>) -> Self {
        Self {
            kind: "bad",
            role: "alert",
            text: text.into(),
        }
    }
}
