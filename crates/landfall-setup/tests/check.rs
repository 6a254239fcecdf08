//! The check against scripted probes: its order, its rules, and how it is shown.

// A test that can't go on says so by panicking.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use std::path::PathBuf;
use std::time::Duration;

use landfall_bucket::{
    BucketError, BucketRules, ConditionTrial, FaultKind, IncompleteUploads, ObjectLock, Operation,
    RefusedUpload, Seen, StoreCapabilities, Support, Versioning, WriteProbe,
};
use landfall_core::settings::{RawSettings, ServerSideEncryption, TargetSettings};
use landfall_core::time::Timestamp;
use landfall_setup::catalogue::Failing;
use landfall_setup::principal::PrincipalArn;
use landfall_setup::{
    CheckContext, CheckEvent, CheckReport, ExternalIdSetting, Glyphs, Partition, Place, ProblemCode, SignIn,
    Step, StepStatus, WarningCode,
};

use crate::support::{CHALLENGE, Script, aws_context, challenge, object, run, summary};

fn refusal(operation: Operation, kind: FaultKind) -> BucketError {
    BucketError::new(operation, kind)
}

fn statuses(report: &CheckReport) -> String {
    let mark = |status| match status {
        StepStatus::Passed => '+',
        StepStatus::Failed => 'x',
        StepStatus::Skipped => '-',
    };
    report.steps.iter().map(|result| mark(result.status)).collect()
}

/// What failed: the marks of the five steps, and code and entry of the problem.
fn outcome(report: &CheckReport) -> (String, Option<(ProblemCode, &'static str)>) {
    let problem = report.errors.first().map(|problem| (problem.code, problem.entry));
    assert_eq!(report.is_success(), problem.is_none());
    (statuses(report), problem)
}

#[tokio::test]
async fn a_failed_step_ends_the_check() {
    use FaultKind::{AccessDenied, Forbidden, InvalidAccessKeyId, NoCredentials, NoSuchBucket, Timeout};
    use Operation::{CreateMultipartUpload, GetCallerIdentity, HeadBucket, HeadObject, ListObjectsV2};
    let healthy = Script::healthy;
    let cases = [
        (healthy(), "+++++", None),
        (
            Script {
                identity: Err(refusal(GetCallerIdentity, NoCredentials)),
                ..healthy()
            },
            "x----",
            Some((ProblemCode::CredentialsMissing, "credentials_missing")),
        ),
        (
            Script {
                head_bucket: Err(refusal(HeadBucket, NoSuchBucket)),
                ..healthy()
            },
            "+x---",
            Some((ProblemCode::NoSuchBucket, "no_such_bucket")),
        ),
        (
            Script {
                list: Err(refusal(ListObjectsV2, Timeout)),
                ..healthy()
            },
            "++x--",
            Some((ProblemCode::Timeout, "timeout")),
        ),
        (
            Script {
                list: Err(refusal(ListObjectsV2, AccessDenied)),
                ..healthy()
            },
            "++x--",
            Some((ProblemCode::MissingListBucket, "missing_list_bucket")),
        ),
        (
            Script {
                head: Err(refusal(HeadObject, Forbidden)),
                ..healthy()
            },
            "+++x-",
            Some((ProblemCode::MissingGetObject, "missing_get_object")),
        ),
        (
            Script {
                probe_write: Err(refusal(CreateMultipartUpload, AccessDenied)),
                ..healthy()
            },
            "++++x",
            Some((ProblemCode::MissingPutObject, "missing_put_object")),
        ),
        (
            Script {
                head_bucket: Err(refusal(HeadBucket, Forbidden)),
                list: Err(refusal(ListObjectsV2, InvalidAccessKeyId)),
                ..healthy()
            },
            "+x---",
            Some((ProblemCode::InvalidAccessKey, "invalid_host_access_key")),
        ),
        (
            Script {
                head_bucket: Err(refusal(HeadBucket, Forbidden)),
                list: Err(refusal(ListObjectsV2, AccessDenied)),
                head: Err(refusal(HeadObject, Forbidden)),
                ..healthy()
            },
            "+x---",
            Some((ProblemCode::BucketAccessDenied, "bucket_access_denied")),
        ),
        // Without s3:ListBucket HeadBucket is refused as well, but objects can be looked at.
        (
            Script {
                head_bucket: Err(refusal(HeadBucket, Forbidden)),
                list: Err(refusal(ListObjectsV2, AccessDenied)),
                ..healthy()
            },
            "++x--",
            Some((ProblemCode::MissingListBucket, "missing_list_bucket")),
        ),
        (
            Script {
                head_bucket: Err(refusal(HeadBucket, Forbidden)),
                ..healthy()
            },
            "+++++",
            None,
        ),
    ];
    for (script, marks, problem) in cases {
        let (report, _) = run(&aws_context(), &script).await;
        assert_eq!(outcome(&report), (marks.to_owned(), problem), "{script:?}");
    }
}

#[tokio::test]
async fn a_misnamed_challenge_file_is_recognised() {
    let cases = [
        (vec![], "missing_challenge_file"),
        (vec![summary(".txt")], "challenge_has_extension"),
        (vec![summary(" (1)"), summary(".csv")], "challenge_has_extension"),
        (vec![summary(" (1)")], "challenge_has_longer_name"),
        (
            vec![summary(".this is no extension")],
            "challenge_has_longer_name",
        ),
        (vec![summary("/readme")], "challenge_is_folder"),
    ];
    for (listed, entry) in cases {
        let script = Script {
            list: Ok(listed.clone()),
            head: Ok(None),
            ..Script::healthy()
        };
        let (report, _) = run(&aws_context(), &script).await;
        let expected = Some((ProblemCode::MissingChallengeFile, entry));
        assert_eq!(outcome(&report), ("+++x-".to_owned(), expected), "{listed:?}");
        assert!(!report.json_text().contains(CHALLENGE), "{listed:?}");
    }
}

#[tokio::test]
async fn warnings_do_not_fail_the_check() {
    let temporary = CheckContext {
        sign_in: SignIn::TemporaryKeys,
        ..aws_context()
    };
    let other_principal = CheckContext {
        shown_principal: PrincipalArn::parse("arn:aws:iam::111122223333:role/other").ok(),
        ..aws_context()
    };
    let healthy = Script::healthy;
    let unreachable = refusal(Operation::GetCallerIdentity, FaultKind::Connect);
    let no_abort = refusal(Operation::AbortMultipartUpload, FaultKind::AccessDenied);
    let cases = [
        (
            aws_context(),
            Script {
                head: Ok(Some(object(3))),
                ..healthy()
            },
            "+++++",
            WarningCode::ChallengeNotEmpty,
        ),
        (
            aws_context(),
            Script {
                probe_write: Ok(WriteProbe::AbortFailed(no_abort)),
                ..healthy()
            },
            "+++++",
            WarningCode::AbortFailed,
        ),
        (
            temporary,
            healthy(),
            "+++++",
            WarningCode::StaticTemporaryCredentials,
        ),
        (
            other_principal,
            healthy(),
            "+++++",
            WarningCode::PrincipalMismatch,
        ),
        (
            aws_context(),
            Script {
                identity: Err(unreachable),
                ..healthy()
            },
            "-++++",
            WarningCode::IdentityUnknown,
        ),
    ];
    for (context, script, marks, code) in cases {
        let (report, _) = run(&context, &script).await;
        assert_eq!(outcome(&report), (marks.to_owned(), None), "{code}");
        let codes: Vec<_> = report.warnings.iter().map(|warning| warning.code).collect();
        assert_eq!(codes, [code]);
        let message = &report.warnings[0].message;
        assert!(!message.contains(['{', '}', '…']), "{message}");
    }
}

#[tokio::test]
async fn the_principal_that_was_shown_tells_the_path_of_the_role() {
    let with_path = "arn:aws:iam::111122223333:role/team/landfall-loader";
    let told = "arn:aws:iam::111122223333:role/landfall-loader";
    let cases = [(with_path, with_path), ("arn:aws:iam::111122223333:root", told)];
    for (shown, in_use) in cases {
        let context = CheckContext {
            shown_principal: PrincipalArn::parse(shown).ok(),
            ..aws_context()
        };
        let (report, _) = run(&context, &Script::healthy()).await;
        assert_eq!(report.steps[0].detail.as_deref(), Some(in_use));
        assert_eq!(report.warnings, []);
    }
}

#[tokio::test]
async fn a_role_cannot_be_assumed_without_sts() {
    let context = CheckContext {
        sign_in: SignIn::AssumeRole {
            role_arn: "arn:aws-cn:iam::111122223333:role/lake".to_owned(),
            external_id: ExternalIdSetting::Given,
        },
        ..aws_context()
    };
    assert_eq!(context.partition(), Partition::AwsCn);
    let script = Script {
        identity: Err(refusal(Operation::GetCallerIdentity, FaultKind::Connect)),
        ..Script::healthy()
    };
    let (report, _) = run(&context, &script).await;
    let expected = Some((ProblemCode::EndpointUnreachable, "sts_unreachable"));
    assert_eq!(outcome(&report), ("x----".to_owned(), expected));
}

#[tokio::test]
async fn a_bare_400_is_explained_by_the_words_of_the_listing() {
    let expired = refusal(Operation::ListObjectsV2, FaultKind::ExpiredToken)
        .with_answer(400, Some(("ExpiredToken", "The provided token has expired.")));
    let script = Script {
        identity: Err(refusal(Operation::GetCallerIdentity, FaultKind::Forbidden)),
        head_bucket: Err(refusal(Operation::HeadBucket, FaultKind::BadRequest).with_answer(400, None)),
        list: Err(expired),
        ..Script::healthy()
    };
    let context = CheckContext {
        sign_in: SignIn::StaticKeys,
        ..aws_context()
    };
    let (report, _) = run(&context, &script).await;
    let expected = Some((ProblemCode::ExpiredCredentials, "expired_credentials"));
    assert_eq!(outcome(&report).1, expected);
    assert_eq!(
        report.warnings,
        [],
        "who keys belong to can't be asked with keys that have ended"
    );
}

#[tokio::test]
async fn every_step_is_told_once_and_in_order() {
    let denied = Script {
        list: Err(refusal(Operation::ListObjectsV2, FaultKind::AccessDenied)),
        head_bucket: Err(refusal(Operation::HeadBucket, FaultKind::Forbidden)),
        ..Script::healthy()
    };
    for script in [Script::healthy(), denied] {
        let (report, told) = run(&aws_context(), &script).await;
        let ended: Vec<Step> = told
            .iter()
            .filter_map(|(step, is_end)| is_end.then_some(*step))
            .collect();
        assert_eq!(ended, Step::ALL);
        let begun: Vec<Step> = told
            .iter()
            .filter_map(|(step, is_end)| (!is_end).then_some(*step))
            .collect();
        let expected: Vec<Step> = report
            .steps
            .iter()
            .filter(|result| result.detail.as_deref() != Some("not reached"))
            .map(|result| result.step)
            .collect();
        assert_eq!(begun, expected);
    }
}

#[tokio::test]
async fn the_delivery_guarantee_follows_from_the_store() {
    let cases = [
        (Support::Present, "no object is ever written over"),
        (Support::Absent, "let nothing else write under its keys"),
        (Support::Unknown, "until the store has shown"),
    ];
    for (conditional_create, part) in cases {
        let capabilities = StoreCapabilities {
            conditional_create,
            ..StoreCapabilities::UNKNOWN
        };
        let script = Script {
            capabilities,
            ..Script::healthy()
        };
        let (report, _) = run(&aws_context(), &script).await;
        let delivery = report.information.iter().find(|line| line.topic == "delivery");
        assert!(
            delivery.expect("there is a line").text.contains(part),
            "{conditional_create:?}"
        );
    }
}

/// The text of a line of information.
fn told<'a>(report: &'a CheckReport, topic: &str) -> &'a str {
    let line = report.information.iter().find(|line| line.topic == topic);
    line.map_or("", |line| line.text.as_str())
}

#[tokio::test]
async fn what_the_bucket_shows_of_itself_is_told() {
    let script = Script {
        rules: BucketRules {
            versioning: Seen::Shown(Versioning::Enabled),
            object_lock: Seen::Shown(ObjectLock::Off),
            incomplete_uploads: Seen::Shown(IncompleteUploads::EndAfter {
                days: 7,
                prefix: String::new(),
            }),
        },
        ..Script::healthy()
    };
    let (report, _) = run(&aws_context(), &script).await;
    assert_eq!(
        told(&report, "versioning"),
        "on; Landfall makes one version of each object"
    );
    assert_eq!(told(&report, "object_lock"), "off");
    assert!(told(&report, "incomplete_uploads").contains("after 7 days"));
    assert_eq!(report.facts.versioning, Some("enabled"));
    assert_eq!(report.facts.incomplete_uploads_days, Some(7));

    let (report, _) = run(&aws_context(), &Script::healthy()).await;
    assert!(told(&report, "bucket_settings").contains("not visible with the three granted actions"));
    assert_eq!(report.facts.object_lock, Some("hidden"));
}

#[tokio::test]
async fn content_is_sent_only_to_be_refused_and_otherwise_it_says_why_not() {
    let throttled = refusal(Operation::PutObject, FaultKind::Throttled).with_answer(503, None);
    let cases = [
        (
            Ok(ConditionTrial::Kept),
            Ok(RefusedUpload::AfterContent),
            "MB/s over one",
        ),
        (
            Ok(ConditionTrial::Kept),
            Ok(RefusedUpload::BeforeContent),
            "before it has taken it in",
        ),
        (
            Ok(ConditionTrial::Kept),
            Ok(RefusedUpload::Written),
            "upload an empty one again",
        ),
        (
            Ok(ConditionTrial::Absent),
            Ok(RefusedUpload::NotSent),
            "would replace the challenge file",
        ),
        (
            Ok(ConditionTrial::NotTried),
            Ok(RefusedUpload::NotSent),
            "an empty challenge file",
        ),
        (Err(throttled), Ok(RefusedUpload::NotSent), "Service Unavailable"),
    ];
    for (condition, refused, part) in cases {
        let script = Script {
            condition,
            refused,
            ..Script::healthy()
        };
        let (report, _) = run(&aws_context(), &script).await;
        assert!(report.is_success(), "{script:?}");
        let text = told(&report, "upload");
        assert!(text.contains(part), "{script:?}: {text}");
        let is_measured = report.facts.upload_bytes_per_second.is_some();
        assert_eq!(is_measured, !text.starts_with("not measured"), "{text}");
    }
}

#[tokio::test]
async fn a_wrong_clock_is_told_after_a_failure_too() {
    let skewed = Script {
        answer_seconds: Some(support::CLOCK_SECONDS + 1200),
        ..Script::healthy()
    };
    let (report, _) = run(&aws_context(), &skewed).await;
    assert!(report.is_success());
    assert!(told(&report, "clock").starts_with("this host's clock is 20 min 0 s behind the store's"));
    let refused = Script {
        head: Err(refusal(Operation::HeadObject, FaultKind::Forbidden)),
        ..skewed
    };
    let (report, _) = run(&aws_context(), &refused).await;
    let topics: Vec<&str> = report.information.iter().map(|line| line.topic).collect();
    assert_eq!(topics, ["clock"]);
    assert_eq!(report.facts.clock_ahead_ms, Some(-1_200_000));
}

#[tokio::test]
async fn the_report_is_shown_as_reviewed() {
    let failed = Script {
        list: Ok(vec![summary(".txt")]),
        head: Ok(None),
        ..Script::healthy()
    };
    let warned = Script {
        head: Ok(Some(object(12))),
        ..Script::healthy()
    };
    for (name, script) in [
        ("passed", Script::healthy()),
        ("failed", failed),
        ("warned", warned),
    ] {
        let (report, _) = run(&aws_context(), &script).await;
        support::assert_is_file(
            &report.text(Glyphs::Unicode),
            &format!("report-{name}.unicode.txt"),
        );
        support::assert_is_file(&report.text(Glyphs::Ascii), &format!("report-{name}.ascii.txt"));
        support::assert_is_file(
            &format!("{}\n", report.json_text()),
            &format!("report-{name}.json"),
        );
    }
}

#[tokio::test]
async fn lines_told_one_by_one_are_those_of_the_report() {
    let script = Script {
        head: Err(refusal(Operation::HeadObject, FaultKind::Forbidden)),
        ..Script::healthy()
    };
    let context = aws_context();
    let challenge = challenge();
    let mut lines = String::new();
    let mut observe = |event: CheckEvent<'_>| {
        if let CheckEvent::Ended { result, problem } = event {
            lines.push_str(&Glyphs::Ascii.step_lines(result, problem));
        }
    };
    let check = landfall_setup::Check {
        context: &context,
        challenge: &challenge,
        probes: &script,
        now: &|| Duration::ZERO,
        clock: &|| Timestamp::from_millis(0),
    };
    let report = check.run(&mut observe).await;
    lines.push_str(&Glyphs::Ascii.closing_lines(&report));
    assert_eq!(lines, report.text(Glyphs::Ascii));
}

#[tokio::test]
async fn a_check_that_is_cut_off_fails_at_the_step_it_was_in() {
    let context = aws_context();
    let challenge = challenge();
    let (finished, _) = run(&context, &Script::healthy()).await;
    let failing = Failing {
        step: Step::ListBucket,
        context: &context,
        identity: None,
        challenge: &challenge,
    };
    let report = CheckReport::out_of_time(finished.steps[..2].to_vec(), &failing);
    let expected = Some((ProblemCode::Timeout, "check_out_of_time"));
    assert_eq!(outcome(&report), ("++x--".to_owned(), expected));
}

#[test]
fn the_context_is_that_of_the_settings() {
    let context_of = |more: serde_json::Value| {
        let mut settings = serde_json::json!({"s3_bucket": "lake", "integration_name": "shop"});
        let more = more.as_object().expect("an object").clone();
        settings.as_object_mut().expect("an object").extend(more);
        let mut raw = RawSettings::default();
        raw.add_file(&settings.to_string()).expect("an object");
        let (settings, _) = TargetSettings::parse(raw).expect("nothing is wrong");
        CheckContext::of_settings(&settings.destination, None)
    };
    let plain = context_of(serde_json::json!({}));
    assert_eq!((&plain.place, &plain.sign_in), (&Place::Aws, &SignIn::Ambient));
    assert_eq!(plain.encryption, ServerSideEncryption::BucketDefault);
    let folder = context_of(serde_json::json!({"s3_endpoint_url": "file:///buckets"}));
    let path = PathBuf::from("/buckets");
    assert_eq!(folder.place, Place::Folder { path });
    let china = context_of(
        serde_json::json!({"s3_region": "cn-north-1", "aws_auth_mode": "static",
        "aws_access_key_id": "AKID", "aws_secret_access_key": "secret", "aws_session_token": "token"}),
    );
    assert_eq!(
        (china.partition(), &china.sign_in),
        (Partition::AwsCn, &SignIn::TemporaryKeys)
    );
    assert!(!format!("{china:?}").contains("secret"));
}
