//! `POST /v4/destinations/key-preview`: judges an S3 Key without storing anything (management-api.md §5.2).

use landfall_core::object_key::{FileKind, KeyContext, KeyProblem, ObjectKeyTemplate, OutputFormat};
use landfall_core::time::Timestamp;
use landfall_core::units::TableVersion;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::answer::{Answer, Refusal, ok};
use super::request::JsonBody;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = KeyPreview)]
pub(super) struct Preview {
    valid: bool,
    errors: Vec<ProblemObject>,
    example: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = KeyProblemObject)]
struct ProblemObject {
    code: &'static str,
    message: String,
    position: Option<usize>,
}

/// The example of setup-flow.md §4.
const EXAMPLE: KeyContext<'static> = KeyContext {
    integration: "salesforce_prod",
    path: &["account"],
    version: TableVersion::new(1),
    loaded_at: Timestamp::from_millis(1_519_235_654_474),
    kind: FileKind::Data,
};

fn preview(template: &str, format: OutputFormat) -> Preview {
    match ObjectKeyTemplate::parse(template, format) {
        Ok(template) => Preview {
            valid: true,
            errors: Vec::new(),
            example: Some(template.render(&EXAMPLE).as_str().to_owned()),
        },
        Err(problems) => Preview {
            valid: false,
            errors: problems.iter().map(problem_object).collect(),
            example: None,
        },
    }
}

fn problem_object(problem: &KeyProblem) -> ProblemObject {
    ProblemObject {
        code: problem.code(),
        message: problem.to_string(),
        position: problem.position(),
    }
}

/// What is wrong with a key, or what an object would be called.
pub(super) async fn show(body: JsonBody) -> Answer {
    let refusal = || {
        Refusal::coded(
            "InvalidBody",
            "POST body must have a text s3_key_format_string and an output_file_format of csv or jsonl",
        )
    };
    let body = body
        .only(&["s3_key_format_string", "output_file_format"])
        .ok_or_else(refusal)?;
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let template = text("s3_key_format_string").ok_or_else(refusal)?;
    let format = text("output_file_format")
        .and_then(OutputFormat::from_spelling)
        .ok_or_else(refusal)?;
    ok(&preview(template, format))
}
