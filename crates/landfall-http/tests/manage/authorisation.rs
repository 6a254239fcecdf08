use std::sync::atomic::Ordering;

use landfall_http::manage::Internal;

use crate::world::{ADMIN, World};

/// Addresses that are not there, or not with that method.
const NOWHERE: [(&str, &str); 5] = [
    ("GET", "/v4"),
    ("GET", "/v4/nothing"),
    ("PATCH", "/v4/sources"),
    ("DELETE", "/v3/destinations/1"),
    ("GET", "/notifications/other"),
];

/// Every call of the document, with numbers and names in the places of its parameters.
fn routes() -> Vec<(String, String)> {
    let document: serde_json::Value = serde_json::from_str(landfall_http::manage::openapi()).unwrap();
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let path = path
            .replace("{client}", "116078")
            .replace("{type}", "s3")
            .replace("{table}", "orders")
            .replace("{load}", "load-1");
        let parts: Vec<&str> = path
            .split('/')
            .map(|part| if part.starts_with('{') { "1" } else { part })
            .collect();
        for method in item.as_object().unwrap().keys() {
            routes.push((method.to_uppercase(), parts.join("/")));
        }
    }
    routes
}

const REFUSAL: &str = r#"{"error":"Unauthorized","data":{"message":"invalid or missing access token"}}"#;

#[tokio::test]
async fn every_address_asks_for_a_key_that_works() {
    let world = World::new().await;
    let made = |answer: serde_json::Value, field: &str| answer[field].as_str().unwrap().to_owned();
    let key = |description: &str| format!(r#"{{"description":"{description}"}}"#);
    let good = made(
        world.ok("POST", "/v4/access-keys", &key("good")).await,
        "access_key",
    );
    let disabled = made(
        world.ok("POST", "/v4/access-keys", &key("off")).await,
        "access_key",
    );
    let deleted = made(
        world.ok("POST", "/v4/access-keys", &key("gone")).await,
        "access_key",
    );
    world.ok("PUT", "/v4/access-keys/2", r#"{"enable":false}"#).await;
    world.ok("DELETE", "/v4/access-keys/3", "").await;
    world
        .ok(
            "POST",
            "/v4/sources",
            r#"{"type":"import_api","display_name":"Shop"}"#,
        )
        .await;
    let token = made(world.ok("POST", "/v4/sources/1/tokens", "").await, "access_token");
    let cases = [
        ("no key", None),
        (
            "a wrong key",
            Some("ac_BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        ),
        ("half an admin key", Some(&ADMIN[..16])),
        ("a disabled key", Some(disabled.as_str())),
        ("a deleted key", Some(deleted.as_str())),
        ("an import token", Some(token.as_str())),
    ];
    let mut asked = routes();
    assert!(asked.len() > 60, "{} calls", asked.len());
    asked.extend(NOWHERE.map(|(method, path)| (method.to_owned(), path.to_owned())));
    for (method, path) in &asked {
        for (what, key) in cases {
            let answer = world.send(method, path, key, "{}").await;
            assert_eq!(answer, (401, REFUSAL.to_owned()), "{method} {path} with {what}");
        }
    }
    for (method, path) in asked.iter().filter(|(method, _)| method != "DELETE") {
        for key in [&good, ADMIN] {
            let (status, body) = world.send(method, path, Some(key), "{}").await;
            assert_ne!(status, 401, "{method} {path}: {body}");
        }
    }
}

#[tokio::test]
async fn who_signed_in_needs_no_key_and_a_viewer_changes_nothing() {
    let world = World::new().await;
    let internal = |may_write| Internal {
        who: "user 3".to_owned(),
        may_write,
    };
    let forbidden = r#"{"error":"Forbidden","data":{"message":"only administrators may change this"}}"#;
    for (method, path) in routes() {
        let may_look = method == "GET" || path == "/v4/destinations/key-preview";
        let (status, body) = world.send_internal(&method, &path, internal(false), "{}").await;
        assert_eq!(status == 403, !may_look, "{method} {path} as a viewer: {body}");
        assert!(may_look || body == forbidden, "{method} {path}: {body}");
        assert_ne!(status, 401, "{method} {path} as a viewer");
        if method != "DELETE" {
            let (status, body) = world.send_internal(&method, &path, internal(true), "{}").await;
            assert!(
                !matches!(status, 401 | 403),
                "{method} {path} as an admin: {body}"
            );
        }
    }
    let made = world
        .send_internal(
            "POST",
            "/v4/access-keys",
            internal(true),
            r#"{"description":"x"}"#,
        )
        .await;
    assert_eq!(made.0, 200, "{}", made.1);
    let log = world.ok("GET", "/v4/audit-log?limit=1", "").await;
    assert_eq!(log["data"][0]["who"], "user 3");
    assert_eq!(log["data"][0]["action"], "access_key.create");
}

#[tokio::test]
async fn refused_keys_are_in_the_audit_log_without_the_key_and_a_flood_is_one_line() {
    let world = World::new().await;
    let wrong = "ac_BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let lines = async || {
        let log = world.ok("GET", "/v4/audit-log", "").await;
        assert!(!log.to_string().contains(&wrong[3..]), "{log}");
        let text = |line: &serde_json::Value| {
            let field = |name: &str| line[name].as_str().unwrap().to_owned();
            format!("{}: {} {}", field("who"), field("action"), field("subject"))
        };
        let lines = log["data"].as_array().unwrap().iter().map(text);
        lines.collect::<Vec<_>>()
    };
    world.send("GET", "/v4/sources", None, "").await;
    assert_eq!(lines().await, [""; 0], "no key is no guess");
    for _ in 0..40 {
        world.send("GET", "/v4/sources", Some(wrong), "").await;
    }
    let first = "nobody: access_key.refused unknown address";
    assert_eq!(lines().await, [first]);
    world.clock.fetch_add(10 * 60 * 1_000, Ordering::SeqCst);
    world.send("GET", "/v4/sources", Some(wrong), "").await;
    let later = "nobody: access_key.refused unknown address, and 39 before it";
    assert_eq!(lines().await, [later, first]);
}

#[tokio::test]
async fn a_header_makes_nobody_internal() {
    let world = World::new().await;
    let (status, _) = world
        .send("GET", "/v4/sources", Some("Internal user 3"), "")
        .await;
    assert_eq!(status, 401);
}

#[tokio::test]
async fn anybody_may_read_the_document() {
    let world = World::new().await;
    let (status, body) = world.send("GET", "/v4/openapi.json", None, "").await;
    assert_eq!(status, 200);
    assert_eq!(body, landfall_http::manage::openapi());
}

#[tokio::test]
async fn what_is_not_there_is_not_found_and_other_addresses_belong_to_others() {
    let world = World::new().await;
    let not_found = r#"{"error":"NotFound"}"#;
    world
        .refuses(&[
            ("GET", "/v4", "", 404, not_found),
            ("GET", "/v4/nothing", "", 404, not_found),
            ("PATCH", "/v4/sources", "", 404, not_found),
            ("POST", "/v4/sources/1", "", 404, not_found),
            ("DELETE", "/v4/destinations", "", 404, not_found),
            ("DELETE", "/v4/destinations/one", "", 404, not_found),
            ("GET", "/v4/destinations/+1", "", 404, not_found),
            ("GET", "/v4/destinations/1", "", 404, not_found),
            ("GET", "/v4/destination-types/redshift", "", 404, not_found),
            ("GET", "/v4/source-types/platform.github", "", 404, not_found),
            ("DELETE", "/v3/destinations/1", "", 404, not_found),
            ("POST", "/v3/accounts", "{}", 404, not_found),
        ])
        .await;
    let other = world.send("GET", "/healthz", None, "").await;
    assert_eq!(other, (200, "somebody else".to_owned()));
}

#[tokio::test]
async fn a_body_that_is_not_json_is_refused() {
    let world = World::new().await;
    let refusal = r#"{"error":"InvalidBody","data":{"message":"request body must be valid JSON"}}"#;
    for path in [
        "/v4/destinations",
        "/v4/sources",
        "/v4/access-keys",
        "/v4/destinations/key-preview",
    ] {
        for body in ["", "{", "{'a':1}", "\u{feff}{}"] {
            world.refuses(&[("POST", path, body, 400, refusal)]).await;
        }
    }
}
