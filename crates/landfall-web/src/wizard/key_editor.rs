//! The field for the Object Key, with chips for its elements and what keys come of it (setup-flow.md §4): in the wizard,
//! and where a destination is edited.

use askama::Template;
use landfall_core::object_key::KeyElement;
use serde::Deserialize;

use super::draft::DEFAULT_KEY;
use super::key_preview::KeyPreview;

/// The field, within a form with `data-key`. It is without a script as well: chips and fixes are buttons that send the
/// form, which is answered with [`KeyButtons::press`].
#[derive(Debug, Template)]
#[template(path = "wizard/key_editor.html")]
pub(crate) struct KeyEditor {
    typed: String,
    pub(super) preview: KeyPreview,
    /// What else there is to know here.
    note: Option<&'static str>,
}

impl askama::filters::HtmlSafe for KeyEditor {}

impl KeyEditor {
    /// With a template for files of `format`, `csv` or else JSON.
    pub(crate) fn new(template: &str, format: &str) -> Self {
        Self {
            typed: template.to_owned(),
            preview: KeyPreview::of(template, format),
            note: None,
        }
    }

    /// With a sentence more below the field.
    pub(crate) fn with_note(self, note: &'static str) -> Self {
        Self {
            note: Some(note),
            ..self
        }
    }
}

/// Which button of the field was pressed, if any.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct KeyButtons {
    /// An element to add.
    #[serde(default)]
    insert: Option<String>,
    /// A whole template to take instead.
    #[serde(default)]
    replace: Option<String>,
}

impl KeyButtons {
    /// The template that a button makes of `typed`; none if no button was pressed.
    pub(crate) fn press(self, typed: &str) -> Option<String> {
        match (self.insert, self.replace) {
            (Some(element), _) => Some(with_element(typed, &element)),
            (None, whole) => whole,
        }
    }
}

/// The template with `element` before its extension, which stays at the end.
fn with_element(template: &str, element: &str) -> String {
    let at = template.rfind('.').filter(|at| !template[*at..].contains('/'));
    let (before, extension) = template.split_at(at.unwrap_or(template.len()));
    format!("{before}{element}{extension}")
}

#[cfg(test)]
mod tests {
    use super::with_element;

    #[test]
    fn an_element_goes_before_the_extension() {
        let cases = [
            ("a/b.[csv|jsonl]", "a/b[x].[csv|jsonl]"),
            ("a.b/c", "a.b/c[x]"),
            ("", "[x]"),
        ];
        for (template, expected) in cases {
            assert_eq!(with_element(template, "[x]"), expected);
        }
    }
}
