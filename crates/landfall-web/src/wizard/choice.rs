//! A field with a list to choose from.

use askama::Template;

/// A select, with help and errors like [`Field`](crate::components::Field).
#[derive(Template)]
#[template(path = "wizard/choice.html")]
pub(crate) struct Choice {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    pub(crate) help: &'static str,
    pub(crate) chosen: String,
    /// Values and what they are called.
    pub(crate) options: Vec<(&'static str, &'static str)>,
    pub(crate) errors: Vec<String>,
}

impl askama::filters::HtmlSafe for Choice {}

impl Choice {
    fn described_by(&self) -> String {
        let help = (!self.help.is_empty()).then(|| format!("{}-help", self.name));
        let errors = (!self.errors.is_empty()).then(|| format!("{}-errors", self.name));
        let ids: Vec<String> = help.into_iter().chain(errors).collect();
        ids.join(" ")
    }
}
