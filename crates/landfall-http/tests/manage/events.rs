//! Events: who is told, how, and what is on the list.

use landfall_catalog::{Event, Finding};
use landfall_core::ids::DestinationId;
use landfall_core::time::Timestamp;
use serde_json::json;

use crate::world::{NOW, World};

const EMAILS: &str = "/notifications/public/v1/api/custom-emails";
const SMTP: &str =
    r#"{"smtp":{"host":"mail.test","username":"u","password":"very secret","from":"l@mail.test"}}"#;

fn failing() -> Finding {
    Finding {
        event: Event::DestinationFailing,
        subject: "destination/1".to_owned(),
        about: "Lake".to_owned(),
        destination: Some(DestinationId::new(1)),
        source: None,
        tables: vec!["orders".to_owned()],
        message: "Landfall cannot write to the bucket".to_owned(),
        raw_error: None,
        since: None,
    }
}

#[tokio::test]
async fn addresses_are_kept_as_the_documentation_says() {
    let world = World::new().await;
    let made = world
        .call("POST", EMAILS, r#"{"email_address":"ops@example.com"}"#)
        .await;
    let expected = r#"{"id":1,"client_id":116078,"email_address":"ops@example.com","created_at":"2026-01-05T10:00:00Z","disabled_at":null}"#;
    assert_eq!(made, (200, expected.to_owned()));
    assert_eq!(world.call("GET", EMAILS, "").await.1, format!("[{expected}]"));
    let one = format!("{EMAILS}/1");
    let off = world
        .call("PUT", &one, r#"{"disabled_at":"2019-06-01T00:00:00Z"}"#)
        .await;
    assert_eq!(off, (200, r#"{"disabled_at":"2026-01-05T10:00:00Z"}"#.to_owned()));
    let on = world.call("PUT", &one, r#"{"disabled_at":null}"#).await;
    assert_eq!(on, (200, r#"{"disabled_at":null}"#.to_owned()));
    let address =
        r#"{"error":{"message":{"email_address":"Required. Must be valid email address format."}}}"#;
    world
        .refuses(&[
            ("POST", EMAILS, "{}", 400, address),
            ("POST", EMAILS, r#"{"email_address":"ops"}"#, 400, address),
            ("POST", EMAILS, r#"{"email_address":7}"#, 400, address),
            (
                "PUT",
                &one,
                r#"{"disabled_at":"soon"}"#,
                400,
                r#"{"disabled_at":"soon"}"#,
            ),
            ("PUT", &one, r#"{"disabled_at":7}"#, 400, r#"{"disabled_at":7}"#),
            (
                "PUT",
                &format!("{EMAILS}/9"),
                r#"{"disabled_at":null}"#,
                404,
                r#"{"status":"NOT FOUND"}"#,
            ),
            ("DELETE", &one, "", 200, "[1]"),
            ("DELETE", &one, "", 200, "[0]"),
        ])
        .await;
    for number in 0..10 {
        let body = format!(r#"{{"email_address":"ops{number}@example.com"}}"#);
        world.ok("POST", EMAILS, &body).await;
    }
    let full = r#"{"error":{"message":"Account not authorized to create additional custom notification email addresses."}}"#;
    world
        .refuses(&[(
            "POST",
            EMAILS,
            r#"{"email_address":"more@example.com"}"#,
            400,
            full,
        )])
        .await;
}

#[tokio::test]
async fn an_event_hook_shows_its_secret_once() {
    let world = World::new().await;
    let body = r#"{"url":"https://example.com/e","events":["destination.failing","records.rejected"]}"#;
    let made = world.ok("POST", "/v4/event-hooks", body).await;
    let secret = made["secret"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("whsec_") && secret.len() == 49, "{secret}");
    let listed = world.ok("GET", "/v4/event-hooks", "").await;
    let expected = json!([{
        "id": 1, "client_id": 116_078, "url": "https://example.com/e", "delay_seconds": 0,
        "events": ["destination.failing", "records.rejected"],
        "created_at": "2026-01-05T10:00:00Z", "modified_at": "2026-01-05T10:00:00Z", "disabled_at": null,
    }]);
    assert_eq!(listed, expected);
    let tested = world.ok("POST", "/v4/event-hooks/1/test", "").await;
    assert_eq!(tested, json!({"delivered": true, "failure": null}));
    let requests = world.outgoing.requests.lock().unwrap().clone();
    assert_eq!(requests[0].1, secret);
    assert!(requests[0].2.contains(r#""event":"test""#), "{}", requests[0].2);
    let off = world.ok("PUT", "/v4/event-hooks/1", r#"{"enable":false}"#).await;
    assert_eq!(off["disabled_at"], "2026-01-05T10:00:00Z");
    let invalid = r#"{"data":{"message":"Invalid POST body"},"error":"InvalidBody"}"#;
    let uri = r#"{"data":{"message":"Invalid URI"},"error":"InvalidBody"}"#;
    let unknown = r#"{"error":"NotFound"}"#;
    let path = "/v4/event-hooks";
    world
        .refuses(&[
            ("POST", path, r#"{"url":"https://example.com"}"#, 400, invalid),
            (
                "POST",
                path,
                r#"{"url":"https://example.com","events":[]}"#,
                400,
                invalid,
            ),
            (
                "POST",
                path,
                r#"{"url":"https://example.com","events":["all"]}"#,
                400,
                invalid,
            ),
            (
                "POST",
                path,
                r#"{"url":"http://example.com","events":["usage.70"]}"#,
                400,
                uri,
            ),
            ("PUT", "/v4/event-hooks/9", r#"{"enable":true}"#, 400, unknown),
            ("DELETE", "/v4/event-hooks/9", "", 400, unknown),
            ("POST", "/v4/event-hooks/9/test", "", 400, unknown),
            ("DELETE", "/v4/event-hooks/1", "", 200, "null"),
        ])
        .await;
}

#[tokio::test]
async fn the_password_of_the_mail_server_is_never_shown() {
    let world = World::new().await;
    let settings = world.ok("GET", "/v4/notification-settings", "").await;
    assert_eq!(
        settings,
        json!({"suppress_raw_errors": false, "row_budget": null, "idle_days": null, "smtp": null})
    );
    let off = r#"{"error":"MailIsOff","data":{"message":"there is no mail server: set smtp in /v4/notification-settings first"}}"#;
    let test = "/v4/notification-settings/test";
    let to = r#"{"email_address":"ops@example.com"}"#;
    world.refuses(&[("POST", test, to, 400, off)]).await;
    let set = world.ok("PUT", "/v4/notification-settings", SMTP).await;
    assert_eq!(set["smtp"]["password_provided"], true);
    let shown = world.ok("GET", "/v4/notification-settings", "").await;
    assert_eq!(shown, set);
    assert!(!shown.to_string().contains("very secret"));
    let sent = world.ok("POST", test, to).await;
    assert_eq!(sent, json!({"delivered": true, "failure": null}));
    assert_eq!(world.outgoing.mails.lock().unwrap()[0].to, "ops@example.com");
    *world.outgoing.fault.lock().unwrap() = Some("connection refused".to_owned());
    let failed = world.ok("POST", test, to).await;
    assert_eq!(
        failed,
        json!({"delivered": false, "failure": "connection refused"})
    );
    let quiet = world
        .ok(
            "PUT",
            "/v4/notification-settings",
            r#"{"suppress_raw_errors":true}"#,
        )
        .await;
    assert_eq!(quiet["suppress_raw_errors"], true);
    assert_eq!(quiet["smtp"], set["smtp"]);
}

#[tokio::test]
async fn how_long_nothing_may_be_loaded_is_a_number_of_days() {
    let world = World::new().await;
    let path = "/v4/notification-settings";
    let set = world.ok("PUT", path, r#"{"idle_days":40}"#).await;
    assert_eq!(set["idle_days"], 40);
    let kept = world.ok("PUT", path, r#"{"row_budget":9}"#).await;
    assert_eq!((&kept["idle_days"], &kept["row_budget"]), (&json!(40), &json!(9)));
    let wrong = r#"{"error":"InvalidBody","data":{"errors":{"idle_days":["idle_days must be a whole number of days from 1 to 3650, or null"]},"message":"idle_days must be a whole number of days from 1 to 3650, or null"}}"#;
    for body in [
        r#"{"idle_days":0}"#,
        r#"{"idle_days":3651}"#,
        r#"{"idle_days":"40"}"#,
        r#"{"idle_days":1.5}"#,
    ] {
        world.refuses(&[("PUT", path, body, 400, wrong)]).await;
    }
    let off = world.ok("PUT", path, r#"{"idle_days":null}"#).await;
    assert_eq!(off["idle_days"], json!(null));
}

#[tokio::test]
async fn what_is_wrong_is_listed_until_it_is_over_or_dismissed() {
    let world = World::new().await;
    let now = Timestamp::from_millis(NOW);
    let empty = json!({"data": [], "mail": false});
    assert_eq!(world.ok("GET", "/v4/notifications", "").await, empty);
    world.catalog.settle_conditions(&[failing()], now).await.unwrap();
    let listed = world.ok("GET", "/v4/notifications", "").await;
    assert_eq!(listed["data"][0]["event"], "destination.failing");
    assert_eq!(listed["data"][0]["level"], "critical");
    assert_eq!(listed["data"][0]["tables"], json!(["orders"]));
    world.catalog.settle_conditions(&[], now).await.unwrap();
    assert_eq!(world.ok("GET", "/v4/notifications", "").await, empty);
    world.catalog.settle_conditions(&[failing()], now).await.unwrap();
    let unknown = r#"{"error":"NotFound"}"#;
    world
        .refuses(&[
            ("POST", "/v4/notifications/2/dismiss", "", 200, "{}"),
            ("POST", "/v4/notifications/2/dismiss", "", 404, unknown),
            ("POST", "/v4/notifications/9/dismiss", "", 404, unknown),
        ])
        .await;
    assert_eq!(world.ok("GET", "/v4/notifications", "").await, empty);
}
