//! The reference page of check errors.

use std::fmt::Write as _;

use crate::catalogue::{Entry, entries};
use crate::warning::WarningCode;

const INTRODUCTION: &str = "\
# Check errors

What a check of a bucket can find wrong. Each error has a stable code, the raw message of the store, its cause and \
its remedy; in the check itself the words in angle brackets are filled with your bucket, principal, region and so on. \
Failed loads are told with the same texts.
";

/// The page, in Markdown.
#[must_use]
pub fn reference_markdown() -> String {
    let mut page = format!("{INTRODUCTION}\n## Overview\n\n| Error | Code | Raw message |\n|---|---|---|\n");
    for entry in entries() {
        let row = [
            format!("[{0}](#{0})", entry.id),
            codes(entry),
            format!("`{}`", shown(&shown_raw(entry))),
        ];
        let _infallible = writeln!(page, "| {} |", row.join(" | "));
    }
    page.push_str("\n## Errors\n");
    for entry in entries() {
        let _infallible = write!(
            page,
            "\n### {}\n\nCode: {}\n\n```text\n{}\n```\n\n**Cause.** {}\n\n**Remedy.** {}\n",
            entry.id,
            codes(entry),
            shown_raw(entry),
            shown_in_text(entry.cause),
            shown_in_text(entry.remedy),
        );
    }
    page.push_str("\n## Warnings\n\nThe check passes, but something should be looked at.\n\n");
    page.push_str("| Code | Text |\n|---|---|\n");
    for code in WarningCode::ALL {
        let _infallible = writeln!(page, "| `{code}` | {} |", shown_in_text(code.template()));
    }
    page
}

fn codes(entry: &Entry) -> String {
    let codes: Vec<String> = entry.codes.iter().map(|code| format!("`{code}`")).collect();
    codes.join(", ")
}

/// Fields as `<field>`.
fn shown_raw(entry: &Entry) -> String {
    entry.raw.replace('{', "<").replace('}', ">")
}

fn shown(text: &str) -> String {
    text.replace('|', "\\|")
}

/// Fields as `<field>`, which Markdown would take for HTML outside of code. `*` marks emphasis elsewhere.
fn shown_in_text(text: &str) -> String {
    shown(text)
        .replace('*', "\\*")
        .replace('{', "`<")
        .replace('}', ">`")
}
