use serde_json::json;

use crate::world::{TEMPLATE, World};

fn body(extra: &str) -> String {
    format!(
        r#"{{"type":"s3","connection":{{"s3_bucket":"lake","output_file_format":"csv","csv_force_quote":true,"s3_key_format_string":"{TEMPLATE}"{extra}}}}}"#
    )
}

#[tokio::test]
async fn a_destination_of_the_old_shape_is_the_same_destination() {
    let world = World::new().await;
    let made = world.ok("POST", "/v3/destinations", &body("")).await;
    let challenge = made["connection"]["sentinel_key"].as_str().unwrap();
    assert!(challenge.starts_with("stitch-challenge-file-"), "{challenge}");
    assert_eq!(made["last_check"], json!(null));
    let listed = world.ok("GET", "/v3/destinations", "").await;
    let expected = json!([{
        "id": 1, "type": "s3", "created_at": "2026-01-05T10:00:00Z", "updated_at": "2026-01-05T10:00:00Z",
        "connection": {
            "s3_bucket": "lake", "output_file_format": "csv", "s3_key_format_string": TEMPLATE,
            "csv_force_quote": true,
        },
        "last_check": null,
    }]);
    assert_eq!(listed, expected);
    let new_shape = world.ok("GET", "/v4/destinations/1", "").await;
    assert_eq!(new_shape["properties"]["csv_force_quote"], "true");
    assert_eq!(new_shape["landfall_status"], "pending_verification");
}

#[tokio::test]
async fn a_destination_of_the_old_shape_tells_of_its_last_check() {
    let world = World::new().await;
    let own = r#","sentinel_key":"stitch-challenge-file-own""#;
    let made = world.ok("POST", "/v3/destinations", &body(own)).await;
    assert!(made["connection"].get("sentinel_key").is_none(), "{made}");
    let check = json!({
        "error": false, "started_at": "2026-01-05T10:00:00Z", "completed_at": "2026-01-05T10:00:00Z",
    });
    assert_eq!(made["last_check"], check);
    let change = r#"{"type":"s3","connection":{"output_file_format":"csv","csv_delimiter":"|"}}"#;
    let changed = world.ok("PUT", "/v3/destinations/1", change).await;
    assert_eq!(changed["connection"]["csv_delimiter"], "|");
}

#[tokio::test]
async fn a_body_that_is_not_of_the_old_shape_is_refused() {
    let world = World::new().await;
    let refusal = r#""body must be a map with type = s3. required-keys = type, connection""#;
    for body in [
        "{}",
        "[]",
        r#"{"type":"s3"}"#,
        r#"{"type":"redshift","connection":{}}"#,
        r#"{"type":"s3","connection":[]}"#,
        r#"{"type":"s3","connection":{},"name":"Lake"}"#,
    ] {
        world
            .refuses(&[("POST", "/v3/destinations", body, 400, refusal)])
            .await;
    }
    let unknown = r#""invalid connection id""#;
    world
        .refuses(&[
            ("PUT", "/v3/destinations/9", "{}", 400, unknown),
            ("GET", "/v3/destinations/1", "", 404, r#"{"error":"NotFound"}"#),
        ])
        .await;
    let (status, answer) = world
        .call(
            "POST",
            "/v3/destinations",
            r#"{"type":"s3","connection":{"s3_bucket":"s3://x"}}"#,
        )
        .await;
    assert!(
        status == 400 && answer.contains(r#""bad_properties":["s3_bucket"]"#),
        "{answer}"
    );
}
