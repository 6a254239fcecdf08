//! `landfall destination` and `landfall source`: the management API from the command line (setup-flow.md §9).

mod client;
mod destination;
pub(crate) mod options;
mod properties;
mod source;
mod table;
mod tokens;

use std::process::ExitCode;

use serde_json::{Value, json};

use self::client::{Client, Failure};
use self::options::{DestinationOptions, Server, SourceOptions};
use crate::out;

/// Runs `landfall destination`.
pub(crate) fn destination(options: &DestinationOptions) -> ExitCode {
    run(&options.server, async |client| {
        destination::run(client, &options.command, options.server.json).await
    })
}

/// Runs `landfall source`.
pub(crate) fn source(options: &SourceOptions) -> ExitCode {
    run(&options.server, async |client| {
        source::run(client, &options.command, options.server.json).await
    })
}

/// Exit 0 on success, 1 for a failed check, 2 for what the server or the command line doesn't take, 3 where there is no
/// server.
fn run(server: &Server, command: impl AsyncFnOnce(&Client) -> Result<(), Failure>) -> ExitCode {
    let client = match Client::new(server) {
        Ok(client) => client,
        Err(failure) => return report(&failure, server.json),
    };
    let runtime = match crate::load::run::start_runtime() {
        Ok(runtime) => runtime,
        Err(fault) => return report(&Failure::Unreachable(fault.to_string()), server.json),
    };
    match runtime.block_on(command(&client)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => report(&failure, server.json),
    }
}

fn report(failure: &Failure, json: bool) -> ExitCode {
    match failure {
        Failure::CheckFailed => {}
        Failure::Refused(body) if json => say_json!(body),
        Failure::Refused(body) => messages(body).iter().for_each(|line| out::complain(line)),
        Failure::Invalid(message) | Failure::Unreachable(message) if message.is_empty() => {}
        Failure::Invalid(message) | Failure::Unreachable(message) => out::complain(message),
    }
    ExitCode::from(match failure {
        Failure::CheckFailed => 1,
        Failure::Refused(_) | Failure::Invalid(_) => 2,
        Failure::Unreachable(_) => 3,
    })
}

/// What a refusal says, in whichever of its forms.
fn messages(body: &Value) -> Vec<String> {
    if let Some(errors) = body["data"]["errors"].as_object() {
        let line = |(property, messages): (&String, &Value)| {
            let messages = messages.as_array().into_iter().flatten();
            let of_property = |message: &Value| format!("{property}: {}", text(message));
            messages.map(of_property).collect::<Vec<_>>()
        };
        return errors.iter().flat_map(line).collect();
    }
    let message = [
        &body["data"]["message"],
        &body["error"]["message"],
        &body["error"],
        body,
    ]
    .into_iter()
    .find_map(Value::as_str);
    vec![message.map_or_else(|| body.to_string(), str::to_owned)]
}

/// What is asked to pause something. Which timestamp doesn't matter: it pauses now.
fn pausing() -> Value {
    json!({"paused_at": "1970-01-01T00:00:00Z"})
}

/// A JSON text without its quotes, anything else as it is.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_refusal_is_told_in_whichever_form_it_comes() {
        let cases = [
            (json!("invalid connection id"), vec!["invalid connection id"]),
            (json!({"error": "NotFound"}), vec!["NotFound"]),
            (json!({"error": {"message": "too many"}}), vec!["too many"]),
            (
                json!({"error": "InvalidName", "data": {"message": "non-unique name (Lake)"}}),
                vec!["non-unique name (Lake)"],
            ),
            (
                json!({"error": "InvalidProperties", "data": {"message": "m", "errors": {"s3_bucket": ["a", "b"]}}}),
                vec!["s3_bucket: a", "s3_bucket: b"],
            ),
        ];
        for (body, expected) in cases {
            assert_eq!(messages(&body), expected, "{body}");
        }
    }
}
