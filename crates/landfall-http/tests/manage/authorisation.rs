use crate::world::{ADMIN, World};

/// Every address with every method it knows, and some that are not there.
const ROUTES: &[(&str, &str)] = &[
    ("GET", "/v4/destinations"),
    ("POST", "/v4/destinations"),
    ("GET", "/v4/destinations/1"),
    ("PUT", "/v4/destinations/1"),
    ("DELETE", "/v4/destinations/1"),
    ("POST", "/v4/destinations/key-preview"),
    ("POST", "/v4/destinations/1/check"),
    ("GET", "/v4/destinations/1/last-connection-check"),
    ("GET", "/v4/destinations/1/bucket-policy"),
    ("GET", "/v4/destinations/1/grant"),
    ("GET", "/v4/destinations/1/check-progress"),
    ("GET", "/v4/destinations/place-defaults"),
    ("POST", "/v4/destinations/1/challenge-file"),
    ("POST", "/v4/destinations/validate"),
    ("GET", "/v4/destination-types"),
    ("GET", "/v4/destination-types/s3"),
    ("GET", "/v4/sources"),
    ("POST", "/v4/sources"),
    ("GET", "/v4/sources/1"),
    ("PUT", "/v4/sources/1"),
    ("DELETE", "/v4/sources/1"),
    ("GET", "/v4/sources/1/tokens"),
    ("POST", "/v4/sources/1/tokens"),
    ("DELETE", "/v4/sources/1/tokens/1"),
    ("GET", "/v4/sources/1/webhook-urls"),
    ("POST", "/v4/sources/1/webhook-urls"),
    ("DELETE", "/v4/sources/1/webhook-urls/1"),
    ("GET", "/v4/sources/1/last-connection-check"),
    ("GET", "/v4/sources/1/loading-report"),
    ("GET", "/v4/source-types"),
    ("GET", "/v4/source-types/import_api"),
    ("GET", "/v4/access-keys"),
    ("POST", "/v4/access-keys"),
    ("PUT", "/v4/access-keys/1"),
    ("DELETE", "/v4/access-keys/1"),
    ("GET", "/v4/116078/loads"),
    ("GET", "/v4/verify"),
    ("GET", "/notifications/public/v1/api/hooks"),
    ("POST", "/notifications/public/v1/api/hooks"),
    ("PUT", "/notifications/public/v1/api/hooks/1"),
    ("DELETE", "/notifications/public/v1/api/hooks/1"),
    ("GET", "/v4"),
    ("GET", "/v4/nothing"),
    ("PATCH", "/v4/sources"),
    ("GET", "/v3/destinations"),
    ("GET", "/notifications/other"),
];

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
    for (method, path) in ROUTES {
        for (what, key) in cases {
            let answer = world.send(method, path, key, "{}").await;
            assert_eq!(answer, (401, REFUSAL.to_owned()), "{method} {path} with {what}");
        }
    }
    for (method, path) in ROUTES.iter().filter(|(method, _)| *method != "DELETE") {
        for key in [&good, ADMIN] {
            let (status, body) = world.send(method, path, Some(key), "{}").await;
            assert_ne!(status, 401, "{method} {path}: {body}");
        }
    }
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
            ("GET", "/v3/destinations", "", 404, not_found),
            ("POST", "/v3/accounts", "{}", 404, not_found),
            (
                "GET",
                "/notifications/public/v1/api/custom-emails",
                "",
                404,
                not_found,
            ),
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
