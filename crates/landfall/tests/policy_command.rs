//! `landfall policy`, `landfall completions` and `landfall man`.

#![allow(clippy::unwrap_used, reason = "a test whose surroundings fail has failed")]

mod support;

use serde_json::{Value, json};
use support::{Folder, Landfall, Place, Store};

const USER: &str = "arn:aws:iam::111122223333:role/landfall-loader";

fn settings(more: Value) -> Value {
    let mut settings = json!({"s3_bucket": "com-test-stitch-bucket", "integration_name": "shop"});
    settings
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    settings
}

/// A call without credentials and without network.
fn policy(arguments: &[&str], more: Value) -> Landfall {
    Landfall::with([&["policy"], arguments].concat())
        .config(&settings(more))
        .variable("AWS_EC2_METADATA_DISABLED", "true")
        .variable("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
}

#[test]
fn the_bucket_policy_is_that_of_the_documentation() {
    let ended = policy(&["--principal", USER], json!({})).run("").succeeded();
    let expected = json!({
        "Version": "2012-10-17",
        "Id": "Landfall",
        "Statement": [{
            "Sid": "LandfallLoader",
            "Effect": "Allow",
            "Principal": {"AWS": [USER]},
            "Action": ["s3:PutObject", "s3:GetObject", "s3:ListBucket"],
            "Resource": ["arn:aws:s3:::com-test-stitch-bucket", "arn:aws:s3:::com-test-stitch-bucket/*"],
        }],
    });
    let printed: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(printed, expected);
    assert!(
        ended
            .stdout
            .starts_with("{\n  \"Version\": \"2012-10-17\",\n  \"Id\""),
        "{}",
        ended.stdout
    );
    assert_eq!(ended.stderr, "");

    let ended = policy(&["--principal", USER, "--json"], json!({}))
        .run("")
        .succeeded();
    let answer: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(
        answer,
        json!({"format": "json", "partition": "aws", "principal_arn": USER, "policy": expected})
    );
}

#[test]
fn an_unknown_identity_leaves_a_placeholder_and_a_note() {
    let ended = policy(&["--json"], json!({})).run("").succeeded();
    let answer: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(answer["principal_arn"], Value::Null);
    assert_eq!(
        answer["policy"]["Statement"][0]["Principal"]["AWS"],
        json!(["<YOUR-PRINCIPAL-ARN>"])
    );
    let [note] = ended.logged("WARNING")[..] else {
        panic!("{}", ended.stderr)
    };
    assert!(note.starts_with("the policy is incomplete"), "{note}");
}

#[test]
fn the_principal_is_whoever_sts_says() {
    let store = Store::new();
    let ended = policy(&["--json"], json!({}))
        .variable("AWS_ENDPOINT_URL", &store.server().endpoint_url())
        .variable("AWS_ACCESS_KEY_ID", landfall_sim::ACCESS_KEY_ID)
        .variable("AWS_SECRET_ACCESS_KEY", landfall_sim::SECRET_ACCESS_KEY)
        .run("")
        .succeeded();
    let answer: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(answer["principal_arn"], "arn:aws:iam::444455556666:role/lake");
    // A session doesn't tell the path of its role.
    assert!(
        ended.logged("WARNING")[0].contains("--principal ARN"),
        "{}",
        ended.stderr
    );
}

#[test]
fn every_form_is_printed() {
    let role = json!({"aws_auth_mode": "assume_role", "aws_role_arn": USER, "aws_external_id": "3f1c0c0e"});
    let kms = json!({"s3_server_side_encryption": "aws:kms", "s3_kms_key_id": "arn:aws:kms:eu-central-1:111122223333:key/1"});
    let base = "arn:aws:iam::444455556666:role/base";
    let cases: [(&[&str], &Value, &[&str]); 15] = [
        (
            &["--format", "aws-cli", "--side", "trust", "--principal", base],
            &role,
            &[
                "update-assume-role-policy --role-name landfall-loader",
                base,
                "3f1c0c0e",
            ],
        ),
        (
            &["--format", "terraform", "--side", "trust", "--principal", base],
            &role,
            &["aws_iam_role", base, "\"sts:ExternalId\" = \"3f1c0c0e\""],
        ),
        (
            &[
                "--format",
                "cloudformation",
                "--side",
                "trust",
                "--principal",
                base,
            ],
            &role,
            &["AWS::IAM::Role", base, "\"sts:ExternalId\": \"3f1c0c0e\""],
        ),
        (
            &["--format", "aws-cli", "--side", "kms", "--principal", USER],
            &kms,
            &[
                "put-role-policy --role-name landfall-loader",
                "kms:Decrypt",
                "key/1",
            ],
        ),
        (
            &["--format", "terraform", "--side", "key", "--principal", USER],
            &kms,
            &["aws_kms_grant", USER, "key/1", "\"GenerateDataKey\", \"Decrypt\""],
        ),
        (
            &["--format", "aws-cli", "--side", "key", "--principal", USER],
            &kms,
            &["aws kms create-grant", USER, "key/1"],
        ),
        (
            &["--format", "identity"],
            &role,
            &["s3:ListBucket", "arn:aws:s3:::com-test-stitch-bucket/*"],
        ),
        (
            &["--format", "trust", "--principal", base],
            &role,
            &[base, "\"sts:ExternalId\": \"3f1c0c0e\""],
        ),
        (
            &["--format", "kms", "--principal", USER],
            &kms,
            &["kms:GenerateDataKey", "key/1"],
        ),
        (
            &["--format", "kms", "--side", "bucket", "--principal", USER],
            &kms,
            &["kms:Decrypt", USER],
        ),
        (
            &["--format", "aws-cli"],
            &role,
            &["aws s3api put-bucket-policy", USER],
        ),
        (
            &["--format", "aws-cli", "--side", "principal"],
            &role,
            &["aws iam put-role-policy --role-name landfall-loader"],
        ),
        (&["--format", "terraform"], &role, &["aws_s3_bucket_policy", USER]),
        (
            &["--format", "cloudformation"],
            &role,
            &["AWS::S3::BucketPolicy", USER],
        ),
        (
            &["--partition", "aws-cn"],
            &role,
            &["arn:aws-cn:s3:::com-test-stitch-bucket"],
        ),
    ];
    for (arguments, more, parts) in cases {
        let ended = policy(arguments, more.clone()).run("").succeeded();
        for part in parts {
            assert!(
                ended.stdout.contains(part),
                "{arguments:?}: {part}: {}",
                ended.stdout
            );
        }
        let ended = policy(arguments, more.clone())
            .argument("--json")
            .run("")
            .succeeded();
        let answer: Value = serde_json::from_str(&ended.stdout).unwrap();
        assert!(
            answer["policy"].is_object() || answer["text"].is_string(),
            "{arguments:?}: {answer}"
        );
    }
}

#[test]
fn where_there_is_no_policy_it_says_so() {
    let ended = Landfall::with(["policy"])
        .config(&Folder::new().settings())
        .run("")
        .failed(2);
    assert!(
        ended.last_log_line().contains("there is no policy to grant"),
        "{}",
        ended.stderr
    );
    let ended = Landfall::with(["policy"])
        .config(&Store::new().settings())
        .run("")
        .succeeded();
    assert!(
        ended.logged("WARNING")[0].contains("take this as a template"),
        "{}",
        ended.stderr
    );
    let ended = policy(&["--format", "trust"], json!({})).run("").failed(2);
    assert!(
        ended.last_log_line().contains("no role is assumed"),
        "{}",
        ended.stderr
    );
    let ended = policy(&["--format", "terraform", "--side", "principal"], json!({}))
        .run("")
        .failed(2);
    assert!(ended.last_log_line().contains("--principal"), "{}", ended.stderr);
    let ended = policy(&["--partition", "aws-iso"], json!({})).run("").failed(2);
    assert!(
        ended.stderr.contains("use one of aws, aws-cn, aws-us-gov"),
        "{}",
        ended.stderr
    );
    Landfall::with(["policy"]).run("").failed(2);
}

#[test]
fn completions_and_man_pages_know_every_command() {
    let commands = [
        "setup",
        "load",
        "check",
        "policy",
        "key",
        "demo",
        "completions",
        "man",
    ];
    for shell in ["bash", "zsh", "fish"] {
        let ended = Landfall::with(["completions", shell]).run("").succeeded();
        for command in commands {
            assert!(ended.stdout.contains(command), "{shell}: {command}");
        }
        assert!(ended.stdout.contains("challenge-file"), "{shell}");
    }
    let ended = Landfall::with(["man"]).run("").succeeded();
    assert!(
        ended.stdout.starts_with(".ie") || ended.stdout.contains(".TH landfall 1"),
        "{}",
        ended.stdout
    );
    let dir = tempfile::tempdir().unwrap();
    Landfall::with(["man", "--out"])
        .argument(dir.path().join("man1"))
        .run("")
        .succeeded();
    for command in commands {
        let page = dir.path().join(format!("man1/landfall-{command}.1"));
        assert!(page.exists(), "{}", page.display());
    }
}

#[test]
fn partitions_that_do_not_fit_together_are_told() {
    let ended = policy(&["--principal", USER, "--partition", "aws-cn"], json!({}))
        .run("")
        .succeeded();
    assert!(
        ended.logged("WARNING")[0].contains("is in the partition aws, not in aws-cn"),
        "{}",
        ended.stderr
    );
    let ended = policy(&["--principal", USER], json!({"s3_region": "cn-north-1"}))
        .run("")
        .succeeded();
    assert!(
        ended.logged("WARNING")[0].contains("the region cn-north-1 is in aws-cn"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_policy_without_the_principal_in_it_is_complete_without_credentials() {
    let ended = policy(&["--side", "principal"], json!({})).run("").succeeded();
    assert_eq!(ended.stderr, "");
}

#[test]
fn half_a_key_pair_and_a_missing_profile_are_told_by_name() {
    let ended = policy(&[], json!({}))
        .variable("AWS_ACCESS_KEY_ID", "AKIA")
        .run("")
        .succeeded();
    assert!(
        ended.logged("WARNING")[0].contains("AWS_SECRET_ACCESS_KEY is not"),
        "{}",
        ended.stderr
    );
}
