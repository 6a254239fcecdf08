//! Fields of forms: label, control, help and errors, tied together for screen readers.

use askama::Template;
use landfall_core::visible::is_hidden;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Control {
    Text,
    Password,
    Area,
}

/// One field. Its errors are those that the management API has for the property of the same name.
#[derive(Debug, Clone, Template)]
#[template(path = "field.html")]
pub struct Field {
    name: &'static str,
    label: &'static str,
    control: Control,
    value: String,
    help: &'static str,
    autocomplete: &'static str,
    errors: Vec<String>,
    is_required: bool,
    is_focused: bool,
}

impl Field {
    fn new(control: Control, name: &'static str, label: &'static str) -> Self {
        Self {
            name,
            label,
            control,
            value: String::new(),
            help: "",
            autocomplete: "off",
            errors: Vec::new(),
            is_required: false,
            is_focused: false,
        }
    }

    /// A line of text.
    #[must_use]
    pub fn text(name: &'static str, label: &'static str) -> Self {
        Self::new(Control::Text, name, label)
    }

    /// A password, which is never sent back.
    #[must_use]
    pub fn password(name: &'static str, label: &'static str) -> Self {
        Self::new(Control::Password, name, label).required()
    }

    /// Several lines of text.
    #[must_use]
    pub fn area(name: &'static str, label: &'static str) -> Self {
        Self::new(Control::Area, name, label)
    }

    /// What is typed already.
    #[must_use]
    pub fn value(mut self, value: &str) -> Self {
        value.clone_into(&mut self.value);
        self
    }

    /// What to type, for everyone.
    #[must_use]
    pub fn help(mut self, help: &'static str) -> Self {
        self.help = help;
        self
    }

    /// What browsers may fill in, such as `username`.
    #[must_use]
    pub fn autocomplete(mut self, autocomplete: &'static str) -> Self {
        self.autocomplete = autocomplete;
        self
    }

    /// What is wrong with it, such as [`crate::ApiError::fields`] of its name.
    #[must_use]
    pub fn errors(mut self, errors: Vec<String>) -> Self {
        self.errors = errors;
        self
    }

    /// What is wrong with it, if anything.
    #[must_use]
    pub fn error(self, error: Option<String>) -> Self {
        self.errors(error.into_iter().collect())
    }

    /// Without a value the form isn't sent.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.is_required = true;
        self
    }

    /// Without a value the form is sent too.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.is_required = false;
        self
    }

    /// Where typing begins when the page is opened.
    #[must_use]
    pub fn focused(mut self) -> Self {
        self.is_focused = true;
        self
    }

    /// Whether characters in it can't be seen: pages show them below it.
    fn hides(&self) -> bool {
        self.value.chars().any(is_hidden)
    }

    fn described_by(&self) -> String {
        let help = (!self.help.is_empty()).then(|| format!("{}-help", self.name));
        let errors = (!self.errors.is_empty()).then(|| format!("{}-errors", self.name));
        let hidden = self.hides().then(|| format!("{}-hidden", self.name));
        let ids: Vec<String> = help.into_iter().chain(hidden).chain(errors).collect();
        ids.join(" ")
    }
}
