use crate::world::{ADMIN, World};

#[tokio::test]
async fn access_keys_are_made_listed_switched_and_deleted() {
    let world = World::new().await;
    let path = "/v4/access-keys";
    assert_eq!(
        world.call("POST", path, r#"{"description":"CI"}"#).await.1,
        r#"{"id":1,"access_key":"ac_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","key_last4":"AAAA","description":"CI","created_by":"admin key","created_at":"2026-01-05T10:00:00Z","status":"enabled"}"#
    );
    let listed = r#"{"id":1,"key_last4":"AAAA","description":"CI","created_by":"admin key","created_at":"2026-01-05T10:00:00Z","status":"enabled"}"#;
    assert_eq!(world.call("GET", path, "").await.1, format!("[{listed}]"));
    let description = r#"{"error":"InvalidBody","data":{"message":"POST body may only include a description of 1 to 200 characters"}}"#;
    let enable =
        r#"{"error":"InvalidBody","data":{"message":"PUT body must only contain boolean 'enable' key"}}"#;
    let last = r#"{"error":"LastKey","data":{"message":"the last enabled access key cannot be disabled or deleted"}}"#;
    let unknown = r#"{"error":"InvalidId","data":{"message":"access key not found (9)"}}"#;
    let long = format!(r#"{{"description":"{}"}}"#, "x".repeat(201));
    world
        .refuses(&[
            ("POST", path, "{}", 400, description),
            ("POST", path, r#"{"description":""}"#, 400, description),
            ("POST", path, &long, 400, description),
            ("POST", path, r#"{"description":"x","id":1}"#, 400, description),
            ("PUT", "/v4/access-keys/1", r#"{"enable":"no"}"#, 400, enable),
            ("PUT", "/v4/access-keys/1", r#"{"enable":false}"#, 400, last),
            ("DELETE", "/v4/access-keys/1", "", 400, last),
            ("PUT", "/v4/access-keys/9", r#"{"enable":false}"#, 400, unknown),
            ("DELETE", "/v4/access-keys/9", "", 400, unknown),
        ])
        .await;
    for _ in 0..9 {
        world.ok("POST", path, r#"{"description":"more"}"#).await;
    }
    let limit = r#"{"error":"KeyLimitExceeded","data":{"message":"at most 10 access keys are allowed"}}"#;
    world
        .refuses(&[("POST", path, r#"{"description":"more"}"#, 400, limit)])
        .await;
    let disabled = listed.replace("enabled", "disabled");
    assert_eq!(
        world
            .call("PUT", "/v4/access-keys/1", r#"{"enable":false}"#)
            .await,
        (200, disabled)
    );
    assert_eq!(
        world.call("DELETE", "/v4/access-keys/1", "").await,
        (200, "{}".to_owned())
    );
    let (_, keys) = world.call("GET", path, "").await;
    assert!(!keys.contains("ac_") && !keys.contains(ADMIN), "{keys}");
}

#[tokio::test]
async fn changes_are_audited_under_the_key_that_made_them() {
    let world = World::new().await;
    let made = world
        .ok("POST", "/v4/access-keys", r#"{"description":"CI"}"#)
        .await;
    let key = made["access_key"].as_str().unwrap();
    let body = r#"{"type":"import_api","display_name":"Shop"}"#;
    world.send("POST", "/v4/sources", Some(key), body).await;
    let log = world.catalog.audit_log(None, 10).await.unwrap();
    let lines: Vec<(&str, &str)> = log
        .iter()
        .map(|entry| (entry.who.as_str(), entry.action.as_str()))
        .collect();
    assert_eq!(
        lines,
        [
            ("access key 1", "source.create"),
            ("admin key", "access_key.create")
        ]
    );
    let shown = world.ok("GET", "/v4/audit-log", "").await;
    let expected = serde_json::json!(
        [{"field": "display_name", "secret": false, "from": null, "to": "Shop"}]
    );
    assert_eq!(shown["data"][0]["changes"], expected);
}

#[tokio::test]
async fn hooks_are_made_listed_switched_and_deleted() {
    let world = World::new().await;
    world.destination().await;
    let path = "/notifications/public/v1/api/hooks";
    let one = "/notifications/public/v1/api/hooks/1";
    let body = r#"{"type":"post_load","destination_id":1,"config":{"url":"https://example.com/hook"}}"#;
    let object = concat!(
        r#"{"id":1,"client_id":116078,"type":"post_load","version":1,"destination_id":1,"#,
        r#""config":{"url":"https://example.com/hook"},"created_at":"2026-01-05T10:00:00Z","#,
        r#""modified_at":"2026-01-05T10:00:00Z","disabled_at":null}"#,
    );
    assert_eq!(world.call("GET", path, "").await.1, r#"{"post_load":[]}"#);
    assert_eq!(world.call("POST", path, body).await, (200, object.to_owned()));
    assert_eq!(
        world.call("GET", path, "").await.1,
        format!(r#"{{"post_load":[{object}]}}"#)
    );
    let disabled = object.replace(r#""disabled_at":null"#, r#""disabled_at":"2026-01-05T10:00:00Z""#);
    assert_eq!(
        world.call("PUT", one, r#"{"enable":false}"#).await,
        (200, disabled)
    );
    assert_eq!(
        world.call("PUT", one, r#"{"enable":true}"#).await,
        (200, object.to_owned())
    );
    let invalid = r#"{"data":{"message":"Invalid POST body"},"error":"InvalidBody"}"#;
    let uri = r#"{"data":{"message":"Invalid URI"},"error":"InvalidBody"}"#;
    let enable =
        r#"{"data":{"message":"PUT body must only contain boolean 'enable' key"},"error":"InvalidBody"}"#;
    let unknown = r#"{"error":"NotFound"}"#;
    let with = |from: &str, to: &str| body.replace(from, to);
    world
        .refuses(&[
            ("POST", path, "{}", 400, invalid),
            ("POST", path, &with("post_load", "pre_load"), 400, invalid),
            ("POST", path, &with(":1,", ":9,"), 400, invalid),
            ("POST", path, &with(":1,", ":\"1\","), 400, invalid),
            ("POST", path, &with(r#""url""#, r#""uri""#), 400, invalid),
            (
                "POST",
                path,
                &with(r#"{"url""#, r#"{"more":1,"url""#),
                400,
                invalid,
            ),
            ("POST", path, &with("https", "http"), 400, uri),
            (
                "POST",
                path,
                &with("https://example.com/hook", "example"),
                400,
                uri,
            ),
            ("PUT", one, r#"{"enable":1}"#, 400, enable),
            ("PUT", one, r#"{"enable":true,"id":1}"#, 400, enable),
            (
                "PUT",
                "/notifications/public/v1/api/hooks/9",
                r#"{"enable":true}"#,
                400,
                unknown,
            ),
            ("DELETE", "/notifications/public/v1/api/hooks/9", "", 400, unknown),
        ])
        .await;
    for _ in 0..9 {
        world.ok("POST", path, body).await;
    }
    let limit = r#"{"error":{"message":"You have exceeded the limit of 10 hooks."}}"#;
    world.refuses(&[("POST", path, body, 400, limit)]).await;
    assert_eq!(world.call("DELETE", one, "").await, (200, "null".to_owned()));
}

#[tokio::test]
async fn a_hook_has_a_delivery_log_and_can_be_told_again() {
    let world = World::new().await;
    world.destination().await;
    let hooks = "/notifications/public/v1/api/hooks";
    let body = r#"{"type":"post_load","destination_id":1,"config":{"url":"https://example.com/h"}}"#;
    world.ok("POST", hooks, body).await;
    let empty = r#"{"data":[],"next":null}"#;
    let not_found = r#"{"error":"NotFound"}"#;
    let since =
        r#"{"data":{"message":"POST body must have a timestamp or a day since"},"error":"InvalidBody"}"#;
    let again = r#"{"since":"2026-01-05T00:00:00Z"}"#;
    world
        .refuses(&[
            ("GET", &format!("{hooks}/1/deliveries"), "", 200, empty),
            ("GET", &format!("{hooks}/9/deliveries"), "", 404, not_found),
            (
                "POST",
                &format!("{hooks}/1/replay"),
                again,
                200,
                r#"{"requests":0}"#,
            ),
            ("POST", &format!("{hooks}/1/replay"), "{}", 400, since),
            ("POST", &format!("{hooks}/9/replay"), again, 400, not_found),
        ])
        .await;
}
