//! The properties of a destination, from flags, the environment and prompts.

use serde_json::{Map, Value};

use super::client::Failure;
use super::options::DestinationFields;
use crate::environment::variable;
use crate::setup::ask_secret;

/// The flags that were given, as the API takes them.
pub(super) fn given(fields: &DestinationFields) -> Result<Map<String, Value>, Failure> {
    let mut properties = Map::new();
    let delimiter = fields.delimiter.as_deref().map(|spelling| match spelling {
        "pipe" => "|",
        "tab" => "\\t",
        "comma" => ",",
        other => other,
    });
    let auth = fields.auth.as_deref().map(|mode| match mode {
        "assume-role" => "assume_role",
        other => other,
    });
    let texts = [
        ("s3_bucket", fields.bucket.as_deref()),
        ("output_file_format", fields.format.as_deref()),
        ("csv_delimiter", delimiter),
        ("s3_key_format_string", fields.key.as_deref()),
        ("sentinel_key", fields.challenge_file.as_deref()),
        ("aws_auth_mode", auth),
        ("aws_role_arn", fields.role_arn.as_deref()),
        ("aws_external_id", fields.external_id.as_deref()),
        ("s3_region", fields.region.as_deref()),
        ("s3_endpoint_url", fields.endpoint.as_deref()),
        ("s3_server_side_encryption", fields.sse.as_deref()),
        ("s3_kms_key_id", fields.kms_key.as_deref()),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            properties.insert(name.to_owned(), text.into());
        }
    }
    let switches = [
        ("csv_force_quote", fields.quote_all),
        ("s3_force_path_style", fields.path_style),
    ];
    for (name, switch) in switches {
        if let Some(is_on) = switch {
            properties.insert(name.to_owned(), is_on.to_string().into());
        }
    }
    if auth == Some("static") {
        add_secrets(&mut properties)?;
    }
    Ok(properties)
}

fn add_secrets(properties: &mut Map<String, Value>) -> Result<(), Failure> {
    for (name, from) in [
        ("aws_access_key_id", "AWS_ACCESS_KEY_ID"),
        ("aws_secret_access_key", "AWS_SECRET_ACCESS_KEY"),
    ] {
        properties.insert(name.to_owned(), secret(from)?.into());
    }
    if let Some(token) = variable("AWS_SESSION_TOKEN") {
        properties.insert("aws_session_token".to_owned(), token.into());
    }
    Ok(())
}

fn secret(name: &str) -> Result<String, Failure> {
    if let Some(found) = variable(name) {
        return Ok(found);
    }
    match ask_secret(name) {
        Some(Ok(typed)) if !typed.is_empty() => Ok(typed),
        Some(Err(fault)) => Err(Failure::Invalid(fault.to_string())),
        Some(Ok(_)) | None => Err(Failure::Invalid(format!(
            "--auth static needs {name}: set it in the environment"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_become_properties() {
        let fields = DestinationFields {
            bucket: Some("lake".to_owned()),
            delimiter: Some("tab".to_owned()),
            quote_all: Some(true),
            auth: Some("assume-role".to_owned()),
            ..DestinationFields::default()
        };
        let properties = Value::Object(given(&fields).unwrap());
        let expected = serde_json::json!({
            "s3_bucket": "lake", "csv_delimiter": "\\t", "csv_force_quote": "true", "aws_auth_mode": "assume_role",
        });
        assert_eq!(properties, expected);
    }
}
