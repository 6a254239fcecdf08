//! Stores behind TLS: certificates that this host trusts, and those it doesn't.

// A test that can't go on says so by panicking.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use landfall_bucket::{Bucket, BucketError, FaultKind, RetryPolicy, S3Bucket, S3Config, S3Options};
use landfall_sim::{Certificate, S3Simulator, SimulatorConfig};

use crate::support::process::is_within;
use crate::support::{BUCKET, CHALLENGE, World};

/// Asks a store behind `certificate` for the challenge file; this host trusts the certificates in the file that
/// `SSL_CERT_FILE` names.
async fn ask(certificate: &Certificate) -> Result<bool, BucketError> {
    let config = SimulatorConfig::with_bucket(BUCKET);
    let store = S3Simulator::start_with_tls(config, certificate)
        .await
        .expect("a free port");
    store.place(BUCKET, CHALLENGE, b"");
    let world = World::new().await;
    let config = S3Config {
        endpoint_url: Some(store.endpoint_url()),
        ..world.config()
    };
    let options = S3Options {
        retry: RetryPolicy { waits: Vec::new() },
        ..S3Options::default()
    };
    let bucket = S3Bucket::open(config, options).await;
    Ok(bucket.head(CHALLENGE).await?.is_some())
}

/// Where the process that trusts it finds its certificate.
fn trusted_file(test: &str) -> String {
    let folder = std::env::temp_dir();
    folder
        .join(format!("landfall-{test}-{}.pem", std::process::id()))
        .display()
        .to_string()
}

#[tokio::test]
async fn a_certificate_that_the_host_trusts_is_fine() {
    let test = "a_certificate_that_the_host_trusts_is_fine";
    let path = trusted_file(test);
    std::fs::write(&path, "").unwrap();
    if !is_within(test, &[("SSL_CERT_FILE", &path)]) {
        std::fs::remove_file(&path).unwrap();
        return;
    }
    let certificate = Certificate::self_signed("localhost", 2099);
    let path = std::env::var("SSL_CERT_FILE").unwrap();
    std::fs::write(path, certificate.pem()).unwrap();
    assert_eq!(ask(&certificate).await, Ok(true));
}

#[tokio::test]
async fn certificates_that_cannot_be_trusted_are_told_with_the_reason() {
    let test = "certificates_that_cannot_be_trusted_are_told_with_the_reason";
    let path = trusted_file(test);
    std::fs::write(&path, "").unwrap();
    if !is_within(test, &[("SSL_CERT_FILE", &path)]) {
        std::fs::remove_file(&path).unwrap();
        return;
    }
    let path = std::env::var("SSL_CERT_FILE").unwrap();
    let other = Certificate::self_signed("another.example", 2099);
    let cases = [
        (
            Certificate::self_signed("another.example", 2099),
            None,
            "not valid for name",
        ),
        (Certificate::self_signed("localhost", 2001), None, "expired"),
        (
            Certificate::self_signed("localhost", 2099),
            Some(&other),
            "UnknownIssuer",
        ),
    ];
    for (certificate, trusted_instead, reason) in cases {
        let trusted = trusted_instead.unwrap_or(&certificate);
        std::fs::write(&path, trusted.pem()).unwrap();
        let refusal = ask(&certificate).await.expect_err(reason);
        assert_eq!(*refusal.kind(), FaultKind::Tls, "{refusal:?}");
        assert!(
            refusal
                .raw_message()
                .starts_with("SSL validation failed for https://localhost:")
        );
        let message = refusal.message().unwrap_or_default();
        assert!(message.contains(reason), "{reason}: {message}");
    }
}

#[tokio::test]
async fn http_and_https_confused_are_told() {
    let world = World::new().await;
    let config = S3Config {
        endpoint_url: Some(world.store.endpoint_url().replace("http://", "https://")),
        ..world.config()
    };
    let refusal = S3Bucket::open(config, world.options())
        .await
        .head(CHALLENGE)
        .await;
    let refusal = refusal.expect_err("it does not speak TLS");
    assert_eq!(*refusal.kind(), FaultKind::Tls, "{refusal:?}");
}
