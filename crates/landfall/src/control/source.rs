//! `landfall source`.

use serde_json::{Value, json};

use super::client::{Client, Failure};
use super::options::{SourceCommand as Command, SourceKind};
use super::tokens::{self, Kind};
use super::{pausing, table, text};

pub(super) async fn run(client: &Client, command: &Command, as_json: bool) -> Result<(), Failure> {
    match command {
        Command::Create { kind } => create(client, kind, as_json).await,
        Command::List { all } => list(client, *all, as_json).await,
        Command::Show { id } => show(client, *id, as_json).await,
        Command::Rename { id, name } => change(client, *id, &json!({"display_name": name}), as_json).await,
        Command::Move { id, destination } => {
            change(client, *id, &json!({"destination_id": destination}), as_json).await
        }
        Command::Load { source } => load(client, source, as_json).await,
        Command::Pause { id } => change(client, *id, &pausing(), as_json).await,
        Command::Unpause { id } => change(client, *id, &json!({"paused_at": null}), as_json).await,
        Command::Delete { id, yes } => delete(client, *id, *yes, as_json).await,
        Command::Tokens { command } => tokens::run(client, Kind::Token, command, as_json).await,
        Command::Urls { command } => tokens::run(client, Kind::Url, command, as_json).await,
    }
}

async fn create(client: &Client, kind: &SourceKind, as_json: bool) -> Result<(), Failure> {
    let (source_type, secret, fields) = match kind {
        SourceKind::ImportApi(fields) => ("import_api", Kind::Token, fields),
        SourceKind::Webhook(fields) => ("webhook.incoming-webhook", Kind::Url, fields),
    };
    let mut body = json!({"type": source_type, "display_name": fields.name});
    if let Some(destination) = fields.destination {
        body["destination_id"] = destination.into();
    }
    let mut source = client.post("/v4/sources", Some(&body)).await?;
    let id = source["id"].clone();
    // Webhook sources are made with their first URL.
    let made = match secret {
        Kind::Token => client.post(&format!("/v4/sources/{id}/tokens"), None).await?,
        Kind::Url => json!({"webhook_url": source["webhook_url"]}),
    };
    if as_json {
        if secret == Kind::Token {
            source["access_token"] = made["access_token"].clone();
        }
        say_json!(source);
        return Ok(());
    }
    say!(
        "Source {id} created: its data lands in the folder {}.",
        text(&source["name"])
    );
    if source["destination_id"].is_null() {
        say!("It has no destination yet: what comes in is kept until it has one.");
    }
    say!("");
    tokens::print_secret(secret, &made);
    Ok(())
}

async fn list(client: &Client, all: bool, as_json: bool) -> Result<(), Failure> {
    let mut sources = client.get("/v4/sources").await?;
    if let Some(sources) = sources.as_array_mut() {
        sources.retain(|source| all || source["deleted_at"].is_null());
    }
    if as_json {
        say_json!(sources);
        return Ok(());
    }
    let row = |source: &Value| {
        [
            text(&source["id"]),
            state(source).to_owned(),
            text(&source["type"]),
            destination(source),
            text(&source["name"]),
            text(&source["display_name"]),
        ]
    };
    let rows: Vec<[String; 6]> = sources.as_array().into_iter().flatten().map(row).collect();
    if rows.is_empty() {
        say!("There are no sources: landfall source create makes one.");
        return Ok(());
    }
    table::print(["ID", "STATE", "TYPE", "DESTINATION", "FOLDER", "NAME"], &rows);
    Ok(())
}

async fn show(client: &Client, id: u32, as_json: bool) -> Result<(), Failure> {
    let source = client.get(&format!("/v4/sources/{id}")).await?;
    if as_json {
        say_json!(source);
        return Ok(());
    }
    say!("Source {id}: {}", text(&source["display_name"]));
    let facts = [
        ("state", state(&source).to_owned()),
        ("type", text(&source["type"])),
        ("folder", text(&source["name"])),
        ("destination", destination(&source)),
        ("created", text(&source["created_at"])),
    ];
    for (name, fact) in facts {
        say!("  {name:<28} {fact}");
    }
    for (name, value) in source["properties"].as_object().into_iter().flatten() {
        say!("  {name:<28} {}", text(value));
    }
    Ok(())
}

async fn change(client: &Client, id: u32, body: &Value, as_json: bool) -> Result<(), Failure> {
    let changed = client.put(&format!("/v4/sources/{id}"), body).await?;
    if as_json {
        say_json!(changed);
        return Ok(());
    }
    say!(
        "Source {id}, {}, is {}.",
        text(&changed["display_name"]),
        state(&changed)
    );
    if !changed["system_paused_at"].is_null() {
        say!(
            "Its destination was switched or deleted, which pauses it. To take data again: landfall source unpause {id}"
        );
    }
    Ok(())
}

/// Loads a source that is named by its name, its folder or its number.
async fn load(client: &Client, wanted: &str, as_json: bool) -> Result<(), Failure> {
    let sources = client.get("/v4/sources").await?;
    let is_wanted = |source: &&Value| {
        let names = [&source["id"], &source["name"], &source["display_name"]];
        source["deleted_at"].is_null() && names.into_iter().any(|name| text(name) == wanted)
    };
    let Some(source) = sources.as_array().into_iter().flatten().find(is_wanted) else {
        let reason = format!("there is no source {wanted}: landfall source list shows what there is");
        return Err(Failure::Invalid(reason));
    };
    let path = format!("/v4/sources/{}/load", source["id"]);
    let loading = client.post(&path, None).await?;
    if as_json {
        say!("{loading}");
    } else if loading["rows"] == 0 {
        say!("Nothing of {wanted} waits: all that was received is loaded.");
    } else {
        say!(
            "{} row(s) in {} table(s) of {wanted} are being loaded now.",
            loading["rows"],
            loading["tables"]
        );
    }
    Ok(())
}

async fn delete(client: &Client, id: u32, yes: bool, as_json: bool) -> Result<(), Failure> {
    if !yes {
        let reason = format!("source {id} stays: add --yes to delete it");
        return Err(Failure::Invalid(reason));
    }
    let deleted = client.delete(&format!("/v4/sources/{id}")).await?;
    if as_json {
        say_json!(deleted);
    } else {
        say!("Source {id} is deleted. What was received before is loaded; objects in the bucket stay.");
    }
    Ok(())
}

/// `active`, `paused` by a user, `paused by landfall`, or `deleted`.
fn state(source: &Value) -> &'static str {
    let is = |instant: &str| !source[instant].is_null();
    match () {
        () if is("deleted_at") => "deleted",
        () if is("paused_at") => "paused",
        () if is("system_paused_at") => "paused by landfall",
        () => "active",
    }
}

fn destination(source: &Value) -> String {
    match &source["destination_id"] {
        Value::Null => "none".to_owned(),
        id => text(id),
    }
}
