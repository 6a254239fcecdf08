//! As much of STS as Landfall asks: `GetCallerIdentity` and `AssumeRole`, at the root of the simulated server.

use std::sync::{Mutex, PoisonError};

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::{Method, Request, Response, StatusCode};
use s3s::Body;

use crate::server::{ACCESS_KEY_ID, SECRET_ACCESS_KEY};

/// The external ID that the simulated trust policy wants.
pub const EXTERNAL_ID: &str = "3f1c0c0e-5f0e-4b0f-9a55-0f6f6b1f3a77";
/// The text of its refusal.
pub const ASSUME_ROLE_REFUSAL: &str = "User: arn:aws:iam::111122223333:role/landfall is not authorized to perform: \
    sts:AssumeRole on resource: arn:aws:iam::444455556666:role/lake";

pub(crate) fn is_sts<B>(request: &Request<B>) -> bool {
    request.method() == Method::POST && request.uri().path() == "/"
}

/// The sessions of roles that were given out.
#[derive(Debug)]
pub(crate) struct RoleSessions {
    pub(crate) given: usize,
    /// When the next ones end, as STS writes it.
    pub(crate) expiration: String,
}

impl Default for RoleSessions {
    fn default() -> Self {
        Self {
            given: 0,
            expiration: "2099-01-01T00:00:00Z".to_owned(),
        }
    }
}

impl RoleSessions {
    fn begin(&mut self) -> &str {
        self.given += 1;
        &self.expiration
    }
}

pub(crate) async fn answer(request: Request<Incoming>, roles: &Mutex<RoleSessions>) -> Response<Body> {
    let form = match request.into_body().collect().await {
        Ok(body) => String::from_utf8_lossy(&body.to_bytes()).into_owned(),
        Err(_broken) => String::new(),
    };
    let has = |pair: &str| form.split('&').any(|found| found == pair);
    let (status, xml) = if has("Action=GetCallerIdentity") {
        (StatusCode::OK, caller_identity())
    } else if has("Action=AssumeRole") && has(&format!("ExternalId={EXTERNAL_ID}")) {
        let mut roles = roles.lock().unwrap_or_else(PoisonError::into_inner);
        (StatusCode::OK, assumed_role(roles.begin()))
    } else {
        (StatusCode::FORBIDDEN, refusal())
    };
    let mut answer = Response::new(Body::from(xml));
    *answer.status_mut() = status;
    answer
}

fn caller_identity() -> String {
    "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
     <Arn>arn:aws:sts::444455556666:assumed-role/lake/landfall-7</Arn><UserId>AROA:landfall-7</UserId>\
     <Account>444455556666</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
        .to_owned()
}

fn assumed_role(expiration: &str) -> String {
    format!(
        "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>\
         <AssumedRoleUser><AssumedRoleId>AROA:landfall-7</AssumedRoleId>\
         <Arn>arn:aws:sts::444455556666:assumed-role/lake/landfall-7</Arn></AssumedRoleUser>\
         <Credentials><AccessKeyId>{ACCESS_KEY_ID}</AccessKeyId>\
         <SecretAccessKey>{SECRET_ACCESS_KEY}</SecretAccessKey><SessionToken>session</SessionToken>\
         <Expiration>{expiration}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
    )
}

fn refusal() -> String {
    format!(
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
         <Code>AccessDenied</Code><Message>{ASSUME_ROLE_REFUSAL}</Message></Error></ErrorResponse>"
    )
}
