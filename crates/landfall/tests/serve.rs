//! `landfall serve`: what it acknowledged is in the bucket, once, whatever dies in between.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub,
    reason = "a test whose world can't be built has failed"
)]

#[path = "support/server.rs"]
mod server;

use std::collections::HashMap;
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use landfall_sim::Certificate;
use serde_json::json;
use server::{ADMIN_KEY, Site, batch, request, request_over, wait_until};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

#[test]
fn a_pushed_record_is_in_the_bucket_within_the_batch_age() {
    let site = Site::new();
    let server = site.start(&["--batch-wait-seconds", "1"]);
    let token = server.set_up(&site);
    let answer = request(
        &server.address,
        "POST",
        "/v2/import/batch",
        &token,
        &batch("orders", 1..4),
    )
    .unwrap();
    assert_eq!(answer.status, 201, "{answer:?}");
    wait_until("the records are in the bucket", || {
        site.lines("shop/orders").len() == 3
    });
    let metrics = server.manage("GET", "/metrics", None).ok().body;
    assert!(
        metrics.contains("landfall_import_records_total{source=\"shop\"} 3"),
        "{metrics}"
    );
    assert!(server.end().success());
    let report = site.verify();
    assert_eq!(report["clean"], true, "{report}");
    assert_eq!(report["tables"][0]["accepted"], 3, "{report}");
}

#[test]
fn an_orderly_end_loads_what_was_accepted() {
    let site = Site::new();
    let server = site.start(&[]);
    let token = server.set_up(&site);
    request(
        &server.address,
        "POST",
        "/v2/import/batch",
        &token,
        &batch("orders", 0..10),
    )
    .unwrap()
    .ok();
    assert!(site.lines("shop/orders").is_empty(), "the batch is open");
    assert!(server.end().success());
    assert_eq!(site.lines("shop/orders").len(), 10);
}

#[test]
fn a_source_without_destination_is_held_and_lands_when_it_has_one() {
    let site = Site::new();
    let server = site.start(&["--batch-wait-seconds", "1"]);
    let source = json!({"type": "import_api", "display_name": "Early"});
    server.manage("POST", "/v4/sources", Some(&source)).ok();
    let token = server.manage("POST", "/v4/sources/1/tokens", None).ok().json();
    let early = token["access_token"].as_str().unwrap().to_owned();
    let answer = request(
        &server.address,
        "POST",
        "/v2/import/batch",
        &early,
        &batch("orders", 0..5),
    )
    .unwrap();
    assert_eq!(answer.status, 202, "{answer:?}");
    server.set_up_destination(&site);
    let mapped = json!({"destination_id": 1});
    server.manage("PUT", "/v4/sources/1", Some(&mapped)).ok();
    wait_until("the held records land", || site.lines("early/orders").len() == 5);
    assert!(server.end().success());
    assert_eq!(site.verify()["clean"], true);
}

#[test]
fn under_other_host_names_there_are_neither_pages_nor_the_management_api() {
    let site = Site::new();
    let server = site.start(&["--allowed-hosts", "landfall.example.com"]);
    let ask = |host: &str, path: &str| {
        let connection = TcpStream::connect(&server.address).unwrap();
        request_over(connection, host, ("GET", path), ADMIN_KEY, "").unwrap()
    };
    let cases = [
        ("/v4/sources", 200),
        ("/v4/openapi.json", 200),
        ("/sign-in", 303),
        ("/nowhere", 404),
    ];
    for (path, status) in cases {
        for host in [
            "landfall.example.com",
            "LANDFALL.example.com:8080",
            "127.0.0.1:8080",
        ] {
            assert_eq!(ask(host, path).status, status, "{host} {path}");
        }
        for host in ["evil.example.com", "10.0.0.1"] {
            let answer = ask(host, path);
            assert_eq!(answer.status, 400, "{host} {path}");
            assert!(
                answer.body.contains("UnknownHost"),
                "{host} {path}: {}",
                answer.body
            );
        }
    }
    // Probes ask by address.
    assert_eq!(ask("10.0.0.1", "/healthz").status, 200);
    let token = server.set_up_source();
    let push = |host: &str| {
        let connection = TcpStream::connect(&server.address).unwrap();
        let call = ("POST", "/v2/import/batch");
        request_over(connection, host, call, &token, &batch("orders", 0..1)).unwrap()
    };
    assert_eq!(push("landfall.example.com").status, 202);
    assert_eq!(push("evil.example.com").body, r#"{"message":"Invalid region."}"#);
}

#[test]
fn a_changed_object_does_not_pass_verification() {
    let site = Site::new();
    let server = site.start(&[]);
    let token = server.set_up(&site);
    request(
        &server.address,
        "POST",
        "/v2/import/batch",
        &token,
        &batch("orders", 0..3),
    )
    .unwrap()
    .ok();
    assert!(server.end().success());
    let folder = site.bucket().join("shop/orders");
    let object = std::fs::read_dir(&folder)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let text = std::fs::read_to_string(&object).unwrap();
    std::fs::write(&object, text.replace("\"id\":2", "\"id\":7")).unwrap();
    std::fs::write(folder.join("stray.jsonl"), "{}\n").unwrap();
    let report = site.verify();
    assert_eq!(report["clean"], false, "{report}");
    assert!(
        report["problems"][0].as_str().unwrap().contains("crc32"),
        "{report}"
    );
    assert_eq!(
        report["buckets"][0]["foreign"],
        json!(["shop/orders/stray.jsonl"])
    );
    std::fs::remove_file(&object).unwrap();
    assert!(
        site.verify()["problems"][0]
            .as_str()
            .unwrap()
            .ends_with("is missing")
    );
}

#[test]
fn the_server_speaks_tls_with_the_certificate_it_was_given() {
    let site = Site::new();
    let certificate = Certificate::self_signed("localhost", 2099);
    let files = [
        site.write("tls.pem", &certificate.pem()),
        site.write("key.pem", &certificate.key_pem()),
    ];
    let server = site.start(&["--tls-certificate", &files[0], "--tls-key", &files[1]]);
    let mut trusted = RootCertStore::empty();
    trusted
        .add(CertificateDer::from_pem_slice(certificate.pem().as_bytes()).unwrap())
        .unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(trusted)
        .with_no_client_auth();
    let name = "localhost".try_into().unwrap();
    let session = ClientConnection::new(Arc::new(config), name).unwrap();
    let connection = StreamOwned::new(session, TcpStream::connect(&server.address).unwrap());
    let status = ("GET", "/v2/import/status");
    let answer = request_over(connection, "localhost", status, "", "").unwrap();
    assert!(answer.ok().body.contains("\"status\":\"OK\""));
    assert!(server.end().success());
}

/// Pushes numbered records until it has acknowledgements for `records` of them. A number is never sent twice.
fn push_until(
    records: u64,
    address: &Mutex<String>,
    token: &str,
    next: &AtomicU64,
    acknowledged: &Mutex<Vec<std::ops::Range<u64>>>,
    count: &AtomicU64,
) {
    const AT_ONCE: u64 = 200;
    while count.load(Ordering::SeqCst) < records {
        let first = next.fetch_add(AT_ONCE, Ordering::SeqCst);
        let table = format!("orders_{}", first / AT_ONCE % 3);
        let to = address.lock().unwrap().clone();
        let body = batch(&table, first..first + AT_ONCE);
        match request(&to, "POST", "/v2/import/batch", token, &body) {
            Ok(answer) if answer.status == 201 || answer.status == 202 => {
                acknowledged.lock().unwrap().push(first..first + AT_ONCE);
                count.fetch_add(AT_ONCE, Ordering::SeqCst);
            }
            // Nobody knows what became of it.
            Ok(_) | Err(_) => std::thread::sleep(Duration::from_millis(5)),
        }
    }
}

#[test]
fn fifteen_kills_during_a_push_of_200_000_records_lose_and_double_nothing() {
    const RECORDS: u64 = 200_000;
    const KILLS: u64 = 15;
    let site = Site::new();
    let limits = ["--batch-wait-seconds", "1", "--batch-size-rows", "7000"];
    let mut server = site.start(&limits);
    let token = server.set_up(&site);
    let address = Arc::new(Mutex::new(server.address.clone()));
    let (next, count) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let acknowledged = Arc::new(Mutex::new(Vec::new()));
    let pushers: Vec<_> = (0..4)
        .map(|_| {
            let (address, token, next) = (address.clone(), token.clone(), next.clone());
            let (acknowledged, count) = (acknowledged.clone(), count.clone());
            std::thread::spawn(move || push_until(RECORDS, &address, &token, &next, &acknowledged, &count))
        })
        .collect();
    for kill in 1..=KILLS {
        // At moments spread over the push, each at another point of what the server does just then.
        let due = RECORDS * kill / (KILLS + 1);
        while count.load(Ordering::SeqCst) < due {
            std::thread::sleep(Duration::from_micros(300 + 170 * kill));
        }
        server.kill();
        server = site.start(&limits);
        *address.lock().unwrap() = server.address.clone();
    }
    pushers.into_iter().for_each(|pusher| pusher.join().unwrap());
    assert!(server.end().success());
    let mut times: HashMap<u64, u32> = HashMap::new();
    for line in site.lines("shop") {
        *times.entry(line["id"].as_u64().unwrap()).or_default() += 1;
    }
    let doubled: Vec<_> = times.iter().filter(|(_, times)| **times > 1).take(5).collect();
    assert!(doubled.is_empty(), "landed more than once: {doubled:?}");
    let acknowledged = acknowledged.lock().unwrap();
    let lost: Vec<u64> = acknowledged
        .iter()
        .cloned()
        .flatten()
        .filter(|id| !times.contains_key(id))
        .take(5)
        .collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    let report = site.verify();
    assert_eq!(report["clean"], true, "{report}");
    let landed: u64 = report["tables"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| t["landed"].as_u64().unwrap())
        .sum();
    assert_eq!(landed, times.len() as u64, "{report}");
}
