//! What keys a template makes, and what is wrong with it (object-keys.md §§2–11): pure.

use axum::Json;
use axum::extract::Form;
use axum::response::IntoResponse;
use landfall_core::object_key::{FileKind, KeyContext, ObjectKeyTemplate, OutputFormat};
use landfall_core::time::Timestamp;
use landfall_core::units::TableVersion;
use serde::{Deserialize, Serialize};

use crate::frame::{Page, Shown};

/// Problems, or else examples.
#[derive(Debug, Serialize)]
pub(crate) struct KeyPreview {
    pub(crate) problems: Vec<Problem>,
    pub(crate) examples: Vec<Example>,
}

/// A problem, where it is, and the template without it.
#[derive(Debug, Serialize)]
pub(crate) struct Problem {
    pub(crate) message: String,
    pub(crate) position: Option<usize>,
    pub(crate) fix: Option<String>,
}

/// What one file would be called.
#[derive(Debug, Serialize)]
pub(crate) struct Example {
    pub(crate) of: &'static str,
    pub(crate) key: String,
}

/// 2018-02-21T17:54:14.474Z, as in Stitch's documentation.
const LOADED_AT: Timestamp = Timestamp::from_millis(1_519_235_654_474);

impl KeyPreview {
    /// Judges `template` for files of `format`, `csv` or else JSON.
    pub(crate) fn of(template: &str, format: &str) -> Self {
        let format = OutputFormat::from_spelling(format).unwrap_or(OutputFormat::Jsonl);
        let template = match ObjectKeyTemplate::parse(template, format) {
            Ok(template) => template,
            Err(problems) => {
                let problem = |problem: &landfall_core::object_key::KeyProblem| Problem {
                    message: problem.to_string(),
                    position: problem.position(),
                    fix: problem.suggestion().map(str::to_owned),
                };
                return Self {
                    problems: problems.iter().map(problem).collect(),
                    examples: Vec::new(),
                };
            }
        };
        let key = |of, path: &[&str], kind| Example {
            of,
            key: template
                .render(&KeyContext {
                    integration: "salesforce_prod",
                    path,
                    version: TableVersion::new(1),
                    loaded_at: LOADED_AT,
                    kind,
                })
                .as_str()
                .to_owned(),
        };
        let mut examples = vec![key("Table", &["account"], FileKind::Data)];
        if format == OutputFormat::Csv {
            examples.push(key("Sub-table", &["account", "items"], FileKind::Data));
        }
        examples.push(key("Rejected records", &["account"], FileKind::Rejects));
        Self {
            problems: Vec::new(),
            examples,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    s3_key_format_string: String,
    #[serde(default)]
    output_file_format: String,
}

/// `POST /destinations/key-preview`, for the script.
pub(super) async fn show(_page: Page, Form(typed): Form<Typed>) -> Shown {
    let preview = KeyPreview::of(&typed.s3_key_format_string, &typed.output_file_format);
    Ok(Json(preview).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_are_those_of_the_documentation() {
        let keys = |template: &str, format: &str| -> Vec<String> {
            let preview = KeyPreview::of(template, format);
            preview.examples.into_iter().map(|example| example.key).collect()
        };
        let default = crate::wizard::draft::DEFAULT_KEY;
        assert_eq!(
            keys(default, "jsonl"),
            [
                "salesforce_prod/account/1_1519235654474.jsonl",
                "salesforce_prod/_sdc_rejected/1_1519235654474.jsonl"
            ]
        );
        assert_eq!(
            keys(default, "csv"),
            [
                "salesforce_prod/account/1_1519235654474.csv",
                "salesforce_prod/account/items/1_1519235654474.csv",
                "salesforce_prod/_sdc_rejected/1_1519235654474.jsonl"
            ]
        );
    }

    #[test]
    fn a_wrong_extension_has_a_fix() {
        let preview = KeyPreview::of(
            "[integration_name]/[table_name]/[table_version]_[timestamp_loaded].csv",
            "jsonl",
        );
        let [problem] = &preview.problems[..] else {
            panic!("{preview:?}")
        };
        assert_eq!(
            problem.message,
            "The S3 Key ends in \".csv\" but the data storage format is jsonl. End it with .[csv|jsonl] or .jsonl."
        );
        assert!(
            problem
                .fix
                .as_ref()
                .is_some_and(|fix| fix.ends_with("].[csv|jsonl]"))
        );
    }
}
