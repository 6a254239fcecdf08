//! Where credentials come from, and what is said when they do not come.
//!
//! The default provider chain reads the environment of the process, so each case runs in a process of its own: this
//! test binary again, with a clean environment and one test chosen.

// A test that can't go on says so by panicking.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use aws_sdk_s3::primitives::{DateTime, DateTimeFormat};
use landfall_bucket::{
    Bucket, CallerIdentity, Credentials, FaultKind, Operation, S3Bucket, S3Config, S3Options,
};
use landfall_sim::{
    ACCESS_KEY_ID, ASSUME_ROLE_REFUSAL, EXTERNAL_ID, Fault, FaultRule, Occurrence, RequestKind,
    SECRET_ACCESS_KEY,
};

use crate::support::process::is_within;
use crate::support::{CHALLENGE, World};

const KEY_PAIR: [(&str, &str); 2] = [
    ("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID),
    ("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY),
];

async fn bucket(world: &World, credentials: Credentials) -> S3Bucket {
    let options = S3Options {
        sts_endpoint_url: Some(world.store.endpoint_url()),
        ..world.options()
    };
    S3Bucket::open(
        S3Config {
            credentials,
            ..world.config()
        },
        options,
    )
    .await
}

fn role(external_id: &str) -> Credentials {
    Credentials::AssumeRole {
        role_arn: "arn:aws:iam::444455556666:role/lake".to_owned(),
        external_id: Some(external_id.to_owned()),
        session_name: "landfall-7".to_owned(),
    }
}

#[tokio::test]
async fn ambient_credentials_are_taken_from_the_environment() {
    if !is_within("ambient_credentials_are_taken_from_the_environment", &KEY_PAIR) {
        return;
    }
    let world = World::new().await;
    let bucket = bucket(&world, Credentials::Ambient).await;
    assert!(bucket.head(CHALLENGE).await.expect("signed").is_some());
}

#[tokio::test]
async fn no_credentials_are_told_as_such() {
    if !is_within("no_credentials_are_told_as_such", &[]) {
        return;
    }
    let world = World::new().await;
    let bucket = bucket(&world, Credentials::Ambient).await;
    let refusals = [
        bucket
            .head(CHALLENGE)
            .await
            .map(drop)
            .expect_err("nothing to sign with"),
        bucket
            .caller_identity()
            .await
            .map(drop)
            .expect_err("nothing to sign with"),
    ];
    for refusal in refusals {
        assert_eq!(*refusal.kind(), FaultKind::NoCredentials, "{refusal:?}");
        assert_eq!(refusal.raw_message(), "Unable to locate credentials");
    }
}

#[tokio::test]
async fn a_role_is_assumed_with_its_external_id() {
    if !is_within("a_role_is_assumed_with_its_external_id", &KEY_PAIR) {
        return;
    }
    let world = World::new().await;
    let assumed = bucket(&world, role(EXTERNAL_ID)).await;
    assert!(assumed.head(CHALLENGE).await.expect("signed").is_some());
    let identity = CallerIdentity {
        account: "444455556666".to_owned(),
        arn: "arn:aws:sts::444455556666:assumed-role/lake/landfall-7".to_owned(),
    };
    assert_eq!(assumed.caller_identity().await.expect("STS answers"), identity);

    let refused = bucket(&world, role("another")).await;
    let refusal = refused
        .head(CHALLENGE)
        .await
        .expect_err("the trust policy wants another ID");
    assert_eq!(*refusal.kind(), FaultKind::AssumeRoleDenied, "{refusal:?}");
    assert_eq!(refusal.operation(), Operation::AssumeRole);
    assert_eq!(
        refusal.raw_message(),
        format!(
            "An error occurred (AccessDenied) when calling the AssumeRole operation: {ASSUME_ROLE_REFUSAL}"
        )
    );
}

#[tokio::test]
async fn an_unreachable_sts_is_a_passing_fault() {
    if !is_within("an_unreachable_sts_is_a_passing_fault", &KEY_PAIR) {
        return;
    }
    let world = World::new().await;
    let options = S3Options {
        sts_endpoint_url: Some("http://127.0.0.1:9".to_owned()),
        ..world.options()
    };
    let config = S3Config {
        credentials: role(EXTERNAL_ID),
        ..world.config()
    };
    let refusal = S3Bucket::open(config, options)
        .await
        .head(CHALLENGE)
        .await
        .expect_err("nobody");
    assert_eq!(*refusal.kind(), FaultKind::Connect, "{refusal:?}");
}

/// As STS writes the end of a session.
fn in_minutes(minutes: i64) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now = i64::try_from(now.unwrap().as_secs()).unwrap();
    DateTime::from_secs(now + minutes * 60)
        .fmt(DateTimeFormat::DateTime)
        .unwrap()
}

#[tokio::test]
async fn a_role_is_renewed_five_minutes_before_its_session_ends() {
    if !is_within(
        "a_role_is_renewed_five_minutes_before_its_session_ends",
        &KEY_PAIR,
    ) {
        return;
    }
    let world = World::new().await;
    // Chance shortens the wait for renewal, so each end is tried several times.
    for _ in 0..5 {
        for (minutes, sessions) in [(60, 1), (11, 1), (5, 3), (1, 3)] {
            let before = world.store.role_sessions();
            world.store.end_role_sessions_at(&in_minutes(minutes));
            let bucket = bucket(&world, role(EXTERNAL_ID)).await;
            for _ in 0..3 {
                assert!(bucket.head(CHALLENGE).await.expect("signed").is_some());
            }
            let begun = world.store.role_sessions() - before;
            assert_eq!(begun, sessions, "three requests, a session of {minutes} minutes");
        }
    }
}

#[tokio::test]
async fn keys_that_have_ended_or_never_were_are_told_apart() {
    let cases = [
        (400, "ExpiredToken", FaultKind::ExpiredToken),
        (400, "InvalidToken", FaultKind::ExpiredToken),
        (403, "InvalidAccessKeyId", FaultKind::InvalidAccessKeyId),
        (403, "RequestTimeTooSkewed", FaultKind::ClockSkew),
    ];
    for (status, code, kind) in cases {
        let world = World::new().await;
        let fault = Fault::Refuse {
            status,
            code,
            message: "No.",
        };
        world.store.script(vec![FaultRule {
            kind: RequestKind::ListObjectsV2,
            occurrence: Occurrence::Every,
            fault,
        }]);
        let refusal = world.bucket().await.list("", 1).await.expect_err(code);
        assert_eq!((refusal.kind(), refusal.code()), (&kind, Some(code)));
    }
}
