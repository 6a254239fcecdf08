//! `landfall key`: judges an S3 Key template (object-keys.md §11, setup-flow.md §4).

use std::process::ExitCode;

use landfall_core::object_key::{FileKind, KeyContext, KeyProblem, ObjectKeyTemplate, OutputFormat};
use landfall_core::time::Timestamp;
use landfall_core::units::TableVersion;
use landfall_core::visible::visible;
use serde_json::{Value, json};

use crate::cli::KeyOptions;

/// The examples that the set-up shows (setup-flow.md §4).
struct Example {
    title: &'static str,
    path: &'static [&'static str],
    kind: FileKind,
}

/// The source in examples, where none is known.
pub(crate) const INTEGRATION: &str = "salesforce_prod";

const TABLE: Example = Example {
    title: "table",
    path: &["account"],
    kind: FileKind::Data,
};
const SUB_TABLE: Example = Example {
    title: "sub_table",
    path: &["account", "items"],
    kind: FileKind::Data,
};
const REJECTS: Example = Example {
    title: "rejected",
    path: &["account"],
    kind: FileKind::Rejects,
};

/// Runs the command: exit 0 for a good template, 2 for one with problems.
pub(crate) fn run(options: &KeyOptions) -> ExitCode {
    let format = OutputFormat::from_spelling(&options.format).unwrap_or(OutputFormat::Jsonl);
    match ObjectKeyTemplate::parse(&options.template, format) {
        Ok(template) => {
            if options.json {
                say_json!(json!({"valid": true, "examples": keys_json(&examples(&template, INTEGRATION))}));
            } else {
                say!(
                    "The S3 Key is valid. Files will be named like this:\n\n{}",
                    example_lines(&template, INTEGRATION)
                );
            }
            ExitCode::SUCCESS
        }
        Err(problems) => {
            if options.json {
                say_json!(
                    json!({"valid": false, "problems": problems.iter().map(problem_json).collect::<Vec<_>>()})
                );
            } else {
                print_problems(&options.template, &problems);
            }
            ExitCode::from(2)
        }
    }
}

/// Example keys, one a line with what they are for.
pub(crate) fn example_lines(template: &ObjectKeyTemplate, integration: &str) -> String {
    let line = |(title, key): (&str, String)| format!("  {:<10} {key}", title.replace('_', "-"));
    let lines: Vec<String> = examples(template, integration).into_iter().map(line).collect();
    lines.join("\n")
}

fn examples(template: &ObjectKeyTemplate, integration: &str) -> Vec<(&'static str, String)> {
    let shown = match template.format() {
        OutputFormat::Csv => vec![TABLE, SUB_TABLE, REJECTS],
        OutputFormat::Jsonl => vec![TABLE, REJECTS],
    };
    let render = |example: Example| {
        let context = KeyContext {
            integration,
            path: example.path,
            version: TableVersion::new(1),
            loaded_at: Timestamp::from_millis(1_519_235_654_474),
            kind: example.kind,
        };
        (example.title, template.render(&context).to_string())
    };
    shown.into_iter().map(render).collect()
}

fn keys_json(examples: &[(&'static str, String)]) -> Value {
    examples
        .iter()
        .map(|(title, key)| ((*title).to_owned(), json!(key)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn problem_json(problem: &KeyProblem) -> Value {
    json!({
        "code": problem.code(),
        "message": problem.to_string(),
        "position": problem.position(),
        "suggestion": problem.suggestion(),
    })
}

fn print_problems(template: &str, problems: &[KeyProblem]) {
    say!("{template}");
    // A mark under the first place that is at fault helps the eye.
    if let Some(position) = problems.iter().find_map(KeyProblem::position) {
        let before: String = template.chars().take(position.saturating_sub(1)).collect();
        say!("{}^", " ".repeat(visible(&before).chars().count()));
    }
    for problem in problems {
        say!("{problem}");
        if let Some(suggestion) = problem.suggestion() {
            say!("  try: {suggestion}");
        }
    }
}
