//! What is wrong with what is typed: as the management API says, in the words of the screen.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Form, State};
use axum::response::IntoResponse;
use landfall_core::bucket_name::{BucketName, BucketNameProblem};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::draft::Draft;
use super::memory::place_of;
use super::names::{free_name, names_of};
use super::run::Run;
use crate::api::ApiError;
use crate::frame::{Page, Shown};
use crate::state::WebState;

/// Names of fields and what is wrong with each.
pub(crate) type Faults = BTreeMap<String, Vec<String>>;

/// The properties, and what they are called on the screen.
const LABELS: [(&str, &str); 19] = [
    ("name", "Display Name"),
    ("description", "Description"),
    ("s3_bucket", "Bucket Name"),
    ("folder", "Folder"),
    ("output_file_format", "Format"),
    ("csv_delimiter", "Delimiter"),
    ("csv_force_quote", "Quoting"),
    ("aws_auth_mode", "Sign-in"),
    ("aws_role_arn", "Role ARN"),
    ("aws_external_id", "External ID"),
    ("aws_access_key_id", "Access key ID"),
    ("aws_secret_access_key", "Secret access key"),
    ("aws_session_token", "Session token"),
    ("s3_region", "Region"),
    ("s3_endpoint_url", "Endpoint URL"),
    ("s3_force_path_style", "Path-style addressing"),
    ("s3_server_side_encryption", "Encryption"),
    ("s3_kms_key_id", "KMS key"),
    ("s3_key_format_string", "S3 Key"),
];

#[derive(Deserialize)]
struct Judgement {
    errors: Faults,
}

/// Everything that is wrong with `draft`, by field.
pub(crate) async fn judge(page: &Page, id: Option<u32>, draft: &Draft) -> Result<Faults, ApiError> {
    let mut body = json!({
        "name": draft.name.trim(),
        "description": draft.description,
        "properties": draft.properties(),
    });
    if let Some(id) = id {
        body["id"] = id.into();
    }
    let judged: Judgement = page.api.post("/v4/destinations/validate", &body).await?;
    let mut faults = Faults::new();
    for (property, messages) in judged.errors {
        let field = match property.as_str() {
            "s3_endpoint_url" if draft.is_folder() => "folder",
            other => other,
        };
        let mut said = Vec::new();
        for message in &messages {
            said.push(match taken_name(message) {
                Some(name) => say_taken(name, &free_name(name, &names_of(page).await?)),
                None => say(field, message),
            });
        }
        faults.insert(field.to_owned(), said);
    }
    if draft.s3_bucket.trim().is_empty() {
        faults.insert(
            "s3_bucket".to_owned(),
            vec![BucketNameProblem::Missing.to_string()],
        );
    }
    if draft.is_folder() && !draft.folder.trim().starts_with('/') {
        let message = "Folder must be written from the root, such as /srv/landfall/buckets";
        faults.insert("folder".to_owned(), vec![message.to_owned()]);
    }
    Ok(faults)
}

/// The name that another destination has, if a message of the API says that.
fn taken_name(message: &str) -> Option<&str> {
    message.strip_prefix("non-unique name (")?.strip_suffix(')')
}

fn say_taken(name: &str, free: &str) -> String {
    format!("Another destination is named {name}: choose a different name, such as {free}")
}

/// A message of the API beside the field `field`.
fn say(field: &str, message: &str) -> String {
    let label = LABELS
        .iter()
        .find(|(name, _)| *name == field)
        .map_or("", |(_, label)| label);
    // Texts of bucket names and keys are whole sentences, which begin with a capital letter; others lack their subject.
    if !message.starts_with(|first: char| first.is_ascii_lowercase()) {
        return message.to_owned();
    }
    let message = message.strip_prefix(field).map_or(message, str::trim_start);
    let message = LABELS
        .iter()
        .filter(|(name, _)| name.contains('_'))
        .fold(message.to_owned(), |message, (name, label)| {
            message.replace(name, label)
        });
    format!("{label} {message}")
}

/// The answer to scripts that ask while people type.
#[derive(Serialize)]
struct Judged {
    errors: Faults,
    /// The bucket's name, where more than that was pasted.
    use_name: Option<String>,
}

/// `POST /destinations/new/validate` and `POST /destinations/{id}/setup/validate`.
pub(super) async fn answer(
    State(state): State<WebState>,
    page: Page,
    run: Run,
    Form(sent): Form<Draft>,
) -> Shown {
    let draft = &state.wizard.with_kept_credentials(place_of(&page, run), sent);
    let mut errors = judge(&page, run.id, draft).await?;
    if draft.s3_key_format_string.is_empty() {
        errors.remove("s3_key_format_string"); // it has a screen of its own
    }
    let use_name = suggest(draft);
    Ok(Json(Judged { errors, use_name }).into_response())
}

/// The one-click fix of setup-flow.md §3.2.
pub(crate) fn suggest(draft: &Draft) -> Option<String> {
    BucketName::suggest(&draft.s3_bucket)
}

#[cfg(test)]
mod tests {
    use super::say;

    #[test]
    fn messages_have_the_words_of_the_screen() {
        let cases = [
            (
                "s3_bucket",
                "Bucket names have 3 to 63 characters",
                "Bucket names have 3 to 63 characters",
            ),
            (
                "name",
                "name must have 1 to 100 characters",
                "Display Name must have 1 to 100 characters",
            ),
            (
                "s3_endpoint_url",
                "has more than host and port: remove user name, path and query",
                "Endpoint URL has more than host and port: remove user name, path and query",
            ),
            (
                "aws_role_arn",
                "is needed when aws_auth_mode is assume_role: add it, or change aws_auth_mode",
                "Role ARN is needed when Sign-in is assume_role: add it, or change Sign-in",
            ),
            (
                "s3_region",
                "\"EU\" is not a region: write it as eu-central-1",
                "\"EU\" is not a region: write it as eu-central-1",
            ),
        ];
        for (field, message, said) in cases {
            assert_eq!(say(field, message), said);
        }
    }
}
