//! Every request of the vectors, over a socket.
#![allow(clippy::unwrap_used, reason = "a test that can't set itself up has failed")]

mod support;

use std::io::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use landfall_core::ids::ClientId;
use landfall_http::import::AppendError;
use serde_json::Value;

use support::client::{Request, Response};
use support::{Server, World, generator, settings};

#[test]
fn every_request_of_the_vectors_is_answered_as_they_say() {
    let vectors: Value = serde_json::from_str(include_str!("vectors/cases.json")).unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() > 250);
    for case in cases {
        let server = start(&case["setup"]);
        let response = request(case).send(server.address);
        check(case, &response, &server);
    }
}

fn start(setup: &Value) -> Server {
    let mut settings = settings();
    if let Some(client) = setup["client_id"].as_u64() {
        settings.client = ClientId::new(u32::try_from(client).unwrap());
    }
    if let Some(hosts) = setup["allowed_hosts"].as_array() {
        settings.allowed_hosts = hosts
            .iter()
            .map(|host| host.as_str().unwrap().to_owned())
            .collect();
    }
    let world = World::new();
    let world = match setup["journal"].as_str() {
        None => world,
        Some("full") => world.break_journal(AppendError::Full),
        Some("read_only") => world.break_journal(AppendError::ReadOnly),
        Some(other) => panic!("unknown journal {other}"),
    };
    Server::start(world, settings)
}

fn request(case: &Value) -> Request<'_> {
    let mut request = Request::new(case["method"].as_str().unwrap(), case["path"].as_str().unwrap());
    for (name, value) in case["headers"].as_object().unwrap() {
        request = request.header(name, value.as_str().unwrap());
    }
    if let Some(text) = case["body_text"].as_str() {
        request.body = text.into();
    } else if let Some(text) = case["body_base64"].as_str() {
        request.body = STANDARD.decode(text).unwrap();
    } else if !case["body_generator"].is_null() {
        request.body = generator::text(&case["body_generator"]).into();
    }
    if case["body_encoding"] == "gzip" {
        let mut packer = GzEncoder::new(Vec::new(), Compression::default());
        packer.write_all(&request.body).unwrap();
        request.body = packer.finish().unwrap();
    }
    request
}

fn check(case: &Value, response: &Response, server: &Server) {
    let name = case["name"].as_str().unwrap();
    let expect = &case["expect"];
    assert_eq!(
        u64::from(response.status),
        expect["status"].as_u64().unwrap(),
        "{name}: {response:?}"
    );
    for (header, value) in expect["headers"].as_object().into_iter().flatten() {
        let found = response.header(header);
        match value.as_str() {
            Some(value) => assert_eq!(found, Some(value), "{name}: {header}"),
            None => assert!(found.is_some(), "{name}: {header}"),
        }
    }
    if let Some(text) = expect["body_text"].as_str() {
        assert_eq!(response.body, text, "{name}");
    } else if expect["body"].is_object() {
        let body: Value = serde_json::from_str(&response.body).unwrap();
        let (found, expected) = (body.as_object().unwrap(), expect["body"].as_object().unwrap());
        let keys: Vec<_> = found.keys().collect();
        assert_eq!(
            keys,
            expected.keys().collect::<Vec<_>>(),
            "{name}: {}",
            response.body
        );
        for (key, expected) in expected {
            let is_any_string = expected["$any"] == "string" && found[key].is_string();
            assert!(
                is_any_string || found[key] == *expected,
                "{name}: {key}: {}",
                response.body
            );
        }
    }
    let mut stored: Vec<_> = server.world.records_by_table().into_iter().collect();
    stored.sort();
    let expected = expect["stored"].as_object().cloned().unwrap_or_default();
    let expected: Vec<(String, usize)> = expected
        .into_iter()
        .map(|(table, records)| (table, usize::try_from(records.as_u64().unwrap()).unwrap()))
        .collect();
    assert_eq!(stored, expected, "{name}");
}
