//! Pages without anything on them yet, which say what to do.

use askama::Template;

/// What would be here, and how it gets here.
#[derive(Debug, Clone, Template)]
#[template(
    source = r#"<div class="empty"><h2>{{ title }}</h2><p>{{ text }}</p>
{%- if let Some((href, label)) = action %}<p><a class="button button-primary" href="{{ href }}">{{ label }}</a></p>{% endif -%}
</div>"#,
    ext = "html"
)]
pub(crate) struct Empty {
    title: String,
    text: String,
    action: Option<(String, String)>,
}

impl Empty {
    pub(crate) fn new(title: &str, text: &str) -> Self {
        Self {
            title: title.to_owned(),
            text: text.to_owned(),
            action: None,
        }
    }

    /// With a button that leads on.
    pub(crate) fn with_action(mut self, href: &str, label: &str) -> Self {
        self.action = Some((href.to_owned(), label.to_owned()));
        self
    }
}
