//! What to run to send a first record: filled in, ready to be copied. Pure.

use serde_json::json;

use crate::components::CodeBox;

/// What the examples are filled in with.
#[derive(Debug, Clone)]
pub(crate) struct Example<'a> {
    /// Where clients reach this server, such as `https://landfall.example.com`.
    pub(crate) server: &'a str,
    pub(crate) client_id: u32,
    /// The token, or what stands for it.
    pub(crate) token: &'a str,
    pub(crate) table: &'a str,
    /// What tells records in order: milliseconds of now.
    pub(crate) sequence: i64,
}

/// A text as one word of a shell.
fn shell_word(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A text as a literal of JSON, which is one of Python too.
fn literal(text: &str) -> String {
    json!(text).to_string()
}

fn code_box(id: &str, label: &str, text: String) -> CodeBox {
    CodeBox {
        id: id.to_owned(),
        label: label.to_owned(),
        text,
    }
}

/// A record, which the field told apart by is in.
pub(crate) fn first_record(key_field: Option<&str>) -> String {
    format!(
        "{{{}: 1, \"name\": \"Finn\"}}",
        literal(key_field.unwrap_or("id"))
    )
}

/// A push over HTTP.
pub(crate) fn curl(example: &Example<'_>) -> CodeBox {
    let body = format!(
        "{{\"table_name\": {},\n  \"key_names\": [\"id\"],\n  \"schema\": {{\"properties\": {{\"id\": {{\"type\": \"integer\"}}, \
         \"name\": {{\"type\": \"string\"}}}}}},\n  \"messages\": [{{\"action\": \"upsert\", \"sequence\": {}, \"data\": \
         {{\"id\": 1, \"name\": \"Finn\"}}}}]}}",
        literal(example.table),
        example.sequence
    );
    let text = format!(
        "curl {} \\\n  -H {} \\\n  -H 'Content-Type: application/json' \\\n  -d {}",
        shell_word(&format!("{}/v2/import/batch", example.server)),
        shell_word(&format!("Authorization: Bearer {}", example.token)),
        shell_word(&body),
    );
    code_box("curl", "curl command", text)
}

/// The settings file of target-stitch.
pub(crate) fn target_config(example: &Example<'_>) -> CodeBox {
    let url = literal(&format!("{}/v2/import/batch", example.server));
    let text = format!(
        "{{\n  \"client_id\": {},\n  \"token\": {},\n  \"small_batch_url\": {url},\n  \"big_batch_url\": {url},\n  \
         \"batch_size_preferences\": {{}},\n  \"disable_collection\": true\n}}",
        example.client_id,
        literal(example.token),
    );
    code_box("target-config", "target-stitch configuration", text)
}

/// How target-stitch is run with it. The tap is the reader's.
pub(crate) fn target_command() -> CodeBox {
    let text = "tap-example --config tap.json | target-stitch --config landfall.json >> state.jsonl";
    code_box("target-command", "target-stitch command", text.to_owned())
}

/// stitchclient 1.0.1 looks for classes where Python 3.10 and later no longer have them: this puts them back.
const PYTHON_310: &str = "import collections, collections.abc\n\n# stitchclient 1.0.1 needs this from Python 3.10 on.\n\
     for name in (\"Hashable\", \"Mapping\", \"MutableMapping\"):\n    \
     setattr(collections, name, getattr(collections.abc, name))\n\n";

/// A program with the client library for Python.
pub(crate) fn python(example: &Example<'_>) -> CodeBox {
    let text = format!(
        "{PYTHON_310}from stitchclient.client import Client\n\nwith Client(\n    {},\n    {},\n    table_name={},\n    key_names=[\"id\"],\n    \
         override_stitch_url={},\n) as client:\n    client.push({{\"action\": \"upsert\", \"sequence\": {}, \"data\": \
         {{\"id\": 1, \"name\": \"Finn\"}}}})",
        example.client_id,
        literal(example.token),
        literal(example.table),
        literal(&format!("{}/v2/import/push", example.server)),
        example.sequence,
    );
    code_box("python", "Python program", text)
}

/// A call of a webhook.
pub(crate) fn webhook_curl(url: &str, key_field: Option<&str>) -> CodeBox {
    let body = first_record(key_field);
    let text = format!(
        "curl {} \\\n  -H 'Content-Type: application/json' \\\n  -d {}",
        shell_word(url),
        shell_word(&body)
    );
    code_box("curl", "curl command", text)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    const NAUGHTY: &str = "o'clock \"x\" $(rm) `id` \\ \n é";

    fn example() -> Example<'static> {
        Example {
            server: "http://127.0.0.1:8080",
            client_id: 1000,
            token: "at_x",
            table: NAUGHTY,
            sequence: 17,
        }
    }

    #[test]
    fn whatever_a_table_is_called_the_shell_gets_the_body_whole() {
        let command = curl(&example()).text.replace("curl ", "printf '%s\\n' ");
        let output = std::process::Command::new("sh")
            .args(["-c", &command])
            .output()
            .unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        let (_, body) = printed.split_once("-d\n").unwrap();
        let body: Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["table_name"], NAUGHTY);
        assert_eq!(body["messages"][0]["sequence"], 17);
        assert!(
            printed.starts_with("http://127.0.0.1:8080/v2/import/batch\n-H\nAuthorization: Bearer at_x\n")
        );
    }

    #[test]
    fn the_configuration_is_json() {
        let config: Value = serde_json::from_str(&target_config(&example()).text).unwrap();
        assert_eq!(config["client_id"], 1000);
        assert_eq!(config["small_batch_url"], config["big_batch_url"]);
    }
}
