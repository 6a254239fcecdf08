//! `landfall source`.

use serde_json::json;

use super::client::{Client, Failure};
use super::options::{SourceCommand, SourceKind};
use super::text;

pub(super) async fn run(client: &Client, command: &SourceCommand, as_json: bool) -> Result<(), Failure> {
    let SourceCommand::Create {
        kind: SourceKind::ImportApi { name, destination },
    } = command;
    let mut body = json!({"type": "import_api", "display_name": name});
    if let Some(destination) = destination {
        body["destination_id"] = (*destination).into();
    }
    let mut source = client.post("/v4/sources", Some(&body)).await?;
    let id = source["id"].clone();
    let token = client.post(&format!("/v4/sources/{id}/tokens"), None).await?;
    if as_json {
        source["access_token"] = token["access_token"].clone();
        say!("{source}");
        return Ok(());
    }
    say!(
        "Source {id} created: its data lands in the folder {}.",
        text(&source["name"])
    );
    if source["destination_id"].is_null() {
        say!("It has no destination yet: what comes in is kept until it has one.");
    }
    say!(
        "\nAccess token, shown only now:\n  {}",
        text(&token["access_token"])
    );
    Ok(())
}
