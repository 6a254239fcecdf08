//! The check against folders and against a simulated store that speaks the real protocol.

// A test that can't go on says so by panicking.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use std::fs;
use std::path::Path;

use landfall_bucket::{Credentials, Encryption, FolderBucket, RetryPolicy, S3Bucket, S3Config, S3Options};
use landfall_setup::{BucketProbes, CheckContext, CheckReport, Place, ProblemCode, SignIn, StepStatus};
use landfall_sim::{
    ACCESS_KEY_ID, Fault, FaultRule, Occurrence, RequestKind, S3Simulator, SECRET_ACCESS_KEY, SimulatorConfig,
};

use crate::support::{BUCKET, CHALLENGE, aws_context, run};

fn folder_context(root: &Path) -> CheckContext {
    CheckContext {
        place: Place::Folder {
            path: root.to_owned(),
        },
        ..aws_context()
    }
}

fn failure(report: &CheckReport) -> Option<(ProblemCode, &'static str, &str)> {
    let problem = report.errors.first()?;
    Some((problem.code, problem.entry, &problem.raw_message))
}

#[tokio::test]
async fn a_folder_is_checked_like_a_bucket() {
    let root = tempfile::tempdir().expect("a folder");
    let bucket = FolderBucket::open(root.path(), BUCKET);
    let context = folder_context(root.path());
    let folder = bucket.folder().display();
    let missing_bucket = format!("There is no folder {folder}.");
    let missing_file = format!("The challenge file is not in the folder {folder}.");

    let (report, _) = run(&context, &BucketProbes::of_folder(&bucket)).await;
    assert_eq!(
        failure(&report),
        Some((
            ProblemCode::NoSuchBucket,
            "no_such_folder",
            missing_bucket.as_str()
        ))
    );

    fs::create_dir(bucket.folder()).expect("a new folder");
    fs::write(bucket.folder().join(format!("{CHALLENGE}.txt")), b"").expect("a new file");
    let (report, _) = run(&context, &BucketProbes::of_folder(&bucket)).await;
    let expected = (
        ProblemCode::MissingChallengeFile,
        "challenge_has_extension",
        missing_file.as_str(),
    );
    assert_eq!(failure(&report), Some(expected));

    fs::write(bucket.folder().join(CHALLENGE), b"").expect("a new file");
    let (report, _) = run(&context, &BucketProbes::of_folder(&bucket)).await;
    assert_eq!(failure(&report), None);
    for result in &report.steps {
        let is_about_permissions = result.detail.as_deref() == Some("the folder's own permissions apply");
        let has_policy = ["credentials", "list_bucket", "write_probe"].contains(&result.step.as_str());
        assert_eq!(is_about_permissions, has_policy, "{result:?}");
    }
    assert_eq!(report.steps[0].status, StepStatus::Skipped);
}

struct World {
    store: S3Simulator,
}

impl World {
    async fn new() -> Self {
        let store = S3Simulator::start(SimulatorConfig::with_bucket(BUCKET)).await;
        let store = store.expect("a free port");
        store.place(BUCKET, CHALLENGE, b"");
        Self { store }
    }

    async fn check(&self, secret_access_key: &str) -> CheckReport {
        let config = S3Config {
            bucket: BUCKET.to_owned(),
            region: None,
            endpoint_url: Some(self.store.endpoint_url()),
            force_path_style: true,
            credentials: Credentials::Static {
                access_key_id: ACCESS_KEY_ID.to_owned(),
                secret_access_key: secret_access_key.to_owned(),
                session_token: None,
            },
            encryption: Encryption::BucketDefault,
        };
        let options = S3Options {
            retry: RetryPolicy { waits: Vec::new() },
            ..S3Options::default()
        };
        let bucket = S3Bucket::open(config, options).await;
        let context = CheckContext {
            place: Place::Store {
                endpoint_url: self.store.endpoint_url(),
            },
            sign_in: SignIn::StaticKeys,
            ..aws_context()
        };
        let probes = BucketProbes::of_store(&bucket);
        run(&context, &probes).await.0
    }
}

#[tokio::test]
async fn a_healthy_store_passes_and_keeps_nothing() {
    let world = World::new().await;
    let report = world.check(SECRET_ACCESS_KEY).await;
    assert_eq!(failure(&report), None);
    assert_eq!(world.store.unfinished_uploads(), 0);
    let keys: Vec<String> = world
        .store
        .objects(BUCKET)
        .into_iter()
        .map(|(key, _)| key)
        .collect();
    assert_eq!(keys, [CHALLENGE]);
}

#[tokio::test]
async fn a_wrong_secret_is_told_by_the_words_of_the_listing() {
    let report = World::new().await.check("another secret").await;
    let (code, entry, raw_message) = failure(&report).expect("the secret is wrong");
    assert_eq!((code, entry), (ProblemCode::BadSecret, "bad_secret"));
    assert!(
        raw_message.starts_with(
            "An error occurred (SignatureDoesNotMatch) when calling the ListObjectsV2 operation: "
        ),
        "{raw_message}"
    );
    assert!(!report.json_text().contains("another secret"));
}

/// Requests that are refused, by status, code and message, and what the check says about it.
type Refusal = (
    RequestKind,
    (u16, &'static str, &'static str),
    (ProblemCode, &'static str, &'static str),
);

const REFUSALS: [Refusal; 9] = [
    (
        RequestKind::ListObjectsV2,
        (403, "AccessDenied", "Access Denied"),
        (
            ProblemCode::MissingListBucket,
            "list_bucket",
            "An error occurred (AccessDenied) when calling the ListObjectsV2 operation: Access Denied",
        ),
    ),
    (
        RequestKind::ListObjectsV2,
        (
            403,
            "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist in our records.",
        ),
        (
            ProblemCode::InvalidAccessKey,
            "list_bucket",
            "An error occurred (InvalidAccessKeyId) when calling the ListObjectsV2 operation: The AWS Access Key Id \
             you provided does not exist in our records.",
        ),
    ),
    (
        RequestKind::ListObjectsV2,
        (400, "ExpiredToken", "The provided token has expired."),
        (
            ProblemCode::ExpiredCredentials,
            "list_bucket",
            "An error occurred (ExpiredToken) when calling the ListObjectsV2 operation: The provided token has expired.",
        ),
    ),
    (
        RequestKind::ListObjectsV2,
        (403, "RequestTimeTooSkewed", "The difference is too large."),
        (
            ProblemCode::ClockSkew,
            "list_bucket",
            "An error occurred (RequestTimeTooSkewed) when calling the ListObjectsV2 operation: The difference is too \
             large.",
        ),
    ),
    (
        RequestKind::ListObjectsV2,
        (503, "SlowDown", "Please reduce your request rate."),
        (
            ProblemCode::Throttled,
            "list_bucket",
            "An error occurred (SlowDown) when calling the ListObjectsV2 operation: Please reduce your request rate.",
        ),
    ),
    (
        RequestKind::HeadObject,
        (403, "AccessDenied", "Access Denied"),
        (
            ProblemCode::MissingGetObject,
            "head_challenge",
            "An error occurred (403) when calling the HeadObject operation: Forbidden",
        ),
    ),
    (
        RequestKind::CreateMultipartUpload,
        (403, "AccessDenied", "Access Denied"),
        (
            ProblemCode::MissingPutObject,
            "write_probe",
            "An error occurred (AccessDenied) when calling the CreateMultipartUpload operation: Access Denied",
        ),
    ),
    (
        RequestKind::CreateMultipartUpload,
        (
            403,
            "AccessDenied",
            "not authorized to perform: kms:GenerateDataKey for arn:aws:s3:::lake/stitch-challenge-file-af295ad1-7a4b-4881-89dc-c9be27de13a5",
        ),
        (
            ProblemCode::KmsDenied,
            "write_probe",
            "An error occurred (AccessDenied) when calling the CreateMultipartUpload operation: not authorized to \
             perform: kms:GenerateDataKey for arn:aws:s3:::lake/<challenge file>",
        ),
    ),
    (
        RequestKind::HeadBucket,
        (404, "NoSuchBucket", "The specified bucket does not exist"),
        (
            ProblemCode::NoSuchBucket,
            "head_bucket",
            "An error occurred (404) when calling the HeadBucket operation: Not Found",
        ),
    ),
];

#[tokio::test]
async fn each_refusal_fails_its_step_with_the_documented_message() {
    for (kind, (status, code, message), expected) in REFUSALS {
        let world = World::new().await;
        world.store.script(vec![FaultRule {
            kind,
            occurrence: Occurrence::Every,
            fault: Fault::Refuse {
                status,
                code,
                message,
            },
        }]);
        let report = world.check(SECRET_ACCESS_KEY).await;
        let problem = report.errors.first().expect(code);
        let told = (problem.code, problem.step.as_str(), problem.raw_message.as_str());
        assert_eq!(told, expected, "{code} to {kind:?}");
        assert!(!report.json_text().contains(CHALLENGE), "{code} to {kind:?}");
    }
}
