use landfall_catalog::{Authentication, Digest};
use serde_json::{Value, json};

use crate::world::World;

const SHOP: &str = r#"{"type":"import_api","display_name":"Import API"}"#;
const HOOK: &str = r#"{"type":"webhook.incoming-webhook","display_name":"Clicks","properties":{"webhookz_primary_key":"id"}}"#;

#[tokio::test]
async fn an_import_source_is_ready_at_once() {
    let world = World::new().await;
    world.destination().await;
    let (status, body) = world.call("POST", "/v4/sources", SHOP).await;
    let expected = concat!(
        r#"{"properties":{},"updated_at":"2026-01-05T10:00:00Z","schedule":null,"name":"import_api","#,
        r#""type":"import_api","deleted_at":null,"system_paused_at":null,"stitch_client_id":116078,"#,
        r#""paused_at":null,"id":1,"display_name":"Import API","created_at":"2026-01-05T10:00:00Z","#,
        r#""destination_id":1,"report_card":{"type":"import_api","current_step":2,"#,
        r#""current_step_type":"fully_configured","steps":[{"type":"form","properties":[]},"#,
        r#"{"type":"fully_configured","properties":[]}]}}"#,
    );
    assert_eq!((status, body.as_str()), (200, expected));
    assert_eq!(world.call("GET", "/v4/sources/1", "").await.1, expected);
    assert_eq!(
        world.call("GET", "/v4/sources", "").await.1,
        format!("[{expected}]")
    );
}

#[tokio::test]
async fn what_is_wrong_with_a_source_is_said_as_documented() {
    let world = World::new().await;
    world
        .ok(
            "POST",
            "/v4/sources",
            r#"{"type":"import_api","display_name":"GitHub"}"#,
        )
        .await;
    let (all, one, nine) = ("/v4/sources", "/v4/sources/1", "/v4/sources/9");
    let body = r#"{"error":"InvalidBody","data":{"message":"POST body may only include a non-empty type, a non-empty display_name and map of string properties"}}"#;
    let put = r#"{"error":"InvalidBody","data":{"message":"PUT body many only include the keys: display_name, properties, and paused_at"}}"#;
    let name = r#"{"error":"InvalidName","data":{"message":"The name field must be under 50 characters, and can only contain lowercase letters, numbers, underscores, or dollar signs. It must begin with a letter or an underscore."}}"#;
    let paused_at =
        r#"{"error":"InvalidBody","data":{"message":"paused_at must be an ISO 8601 timestamp or null"}}"#;
    let unknown = r#"{"error":"InvalidId","data":{"message":"source not found (9)"}}"#;
    let card = r#"{"type":"import_api","current_step":2,"current_step_type":"fully_configured","steps":[{"type":"form","properties":[]},{"type":"fully_configured","properties":[]}]}"#;
    let properties = format!(
        r#"{{"error":"InvalidProperties","data":{{"message":"properties do not match schema","bad_properties":["frequency_in_minutes"],"report_card":{card}}}}}"#
    );
    world
        .refuses(&[
            ("POST", all, "[]", 400, body),
            ("POST", all, r#"{"type":"import_api"}"#, 400, body),
            ("POST", all, r#"{"type":"","display_name":"X"}"#, 400, body),
            ("POST", all, r#"{"type":"import_api","display_name":""}"#, 400, body),
            ("POST", all, r#"{"type":"import_api","display_name":"X","id":4}"#, 400, body),
            ("POST", all, r#"{"type":"import_api","display_name":"X","properties":[]}"#, 400, body),
            ("POST", all, r#"{"type":"import_api","display_name":"X","destination_id":"1"}"#, 400, body),
            ("POST", all, r#"{"type":"platform.foo","display_name":"X"}"#, 400,
             r#"{"error":"InvalidType","data":{"message":"invalid source type (platform.foo)"}}"#),
            ("POST", all, r#"{"type":"import_api","display_name":"GitHub"}"#, 400,
             r#"{"error":"InvalidName","data":{"message":"non-unique name (GitHub)"}}"#),
            ("POST", all, r#"{"type":"import_api","display_name":"GitHub!!!"}"#, 400,
             r#"{"error":"InvalidName","data":{"message":"non-unique name after deriving it from display_name (GitHub!!! -> github)"}}"#),
            ("POST", all, r#"{"type":"import_api","display_name":"Other","name":"github"}"#, 400,
             r#"{"error":"InvalidName","data":{"message":"non-unique name (github)"}}"#),
            ("POST", all, r#####"{"type":"import_api","display_name":"####"}"#####, 400,
             r#####"{"error":"InvalidDisplayName","data":{"message":"invalid name after deriving it from display_name (#### -> )"}}"#####),
            ("POST", all, r#"{"type":"import_api","display_name":"X","name":"Not A Name"}"#, 400, name),
            ("POST", all, r#"{"type":"import_api","display_name":"X","name":7}"#, 400, name),
            ("POST", all, r#"{"type":"import_api","display_name":"X","properties":{"frequency_in_minutes":"60"}}"#, 400, &properties),
            ("POST", all, r#"{"type":"import_api","display_name":"X","destination_id":9}"#, 400,
             r#"{"error":"InvalidDestination","data":{"message":"destination not found (9)"}}"#),
            ("PUT", one, r#"{"type":"import_api"}"#, 400, put),
            ("PUT", one, r#"{"properties":"x"}"#, 400, put),
            ("PUT", one, r#"{"properties":{"frequency_in_minutes":"60"}}"#, 400, &properties),
            ("PUT", one, r#"{"display_name":""}"#, 400,
             r#"{"error":"InvalidDisplayName","data":{"message":"invalid display_name ()"}}"#),
            ("PUT", one, r#"{"display_name":5}"#, 400,
             r#"{"error":"InvalidDisplayName","data":{"message":"invalid display_name (5)"}}"#),
            ("PUT", one, r#"{"paused_at":true}"#, 400, paused_at),
            ("PUT", one, r#"{"destination_id":9}"#, 400,
             r#"{"error":"InvalidDestination","data":{"message":"destination not found (9)"}}"#),
            ("PUT", nine, "{}", 400, unknown),
            ("DELETE", nine, "", 400, unknown),
            ("GET", nine, "", 404, unknown),
            ("GET", "/v4/sources/1/last-connection-check", "", 404, r#"{"error":"NotFound"}"#),
            ("GET", "/v4/sources/9/last-connection-check", "", 404, unknown),
        ])
        .await;
    let webhook = world.ok("POST", all, HOOK).await;
    assert_eq!(
        webhook["report_card"]["steps"][0]["properties"][0]["provided"],
        true
    );
    let (status, answer) = world
        .call(
            "PUT",
            "/v4/sources/2",
            r#"{"properties":{"webhookz_primary_key":"uid"}}"#,
        )
        .await;
    assert_eq!(status, 400);
    assert!(
        answer.contains(r#""bad_properties":["webhookz_primary_key"],"report_card":{"#),
        "{answer}"
    );
}

#[tokio::test]
async fn a_source_that_is_switched_to_another_destination_rests_until_it_is_resumed() {
    let world = World::new().await;
    world.destination().await;
    let pond = r#"{"type":"s3","name":"Pond","properties":{}}"#;
    world.ok("POST", "/v4/destinations", pond).await;
    let shop = r#"{"type":"import_api","display_name":"Shop","destination_id":1}"#;
    world.ok("POST", "/v4/sources", shop).await;
    let now = json!("2026-01-05T10:00:00Z");
    let steps = [
        (json!({"destination_id": 2}), json!(2), &now),
        (json!({"paused_at": null}), json!(2), &Value::Null),
        (
            json!({"destination_id": 1, "paused_at": null}),
            json!(1),
            &Value::Null,
        ),
    ];
    for (change, destination, paused) in steps {
        let answer = world.ok("PUT", "/v4/sources/1", &change.to_string()).await;
        assert_eq!(answer["destination_id"], destination, "{change}");
        assert_eq!(&answer["system_paused_at"], paused, "{change}");
        assert_eq!(answer["paused_at"], Value::Null, "{change}");
    }
}

#[tokio::test]
async fn a_source_is_changed_paused_and_deleted_and_its_name_is_free_again() {
    let world = World::new().await;
    world.ok("POST", "/v4/sources", SHOP).await;
    world.destination().await;
    let now = "2026-01-05T10:00:00Z";
    let steps = [
        (json!({"display_name": "Shop"}), "display_name", json!("Shop")),
        (json!({"display_name": "Shop 2"}), "name", json!("import_api")),
        (
            json!({"paused_at": "2019-06-01T00:00:00Z"}),
            "paused_at",
            json!(now),
        ),
        (json!({"paused_at": null}), "paused_at", Value::Null),
        (json!({"destination_id": null}), "destination_id", Value::Null),
        (json!({"destination_id": 1}), "destination_id", json!(1)),
    ];
    for (change, field, expected) in steps {
        let before = world.changes();
        let answer = world.ok("PUT", "/v4/sources/1", &change.to_string()).await;
        assert_eq!(answer[field], expected, "{change}");
        assert_eq!(world.changes(), before + 1, "{change}");
    }
    let deleted = world.ok("DELETE", "/v4/sources/1", "").await;
    assert_eq!(deleted["deleted_at"], now);
    let listed = world.ok("GET", "/v4/sources", "").await;
    assert_eq!(
        (&listed[0]["id"], &listed[0]["deleted_at"]),
        (&json!(1), &json!(now))
    );
    assert_eq!(world.ok("GET", "/v4/sources/1", "").await["deleted_at"], now);
    let again = world.ok("POST", "/v4/sources", SHOP).await;
    assert_eq!((&again["id"], &again["name"]), (&json!(2), &json!("import_api")));
    let unknown = r#"{"error":"InvalidId","data":{"message":"source not found (1)"}}"#;
    world
        .refuses(&[
            ("PUT", "/v4/sources/1", "{}", 400, unknown),
            ("DELETE", "/v4/sources/1", "", 400, unknown),
            ("POST", "/v4/sources/1/tokens", "", 400, unknown),
        ])
        .await;
}

#[tokio::test]
async fn tokens_are_shown_once_rotate_without_a_gap_and_stop_when_revoked() {
    let world = World::new().await;
    world.ok("POST", "/v4/sources", SHOP).await;
    let path = "/v4/sources/1/tokens";
    let (_, body) = world.call("POST", path, "").await;
    assert_eq!(
        body,
        r#"{"id":1,"access_token":"at_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"#
    );
    let first: Value = serde_json::from_str(&body).unwrap();
    let first = first["access_token"].as_str().unwrap();
    let second = world.ok("POST", path, "{}").await;
    let second = second["access_token"].as_str().unwrap();
    assert_eq!(
        world.call("GET", path, "").await.1,
        r#"[{"token_id":2,"created_at":"2026-01-05T10:00:00Z"},{"token_id":1,"created_at":"2026-01-05T10:00:00Z"}]"#
    );
    assert_eq!(
        world.call("GET", "/v4/sources/1/tokens?format=ids", "").await.1,
        "[2,1]"
    );
    let limit = r#"{"error":"TokenLimitExceeded","data":{"message":"an Import API source can have at most two active access tokens"}}"#;
    let unknown = r#"{"error":"InvalidId","data":{"message":"token not found (9)"}}"#;
    world
        .refuses(&[
            ("POST", path, "", 400, limit),
            ("DELETE", "/v4/sources/1/tokens/9", "", 400, unknown),
        ])
        .await;
    let opens = async |token: &str| {
        let found = world.catalog.authenticate(&Digest::of(token)).await.unwrap();
        matches!(found, Authentication::Active(_))
    };
    assert!(opens(first).await && opens(second).await);
    let before = world.changes();
    let source = world.ok("DELETE", "/v4/sources/1/tokens/1", "").await;
    assert_eq!(source["id"], 1);
    assert_eq!(world.changes(), before + 1);
    assert!(!opens(first).await && opens(second).await);
}

#[tokio::test]
async fn a_webhook_source_shows_its_url_once_and_takes_a_second_one() {
    let world = World::new().await;
    let made = world.ok("POST", "/v4/sources", HOOK).await;
    let url = made["webhook_url"].as_str().unwrap();
    let token = url
        .strip_prefix("https://landfall.test/v1/clients/116078/token/")
        .unwrap();
    let found = world.catalog.authenticate(&Digest::of(token)).await.unwrap();
    assert!(matches!(found, Authentication::Active(_)));
    assert_eq!(
        world.ok("GET", "/v4/sources/1", "").await.get("webhook_url"),
        None
    );
    let path = "/v4/sources/1/webhook-urls";
    let second = world.ok("POST", path, "").await;
    assert!(
        second["webhook_url"]
            .as_str()
            .unwrap()
            .starts_with("https://landfall.test/v1/clients/116078/token/")
    );
    assert_eq!(
        world.call("GET", path, "").await.1,
        r#"[{"id":2,"created_at":"2026-01-05T10:00:00Z"},{"id":1,"created_at":"2026-01-05T10:00:00Z"}]"#
    );
    let no_urls =
        r#"{"error":"InvalidSourceType","data":{"message":"source does not support webhook URLs"}}"#;
    let no_tokens =
        r#"{"error":"InvalidSourceType","data":{"message":"source does not support access tokens"}}"#;
    world.ok("POST", "/v4/sources", SHOP).await;
    world
        .refuses(&[
            ("POST", path, "", 400,
             r#"{"error":"UrlLimitExceeded","data":{"message":"a webhook source can have at most two active URLs"}}"#),
            ("DELETE", "/v4/sources/1/webhook-urls/9", "", 400,
             r#"{"error":"InvalidId","data":{"message":"webhook URL not found (9)"}}"#),
            ("POST", "/v4/sources/2/webhook-urls", "", 400, no_urls),
            ("GET", "/v4/sources/2/webhook-urls", "", 400, no_urls),
            ("POST", "/v4/sources/1/tokens", "", 400, no_tokens),
            ("GET", "/v4/sources/1/tokens", "", 400, no_tokens),
            ("DELETE", "/v4/sources/1/tokens/1", "", 400, no_tokens),
        ])
        .await;
    world.ok("DELETE", "/v4/sources/1/webhook-urls/1", "").await;
    let found = world.catalog.authenticate(&Digest::of(token)).await.unwrap();
    assert!(matches!(found, Authentication::Revoked));
}

#[tokio::test]
async fn the_types_are_described_by_their_cards() {
    let world = World::new().await;
    let import = concat!(
        r#"{"type":"import_api","current_step":2,"current_step_type":"fully_configured","#,
        r#""steps":[{"type":"form","properties":[]},{"type":"fully_configured","properties":[]}],"#,
        r#""details":{"pricing_tier":"standard","pipeline_state":"released","default_start_date":"-1 year","#,
        r#""default_scheduling_interval":60,"protocol":"import_api","access":true,"image_version":"0.latest"},"#,
        r#""upgrade_available":null}"#,
    );
    assert_eq!(
        world.call("GET", "/v4/source-types/import_api", "").await.1,
        import
    );
    let (_, webhook) = world
        .call("GET", "/v4/source-types/webhook.incoming-webhook", "")
        .await;
    let property = concat!(
        r#"{"name":"webhookz_primary_key","is_required":false,"is_credential":false,"system_provided":false,"#,
        r#""property_type":"user_provided_immutable","json_schema":{"type":"string"},"provided":false,"#,
        r#""tap_mutable":false}"#,
    );
    assert!(webhook.contains(property), "{webhook}");
    assert_eq!(
        world.call("GET", "/v4/source-types", "").await.1,
        format!("[{import},{webhook}]")
    );
    let (_, s3) = world.call("GET", "/v4/destination-types/s3", "").await;
    let details =
        r#""details":{"pricing_tier":"standard","pipeline_state":"released","protocol":"s3","access":true}}"#;
    assert!(s3.ends_with(details), "{s3}");
    assert_eq!(
        world.call("GET", "/v4/destination-types", "").await.1,
        format!("[{s3}]")
    );
}
