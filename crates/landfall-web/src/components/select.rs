//! Fields with a few values to choose from.

use askama::Template;

/// A choice of one value, with the label and errors of a [`Field`](super::Field).
#[derive(Debug, Clone, Template)]
#[template(path = "select.html")]
pub(crate) struct Select {
    name: &'static str,
    label: &'static str,
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

    /// What is wrong with the choice, if anything.
    pub(crate) fn error(mut self, error: Option<String>) -> Self {
        self.error = error;
        self
    }

    fn is_chosen(&self, value: &str) -> bool {
        self.chosen == value
    }
}
