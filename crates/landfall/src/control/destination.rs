//! `landfall destination`.

use std::time::Duration;

use landfall_bucket::{Sleep, TokioSleep};
use landfall_core::bucket_name::{BucketHost, BucketName};
use landfall_core::settings::ChallengeKey;
use landfall_setup::challenge::upload_command;
use landfall_setup::{Place, Step};
use serde_json::{Value, json};

use super::client::{Client, Failure};
use super::options::{DestinationCommand as Command, DestinationFields};
use super::properties;
use super::{pausing, table, text};

/// How often it is asked whether a check is over. The server ends each within two minutes.
const POLL: Duration = Duration::from_millis(300);

pub(super) async fn run(client: &Client, command: &Command, as_json: bool) -> Result<(), Failure> {
    match command {
        Command::Create(fields) => create(client, fields, as_json).await,
        Command::ValidateKey { template, format } => validate_key(client, template, format, as_json).await,
        Command::Policy { id, partition } => policy(client, *id, partition.as_deref(), as_json).await,
        Command::Check { id } => check(client, *id, as_json).await,
        Command::NewChallenge { id } => new_challenge(client, *id, as_json).await,
        Command::Update { id, fields } => update(client, *id, fields, as_json).await,
        Command::Pause { id } => change(client, *id, &pausing(), as_json).await,
        Command::Resume { id } => change(client, *id, &json!({"paused_at": null}), as_json).await,
        Command::List => list(client, as_json).await,
        Command::Show { id } => show(client, *id, as_json).await,
        Command::Delete { id, yes, sources } => delete(client, *id, *yes, sources, as_json).await,
    }
}

async fn create(client: &Client, fields: &DestinationFields, as_json: bool) -> Result<(), Failure> {
    let mut body = json!({"type": "s3", "properties": properties::given(fields)?});
    add_texts(&mut body, fields);
    let made = client.post("/v4/destinations", Some(&body)).await?;
    if as_json {
        say_json!(made);
        return Ok(());
    }
    let id = &made["id"];
    say!("Destination {id} created ({}).", status(&made));
    if let Some(challenge) = made["generated_sentinel_key"].as_str() {
        let policy = client
            .get(&format!("/v4/destinations/{id}/bucket-policy"))
            .await?;
        say!(
            "\n1. Add this statement to the bucket policy of {}:\n{}",
            text(&made["properties"]["s3_bucket"]),
            pretty(&policy["policy"])
        );
        say!("2. Upload an EMPTY file with this name (shown only once):");
        print_challenge(&made, challenge);
        say!("3. Run: landfall destination check {id}");
    }
    Ok(())
}

fn add_texts(body: &mut Value, fields: &DestinationFields) {
    let texts = [("name", &fields.name), ("description", &fields.description)];
    for (name, text) in texts {
        if let Some(text) = text {
            body[name] = text.as_str().into();
        }
    }
}

fn print_challenge(destination: &Value, challenge: &str) {
    say!("   {challenge}");
    let bucket = text(&destination["properties"]["s3_bucket"]);
    let place = match destination["properties"]["s3_endpoint_url"].as_str() {
        None => Place::Aws,
        Some(url) => url.strip_prefix("file://").map_or_else(
            || Place::Store {
                endpoint_url: url.to_owned(),
            },
            |path| Place::Folder { path: path.into() },
        ),
    };
    let host = match place {
        Place::Aws => BucketHost::Amazon,
        Place::Store { .. } | Place::Folder { .. } => BucketHost::Endpoint,
    };
    // A later server may know names that this program doesn't.
    if let (Ok(bucket), Ok(key)) = (BucketName::parse(&bucket, host), ChallengeKey::parse(challenge)) {
        say!("     {}", upload_command(&bucket, &key, &place));
    }
}

async fn validate_key(client: &Client, template: &str, format: &str, as_json: bool) -> Result<(), Failure> {
    let format = if format == "csv" { "csv" } else { "jsonl" };
    let body = json!({"s3_key_format_string": template, "output_file_format": format});
    let preview = client.post("/v4/destinations/key-preview", Some(&body)).await?;
    let is_valid = preview["valid"] == true;
    if as_json {
        say_json!(preview);
    } else if is_valid {
        say!("The S3 Key is valid, for example: {}", text(&preview["example"]));
    }
    if is_valid {
        return Ok(());
    }
    let errors = preview["errors"].as_array().into_iter().flatten();
    let messages: Vec<String> = errors.map(|error| text(&error["message"])).collect();
    // In JSON it has been said already.
    Err(Failure::Invalid(if as_json {
        String::new()
    } else {
        messages.join("\n")
    }))
}

async fn policy(client: &Client, id: u32, partition: Option<&str>, as_json: bool) -> Result<(), Failure> {
    let query = partition.map_or_else(String::new, |partition| format!("?partition={partition}"));
    let answer = client
        .get(&format!("/v4/destinations/{id}/bucket-policy{query}"))
        .await?;
    if as_json {
        say_json!(answer);
    } else {
        say!("{}", pretty(&answer["policy"]));
    }
    Ok(())
}

async fn check(client: &Client, id: u32, as_json: bool) -> Result<(), Failure> {
    let mut check = client.post(&format!("/v4/destinations/{id}/check"), None).await?;
    while check["status"] == "running" {
        TokioSleep.sleep(POLL).await;
        check = client
            .get(&format!("/v4/destinations/{id}/last-connection-check"))
            .await?;
    }
    if as_json {
        say_json!(check);
    } else {
        print_check(client, id, &check).await?;
    }
    if check["status"] == "succeeded" {
        Ok(())
    } else {
        Err(Failure::CheckFailed)
    }
}

async fn print_check(client: &Client, id: u32, check: &Value) -> Result<(), Failure> {
    let problem = check["errors"].as_array().and_then(|errors| errors.first());
    for step in Step::ALL {
        let name = step.as_str();
        let Some(problem) = problem.filter(|problem| problem["step"] == name) else {
            say!("{name:<15} ok");
            continue;
        };
        say!("{name:<15} FAIL {}", text(&problem["message"]));
        say!("  Cause:  {}", text(&problem["cause"]));
        say!("  Remedy: {}", text(&problem["remedy"]));
        if problem["code"] == "missing_challenge_file" {
            say!("          The name is lost? Run: landfall destination new-challenge {id}");
        }
        break;
    }
    for warning in check["warnings"].as_array().into_iter().flatten() {
        say!("Warning: {}", text(&warning["message"]));
    }
    if problem.is_none() {
        let destination = client.get(&format!("/v4/destinations/{id}")).await?;
        say!("Success! Destination {id} is {}.", status(&destination));
    }
    Ok(())
}

async fn new_challenge(client: &Client, id: u32, as_json: bool) -> Result<(), Failure> {
    let body = json!({"properties": {"sentinel_key": null}});
    let changed = client.put(&format!("/v4/destinations/{id}"), &body).await?;
    if as_json {
        say_json!(changed);
        return Ok(());
    }
    let Some(challenge) = changed["generated_sentinel_key"].as_str() else {
        let reason =
            "the destination lacks required properties: complete it with landfall destination update";
        return Err(Failure::Invalid(reason.to_owned()));
    };
    say!("Upload an EMPTY file with this name (shown only once):");
    print_challenge(&changed, challenge);
    say!("Then run: landfall destination check {id}");
    Ok(())
}

async fn update(client: &Client, id: u32, fields: &DestinationFields, as_json: bool) -> Result<(), Failure> {
    let properties = properties::given(fields)?;
    let mut body = json!({});
    add_texts(&mut body, fields);
    if !properties.is_empty() {
        body["properties"] = properties.into();
    }
    if body == json!({}) {
        let reason = "nothing to change: give what is to be different, such as --format csv";
        return Err(Failure::Invalid(reason.to_owned()));
    }
    change(client, id, &body, as_json).await
}

async fn change(client: &Client, id: u32, body: &Value, as_json: bool) -> Result<(), Failure> {
    let changed = client.put(&format!("/v4/destinations/{id}"), body).await?;
    if as_json {
        say_json!(changed);
        return Ok(());
    }
    say!("Destination {id} is {}.", status(&changed));
    if let Some(challenge) = changed["generated_sentinel_key"].as_str() {
        say!("Upload an EMPTY file with this name (shown only once):");
        print_challenge(&changed, challenge);
    }
    Ok(())
}

async fn list(client: &Client, as_json: bool) -> Result<(), Failure> {
    let destinations = client.get("/v4/destinations").await?;
    if as_json {
        say_json!(destinations);
        return Ok(());
    }
    let row = |destination: &Value| {
        let bucket = destination["properties"]["s3_bucket"].as_str();
        [
            text(&destination["id"]),
            status(destination),
            bucket.unwrap_or("none").to_owned(),
            text(&destination["name"]),
        ]
    };
    let rows: Vec<[String; 4]> = destinations.as_array().into_iter().flatten().map(row).collect();
    if rows.is_empty() {
        say!("There are no destinations: landfall destination create makes one.");
        return Ok(());
    }
    table::print(["ID", "STATE", "BUCKET", "NAME"], &rows);
    Ok(())
}

async fn show(client: &Client, id: u32, as_json: bool) -> Result<(), Failure> {
    let destination = client.get(&format!("/v4/destinations/{id}")).await?;
    if as_json {
        say_json!(destination);
        return Ok(());
    }
    say!("Destination {id}: {}", text(&destination["name"]));
    say!("  {:<28} {}", "status", status(&destination));
    for (name, value) in destination["properties"].as_object().into_iter().flatten() {
        say!("  {name:<28} {}", text(value));
    }
    Ok(())
}

async fn delete(client: &Client, id: u32, yes: bool, sources: &str, as_json: bool) -> Result<(), Failure> {
    if !yes {
        let reason = format!("destination {id} stays: add --yes to delete it");
        return Err(Failure::Invalid(reason));
    }
    let answer = client
        .delete(&format!("/v4/destinations/{id}?sources={sources}"))
        .await?;
    if as_json {
        say_json!(answer);
    } else {
        say!("Destination {id} is deleted. Objects in its bucket stay.");
    }
    Ok(())
}

/// `pending verification`, as people write it.
fn status(destination: &Value) -> String {
    text(&destination["landfall_status"]).replace('_', " ")
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string())
}
