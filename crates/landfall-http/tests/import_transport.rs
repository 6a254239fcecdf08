//! What HTTP asks of the Import API beyond single requests, and bodies made to hurt.
#![allow(clippy::unwrap_used, reason = "a test that can't set itself up has failed")]

mod support;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use landfall_core::intake::AcceptedItem;
use landfall_core::units::ByteCount;
use support::client::{Request, Response};
use support::{NOW_NANOS, Server, World, settings};

const BATCH: &str = r#"{"table_name":"t","schema":{"properties":{"id":{"type":"integer"}}},"messages":[{"action":"upsert","sequence":1,"data":{"id":1}}]}"#;

fn server() -> Server {
    Server::start(World::new(), settings())
}

fn post(server: &Server, path: &str, body: impl Into<Vec<u8>>) -> (u16, String) {
    let response = Request::post(path, body).send(server.address);
    (response.status, response.body)
}

#[test]
fn a_connection_serves_one_request_after_the_other() {
    let server = server();
    let mut stream = TcpStream::connect(server.address).unwrap();
    let request = Request::post("/v2/import/batch", BATCH).header("Connection", "keep-alive");
    let answer = r#"{"status":"OK","message":"Batch Accepted!"}"#;
    for _ in 0..3 {
        stream.write_all(request.head().as_bytes()).unwrap();
        stream.write_all(&request.body).unwrap();
        read_until(&mut stream, answer);
    }
    assert_eq!(server.world.stored().len(), 3);
}

/// Reads from a connection that stays open until what came ends with `end`.
fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut read = String::new();
    while !read.ends_with(end) {
        let mut piece = [0; 512];
        let length = stream.read(&mut piece).unwrap();
        assert!(length > 0, "{read}");
        read.push_str(std::str::from_utf8(&piece[..length]).unwrap());
    }
    read
}

#[test]
fn a_refused_client_may_finish_sending_before_it_reads_why() {
    let server = server();
    for (name, value, status) in [
        ("Authorization", "Bearer at_REV", 401),
        ("Content-Type", "text/csv", 415),
    ] {
        let mut refused =
            Request::post("/v2/import/batch", vec![b' '; 8 << 20]).header("Connection", "keep-alive");
        refused.headers.retain(|(found, _)| found != name);
        let refused = refused.header(name, value);
        let mut stream = TcpStream::connect(server.address).unwrap();
        stream.write_all(refused.head().as_bytes()).unwrap();
        stream.write_all(&refused.body).unwrap();
        let end = if status == 401 {
            r#"{"message":"Not Authorized"}"#
        } else {
            "application/json"
        };
        let answer = read_until(&mut stream, end);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
        let good = Request::post("/v2/import/batch", BATCH).header("Connection", "keep-alive");
        stream.write_all(good.head().as_bytes()).unwrap();
        stream.write_all(&good.body).unwrap();
        read_until(&mut stream, r#"{"status":"OK","message":"Batch Accepted!"}"#);
    }
}

#[test]
fn a_client_that_waits_for_100_continue_gets_it_once_its_headers_are_good() {
    let server = server();
    let ask = |request: &Request<'_>| {
        let mut stream = TcpStream::connect(server.address).unwrap();
        stream.write_all(request.head().as_bytes()).unwrap();
        let mut first = [0; 12];
        stream.read_exact(&mut first).unwrap();
        (stream, String::from_utf8(first.to_vec()).unwrap())
    };
    let request = Request::post("/v2/import/batch", BATCH).header("Expect", "100-continue");
    let (mut stream, first) = ask(&request);
    assert_eq!(first, "HTTP/1.1 100");
    stream.write_all(&request.body).unwrap();
    let mut rest = String::new();
    stream.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("HTTP/1.1 201"), "{rest}");
    let refused = Request::new("POST", "/v2/import/batch")
        .header("Expect", "100-continue")
        .header("Content-Length", "9");
    assert_eq!(ask(&refused).1, "HTTP/1.1 401");
}

#[test]
fn a_body_may_come_in_chunks_of_any_size() {
    let server = server();
    let request = Request::post("/v2/import/batch", "").header("Transfer-Encoding", "chunked");
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.write_all(request.head().as_bytes()).unwrap();
    for piece in BATCH.as_bytes().chunks(7) {
        write!(stream, "{:x}\r\n", piece.len()).unwrap();
        stream.write_all(piece).unwrap();
        stream.write_all(b"\r\n").unwrap();
    }
    stream.write_all(b"0\r\n\r\n").unwrap();
    assert_eq!(Response::read(&mut stream).status, 201);
}

#[test]
fn a_body_in_chunks_that_grows_too_large_is_refused_with_what_was_read() {
    let server = server();
    let request = Request::post("/v2/import/batch", "").header("Transfer-Encoding", "chunked");
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.write_all(request.head().as_bytes()).unwrap();
    let piece = [b' '; 1 << 16];
    // 305 pieces are within the limit, one more is beyond.
    for _ in 0..306 {
        write!(stream, "10000\r\n").unwrap();
        stream.write_all(&piece).unwrap();
        stream.write_all(b"\r\n").unwrap();
    }
    let answer = Response::read(&mut stream);
    assert_eq!(answer.status, 413, "{answer:?}");
    let bytes = answer
        .body
        .split(['(', ' '])
        .find_map(|word| word.parse::<u64>().ok())
        .unwrap();
    assert!((20_000_001..=306 << 16).contains(&bytes), "{bytes}");
    assert!(server.world.stored().is_empty());
}

#[test]
fn many_clients_with_little_memory_between_them_lose_nothing() {
    let mut settings = settings();
    settings.max_body = ByteCount::new(4 << 20);
    settings.max_bodies = ByteCount::new(8 << 20);
    settings.room_timeout = Duration::from_millis(300);
    let server = Server::start(World::new(), settings);
    let padding = "x".repeat(3 << 20);
    let body = BATCH.replace(r#"{"id":1}"#, &format!(r#"{{"id":1,"padding":"{padding}"}}"#));
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let send = || {
            Request::post("/v2/import/batch", body.as_str())
                .send(server.address)
                .status
        };
        let clients: Vec<_> = (0..24).map(|_| scope.spawn(send)).collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    assert!(
        statuses.iter().all(|status| [201, 503].contains(status)),
        "{statuses:?}"
    );
    let accepted = statuses.iter().filter(|status| **status == 201).count();
    assert!(accepted > 0);
    assert_eq!(server.world.stored().len(), accepted);
    assert_eq!(
        post(&server, "/v2/import/batch", BATCH).0,
        201,
        "the memory is there again"
    );
}

#[test]
fn several_batches_of_hostile_bodies_are_refused() {
    let server = server();
    let twenty_megabytes = 20_000_000;
    let deep = "[".repeat(twenty_megabytes);
    let pairs = "[{\"a\":".repeat(twenty_megabytes / 6);
    let digits = format!(
        r#"{{"table_name":"t","schema":{{"properties":{{"n":{{"multipleOf":0.01}}}}}},"messages":[{{"action":"upsert","sequence":1,"data":{{"n":{}}}}}]}}"#,
        "9".repeat(1_000_000)
    );
    for (path, body) in [
        ("/v2/import/batch", &deep),
        ("/v2/import/push", &deep),
        ("/v2/import/batch", &pairs),
        ("/v2/import/push", &pairs),
    ] {
        let (status, body) = post(&server, path, body.as_str());
        assert_eq!(status, 400, "{path}");
        assert!(
            body.starts_with(r#"{"status":"ERROR","message":"Malformed json in the body!""#),
            "{body}"
        );
    }
    assert_eq!(
        post(&server, "/v2/import/batch", digits).0,
        201,
        "a number of a million digits is a number"
    );
    let names: String = (0..700_000).map(|number| format!("\"{number}\":0,")).collect();
    let names = format!(
        r#"{{"table_name":"t","schema":{{}},"messages":[{{"action":"upsert","sequence":1,"data":{{{names}"x":0}}}}]}}"#
    );
    let (status, body) = post(&server, "/v2/import/batch", names);
    assert_eq!(status, 400);
    assert!(body.contains("too many different property names"), "{body}");
    let ones = format!(
        r#"{{"table_name":"t","schema":{{}},"messages":[{{"action":"upsert","sequence":1,"data":{{"a":[{}0]}}}}]}}"#,
        "1,".repeat(9_000_000)
    );
    let (status, body) = post(&server, "/v2/import/batch", ones);
    assert_eq!(
        (status, body.as_str()),
        (
            400,
            r##"{"error":"Record 0 did not conform to schema: #: expected maximum data point count: 10000, found: 9000001"}"##
        )
    );
}

#[test]
fn keys_behind_the_records_and_schemas_behind_them_are_checked_all_the_same() {
    let server = server();
    let message = |data: &str| format!(r#"{{"action":"upsert","sequence":1,"data":{data}}}"#);
    let messages = [
        message(r#"{"id":1,"b":2}"#),
        message(r#"{"id":null,"b":2}"#),
        message(r#"{"b":"x"}"#),
    ]
    .join(",");
    let schema = r#""schema":{"properties":{"b":{"type":"integer"}}}"#;
    let bodies = [
        format!(r#"{{"table_name":"t",{schema},"messages":[{messages}],"key_names":["b","id"]}}"#),
        format!(r#"{{"table_name":"t",{schema},"key_names":["b","id"],"messages":[{messages}]}}"#),
        format!(r#"{{"table_name":"t","key_names":["b","id"],"messages":[{messages}],{schema}}}"#),
        format!(
            r#"{{"table_name":"t","schema":{{}},"key_names":["b","id"],"messages":[{messages}],{schema}}}"#
        ),
        format!(
            r#"{{"messages":[],"table_name":"t","schema":{{"type":5}},{schema},"messages":[{messages}],"key_names":["b","id"]}}"#
        ),
    ];
    for body in &bodies {
        let missing = r#"{"error":"Record is missing key property id"}"#;
        assert_eq!(
            post(&server, "/v2/import/batch", body.as_str()),
            (400, missing.to_owned()),
            "{body}"
        );
        let without_keys = body.replace(r#""b","id""#, r#""b""#);
        let violation =
            r##"{"error":"Record 2 did not conform to schema: #/b: expected: Integer, found: String"}"##;
        assert_eq!(
            post(&server, "/v2/import/batch", without_keys.as_str()),
            (400, violation.to_owned()),
            "{without_keys}"
        );
    }
    assert!(server.world.stored().is_empty());
}

#[test]
fn what_is_stored_is_what_was_sent() {
    let server = server();
    let body = concat!(
        "\u{FEFF}",
        r#"{"table_name":"t\u00e4","schema":{},"messages":[{"action":"upsert","time_extracted":"\u0032020-01-13T21:25:03Z","#,
        r#""data":{"id":1,"n":12345678901234567.123456789},"sequence":-5},{"action":"activate_version","sequence":6},"#,
        r#"{"action":"upsert","sequence":7,"data":{"id":2},"time_extracted":"2020-01-13T21:25:03.5+02:00"}],"table_version":9,"bookmark_names":["n"]}"#
    );
    assert_eq!(post(&server, "/v2/import/batch", body).0, 201);
    let request = server.world.stored().remove(0);
    assert_eq!(request.received_at.as_millis(), NOW_NANOS / 1_000_000);
    let part = &request.parts[0];
    assert_eq!(
        (part.table.as_str(), part.version.as_i64(), part.schema.as_deref()),
        ("tä", 9, Some("{}"))
    );
    let shown: Vec<String> = part
        .items
        .iter()
        .map(|item| match item {
            AcceptedItem::ActivateVersion => "activate".to_owned(),
            AcceptedItem::Record(record) => format!(
                "{} {} {}",
                record.sequence,
                &part.text[record.data.clone()],
                &part.text[record.extracted_at.clone().unwrap_or_default()]
            ),
        })
        .collect();
    assert_eq!(
        shown,
        [
            r#"-5 {"id":1,"n":12345678901234567.123456789} 2020-01-13T21:25:03Z"#,
            "activate",
            r#"7 {"id":2} 2020-01-13T21:25:03.5+02:00"#
        ]
    );
}

#[test]
fn pushed_records_are_kept_by_table_in_their_order() {
    let server = server();
    let record = |table: &str, sequence: u32, keys: &str| {
        format!(
            r#"{{"client_id":7723,"table_name":"{table}","sequence":{sequence},"action":"upsert","key_names":[{keys}],"data":{{"a":{sequence},"b":0}}}}"#
        )
    };
    let switch =
        r#"{"client_id":7723,"table_name":"x","table_version":0,"sequence":9,"action":"switch_view"}"#;
    let records = [
        record("x", 1, r#""a""#),
        record("y", 2, r#""a""#),
        record("x", 3, r#""a""#),
        switch.to_owned(),
        record("x", 4, r#""a","b""#),
        record("x", 5, r#""a""#),
    ];
    assert_eq!(
        post(&server, "/v2/import/push", format!("[{}]", records.join(","))).0,
        201
    );
    let parts = server.world.stored().remove(0).parts;
    let shown: Vec<String> = parts
        .iter()
        .map(|part| {
            let item = |item: &AcceptedItem| match item {
                AcceptedItem::ActivateVersion => "!".to_owned(),
                AcceptedItem::Record(record) => part.text[record.data.clone()].to_owned(),
            };
            let items: Vec<String> = part.items.iter().map(item).collect();
            format!("{} {:?} {}", part.table, part.key_names, items.join(" "))
        })
        .collect();
    assert_eq!(
        shown,
        [
            r#"x ["a"] {"a":1,"b":0} {"a":3,"b":0} !"#,
            r#"y ["a"] {"a":2,"b":0}"#,
            r#"x ["a", "b"] {"a":4,"b":0}"#,
            r#"x ["a"] {"a":5,"b":0}"#
        ]
    );
}

#[test]
fn integers_beyond_64_bits_are_refused_on_both_sides() {
    let server = server();
    let below = "-9223372036854775809";
    let cases = [
        (
            BATCH.replace(r#""sequence":1"#, &format!(r#""sequence":{below}"#)),
            r##"{"error":"Request failed validation:#: sequence can not be below -9223372036854775808"}"##,
        ),
        (
            BATCH.replace(
                r#""table_name":"t""#,
                &format!(r#""table_name":"t","table_version":{below}"#),
            ),
            r##"{"error":"Request failed validation:#/table_version: expected type: Integer, found: BigInteger"}"##,
        ),
    ];
    for (body, answer) in cases {
        assert_eq!(
            post(&server, "/v2/import/batch", body.as_str()),
            (400, answer.to_owned()),
            "{body}"
        );
    }
}
