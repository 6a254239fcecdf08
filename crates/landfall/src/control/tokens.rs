//! `landfall source tokens` and `landfall source urls`: what clients of a source show to be let in.

use serde_json::Value;

use super::client::{Client, Failure};
use super::options::TokenCommand;
use super::{table, text};

/// What a source lets clients in by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Access tokens of the Import API.
    Token,
    /// URLs of webhook sources.
    Url,
}

impl Kind {
    fn path(self, source: u32) -> String {
        match self {
            Self::Token => format!("/v4/sources/{source}/tokens"),
            Self::Url => format!("/v4/sources/{source}/webhook-urls"),
        }
    }

    /// The field of a list that holds the number.
    fn number(self) -> &'static str {
        match self {
            Self::Token => "token_id",
            Self::Url => "id",
        }
    }

    /// The field of what was just made that holds the secret.
    fn secret(self) -> &'static str {
        match self {
            Self::Token => "access_token",
            Self::Url => "webhook_url",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Token => "Access token",
            Self::Url => "URL",
        }
    }
}

pub(super) async fn run(
    client: &Client,
    kind: Kind,
    command: &TokenCommand,
    as_json: bool,
) -> Result<(), Failure> {
    match *command {
        TokenCommand::Create { source } => {
            let made = client.post(&kind.path(source), None).await?;
            if as_json {
                say_json!(made);
            } else {
                print_secret(kind, &made);
            }
        }
        TokenCommand::List { source } => {
            let found = client.get(&kind.path(source)).await?;
            if as_json {
                say_json!(found);
            } else {
                print_list(kind, source, &found);
            }
        }
        TokenCommand::Revoke { source, id } => {
            let changed = client.delete(&format!("{}/{id}", kind.path(source))).await?;
            if as_json {
                say_json!(changed);
            } else {
                say!("{} {id} of source {source} is revoked.", kind.name());
            }
        }
    }
    Ok(())
}

/// Shows the secret of what was just made, which no later answer holds.
pub(super) fn print_secret(kind: Kind, made: &Value) {
    let number = made["id"].as_u64();
    let number = number.map_or_else(String::new, |number| format!(" {number}"));
    let name = kind.name();
    say!(
        "{name}{number}, shown only now:\n  {}",
        text(&made[kind.secret()])
    );
}

fn print_list(kind: Kind, source: u32, found: &Value) {
    let row = |found: &Value| [text(&found[kind.number()]), text(&found["created_at"])];
    let rows: Vec<[String; 2]> = found.as_array().into_iter().flatten().map(row).collect();
    if rows.is_empty() {
        say!(
            "Source {source} has no {}: nobody can send to it.",
            kind.name().to_lowercase()
        );
        return;
    }
    table::print(["ID", "CREATED"], &rows);
}
