//! From the SDK's errors to ours: the one place that knows S3's error codes.

use std::error::Error;
use std::io;

use aws_config::imds::client::error::ImdsError;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ConnectorError, ProvideErrorMetadata, SdkError};
use aws_sdk_sts::operation::assume_role::AssumeRoleError;

use crate::error::{BucketError, Fault, FaultKind, Operation};
use crate::s3::feed::WrongLength;

type AssumeRoleAnswer = SdkError<AssumeRoleError, HttpResponse>;

/// What is known of a request whatever its answer.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) operation: Operation,
    /// The address as users know it, without secrets.
    pub(crate) endpoint: String,
    /// The region the request was signed for.
    pub(crate) region: String,
    /// Whether that region was guessed, so that a `403` from another one is no verdict.
    pub(crate) is_region_guessed: bool,
}

impl Asked {
    fn fault(&self, kind: FaultKind) -> Fault {
        Fault {
            operation: self.operation,
            kind,
            status: None,
            code: None,
            message: None,
            endpoint: Some(self.endpoint.clone()),
        }
    }

    pub(crate) fn failed(&self, kind: FaultKind) -> BucketError {
        self.fault(kind).into()
    }

    pub(crate) fn judge<E>(&self, refusal: &SdkError<E, HttpResponse>) -> BucketError
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        match refusal {
            SdkError::TimeoutError(_) => self.failed(FaultKind::Timeout),
            SdkError::ServiceError(answer) => {
                self.judge_answer(answer.raw(), answer.err().code(), answer.err().message())
            }
            SdkError::ResponseError(answer) if answer.raw().status().is_success() => {
                self.failed(FaultKind::Connect) // the answer broke off
            }
            SdkError::ResponseError(answer) => self.judge_answer(answer.raw(), None, None),
            SdkError::DispatchFailure(failure) if failure.is_timeout() => self.failed(FaultKind::Timeout),
            SdkError::DispatchFailure(failure) => match failure.as_connector_error() {
                Some(cause) => self.judge_unsent(cause, FaultKind::Connect).into(),
                None => self.failed(FaultKind::Connect),
            },
            unbuilt => match unbuilt.source() {
                Some(cause) => self.judge_unsent(cause, FaultKind::BadRequest).into(),
                None => self.failed(FaultKind::BadRequest),
            },
        }
    }

    fn judge_unsent(&self, cause: &(dyn Error + 'static), otherwise: FaultKind) -> Fault {
        let causes = || chain(Some(cause));
        if let Some(denied) = causes().find_map(|cause| cause.downcast_ref::<AssumeRoleError>()) {
            let answer = causes().find_map(|cause| cause.downcast_ref::<AssumeRoleAnswer>());
            let status = answer.and_then(SdkError::raw_response).map(HttpResponse::status);
            return self.judge_assume_role(denied, status.map(|status| status.as_u16()));
        }
        if let Some(unloaded) = causes().find_map(|cause| cause.downcast_ref::<CredentialsError>()) {
            return self.judge_credentials(unloaded);
        }
        if let Some(wrong) = causes().find_map(|cause| cause.downcast_ref::<WrongLength>()) {
            return self.fault(FaultKind::BodyLength {
                promised_bytes: wrong.promised_bytes,
            });
        }
        let last_text = causes().last().map(ToString::to_string);
        match causes().find_map(tls_failure) {
            Some(message) => Fault {
                message: Some(message),
                ..self.fault(FaultKind::Tls)
            },
            None => Fault {
                message: last_text,
                ..self.fault(otherwise)
            },
        }
    }

    fn judge_credentials(&self, unloaded: &CredentialsError) -> Fault {
        let causes = || chain(unloaded.source());
        let broken_connection = causes().find_map(|cause| cause.downcast_ref::<ConnectorError>());
        match (unloaded, broken_connection) {
            _ if has_no_instance_metadata(unloaded) => self.fault(FaultKind::NoCredentials),
            (CredentialsError::CredentialsNotLoaded(_), _) => self.fault(FaultKind::NoCredentials),
            (CredentialsError::ProviderTimedOut(_), _) => self.fault(FaultKind::Timeout),
            (_, Some(_)) => self.fault(FaultKind::Connect),
            (_, None) => Fault {
                message: Some(
                    causes()
                        .last()
                        .map_or_else(|| unloaded.to_string(), ToString::to_string),
                ),
                ..self.fault(FaultKind::BrokenCredentials)
            },
        }
    }

    fn judge_assume_role(&self, denied: &AssumeRoleError, status: Option<u16>) -> Fault {
        let kind = match denied.code() {
            Some("AccessDenied" | "AccessDeniedException") => FaultKind::AssumeRoleDenied,
            Some(code) => kind_of_code(code).unwrap_or(FaultKind::BrokenCredentials),
            None if matches!(status, Some(401 | 403)) => FaultKind::AssumeRoleDenied,
            None => FaultKind::BrokenCredentials,
        };
        Fault {
            operation: Operation::AssumeRole,
            status,
            code: denied.code().map(str::to_owned),
            message: denied.message().map(str::to_owned),
            ..self.fault(kind)
        }
    }

    fn judge_answer(&self, answer: &HttpResponse, code: Option<&str>, message: Option<&str>) -> BucketError {
        // `HEAD` answers have no body: what the SDK reports as code is made from the status.
        let is_head = matches!(self.operation, Operation::HeadBucket | Operation::HeadObject);
        let (code, message) = if is_head { (None, None) } else { (code, message) };
        let status = answer.status().as_u16();
        let bucket_region = answer.headers().get("x-amz-bucket-region");
        let kind = self.kind_of_answer(status, code, message, bucket_region);
        Fault {
            status: Some(status),
            code: code.map(str::to_owned),
            message: message.map(str::to_owned),
            ..self.fault(kind)
        }
        .into()
    }

    fn kind_of_answer(
        &self,
        status: u16,
        code: Option<&str>,
        message: Option<&str>,
        bucket_region: Option<&str>,
    ) -> FaultKind {
        let other_region = bucket_region.filter(|region| *region != self.region);
        let is_verdict = status >= 500 || (status == 403 && !self.is_region_guessed) || status == 404;
        if let (Some(region), false) = (other_region, is_verdict) {
            return FaultKind::Redirect {
                region: Some(region.to_owned()),
            };
        }
        match code {
            Some("AuthorizationHeaderMalformed") => FaultKind::Redirect {
                region: message.and_then(expected_region),
            },
            Some("AccessDenied") if message.is_some_and(|text| text.contains("kms:")) => FaultKind::KmsDenied,
            _ => code
                .and_then(kind_of_code)
                .unwrap_or_else(|| self.kind_of_status(status)),
        }
    }

    fn kind_of_status(&self, status: u16) -> FaultKind {
        match status {
            301 | 302 | 307 | 308 => FaultKind::Redirect { region: None },
            400 => FaultKind::BadRequest,
            401 | 403 => FaultKind::Forbidden,
            404 if self.operation == Operation::HeadBucket => FaultKind::NoSuchBucket,
            404 => FaultKind::NotFound,
            408 => FaultKind::Timeout,
            409 => FaultKind::Conflict,
            412 => FaultKind::AlreadyExists,
            429 => FaultKind::Throttled,
            501 => FaultKind::NotImplemented,
            500..=599 => FaultKind::ServerError,
            _ => FaultKind::UnexpectedAnswer,
        }
    }
}

/// S3's and STS's error codes, as far as they say more than the status does.
fn kind_of_code(code: &str) -> Option<FaultKind> {
    Some(match code {
        "NoSuchBucket" => FaultKind::NoSuchBucket,
        "NoSuchKey" => FaultKind::NotFound,
        "NoSuchUpload" => FaultKind::NoSuchUpload,
        "AccessDenied" | "AllAccessDisabled" => FaultKind::AccessDenied,
        "PermanentRedirect" | "TemporaryRedirect" => FaultKind::Redirect { region: None },
        "InvalidAccessKeyId" | "InvalidClientTokenId" => FaultKind::InvalidAccessKeyId,
        "SignatureDoesNotMatch" => FaultKind::SignatureDoesNotMatch,
        "ExpiredToken" | "ExpiredTokenException" | "InvalidToken" | "TokenRefreshRequired" => {
            FaultKind::ExpiredToken
        }
        "RequestTimeTooSkewed" | "RequestExpired" => FaultKind::ClockSkew,
        "SlowDown" | "Throttling" | "ThrottlingException" | "TooManyRequests" | "RequestLimitExceeded" => {
            FaultKind::Throttled
        }
        "RequestTimeout" => FaultKind::Timeout,
        "InternalError" | "ServiceUnavailable" => FaultKind::ServerError,
        "NotImplemented" => FaultKind::NotImplemented,
        "PreconditionFailed" => FaultKind::AlreadyExists,
        "ConditionalRequestConflict" | "OperationAborted" => FaultKind::Conflict,
        "EntityTooLarge" => FaultKind::ObjectTooLarge,
        // MinIO keeps objects as files, and has no place for every key.
        "KeyTooLongError" => FaultKind::NameTooLong,
        "XMinioInvalidObjectName" => FaultKind::InvalidKey,
        "BadDigest" | "XAmzContentChecksumMismatch" => FaultKind::ChecksumMismatch,
        code if code.starts_with("KMS.") => FaultKind::KmsDenied,
        _ => return None,
    })
}

/// `eu-central-1` of `The authorization header is malformed; the region 'us-east-1' is wrong; expecting
/// 'eu-central-1'`.
fn expected_region(message: &str) -> Option<String> {
    let (_, after) = message.split_once("expecting '")?;
    let (region, _) = after.split_once('\'')?;
    Some(region.to_owned())
}

/// Whether instance metadata, the last resort, refused to be asked: then nothing is configured at all.
fn has_no_instance_metadata(unloaded: &CredentialsError) -> bool {
    let refused = chain(unloaded.source()).find_map(|cause| cause.downcast_ref::<ImdsError>());
    match refused {
        Some(ImdsError::FailedToLoadToken(_)) => true,
        Some(ImdsError::ErrorResponse(answer)) => matches!(answer.response().status().as_u16(), 401 | 403),
        Some(_) | None => false,
    }
}

/// A cause, its cause, and so on.
fn chain<'a>(first: Option<&'a (dyn Error + 'static)>) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(first, |cause: &&'a (dyn Error + 'static)| (*cause).source())
}

/// What TLS complained of. I/O errors hide what they wrap from [`Error::source`], also twice.
fn tls_failure(cause: &(dyn Error + 'static)) -> Option<String> {
    if let Some(failure) = cause.downcast_ref::<rustls::Error>() {
        return Some(failure.to_string());
    }
    let wrapped = cause.downcast_ref::<io::Error>()?.get_ref()?;
    tls_failure(wrapped)
}
