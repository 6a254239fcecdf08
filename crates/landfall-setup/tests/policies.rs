//! Policies and principals against the vectors, and the other forms of a grant.

// A test that can't go on says so by panicking.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use std::fs;
use std::path::Path;

use landfall_core::bucket_name::{BucketHost, BucketName};
use landfall_core::settings::{AuthMode, ExternalId, RawSettings, TargetSettings};
use landfall_setup::Partition;
use landfall_setup::policy::{ACTIONS, Form, Grant, KMS_ACTIONS, PolicyLabel, Trust};
use landfall_setup::principal::PrincipalArn;
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Cases<T> {
    cases: Vec<T>,
}

#[derive(Deserialize)]
struct BucketCase {
    destination_id: u64,
    bucket: String,
    principal_arn: Option<String>,
    partition: Option<String>,
    policy: Box<RawValue>,
    box_text: String,
}

#[derive(Deserialize)]
struct PrincipalCase {
    sts_arn: Option<String>,
    #[serde(rename = "override")]
    chosen: Option<String>,
    principal: Option<String>,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum RoleCase {
    Identity {
        bucket: String,
        partition: String,
        policy: serde_json::Value,
    },
    Trust {
        base_arn: String,
        external_id: String,
        policy: serde_json::Value,
    },
}

fn cases<T: for<'a> Deserialize<'a>>(name: &str) -> Vec<T> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/vectors")
        .join(name);
    let text = fs::read_to_string(&path).expect("the vectors are there");
    serde_json::from_str::<Cases<T>>(&text).expect(name).cases
}

fn bucket(name: &str) -> BucketName {
    BucketName::parse(name, BucketHost::Amazon).expect(name)
}

fn principal(arn: &str) -> PrincipalArn {
    PrincipalArn::parse(arn).expect(arn)
}

fn partition(spelling: &str) -> Partition {
    Partition::from_spelling(spelling).expect(spelling)
}

fn external_id(text: &str) -> ExternalId {
    let settings = serde_json::json!({
        "s3_bucket": "lake",
        "integration_name": "shop",
        "aws_auth_mode": "assume_role",
        "aws_role_arn": "arn:aws:iam::111122223333:role/landfall",
        "aws_external_id": text,
    });
    let mut raw = RawSettings::default();
    raw.add_file(&settings.to_string()).expect("an object");
    let (settings, _) = TargetSettings::parse(raw).expect("nothing is wrong");
    match settings.destination.access.auth {
        AuthMode::AssumeRole {
            external_id: Some(external_id),
            ..
        } => external_id,
        other => panic!("{other:?}"),
    }
}

/// `json` without the blanks between its values, so that the order of keys can be compared.
fn without_blanks(json: &str) -> String {
    let mut is_text = false;
    let mut is_escaped = false;
    let keeps = |c: &char| {
        let keep = is_text || !c.is_ascii_whitespace();
        if *c == '"' && !is_escaped {
            is_text = !is_text;
        }
        is_escaped = is_text && *c == '\\' && !is_escaped;
        keep
    };
    json.chars().filter(keeps).collect()
}

#[test]
fn bucket_policies_are_those_of_the_vectors() {
    for case in cases::<BucketCase>("bucket-policies.json") {
        let grant = Grant::new(
            PolicyLabel::Destination(case.destination_id),
            bucket(&case.bucket),
            case.principal_arn.as_deref().map(principal),
            case.partition.as_deref().map(partition),
        );
        let policy = grant.bucket_policy();
        let name = format!("{} {:?}", case.bucket, case.principal_arn);
        assert_eq!(policy.box_text(), case.box_text, "{name}");
        assert_eq!(policy.compact_text(), without_blanks(case.policy.get()), "{name}");
        assert_eq!(grant.is_complete(), case.principal_arn.is_some(), "{name}");
    }
}

#[test]
fn principals_are_those_of_the_vectors() {
    for case in cases::<PrincipalCase>("principals.json") {
        let chosen = case.chosen.as_deref().map(principal);
        let derived = PrincipalArn::derive(case.sts_arn.as_deref(), chosen.as_ref());
        let derived = derived.as_ref().map(PrincipalArn::as_str);
        assert_eq!(derived, case.principal.as_deref(), "{:?}", case.sts_arn);
    }
}

#[test]
fn role_policies_are_those_of_the_vectors() {
    for case in cases::<RoleCase>("role-policies.json") {
        let (made, expected) = match case {
            RoleCase::Identity {
                bucket: name,
                partition: spelling,
                policy,
            } => {
                let grant = Grant::new(
                    PolicyLabel::StandAlone,
                    bucket(&name),
                    None,
                    Some(partition(&spelling)),
                );
                (grant.identity_policy(), policy)
            }
            RoleCase::Trust {
                base_arn,
                external_id: id,
                policy,
            } => (
                Trust {
                    base: Some(&principal(&base_arn)),
                    external_id: Some(&external_id(&id)),
                }
                .policy(),
                policy,
            ),
        };
        assert_eq!(serde_json::to_value(&made).expect("JSON"), expected);
    }
}

#[test]
fn a_trust_policy_without_external_id_has_no_condition() {
    assert_eq!(
        Trust {
            base: None,
            external_id: None
        }
        .policy()
        .compact_text(),
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"<YOUR-PRINCIPAL-ARN>"},"Action":"sts:AssumeRole"}]}"#
    );
}

#[test]
fn keys_of_kms_get_two_actions() {
    let grant = loader();
    let key = "arn:aws:kms:eu-central-1:111122223333:key/0f1e";
    let cases = [
        (Some(key), key),
        (Some("alias/lake"), "<YOUR-KMS-KEY-ARN>"),
        (None, "<YOUR-KMS-KEY-ARN>"),
    ];
    for (given, resource) in cases {
        let expected = serde_json::json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": KMS_ACTIONS, "Resource": resource},
        ]});
        let made = serde_json::to_value(grant.kms_identity_policy(given)).expect("JSON");
        assert_eq!(made, expected, "{given:?}");
    }
    let expected = serde_json::json!({"Version": "2012-10-17", "Statement": [{
        "Sid": "LandfallLoader155582",
        "Effect": "Allow",
        "Principal": {"AWS": ["arn:aws:iam::111122223333:role/landfall-loader"]},
        "Action": KMS_ACTIONS,
        "Resource": "*",
    }]});
    assert_eq!(
        serde_json::to_value(grant.kms_key_policy()).expect("JSON"),
        expected
    );
}

fn loader() -> Grant {
    Grant::new(
        PolicyLabel::Destination(155_582),
        bucket("com-test-stitch-bucket"),
        Some(principal("arn:aws:iam::111122223333:role/landfall-loader")),
        None,
    )
}

/// Paths of roles may hold any printable ASCII.
fn hostile() -> Grant {
    Grant::new(
        PolicyLabel::StandAlone,
        bucket("lake"),
        Some(principal(
            r#"arn:aws:iam::111122223333:role/o'$(x)"\${y}%{z}/loader+=,.@-_"#,
        )),
        None,
    )
}

const KEY: &str = "arn:aws:kms:eu-central-1:111122223333:key/0f1e";

fn role_of(grant: &Grant) -> &PrincipalArn {
    grant.principal.as_ref().expect("it has one")
}

/// That the role itself may assume itself.
fn trust_of(grant: &Grant) -> Trust<'_> {
    Trust {
        base: grant.principal.as_ref(),
        external_id: None,
    }
}

#[test]
fn every_form_of_a_grant_is_as_reviewed() {
    for (name, grant) in [("loader", loader()), ("hostile", hostile())] {
        for form in Form::ALL {
            let both = [
                ("bucket", grant.render_bucket_side(form)),
                ("principal", grant.render_principal_side(form).expect("a role")),
                ("kms", grant.render_kms_identity(Some(KEY), form).expect("a role")),
                ("key", grant.render_kms_key(Some(KEY), form)),
                (
                    "trust",
                    trust_of(&grant).render(role_of(&grant), form).expect("a role"),
                ),
            ];
            for (side, text) in both {
                support::assert_is_file(&text, &format!("{name}-{side}.{}.txt", form.as_str()));
            }
        }
    }
}

#[test]
fn a_key_that_is_known_by_alias_only_leaves_a_placeholder() {
    for key in [
        None,
        Some("alias/lake"),
        Some("arn:aws:kms:eu-central-1:111122223333:alias/lake"),
    ] {
        for form in [Form::AwsCli, Form::Terraform] {
            let text = loader().render_kms_key(key, form);
            assert!(text.contains("<YOUR-KMS-KEY-ARN>"), "{key:?}: {text}");
        }
    }
}

#[test]
fn every_form_grants_the_three_actions_and_no_more() {
    for form in Form::ALL {
        for text in [
            loader().render_bucket_side(form),
            loader().render_principal_side(form).expect("a role"),
        ] {
            let granted: Vec<&str> = text.split('"').filter(|text| text.starts_with("s3:")).collect();
            assert_eq!(granted, ACTIONS, "{form:?}");
        }
    }
}

#[test]
fn accounts_and_unknown_principals_have_no_policy_of_their_own() {
    let account = principal("arn:aws:iam::111122223333:root");
    for principal in [None, Some(account)] {
        let grant = Grant::new(PolicyLabel::StandAlone, bucket("lake"), principal, None);
        for form in Form::ALL {
            assert_eq!(grant.render_principal_side(form), None, "{form:?}");
        }
    }
}
