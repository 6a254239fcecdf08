//! Messages above a page.

use askama::Template;

/// A message: what was done, or what to look at. After a form the focus goes to the one above the page, and so tells it;
/// see `assets/focus.js`. Without a script its role is all there is to tell it.
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
