//! What the set-up pages ask besides.

use landfall_setup::ProblemCode;
use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn a_form_is_judged_without_being_stored() {
    let world = World::new().await;
    let path = "/v4/destinations/validate";
    let body = json!({"name": "", "description": "d".repeat(1001), "properties": {
        "s3_bucket": "AB", "s3_region": "EU", "aws_auth_mode": "static", "nonsense": "x",
    }});
    let judged = world.ok("POST", path, &body.to_string()).await;
    assert_eq!(judged["valid"], false);
    for (property, messages) in [
        ("name", 1),
        ("description", 1),
        ("s3_bucket", 2),
        ("s3_region", 1),
        ("aws_access_key_id", 1),
        ("aws_secret_access_key", 1),
        ("nonsense", 1),
    ] {
        let said = judged["errors"][property].as_array().map(Vec::len);
        assert_eq!(said, Some(messages), "{property}: {judged}");
    }
    assert_eq!(world.call("GET", "/v4/destinations", "").await.1, "[]");

    world.destination().await;
    let twin = r#"{"name":"Lake","properties":{}}"#;
    let judged = world.ok("POST", path, twin).await;
    assert_eq!(judged["errors"]["name"], json!(["non-unique name (Lake)"]));
    let own = r#"{"id":1,"name":"Lake","properties":{"csv_delimiter":"|"}}"#;
    assert_eq!(
        world.ok("POST", path, own).await,
        json!({"valid": true, "errors": {}})
    );
    let refusal = r#"{"error":"InvalidBody","data":{"message":"POST body may only include an id, a name, a description and a map of properties"}}"#;
    let not_found = r#"{"error":"NotFound"}"#;
    world
        .refuses(&[
            ("POST", path, "[]", 400, refusal),
            ("POST", path, r#"{"properties":{},"type":"s3"}"#, 400, refusal),
            ("POST", path, r#"{"id":9,"properties":{}}"#, 404, not_found),
            ("GET", path, "", 404, not_found),
        ])
        .await;
}

#[tokio::test]
async fn a_check_is_watched_step_by_step() {
    let world = World::new().await;
    *world.checker.fault.lock().unwrap() = Some(ProblemCode::MissingChallengeFile);
    world.destination().await;
    let progress = world.ok("GET", "/v4/destinations/1/check-progress", "").await;
    assert_eq!(progress["status"], "failed");
    assert_eq!(progress["errors"][0]["code"], "missing_challenge_file");
    let statuses: Vec<&str> = progress["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["status"].as_str().unwrap())
        .collect();
    assert_eq!(statuses, ["passed", "passed", "passed", "failed", "skipped"]);
    let not_found = r#"{"error":"NotFound"}"#;
    world
        .refuses(&[("GET", "/v4/destinations/2/check-progress", "", 404, not_found)])
        .await;
}

#[tokio::test]
async fn a_grant_has_every_form_and_what_else_is_needed() {
    let world = World::new().await;
    world.destination().await;
    let grant = world
        .ok("GET", "/v4/destinations/1/grant?partition=aws-cn", "")
        .await;
    assert_eq!(
        (&grant["place"], &grant["partition"]),
        (&json!("aws"), &json!("aws-cn"))
    );
    for form in ["json", "aws_cli", "terraform", "cloudformation"] {
        for side in ["bucket", "principal"] {
            let text = grant[side][form].as_str().unwrap();
            assert!(text.contains("lake"), "{side} {form}: {text}");
        }
    }
    assert_eq!((&grant["trust"], &grant["kms"]), (&json!(null), &json!(null)));
    let change = json!({"properties": {
        "aws_auth_mode": "assume_role",
        "aws_role_arn": "arn:aws:iam::111122223333:role/landfall",
        "s3_server_side_encryption": "aws:kms",
    }});
    world.ok("PUT", "/v4/destinations/1", &change.to_string()).await;
    let grant = world.ok("GET", "/v4/destinations/1/grant", "").await;
    assert!(
        grant["trust"]["json"]
            .as_str()
            .unwrap()
            .contains("sts:AssumeRole")
    );
    assert!(grant["kms"]["json"].as_str().unwrap().contains("kms:Decrypt"));
    let change = json!({"properties": {"s3_endpoint_url": "file:///srv/my%20buckets"}});
    world.ok("PUT", "/v4/destinations/1", &change.to_string()).await;
    let grant = world.ok("GET", "/v4/destinations/1/grant", "").await;
    assert_eq!(
        (&grant["place"], &grant["location"]),
        (&json!("folder"), &json!("/srv/my buckets/lake"))
    );
    let refusal =
        r#"{"error":"InvalidPartition","data":{"message":"partition must be aws, aws-cn or aws-us-gov"}}"#;
    world
        .refuses(&[("GET", "/v4/destinations/1/grant?partition=mars", "", 400, refusal)])
        .await;
}

#[tokio::test]
async fn only_folders_are_filled_from_here() {
    let world = World::new().await;
    world.destination().await;
    let refusal = r#"{"error":"NotMade","data":{"message":"only bucket folders can be filled from here: upload the challenge file yourself"}}"#;
    world
        .refuses(&[("POST", "/v4/destinations/1/challenge-file", "", 400, refusal)])
        .await;
}
