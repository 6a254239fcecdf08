//! `POST /v1/clients/{client_id}/token/{token}` (management-api.md §9).
#![allow(clippy::unwrap_used, reason = "a test that can't set itself up has failed")]

mod support;

use landfall_core::ids::SourceId;
use landfall_core::intake::AcceptedItem;
use landfall_http::import::AppendError;
use support::client::Request;
use support::{NOW_NANOS, Server, World, settings};

const ACCEPTED: &str = r#"{"status":"OK"}"#;

fn send(server: &Server, path: &str, body: &str) -> (u16, String) {
    let mut request = Request::new("POST", path);
    request.body = body.into();
    let response = request.send(server.address);
    (response.status, response.body)
}

#[test]
fn a_webhook_takes_an_object_or_an_array_of_them() {
    let server = Server::start(World::new(), settings());
    for body in [r#"{"id":1}"#, r#" [{"id":2}, {"id":null} ] "#, "[]", "{}"] {
        let answer = (200, ACCEPTED.to_owned());
        assert_eq!(
            send(&server, "/v1/clients/7723/token/hook", body),
            answer,
            "{body}"
        );
    }
    let stored = server.world.stored();
    assert_eq!(stored.len(), 3, "an empty array holds nothing to store");
    let mut records = Vec::new();
    for part in stored.iter().flat_map(|request| &request.parts) {
        assert_eq!(
            (part.table.as_str(), part.version.as_i64(), part.key_names.len()),
            ("data", 0, 0)
        );
        for item in &part.items {
            let AcceptedItem::Record(record) = item else {
                panic!("{item:?}")
            };
            records.push((record.sequence - NOW_NANOS, &part.text[record.data.clone()]));
        }
    }
    assert_eq!(
        records,
        [
            (0, r#"{"id":1}"#),
            (0, r#"{"id":2}"#),
            (1, r#"{"id":null}"#),
            (0, "{}")
        ]
    );
}

#[test]
fn a_webhook_is_refused_with_what_is_wrong() {
    let server = Server::start(World::new(), settings());
    let not_authorized = r#"{"message":"Not Authorized"}"#;
    let not_active = r#"{"error":"Forbidden","errors":{"error":"Connection is not active."}}"#;
    let not_an_object = r#"{"status":"ERROR","message":"A JSON object is expected"}"#;
    let missing_key = r#"{"error":"Record is missing key property id"}"#;
    let cases = [
        ("/v1/clients/7723/token/nope", "{}", 401, not_authorized),
        ("/v1/clients/1/token/hook", "{}", 401, not_authorized),
        ("/v1/clients/07723/token/hook", "{}", 401, not_authorized),
        ("/v1/clients/7723/token/%FF", "{}", 401, not_authorized),
        ("/v1/clients/7723/token/paused", "{}", 401, not_active),
        ("/v1/clients/7723/token/hook", "5", 400, not_an_object),
        ("/v1/clients/7723/token/hook", "[{},[]]", 400, not_an_object),
        ("/v1/clients/7723/token/keyed", r#"{"x":1}"#, 400, missing_key),
        (
            "/v1/clients/7723/token/keyed",
            r#"[{"id":1},{"id":null}]"#,
            400,
            missing_key,
        ),
        ("/v1/clients/7723/token/keyed/", r#"{"id":"a"}"#, 200, ACCEPTED),
    ];
    for (path, body, status, answer) in cases {
        assert_eq!(
            send(&server, path, body),
            (status, answer.to_owned()),
            "{path} {body}"
        );
    }
    let (status, answer) = send(&server, "/v1/clients/7723/token/hook", "{");
    assert_eq!(status, 400);
    assert!(answer.starts_with(r#"{"status":"ERROR","message":"Malformed json in the body!","error":"#));
    assert!(answer.ends_with(r#","input":null}"#));
    let by_get = Request::new("GET", "/v1/clients/7723/token/hook").send(server.address);
    assert_eq!((by_get.status, by_get.header("allow")), (405, Some("POST")));
    let large = Request::new("POST", "/v1/clients/7723/token/hook").header("Content-Length", "20000001");
    assert!(server.world.too_large.lock().unwrap().is_empty());
    assert_eq!(large.send(server.address).status, 413);
    assert_eq!(*server.world.too_large.lock().unwrap(), [SourceId::new(2)]);
    assert_eq!(server.world.stored().len(), 1);
}

#[test]
fn a_webhook_that_can_not_be_kept_is_to_be_sent_again() {
    for (error, status, wait) in [
        (AppendError::Full, 503, "30"),
        (AppendError::Busy, 503, "1"),
        (AppendError::ShuttingDown, 503, "5"),
        (AppendError::TimedOut, 504, "1"),
    ] {
        let server = Server::start(World::new().break_journal(error), settings());
        let mut request = Request::new("POST", "/v1/clients/7723/token/hook");
        request.body = b"{}".to_vec();
        let response = request.send(server.address);
        assert_eq!(
            (response.status, response.header("retry-after")),
            (status, Some(wait)),
            "{error:?}"
        );
    }
}
