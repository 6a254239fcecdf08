//! What stands before the store: regions, and the faults of the script.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use futures_util::stream;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, IF_NONE_MATCH};
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use s3s::Body;
use s3s::service::S3Service;

use crate::fault::{Fault, RequestKind, Script, SeenRequest};
use crate::store::Store;
use crate::sts::{self, RoleSessions};

/// One simulated server, shared by its connections.
#[derive(Debug, Clone)]
pub(crate) struct Front {
    pub(crate) service: Arc<S3Service>,
    pub(crate) store: Store,
    pub(crate) script: Arc<Mutex<Script>>,
    pub(crate) roles: Arc<Mutex<RoleSessions>>,
}

impl Front {
    pub(crate) fn script(&self) -> MutexGuard<'_, Script> {
        self.script
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    pub(crate) fn roles(&self) -> MutexGuard<'_, RoleSessions> {
        self.roles.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// An `Err` breaks the connection.
    pub(crate) async fn answer(self, request: Request<Incoming>) -> io::Result<Response<Body>> {
        if sts::is_sts(&request) {
            return Ok(sts::answer(request, &self.roles).await);
        }
        let kind = RequestKind::of(request.method(), request.uri());
        let is_head = request.method() == Method::HEAD;
        let fault = self.script().note(seen(kind, &request));
        match fault {
            None => self.handle(request).await,
            Some(Fault::Refuse {
                status,
                code,
                message,
            }) => {
                drain(request).await;
                Ok(refusal(is_head, status, code, message))
            }
            Some(Fault::MovedTo(region)) => Ok(moved(is_head, region)),
            Some(Fault::ResetBefore) => Err(io::ErrorKind::ConnectionReset.into()),
            Some(Fault::ResetAfter) => {
                finish(self.handle(request).await?).await;
                Err(io::ErrorKind::ConnectionReset.into())
            }
            Some(Fault::Hang) => std::future::pending().await,
            Some(Fault::HangAfter) => {
                finish(self.handle(request).await?).await;
                std::future::pending().await
            }
            Some(Fault::WrongChecksum) => {
                let mut answer = self.handle(request).await?;
                answer
                    .headers_mut()
                    .insert("x-amz-checksum-crc32", HeaderValue::from_static("AAAAAA=="));
                Ok(answer)
            }
            Some(Fault::Swallow) => {
                drain(request).await;
                Ok(Response::new(Body::empty()))
            }
            Some(Fault::Garble) => {
                self.store.state().garbles_next = true;
                self.handle(request).await
            }
            Some(Fault::CutBody) => Ok(self.handle(request).await?.map(cut)),
        }
    }

    async fn handle(&self, request: Request<Incoming>) -> io::Result<Response<Body>> {
        if let Some(refusal) = self.check_region(&request) {
            return Ok(refusal);
        }
        self.service
            .call(request.map(Body::from))
            .await
            .map_err(io::Error::other)
    }

    /// S3 knows a bucket in one region only, and names that to whoever asks in another.
    fn check_region(&self, request: &Request<Incoming>) -> Option<Response<Body>> {
        let bucket = request.uri().path().trim_matches('/').split('/').next()?;
        let region = self.store.state().buckets.get(bucket)?.region.clone()?;
        let signed = signed_region(request.headers())?;
        if signed == region {
            return None;
        }
        let is_head = request.method() == Method::HEAD;
        let message = format!(
            "The authorization header is malformed; the region '{signed}' is wrong; expecting '{region}'"
        );
        Some(match is_head {
            true => moved(is_head, &region),
            false => refusal(is_head, 400, "AuthorizationHeaderMalformed", &message),
        })
    }
}

/// `Credential=<key>/<date>/<region>/s3/aws4_request`
fn signed_region(headers: &HeaderMap) -> Option<String> {
    let authorization = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (_, credential) = authorization.split_once("Credential=")?;
    credential.split('/').nth(2).map(str::to_owned)
}

fn seen(kind: RequestKind, request: &Request<Incoming>) -> SeenRequest {
    let headers = request.headers();
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::to_owned);
    SeenRequest {
        kind,
        path: request.uri().path().to_owned(),
        is_conditional: headers.contains_key(IF_NONE_MATCH),
        has_new_checksum: headers
            .keys()
            .any(|name| name.as_str().starts_with("x-amz-checksum-crc")),
        has_md5: headers.contains_key("content-md5"),
        encryption: text("x-amz-server-side-encryption"),
        kms_key: text("x-amz-server-side-encryption-aws-kms-key-id"),
    }
}

/// Takes in an upload before it is refused, so that the client is still listening.
async fn drain(request: Request<Incoming>) {
    let mut body = request.into_body();
    while let Some(Ok(_)) = body.frame().await {}
}

/// Completing an upload goes on while its answer is being read.
async fn finish(answer: Response<Body>) {
    let mut body = answer.into_body();
    while let Some(Ok(_)) = body.frame().await {}
}

fn refusal(is_head: bool, status: u16, code: &str, message: &str) -> Response<Body> {
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>\
         <RequestId>SIMULATED</RequestId></Error>"
    );
    let mut answer = Response::new(if is_head { Body::empty() } else { Body::from(text) });
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    answer
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    answer
}

fn moved(is_head: bool, region: &str) -> Response<Body> {
    let message = "The bucket you are attempting to access must be addressed using the specified endpoint.";
    let mut answer = refusal(is_head, 301, "PermanentRedirect", message);
    if let Ok(region) = HeaderValue::from_str(region) {
        answer.headers_mut().insert("x-amz-bucket-region", region);
    }
    answer
}

/// A body that ends in a broken connection after its first piece.
fn cut(body: Body) -> Body {
    let mut body = body;
    let half = body
        .take_bytes()
        .map(|bytes| bytes.slice(..bytes.len() / 2))
        .unwrap_or_default();
    let frames: [io::Result<Frame<Bytes>>; 2] =
        [Ok(Frame::data(half)), Err(io::ErrorKind::ConnectionReset.into())];
    Body::http_body_unsync(StreamBody::new(stream::iter(frames)))
}
