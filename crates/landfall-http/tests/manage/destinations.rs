use std::sync::atomic::Ordering;

use landfall_catalog::AccessFault;
use landfall_core::time::Timestamp;
use landfall_http::manage::InstanceRules;
use landfall_setup::ProblemCode;
use serde_json::{Value, json};

use crate::world::{NOW, OWN_CHALLENGE, TEMPLATE, World};

/// A body without a challenge name.
fn without_challenge() -> String {
    json!({"type": "s3", "name": "Lake", "description": "Raw landing zone", "properties": {
        "s3_bucket": "com-test-stitch-bucket", "output_file_format": "csv", "csv_delimiter": ",",
        "csv_force_quote": true, "s3_key_format_string": TEMPLATE}})
    .to_string()
}

#[tokio::test]
async fn a_new_destination_shows_its_challenge_name_once() {
    let world = World::new().await;
    let (status, body) = world.call("POST", "/v4/destinations", &without_challenge()).await;
    assert_eq!(status, 200);
    let begin = concat!(
        r#"{"description":"Raw landing zone","properties":{"csv_delimiter":",","csv_force_quote":"true","#,
        r#""output_file_format":"csv","s3_bucket":"com-test-stitch-bucket","#,
        r#""s3_key_format_string":"[integration_name]/[table_name]/[table_version]_[timestamp_loaded].csv"},"#,
        r#""updated_at":"2026-01-05T10:00:00Z","name":"Lake","type":"s3","deleted_at":null,"#,
        r#""system_paused_at":null,"stitch_client_id":116078,"paused_at":null,"id":1,"display_name":null,"#,
        r#""created_at":"2026-01-05T10:00:00Z","landfall_status":"pending_verification","#,
        r#""generated_sentinel_key":"stitch-challenge-file-00000000-0000-4000-8000-000000000000","#,
        r#""report_card":{"type":"s3","current_step":1,"current_step_type":"form","steps":[{"type":"form","#,
        r#""properties":[{"name":"aws_access_key_id","is_required":false,"is_credential":true,"#,
        r#""system_provided":false,"property_type":"user_provided_advanced","json_schema":{"type":"string"},"#,
        r#""provided":false},"#,
    );
    assert!(body.starts_with(begin), "{body}");
    let end = concat!(
        r#"{"name":"sentinel_key","is_required":true,"is_credential":true,"system_provided":false,"#,
        r#""property_type":"system_provided_by_default","json_schema":{"type":"string","#,
        r#""pattern":"^stitch-challenge-file-.*$"},"provided":true}]},"#,
        r#"{"type":"fully_configured","properties":[]}]}}"#,
    );
    assert!(body.ends_with(end), "{body}");
    for path in ["/v4/destinations", "/v4/destinations/1"] {
        let (_, body) = world.call("GET", path, "").await;
        assert!(!body.contains("stitch-challenge-file-0"), "{body}");
    }
    assert!(
        world.checker.buckets.lock().unwrap().is_empty(),
        "the file can't be there yet"
    );
    assert_eq!(world.changes(), 1);
}

#[tokio::test]
async fn a_check_that_succeeds_makes_a_destination_active() {
    let world = World::new().await;
    let made = world.destination().await;
    assert_eq!(made["landfall_status"], "active");
    assert_eq!(made["report_card"]["current_step"], 2);
    assert_eq!(
        made["check_job_name"],
        "116078.1.check.00000000-0000-4000-8000-000000000000"
    );
    let (_, check) = world
        .call("GET", "/v4/destinations/1/last-connection-check", "")
        .await;
    let expected = concat!(
        r#"{"target_exit_status":null,"tap_error_message":null,"check_exit_status":0,"#,
        r#""name":"116078.1.check.00000000-0000-4000-8000-000000000000","start_time":"2026-01-05T10:00:00Z","#,
        r#""mode":"check","tap_exit_status":null,"target_error_message":null,"discovery_exit_status":0,"#,
        r#""status":"succeeded","completion_time":"2026-01-05T10:00:00Z","error":false,"#,
        r#""discovery_error_message":null,"errors":[],"warnings":[]}"#,
    );
    assert_eq!(check, expected);
    assert_eq!(world.changes(), 2, "made, and checked");
}

#[tokio::test]
async fn a_check_that_fails_says_why_and_leaves_the_destination_pending() {
    let world = World::new().await;
    *world.checker.fault.lock().unwrap() = Some(ProblemCode::MissingChallengeFile);
    let made = world.destination().await;
    assert_eq!(made["landfall_status"], "pending_verification");
    let (_, check) = world
        .call("GET", "/v4/destinations/1/last-connection-check", "")
        .await;
    let expected = concat!(
        r#"{"target_exit_status":null,"tap_error_message":null,"check_exit_status":1,"#,
        r#""name":"116078.1.check.00000000-0000-4000-8000-000000000000","start_time":"2026-01-05T10:00:00Z","#,
        r#""mode":"check","tap_exit_status":null,"target_error_message":null,"discovery_exit_status":1,"#,
        r#""status":"failed","completion_time":"2026-01-05T10:00:00Z","error":true,"#,
        r#""discovery_error_message":"An error occurred (404) when calling the HeadObject operation: Not Found","#,
        r#""errors":[{"code":"missing_challenge_file","step":"head_challenge","#,
        r#""message":"An error occurred (404) when calling the HeadObject operation: Not Found","#,
        r#""cause":"The challenge file is not in the bucket.","remedy":"Upload an empty file."}],"warnings":[]}"#,
    );
    assert_eq!(check, expected);
}

#[tokio::test]
async fn a_failing_check_takes_an_active_destination_back_and_a_passing_fault_does_not() {
    for (fault, status) in [
        (ProblemCode::NoSuchBucket, "failing"),
        (ProblemCode::Throttled, "active"),
        (ProblemCode::EndpointUnreachable, "active"),
    ] {
        let world = World::new().await;
        world.destination().await;
        *world.checker.fault.lock().unwrap() = Some(fault);
        world.ok("POST", "/v4/destinations/1/check", "").await;
        world.state.drain().await;
        let destination = world.ok("GET", "/v4/destinations/1", "").await;
        assert_eq!(destination["landfall_status"], status, "{fault}");
        assert_eq!(destination["report_card"]["current_step"], 2, "{fault}");
        assert_eq!(
            destination["system_paused_at"].is_string(),
            status == "failing",
            "{fault}"
        );
        let failure = &destination["landfall_failure"];
        assert_eq!(failure.is_object(), status == "failing", "{fault}");
        if failure.is_object() {
            assert_eq!(failure["remedy"], "Upload an empty file.", "as the check said");
            assert_eq!(failure["next_check_at"], "2026-01-05T10:01:00Z");
        }
    }
}

#[tokio::test]
async fn a_destination_whose_load_was_refused_says_why_although_its_last_check_succeeded() {
    let world = World::new().await;
    world.destination().await;
    let stored = world.catalog.destinations().await.unwrap().remove(0);
    let fault = AccessFault {
        code: "missing_put_object".to_owned(),
        message: "An error occurred (AccessDenied) when calling the PutObject operation: Access Denied"
            .to_owned(),
    };
    let now = Timestamp::from_millis(NOW);
    let refused = world
        .catalog
        .load_refused(stored.id, stored.access_revision, fault, now);
    refused.await.unwrap();
    let failure = &world.ok("GET", "/v4/destinations/1", "").await["landfall_failure"];
    assert_eq!(failure["code"], "missing_put_object");
    for text in ["cause", "remedy"] {
        assert!(
            failure[text].as_str().unwrap().contains("s3:PutObject"),
            "{failure}"
        );
    }
    assert_eq!(failure["next_check_at"], "2026-01-05T10:01:00Z");
}

#[tokio::test]
async fn a_running_check_is_not_started_twice_and_one_that_was_cut_off_has_failed() {
    let world = World::new().await;
    world.ok("POST", "/v4/destinations", &without_challenge()).await;
    world.checker.may_end.forget_permits(1_000);
    let first = world.ok("POST", "/v4/destinations/1/check", "").await;
    let second = world.ok("POST", "/v4/destinations/1/check", "").await;
    assert_eq!(first, second);
    assert_eq!(first["status"], "running");
    assert_eq!(first["completion_time"], Value::Null);
    world.clock.store(NOW + 120_000, Ordering::SeqCst);
    let late = world
        .ok("GET", "/v4/destinations/1/last-connection-check", "")
        .await;
    assert_eq!(
        (&late["status"], &late["errors"][0]["code"]),
        (&json!("failed"), &json!("timeout"))
    );
    world.checker.may_end.add_permits(1);
    world.state.drain().await;
    let done = world
        .ok("GET", "/v4/destinations/1/last-connection-check", "")
        .await;
    assert_eq!(done["status"], "succeeded");
}

#[tokio::test]
async fn a_check_that_a_change_overtakes_is_made_again_for_what_it_is_now() {
    let world = World::new().await;
    world.ok("POST", "/v4/destinations", &without_challenge()).await;
    world.checker.may_end.forget_permits(1_000);
    world.ok("POST", "/v4/destinations/1/check", "").await;
    while world.checker.buckets.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    world
        .ok(
            "PUT",
            "/v4/destinations/1",
            r#"{"properties":{"s3_bucket":"pond"}}"#,
        )
        .await;
    world.checker.may_end.add_permits(2);
    world.state.drain().await;
    assert_eq!(
        *world.checker.buckets.lock().unwrap(),
        ["com-test-stitch-bucket", "pond"]
    );
    let destination = world.ok("GET", "/v4/destinations/1", "").await;
    assert_eq!(destination["landfall_status"], "active");
}

#[tokio::test]
async fn changes_follow_the_state_machine() {
    let world = World::new().await;
    let draft = world
        .ok("POST", "/v4/destinations", r#"{"type":"s3","properties":{}}"#)
        .await;
    assert_eq!(
        (&draft["landfall_status"], &draft["name"]),
        (&json!("draft"), &json!("s3"))
    );
    assert_eq!(draft.get("generated_sentinel_key"), None);
    let form = json!({"name": "Lake", "description": null, "properties": {"s3_bucket": "lake",
        "output_file_format": "json", "s3_key_format_string": "[integration_name]/[table_name]/[table_version]_[timestamp_loaded]"}});
    let complete = world.ok("PUT", "/v4/destinations/1", &form.to_string()).await;
    assert_eq!(complete["landfall_status"], "pending_verification");
    assert!(complete["generated_sentinel_key"].is_string());
    assert_eq!(complete["properties"]["output_file_format"], "jsonl");
    world.ok("POST", "/v4/destinations/1/check", "").await;
    world.state.drain().await;
    let steps = [
        (json!({"properties": {"csv_delimiter": "|"}}), "active"),
        (json!({"paused_at": "2019-06-01T00:00:00Z"}), "paused"),
        (json!({"paused_at": null}), "active"),
        (
            json!({"properties": {"sentinel_key": null}}),
            "pending_verification",
        ),
    ];
    for (change, status) in steps {
        let answer = world.ok("PUT", "/v4/destinations/1", &change.to_string()).await;
        assert_eq!(answer["landfall_status"], status, "{change}");
        let is_new_name = change["properties"].get("sentinel_key").is_some();
        assert_eq!(
            answer.get("generated_sentinel_key").is_some(),
            is_new_name,
            "{change}"
        );
    }
    assert_eq!(
        world.checker.buckets.lock().unwrap().len(),
        1,
        "no file can have the new name yet"
    );
    let own = json!({"properties": {"sentinel_key": OWN_CHALLENGE}});
    world.ok("PUT", "/v4/destinations/1", &own.to_string()).await;
    world.state.drain().await;
    let destination = world.ok("GET", "/v4/destinations/1", "").await;
    assert_eq!(destination["landfall_status"], "active");
    assert_eq!(
        world.call("DELETE", "/v4/destinations/1", "").await,
        (200, "{}".to_owned())
    );
    assert_eq!(world.ok("GET", "/v4/destinations", "").await, json!([]));
}

#[tokio::test]
async fn what_is_wrong_with_a_destination_is_said_as_documented() {
    let rules = InstanceRules {
        most_destinations: 2,
        ..InstanceRules::default()
    };
    let world = World::with(rules).await;
    world.destination().await;
    let keys = r#""POST body may only include a type, a name, a description, map of properties, and boolean for unmapped sources""#;
    let put_keys = r#"{"error":"InvalidBody","data":{"message":"PUT body may only include properties, name, description, and paused_at"}}"#;
    let unknown = r#""invalid connection id""#;
    let paused_at =
        r#"{"error":"InvalidBody","data":{"message":"paused_at must be an ISO 8601 timestamp or null"}}"#;
    let long = format!(r#"{{"name":"{}"}}"#, "x".repeat(101));
    let (all, one, nine) = ("/v4/destinations", "/v4/destinations/1", "/v4/destinations/9");
    world
        .refuses(&[
            ("POST", all, "[]", 400, keys),
            ("POST", all, r#"{"type":"s3"}"#, 400, keys),
            ("POST", all, r#"{"properties":{}}"#, 400, keys),
            ("POST", all, r#"{"type":"s3","properties":{},"other":1}"#, 400, keys),
            ("POST", all, r#"{"type":"s3","properties":{},"name":5}"#, 400, keys),
            ("POST", all, r#"{"type":"s3","properties":{},"ignore_unmapped_sources":"true"}"#, 400, keys),
            ("POST", all, r#"{"type":"redshift","properties":{}}"#, 400,
             r#"{"error":"InvalidType","data":{"message":"invalid destination type (redshift)"}}"#),
            ("POST", all, r#"{"type":"s3","properties":{},"name":"Lake"}"#, 400,
             r#"{"error":"InvalidName","data":{"message":"non-unique name (Lake)"}}"#),
            ("PUT", one, &long, 400,
             r#"{"error":"InvalidName","data":{"message":"name must have 1 to 100 characters"}}"#),
            ("PUT", one, r#"{"type":"s3"}"#, 400,
             r#""this API endpoint does not support modifying destination type""#),
            ("PUT", one, r#"{"id":5}"#, 400, put_keys),
            ("PUT", one, r#"{"name":null}"#, 400, put_keys),
            ("PUT", one, r#"{"paused_at":"now"}"#, 400, paused_at),
            ("PUT", one, r#"{"paused_at":5}"#, 400, paused_at),
            ("PUT", nine, "{}", 400, unknown),
            ("POST", "/v4/destinations/9/check", "", 400, unknown),
            ("DELETE", nine, "", 400, r#""Unable to locate dest (9) for client (116078) to delete""#),
            ("DELETE", "/v4/destinations/1?sources=keep", "", 400,
             r#"{"error":"InvalidBody","data":{"message":"sources must be pause or delete"}}"#),
            ("GET", "/v4/destinations?id=1", "", 400,
             r#""GET may only include the params: source_id and/or destination_id""#),
            ("GET", "/v4/destinations/1/bucket-policy?partition=azure", "", 400,
             r#"{"error":"InvalidPartition","data":{"message":"partition must be aws, aws-cn or aws-us-gov"}}"#),
        ])
        .await;
    world.ok("POST", all, r#"{"type":"s3","properties":{}}"#).await;
    let incomplete = r#"{"error":"IncompleteDestination","data":{"message":"the destination lacks required properties: see its report_card"}}"#;
    world
        .refuses(&[
            (
                "POST",
                all,
                r#"{"type":"s3","properties":{}}"#,
                400,
                r#""you are at your destination limit""#,
            ),
            ("POST", "/v4/destinations/2/check", "", 400, incomplete),
            ("GET", "/v4/destinations/2/bucket-policy", "", 400, incomplete),
            (
                "GET",
                "/v4/destinations/2/last-connection-check",
                "",
                404,
                r#"{"error":"NotFound"}"#,
            ),
        ])
        .await;
}

#[tokio::test]
async fn bad_properties_come_with_all_their_reasons_and_without_their_secrets() {
    let world = World::new().await;
    let body = json!({"type": "s3", "properties": {"s3_bucket": "s3://lake", "output_file_format": "csv",
        "s3_key_format_string": "[integration_name]/[table_name]_[timestamp_loaded].csv",
        "aws_secret_access_key": "wJalr XUtnFEMI"}});
    let (status, answer) = world.call("POST", "/v4/destinations", &body.to_string()).await;
    let begin = concat!(
        r#"{"error":"InvalidProperties","data":{"message":"properties do not match schema","#,
        r#""bad_properties":["aws_secret_access_key","s3_bucket","s3_key_format_string"],"#,
        r#""errors":{"aws_secret_access_key":["has blanks or control characters: remove them","#,
        r#""is possible only when aws_auth_mode is static: remove it, or set aws_auth_mode to static"],"#,
        r#""s3_bucket":["Enter only the bucket name, without s3:// or https://"],"#,
        r#""s3_key_format_string":["The S3 Key is missing the required element [table_version]. Add [table_version] anywhere in the key."]},"#,
        r#""report_card":{"type":"s3","current_step":1,"current_step_type":"form","steps":[{"#,
    );
    assert_eq!(status, 400);
    assert!(answer.starts_with(begin), "{answer}");
    assert!(!answer.contains("wJalr"));
    assert_eq!(world.ok("GET", "/v4/destinations", "").await, json!([]));
}

#[tokio::test]
async fn secrets_that_were_written_are_never_read() {
    let world = World::new().await;
    *world.checker.fault.lock().unwrap() = Some(ProblemCode::BadSecret);
    let secrets = [
        "AKIAIOSFODNN7EXAMPLE",
        "wJalrXUtnFEMIK7MDENG",
        "FwoGZXIvYXdzEXAMPLE",
        OWN_CHALLENGE,
    ];
    let body = json!({"type": "s3", "properties": {"s3_bucket": "lake", "output_file_format": "csv",
        "s3_key_format_string": TEMPLATE, "aws_auth_mode": "static", "aws_access_key_id": secrets[0],
        "aws_secret_access_key": secrets[1], "aws_session_token": secrets[2], "sentinel_key": secrets[3]}});
    let mut answers = vec![world.call("POST", "/v4/destinations", &body.to_string()).await.1];
    let change = r#"{"properties":{"s3_bucket":"s3://x"}}"#;
    for (method, path, body) in [
        ("GET", "/v4/destinations", ""),
        ("GET", "/v4/destinations/1", ""),
        ("PUT", "/v4/destinations/1", change),
        ("PUT", "/v4/destinations/1", r#"{"name":"Lake"}"#),
        ("POST", "/v4/destinations/1/check", ""),
        ("GET", "/v4/destinations/1/last-connection-check", ""),
        ("GET", "/v4/destinations/1/bucket-policy", ""),
    ] {
        answers.push(world.call(method, path, body).await.1);
    }
    for (answer, secret) in answers
        .iter()
        .flat_map(|answer| secrets.map(|secret| (answer, secret)))
    {
        assert!(!answer.contains(secret), "{secret} in {answer}");
    }
    let destination = world.ok("GET", "/v4/destinations/1", "").await;
    let form = destination["report_card"]["steps"][0]["properties"]
        .as_array()
        .unwrap();
    let provided = form
        .iter()
        .filter(|property| property["provided"] == true && property["is_credential"] == true);
    assert_eq!(provided.count(), 4);
}

#[tokio::test]
async fn lists_are_filtered_by_destination_and_by_source() {
    let world = World::new().await;
    world.destination().await;
    world
        .ok("POST", "/v4/destinations", r#"{"type":"s3","properties":{}}"#)
        .await;
    world
        .ok(
            "POST",
            "/v4/sources",
            r#"{"type":"import_api","display_name":"Shop","destination_id":1}"#,
        )
        .await;
    let cases = [
        ("", json!([1, 2])),
        ("?destination_id=2", json!([2])),
        ("?source_id=1", json!([1])),
        ("?source_id=1&destination_id=2", json!([])),
        ("?source_id=7", json!([])),
        ("?source_id=x", json!([])),
    ];
    for (query, expected) in cases {
        let found = world.ok("GET", &format!("/v4/destinations{query}"), "").await;
        let ids: Vec<Value> = found
            .as_array()
            .unwrap()
            .iter()
            .map(|object| object["id"].clone())
            .collect();
        assert_eq!(Value::from(ids), expected, "{query}");
    }
}

#[tokio::test]
async fn the_policy_names_the_principal_and_keys_can_be_tried() {
    let world = World::new().await;
    world.destination().await;
    let (_, policy) = world
        .call("GET", "/v4/destinations/1/bucket-policy?partition=aws-cn", "")
        .await;
    let expected = concat!(
        r#"{"partition":"aws-cn","principal_arn":"arn:aws:iam::111122223333:role/landfall-loader","#,
        r#""policy":{"Version":"2012-10-17","Id":"Landfall-1","Statement":[{"Sid":"LandfallLoader1","#,
        r#""Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111122223333:role/landfall-loader"]},"#,
        r#""Action":["s3:PutObject","s3:GetObject","s3:ListBucket"],"#,
        r#""Resource":["arn:aws-cn:s3:::lake","arn:aws-cn:s3:::lake/*"]}]}}"#,
    );
    assert_eq!(policy, expected);
    let preview = "/v4/destinations/key-preview";
    let good = json!({"s3_key_format_string": TEMPLATE, "output_file_format": "csv"}).to_string();
    let bad = json!({"s3_key_format_string": format!("my data/{TEMPLATE}"), "output_file_format": "csv"});
    assert_eq!(
        world.call("POST", preview, &good).await.1,
        r#"{"valid":true,"errors":[],"example":"salesforce_prod/account/1_1519235654474.csv"}"#
    );
    assert_eq!(
        world.call("POST", preview, &bad.to_string()).await.1,
        r#"{"valid":false,"errors":[{"code":"key_space","message":"The S3 Key contains a space at character 3. Remove it, or use \"_\" or \"-\" instead.","position":3}],"example":null}"#
    );
    let refusal = r#"{"error":"InvalidBody","data":{"message":"POST body must have a text s3_key_format_string and an output_file_format of csv or jsonl"}}"#;
    world.refuses(&[("POST", preview, "{}", 400, refusal)]).await;
}
