//! From what was noted of a refusal, its code and its message, back to cause and remedy.

use landfall_bucket::{FaultKind, Operation};
use landfall_core::settings::ChallengeKey;

use super::classify::{self, Refusal};
use super::{CheckProblem, Failing, Fields, ProblemCode};
use crate::context::CheckContext;
use crate::step::Step;

/// What comes before the details in messages, with which they are told apart from the rest.
const BEFORE_DETAILS: [&str; 2] = [" operation: ", " can't be used: "];

/// Operations that messages name: of one that is part of another's name the longer comes first.
const OPERATIONS: [Operation; 14] = [
    Operation::HeadBucket,
    Operation::ListObjectsV2,
    Operation::HeadObject,
    Operation::GetObjectLockConfiguration,
    Operation::GetObject,
    Operation::PutObject,
    Operation::CreateMultipartUpload,
    Operation::UploadPart,
    Operation::CompleteMultipartUpload,
    Operation::AbortMultipartUpload,
    Operation::AssumeRole,
    Operation::GetCallerIdentity,
    Operation::GetBucketVersioning,
    Operation::GetBucketLifecycleConfiguration,
];

impl CheckProblem {
    /// What a refusal meant of which code and message were noted; none for a code that is not of this catalogue.
    /// What only the refusal itself told, such as the region it named, is left out.
    #[must_use]
    pub fn of_noted(
        code: &str,
        message: &str,
        context: &CheckContext,
        challenge: &ChallengeKey,
    ) -> Option<Self> {
        let code = ProblemCode::from_spelling(code)?;
        let operation = match code {
            ProblemCode::MultipartNotSupported => Operation::CreateMultipartUpload,
            _ => operation_in(message),
        };
        let failing = Failing {
            step: step_of(code).unwrap_or_else(|| Step::of_operation(operation)),
            context,
            identity: None,
            challenge,
        };
        let kind = kind_of(code, message);
        let refusal = Refusal {
            operation,
            kind: &kind,
            code: match code {
                ProblemCode::AccountProblem => Some("AccountProblem"),
                ProblemCode::InvalidSessionToken => Some("InvalidToken"),
                _ => code_in(message),
            },
            message: Some(message),
        };
        let (_, entry) = classify::pick(&refusal, &failing);
        let details = BEFORE_DETAILS
            .iter()
            .find_map(|before| message.split_once(before));
        let reason = details.map_or("no details are known", |(_, details)| details);
        let fields = Fields::new(&failing).with("reason", reason);
        Some(Self::filled(code, entry, &failing, &fields, message))
    }
}

/// `…` of "An error occurred (…) when calling".
fn code_in(message: &str) -> Option<&str> {
    let (_, after) = message.split_once("An error occurred (")?;
    after.split_once(')').map(|(code, _)| code)
}

fn operation_in(message: &str) -> Operation {
    let is_named = |operation: &Operation| message.contains(&format!("the {operation} operation"));
    // Loads that fail without naming one were about to write.
    OPERATIONS
        .into_iter()
        .find(is_named)
        .unwrap_or(Operation::PutObject)
}

/// The step that a code is reported for, where it says so.
const fn step_of(code: ProblemCode) -> Option<Step> {
    match code {
        ProblemCode::BucketAccessDenied => Some(Step::HeadBucket),
        ProblemCode::MissingListBucket => Some(Step::ListBucket),
        ProblemCode::MissingGetObject | ProblemCode::MissingChallengeFile => Some(Step::HeadChallenge),
        ProblemCode::MissingPutObject | ProblemCode::EncryptionRefused => Some(Step::WriteProbe),
        _ => None,
    }
}

/// A fault that is reported with the code.
fn kind_of(code: ProblemCode, message: &str) -> FaultKind {
    let is_denied = code_in(message).is_none_or(|code| code.starts_with("AccessDenied"));
    match code {
        ProblemCode::AssumeRoleDenied if !is_denied => FaultKind::BrokenCredentials,
        ProblemCode::MissingChallengeFile => FaultKind::NotFound,
        ProblemCode::NoSuchBucket => FaultKind::NoSuchBucket,
        ProblemCode::BucketAccessDenied
        | ProblemCode::MissingListBucket
        | ProblemCode::MissingGetObject
        | ProblemCode::MissingPutObject
        | ProblemCode::AccountProblem => FaultKind::AccessDenied,
        ProblemCode::KmsDenied => FaultKind::KmsDenied,
        ProblemCode::WrongRegion => FaultKind::Redirect { region: None },
        ProblemCode::CredentialsMissing => FaultKind::NoCredentials,
        ProblemCode::AssumeRoleDenied => FaultKind::AssumeRoleDenied,
        ProblemCode::InvalidAccessKey => FaultKind::InvalidAccessKeyId,
        ProblemCode::BadSecret => FaultKind::SignatureDoesNotMatch,
        ProblemCode::ExpiredCredentials | ProblemCode::InvalidSessionToken => FaultKind::ExpiredToken,
        ProblemCode::ClockSkew => FaultKind::ClockSkew,
        ProblemCode::EndpointUnreachable => FaultKind::Connect,
        ProblemCode::TlsError => FaultKind::Tls,
        ProblemCode::Timeout => FaultKind::Timeout,
        ProblemCode::Throttled => FaultKind::Throttled,
        ProblemCode::CredentialsBroken => FaultKind::BrokenCredentials,
        ProblemCode::EncryptionRefused | ProblemCode::BadRequest => FaultKind::BadRequest,
        ProblemCode::MultipartNotSupported | ProblemCode::NotSupported => FaultKind::NotImplemented,
        ProblemCode::UnexpectedAnswer => FaultKind::UnexpectedAnswer,
        ProblemCode::ServerError => FaultKind::ServerError,
        ProblemCode::DiskFull => FaultKind::DiskFull,
        ProblemCode::FolderError => FaultKind::Io,
        // A kind that checks never meet.
        ProblemCode::Internal => FaultKind::InvalidKey,
    }
}

#[cfg(test)]
mod tests {
    use landfall_bucket::BucketError;
    use landfall_core::bucket_name::{BucketHost, BucketName};
    use landfall_core::settings::ServerSideEncryption;

    use super::*;
    use crate::catalogue::entries;
    use crate::context::{Place, SignIn};

    fn context(place: Place) -> CheckContext {
        CheckContext {
            bucket: BucketName::parse("lake", BucketHost::Amazon).unwrap(),
            place,
            sign_in: SignIn::Ambient,
            fixed_region: None,
            encryption: ServerSideEncryption::Aes256,
            shown_principal: None,
        }
    }

    fn challenge() -> ChallengeKey {
        ChallengeKey::parse("stitch-challenge-file-own").unwrap()
    }

    #[test]
    fn every_code_of_the_catalogue_has_a_cause_of_its_own() {
        for entry in entries() {
            for code in entry.codes {
                let place = match (entry.id, entry.raw.contains("{folder}")) {
                    (_, true) => Place::Folder { path: "/srv".into() },
                    _ => Place::Aws,
                };
                let problem = CheckProblem::of_noted(code.as_str(), "", &context(place), &challenge());
                let problem = problem.unwrap();
                assert_eq!(problem.code, *code);
                let picked = entries().into_iter().find(|one| one.id == problem.entry).unwrap();
                let is_general = *code == ProblemCode::EncryptionRefused; // the message has to name it
                assert!(picked.codes.contains(code) || is_general, "{code}: {}", picked.id);
            }
        }
        assert!(CheckProblem::of_noted("load_failed", "", &context(Place::Aws), &challenge()).is_none());
    }

    #[test]
    fn what_was_noted_of_a_part_of_a_folder_names_it_again() {
        let (context, challenge) = (context(Place::Folder { path: "/srv".into() }), challenge());
        let cases = [
            (
                FaultKind::AccessDenied,
                "/srv/lake/.landfall-tmp takes no files of this user",
            ),
            (FaultKind::Io, "/srv/lake/crm is a file where a folder is needed"),
            (
                FaultKind::Io,
                "/srv/lake/crm is on another file system than the rest of the bucket",
            ),
        ];
        for (kind, words) in cases {
            let error =
                BucketError::new(Operation::PutObject, kind).with_answer(500, Some(("NotADirectory", words)));
            let failing = Failing {
                step: Step::WriteProbe,
                context: &context,
                identity: None,
                challenge: &challenge,
            };
            let told = CheckProblem::of_error(&error, &failing);
            assert!(
                told.raw_message.ends_with(words) && told.cause.contains(words),
                "{told:?}"
            );
            for message in [error.raw_message(), told.raw_message.clone()] {
                let noted = CheckProblem::of_noted(told.code.as_str(), &message, &context, &challenge);
                let noted = noted.unwrap();
                assert_eq!(
                    (noted.entry, noted.cause),
                    (told.entry, told.cause.clone()),
                    "{message}"
                );
            }
        }
    }

    #[test]
    fn what_was_noted_of_a_refusal_tells_what_the_refusal_told() {
        let faults = [
            (Operation::HeadBucket, FaultKind::NoSuchBucket),
            (Operation::PutObject, FaultKind::AccessDenied),
            (Operation::CreateMultipartUpload, FaultKind::AccessDenied),
            (Operation::HeadObject, FaultKind::NotFound),
            (Operation::CreateMultipartUpload, FaultKind::NotImplemented),
            (Operation::AssumeRole, FaultKind::BrokenCredentials),
            (Operation::PutObject, FaultKind::DiskFull),
            (Operation::PutObject, FaultKind::Io),
        ];
        let places = [Place::Aws, Place::Folder { path: "/srv".into() }];
        for place in places {
            let (context, challenge) = (context(place), challenge());
            for (operation, kind) in &faults {
                let error = BucketError::new(*operation, kind.clone());
                let failing = Failing {
                    step: Step::of_operation(*operation),
                    context: &context,
                    identity: None,
                    challenge: &challenge,
                };
                let told = CheckProblem::of_error(&error, &failing);
                let noted =
                    CheckProblem::of_noted(told.code.as_str(), &error.raw_message(), &context, &challenge);
                let noted = noted.unwrap();
                assert_eq!(
                    (noted.entry, &noted.remedy),
                    (told.entry, &told.remedy),
                    "{error}"
                );
            }
        }
    }
}
