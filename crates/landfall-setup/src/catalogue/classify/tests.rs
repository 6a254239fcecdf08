use std::collections::HashSet;

use landfall_core::bucket_name::{BucketHost, BucketName};
use landfall_core::settings::ChallengeKey;

use super::*;
use crate::catalogue::fields::NAMES;
use crate::catalogue::{CheckProblem, Fields, FoundInstead, entries as all_entries};
use crate::context::CheckContext;
use crate::principal::PrincipalArn;
use crate::warning::WarningCode;

const CHALLENGE: &str = "stitch-challenge-file-af295ad1-7a4b-4881-89dc-c9be27de13a5";

fn context(place: Place, sign_in: SignIn) -> CheckContext {
    CheckContext {
        bucket: BucketName::parse("lake", BucketHost::Amazon).expect("a name"),
        place,
        sign_in,
        fixed_region: Some("eu-west-1".to_owned()),
        encryption: ServerSideEncryption::Aes256,
        shown_principal: None,
    }
}

fn aws() -> CheckContext {
    context(Place::Aws, SignIn::Ambient)
}

fn keys() -> CheckContext {
    context(Place::Aws, SignIn::StaticKeys)
}

fn role(external_id: ExternalIdSetting) -> CheckContext {
    let role_arn = "arn:aws:iam::111122223333:role/lake".to_owned();
    context(
        Place::Aws,
        SignIn::AssumeRole {
            role_arn,
            external_id,
        },
    )
}

fn store() -> CheckContext {
    let endpoint_url = "https://minio.example.com".to_owned();
    context(Place::Store { endpoint_url }, SignIn::StaticKeys)
}

fn folder() -> CheckContext {
    context(
        Place::Folder {
            path: "/buckets".into(),
        },
        SignIn::Ambient,
    )
}

/// Step, what the store said, and the code and entry that it is told with.
type Case = (
    CheckContext,
    Step,
    Operation,
    FaultKind,
    Option<&'static str>,
    Option<&'static str>,
    ProblemCode,
    &'static str,
);

fn access_cases() -> Vec<Case> {
    use FaultKind::{AccessDenied, Forbidden};
    use Operation::{CreateMultipartUpload, HeadBucket, HeadObject, ListObjectsV2};
    use ProblemCode::{BucketAccessDenied, MissingGetObject, MissingListBucket, MissingPutObject};
    use Step::{HeadBucket as FindBucket, HeadChallenge, ListBucket, WriteProbe};
    let denied = Some("AccessDenied");
    let text = |text| Some(text);
    vec![
        (
            aws(),
            FindBucket,
            HeadBucket,
            Forbidden,
            None,
            None,
            BucketAccessDenied,
            "bucket_access_denied",
        ),
        (
            store(),
            FindBucket,
            HeadBucket,
            Forbidden,
            None,
            None,
            BucketAccessDenied,
            "bucket_access_denied_by_store",
        ),
        (
            folder(),
            FindBucket,
            HeadBucket,
            Forbidden,
            None,
            None,
            BucketAccessDenied,
            "folder_not_readable",
        ),
        (
            aws(),
            ListBucket,
            ListObjectsV2,
            AccessDenied,
            denied,
            text("Access Denied"),
            MissingListBucket,
            "missing_list_bucket",
        ),
        (
            store(),
            ListBucket,
            ListObjectsV2,
            AccessDenied,
            denied,
            text("no identity-based policy"),
            MissingListBucket,
            "missing_list_bucket",
        ),
        (
            aws(),
            HeadChallenge,
            HeadObject,
            Forbidden,
            None,
            None,
            MissingGetObject,
            "missing_get_object",
        ),
        (
            aws(),
            WriteProbe,
            CreateMultipartUpload,
            AccessDenied,
            denied,
            text("Access Denied"),
            MissingPutObject,
            "missing_put_object",
        ),
        (
            folder(),
            WriteProbe,
            CreateMultipartUpload,
            AccessDenied,
            denied,
            None,
            MissingPutObject,
            "folder_not_writable",
        ),
        (
            aws(),
            FindBucket,
            ListObjectsV2,
            AccessDenied,
            denied,
            text("with an explicit deny in a resource-based policy"),
            BucketAccessDenied,
            "denied_by_resource_policy",
        ),
        (
            aws(),
            ListBucket,
            ListObjectsV2,
            AccessDenied,
            denied,
            text("with an explicit deny in an identity-based policy"),
            MissingListBucket,
            "denied_by_identity_policy",
        ),
        (
            aws(),
            ListBucket,
            ListObjectsV2,
            AccessDenied,
            denied,
            text("with an explicit deny in a service control policy"),
            MissingListBucket,
            "denied_by_service_control_policy",
        ),
        (
            aws(),
            ListBucket,
            ListObjectsV2,
            AccessDenied,
            denied,
            text("with an explicit deny in a resource control policy"),
            MissingListBucket,
            "denied_by_resource_control_policy",
        ),
        (
            aws(),
            WriteProbe,
            CreateMultipartUpload,
            AccessDenied,
            denied,
            text("because no permissions boundary allows the s3:PutObject action"),
            MissingPutObject,
            "denied_by_permissions_boundary",
        ),
        (
            aws(),
            WriteProbe,
            CreateMultipartUpload,
            AccessDenied,
            denied,
            text("because no session policy allows the s3:PutObject action"),
            MissingPutObject,
            "denied_by_session_policy",
        ),
        (
            aws(),
            WriteProbe,
            CreateMultipartUpload,
            AccessDenied,
            denied,
            text("because no VPC endpoint policy allows the s3:PutObject action"),
            MissingPutObject,
            "denied_by_vpc_endpoint",
        ),
        (
            aws(),
            WriteProbe,
            CreateMultipartUpload,
            AccessDenied,
            denied,
            text("because no identity-based policy allows the s3:PutObject action"),
            MissingPutObject,
            "denied_without_identity_policy",
        ),
        (
            aws(),
            WriteProbe,
            CreateMultipartUpload,
            AccessDenied,
            denied,
            text("because no resource-based policy allows the s3:PutObject action"),
            MissingPutObject,
            "denied_without_resource_policy",
        ),
        (
            aws(),
            ListBucket,
            ListObjectsV2,
            AccessDenied,
            Some("AllAccessDisabled"),
            None,
            ProblemCode::AccountProblem,
            "account_problem",
        ),
        (
            aws(),
            ListBucket,
            ListObjectsV2,
            Forbidden,
            Some("AccountProblem"),
            None,
            ProblemCode::AccountProblem,
            "account_problem",
        ),
    ]
}

fn credential_cases() -> Vec<Case> {
    use ExternalIdSetting::{Given, Unset};
    use FaultKind as Kind;
    use Operation::{AssumeRole, GetCallerIdentity, ListObjectsV2};
    use ProblemCode as Code;
    use Step::{Credentials, HeadBucket};
    vec![
        (
            aws(),
            Credentials,
            GetCallerIdentity,
            Kind::NoCredentials,
            None,
            None,
            Code::CredentialsMissing,
            "credentials_missing",
        ),
        (
            aws(),
            Credentials,
            GetCallerIdentity,
            Kind::BrokenCredentials,
            None,
            None,
            Code::CredentialsBroken,
            "credentials_broken",
        ),
        (
            role(Given),
            Credentials,
            AssumeRole,
            Kind::AssumeRoleDenied,
            Some("AccessDenied"),
            None,
            Code::AssumeRoleDenied,
            "assume_role_denied",
        ),
        (
            role(Unset),
            Credentials,
            AssumeRole,
            Kind::AssumeRoleDenied,
            Some("AccessDenied"),
            None,
            Code::AssumeRoleDenied,
            "assume_role_without_external_id",
        ),
        (
            role(Given),
            Credentials,
            AssumeRole,
            Kind::BrokenCredentials,
            Some("ValidationError"),
            None,
            Code::AssumeRoleDenied,
            "assume_role_refused",
        ),
        (
            role(Given),
            Credentials,
            GetCallerIdentity,
            Kind::Connect,
            None,
            None,
            Code::EndpointUnreachable,
            "sts_unreachable",
        ),
        (
            role(Given),
            Credentials,
            GetCallerIdentity,
            Kind::Timeout,
            None,
            None,
            Code::Timeout,
            "sts_unreachable",
        ),
        (
            keys(),
            HeadBucket,
            ListObjectsV2,
            Kind::InvalidAccessKeyId,
            Some("InvalidAccessKeyId"),
            None,
            Code::InvalidAccessKey,
            "invalid_access_key",
        ),
        (
            aws(),
            Credentials,
            GetCallerIdentity,
            Kind::InvalidAccessKeyId,
            Some("InvalidClientTokenId"),
            None,
            Code::InvalidAccessKey,
            "invalid_host_access_key",
        ),
        (
            keys(),
            HeadBucket,
            ListObjectsV2,
            Kind::SignatureDoesNotMatch,
            None,
            None,
            Code::BadSecret,
            "bad_secret",
        ),
        (
            keys(),
            HeadBucket,
            ListObjectsV2,
            Kind::ExpiredToken,
            Some("ExpiredToken"),
            None,
            Code::ExpiredCredentials,
            "expired_credentials",
        ),
        (
            aws(),
            Credentials,
            GetCallerIdentity,
            Kind::ExpiredToken,
            Some("ExpiredToken"),
            None,
            Code::ExpiredCredentials,
            "expired_host_credentials",
        ),
        (
            keys(),
            HeadBucket,
            ListObjectsV2,
            Kind::ExpiredToken,
            Some("InvalidToken"),
            None,
            Code::InvalidSessionToken,
            "invalid_session_token",
        ),
        (
            keys(),
            HeadBucket,
            ListObjectsV2,
            Kind::ClockSkew,
            Some("RequestTimeTooSkewed"),
            None,
            Code::ClockSkew,
            "clock_skew",
        ),
    ]
}

fn store_cases() -> Vec<Case> {
    use FaultKind as Kind;
    use Operation::{CreateMultipartUpload as Create, HeadBucket as Head, ListObjectsV2 as List};
    use ProblemCode as Code;
    use Step::{HeadBucket, HeadChallenge, ListBucket, WriteProbe};
    let moved = |region: Option<&str>| Kind::Redirect {
        region: region.map(str::to_owned),
    };
    let dns = Some("failed to lookup address information: Name or service not known");
    let expired = Some("invalid peer certificate: certificate expired: verification time 1 (UNIX)");
    let wrong_name = Some(
        "invalid peer certificate: certificate not valid for name \"a\"; certificate is only valid for …",
    );
    vec![
        (
            aws(),
            HeadBucket,
            Head,
            Kind::NoSuchBucket,
            None,
            None,
            Code::NoSuchBucket,
            "no_such_bucket",
        ),
        (
            store(),
            HeadBucket,
            Head,
            Kind::NoSuchBucket,
            None,
            None,
            Code::NoSuchBucket,
            "no_such_bucket_in_store",
        ),
        (
            folder(),
            HeadChallenge,
            Operation::HeadObject,
            Kind::NotFound,
            None,
            None,
            Code::MissingChallengeFile,
            "missing_challenge_file_in_folder",
        ),
        (
            folder(),
            HeadBucket,
            Head,
            Kind::NoSuchBucket,
            None,
            None,
            Code::NoSuchBucket,
            "no_such_folder",
        ),
        (
            aws(),
            HeadChallenge,
            Operation::HeadObject,
            Kind::NotFound,
            None,
            None,
            Code::MissingChallengeFile,
            "missing_challenge_file",
        ),
        (
            aws(),
            WriteProbe,
            Create,
            Kind::KmsDenied,
            Some("AccessDenied"),
            Some("kms:GenerateDataKey"),
            Code::KmsDenied,
            "kms_denied",
        ),
        (
            aws(),
            WriteProbe,
            Create,
            Kind::KmsDenied,
            Some("KMS.DisabledException"),
            None,
            Code::KmsDenied,
            "kms_key_disabled",
        ),
        (
            aws(),
            WriteProbe,
            Create,
            Kind::KmsDenied,
            Some("KMS.NotFoundException"),
            None,
            Code::KmsDenied,
            "kms_key_not_found",
        ),
        (
            aws(),
            WriteProbe,
            Create,
            Kind::KmsDenied,
            Some("KMS.KMSInvalidStateException"),
            None,
            Code::KmsDenied,
            "kms_key_unusable",
        ),
        (
            aws(),
            HeadBucket,
            Head,
            moved(Some("eu-central-1")),
            None,
            None,
            Code::WrongRegion,
            "wrong_region",
        ),
        (
            aws(),
            HeadBucket,
            Head,
            moved(None),
            None,
            None,
            Code::WrongRegion,
            "wrong_region_unnamed",
        ),
        (
            store(),
            WriteProbe,
            Create,
            Kind::BadRequest,
            Some("InvalidArgument"),
            Some("Server side encryption is unknown"),
            Code::EncryptionRefused,
            "encryption_refused",
        ),
        (
            store(),
            HeadBucket,
            Head,
            Kind::Connect,
            None,
            dns,
            Code::EndpointUnreachable,
            "endpoint_unknown_host",
        ),
        (
            store(),
            HeadBucket,
            Head,
            Kind::Connect,
            None,
            Some("Connection refused (os error 111)"),
            Code::EndpointUnreachable,
            "endpoint_refused",
        ),
        (
            store(),
            HeadBucket,
            Head,
            Kind::Connect,
            None,
            Some("Connection reset by peer (os error 104)"),
            Code::EndpointUnreachable,
            "connection_broke_off",
        ),
        (
            store(),
            HeadBucket,
            Head,
            Kind::Connect,
            None,
            None,
            Code::EndpointUnreachable,
            "endpoint_unreachable",
        ),
        (
            store(),
            HeadBucket,
            Head,
            Kind::Tls,
            None,
            Some("invalid peer certificate: UnknownIssuer"),
            Code::TlsError,
            "tls_untrusted",
        ),
        (
            store(),
            HeadBucket,
            Head,
            Kind::Tls,
            None,
            wrong_name,
            Code::TlsError,
            "tls_wrong_name",
        ),
        (
            store(),
            HeadBucket,
            Head,
            Kind::Tls,
            None,
            expired,
            Code::TlsError,
            "tls_outside_validity",
        ),
        (
            store(),
            HeadBucket,
            Head,
            Kind::Tls,
            None,
            None,
            Code::TlsError,
            "tls_error",
        ),
        (
            store(),
            HeadBucket,
            Head,
            Kind::Timeout,
            None,
            None,
            Code::Timeout,
            "timeout",
        ),
        (
            aws(),
            ListBucket,
            List,
            Kind::Throttled,
            Some("SlowDown"),
            None,
            Code::Throttled,
            "throttled",
        ),
        (
            aws(),
            ListBucket,
            List,
            Kind::ServerError,
            None,
            None,
            Code::ServerError,
            "server_error",
        ),
        (
            store(),
            WriteProbe,
            Create,
            Kind::NotImplemented,
            None,
            None,
            Code::MultipartNotSupported,
            "multipart_not_supported",
        ),
        (
            store(),
            ListBucket,
            List,
            Kind::NotImplemented,
            None,
            None,
            Code::NotSupported,
            "not_supported",
        ),
        (
            store(),
            HeadBucket,
            Head,
            Kind::BadRequest,
            None,
            None,
            Code::BadRequest,
            "bad_request",
        ),
        (
            store(),
            HeadBucket,
            Head,
            Kind::UnexpectedAnswer,
            None,
            None,
            Code::UnexpectedAnswer,
            "unexpected_answer",
        ),
        (
            folder(),
            WriteProbe,
            Create,
            Kind::DiskFull,
            None,
            None,
            Code::DiskFull,
            "disk_full",
        ),
        (
            folder(),
            ListBucket,
            List,
            Kind::Io,
            None,
            None,
            Code::FolderError,
            "folder_error",
        ),
        (
            folder(),
            WriteProbe,
            Create,
            Kind::AccessDenied,
            None,
            Some("/buckets/lake/.landfall-tmp takes no files of this user"),
            Code::MissingPutObject,
            "folder_within_not_writable",
        ),
        (
            folder(),
            WriteProbe,
            Create,
            Kind::Io,
            None,
            Some("/buckets/lake/crm is a file where a folder is needed"),
            Code::FolderError,
            "file_in_the_way",
        ),
        (
            folder(),
            WriteProbe,
            Create,
            Kind::InvalidKey,
            None,
            Some("/buckets/lake/crm is on another file system than the rest of the bucket"),
            Code::FolderError,
            "folder_on_other_file_system",
        ),
        (
            folder(),
            WriteProbe,
            Create,
            Kind::ObjectTooLarge,
            None,
            Some("the limit on file sizes (ulimit -f) is in the way"),
            Code::FolderError,
            "file_size_limit",
        ),
        (
            aws(),
            ListBucket,
            List,
            Kind::NoSuchUpload,
            None,
            None,
            Code::Internal,
            "internal",
        ),
    ]
}

#[test]
fn every_refusal_is_told_with_its_entry() {
    let challenge = ChallengeKey::parse(CHALLENGE).expect("a name");
    let mut reached = HashSet::new();
    for case in [access_cases(), credential_cases(), store_cases()].concat() {
        let (context, step, operation, kind, code, message, expected_code, expected_entry) = case;
        let refusal = Refusal {
            operation,
            kind: &kind,
            code,
            message,
        };
        let failing = Failing {
            step,
            context: &context,
            identity: None,
            challenge: &challenge,
        };
        let (told_code, entry) = pick(&refusal, &failing);
        assert_eq!(
            (told_code, entry.id),
            (expected_code, expected_entry),
            "{kind:?} at {step:?}"
        );
        assert!(
            entry.codes.contains(&told_code),
            "{expected_entry} lists {told_code}"
        );
        let fields = Fields::new(&failing).with_refusal(&refusal);
        for text in [entry.cause, entry.remedy] {
            let filled = fields.fill(text);
            assert!(!filled.contains(['{', '}', '…']), "{expected_entry}: {filled}");
        }
        reached.insert(entry.id);
    }
    let made_by_the_check = [
        "challenge_has_extension",
        "challenge_has_longer_name",
        "challenge_is_folder",
        "check_out_of_time",
    ];
    reached.extend(made_by_the_check);
    for entry in all_entries() {
        assert!(reached.contains(entry.id), "nothing is told with {}", entry.id);
    }
}

#[test]
fn templates_have_only_known_fields() {
    let of_entries = all_entries()
        .into_iter()
        .flat_map(|entry| [entry.cause, entry.remedy]);
    for template in of_entries.chain(WarningCode::ALL.map(WarningCode::template)) {
        for field in template.split('{').skip(1) {
            let (name, _) = field.split_once('}').expect(template);
            assert!(NAMES.contains(&name), "{name} in {template}");
        }
    }
}

#[test]
fn the_remedy_names_action_resource_and_principal() {
    let challenge = ChallengeKey::parse(CHALLENGE).expect("a name");
    let principal = PrincipalArn::parse("arn:aws-cn:iam::111122223333:role/loader").expect("an ARN");
    let context = aws();
    let failing = Failing {
        step: Step::WriteProbe,
        context: &context,
        identity: Some(&principal),
        challenge: &challenge,
    };
    let denied = BucketError::new(Operation::CreateMultipartUpload, FaultKind::AccessDenied);
    assert_eq!(
        CheckProblem::of_error(&denied, &failing).remedy,
        "Grant s3:PutObject on arn:aws-cn:s3:::lake/* to arn:aws-cn:iam::111122223333:role/loader, in the bucket \
         policy of lake. If the policy of lake demands encryption, set s3_server_side_encryption to what it demands."
    );
    let moved = FaultKind::Redirect {
        region: Some("eu-central-1".to_owned()),
    };
    assert_eq!(
        CheckProblem::of_error(&BucketError::new(Operation::HeadBucket, moved), &failing).remedy,
        "Set s3_region to eu-central-1, or leave it out: the region is then found automatically."
    );
}

#[test]
fn what_was_found_instead_of_the_challenge_is_named_without_the_challenge() {
    let challenge = ChallengeKey::parse(CHALLENGE).expect("a name");
    let context = aws();
    let failing = Failing {
        step: Step::HeadChallenge,
        context: &context,
        identity: None,
        challenge: &challenge,
    };
    let cases = [
        (FoundInstead::Nothing, "missing_challenge_file"),
        (
            FoundInstead::Extension(".txt".to_owned()),
            "challenge_has_extension",
        ),
        (FoundInstead::LongerName, "challenge_has_longer_name"),
        (FoundInstead::Folder, "challenge_is_folder"),
    ];
    for (found, entry) in cases {
        let problem = CheckProblem::missing_challenge(&found, &failing);
        assert_eq!(problem.entry, entry);
        assert_eq!(problem.code, ProblemCode::MissingChallengeFile);
        assert_eq!(
            problem.raw_message,
            "An error occurred (404) when calling the HeadObject operation: Not Found"
        );
        assert!(!format!("{problem:?}").contains(CHALLENGE));
    }
}

#[test]
fn what_is_wrong_with_a_folder_is_told_in_words_of_folders() {
    let challenge = ChallengeKey::parse(CHALLENGE).expect("a name");
    let context = folder();
    let failing = |step| Failing {
        step,
        context: &context,
        identity: None,
        challenge: &challenge,
    };
    let error = |operation, kind| BucketError::new(operation, kind);
    let broken = error(Operation::CreateMultipartUpload, FaultKind::Io)
        .with_answer(500, Some(("NotFound", "No such file or directory (os error 2)")));
    let told = [
        CheckProblem::of_error(
            &error(Operation::HeadBucket, FaultKind::NoSuchBucket),
            &failing(Step::HeadBucket),
        ),
        CheckProblem::of_error(
            &error(Operation::ListObjectsV2, FaultKind::AccessDenied),
            &failing(Step::ListBucket),
        ),
        CheckProblem::of_error(
            &error(Operation::CreateMultipartUpload, FaultKind::AccessDenied),
            &failing(Step::WriteProbe),
        ),
        CheckProblem::of_error(&broken, &failing(Step::WriteProbe)),
        CheckProblem::missing_challenge(&FoundInstead::Nothing, &failing(Step::HeadChallenge)),
        CheckProblem::missing_challenge(&FoundInstead::LongerName, &failing(Step::HeadChallenge)),
    ];
    for problem in told {
        let text = format!("{} {} {}", problem.raw_message, problem.cause, problem.remedy);
        assert!(text.contains("/lake"), "it names the folder: {text}");
        for foreign in [
            "s3_",
            "Bucket operation",
            "calling the",
            "never creates",
            "pload",
            "{",
        ] {
            assert!(!text.contains(foreign), "{foreign}: {text}");
        }
    }
    let problem = CheckProblem::of_error(&broken, &failing(Step::WriteProbe));
    assert!(
        problem
            .raw_message
            .ends_with("can't be used: No such file or directory (os error 2)")
    );
    assert!(problem.cause.contains("/proc"), "{}", problem.cause);
}
