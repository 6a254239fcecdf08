//! Fields with a few values to choose from.

use askama::Template;

/// A choice of one value, with the label, help and errors of a [`Field`](super::Field).
#[derive(Debug, Clone, Template)]
#[template(path = "select.html")]
pub(crate) struct Select {
    name: &'static str,
    label: &'static str,
    help: &'static str,
    options: Vec<(String, String)>,
    chosen: String,
    error: Option<String>,
}

impl Select {
    /// A choice between `options`: the value that is sent, and what people read.
    pub(crate) fn new(name: &'static str, label: &'static str, options: Vec<(String, String)>) -> Self {
        Self {
            name,
            label,
            help: "",
            options,
            chosen: String::new(),
            error: None,
        }
    }

    /// What is chosen already.
    pub(crate) fn chosen(mut self, value: &str) -> Self {
        value.clone_into(&mut self.chosen);
        self
    }

    /// What to choose, for everyone.
    pub(crate) fn help(mut self, help: &'static str) -> Self {
        self.help = help;
        self
    }

    /// What is wrong with the choice, if anything.
    pub(crate) fn error(mut self, error: Option<String>) -> Self {
        self.error = error;
        self
    }

    fn is_chosen(&self, value: &str) -> bool {
        self.chosen == value
    }

    fn described_by(&self) -> String {
        let help = (!self.help.is_empty()).then(|| format!("{}-help", self.name));
        let errors = self.error.is_some().then(|| format!("{}-errors", self.name));
        let ids: Vec<String> = help.into_iter().chain(errors).collect();
        ids.join(" ")
    }
}
