//! The Import API over HTTP: paths, order of checks, answers (import-api.md §1 to §6.1).

mod body;
mod drain;
mod headers;
mod settings;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use landfall_core::intake::AcceptedRequest;
use tokio::sync::Semaphore;

use super::answer::{self, Answer, Encoding};
use super::gate::{AppendError, Gate, Holder, HookSource, ImportSource, TokenDigest};
use super::intake::{Intake, PushForm};
use body::{BodyFault, BodyReader, Received};
use drain::Drains;
use headers::Packing;
pub use settings::ImportSettings;

/// The endpoints of the Import API and of incoming webhooks, in front of `gate`. Serve it over HTTP/1.1; `Expect:
/// 100-continue` is answered once the headers are found good.
///
/// Addresses below `/v2/import/` that don't exist are answered here; [`Answer::not_found`] is for all others.
pub fn router(gate: Arc<dyn Gate>, settings: ImportSettings) -> Router {
    let max_body = settings.max_body.as_u64();
    let max_decoded = usize::try_from(max_body.saturating_mul(2)).unwrap_or(usize::MAX);
    let service = Arc::new(Service {
        gate,
        bodies: BodyReader::new(&settings),
        drains: Drains::default(),
        intake: Arc::new(Intake::new(max_decoded)),
        readers: Arc::new(Semaphore::new(settings.readers.get())),
        settings,
    });
    let mut router = Router::new();
    for slash in ["", "/"] {
        router = router
            .route(&format!("/v2/import/batch{slash}"), any(batch))
            .route(&format!("/v2/import/push{slash}"), any(push))
            .route(&format!("/v2/import/validate{slash}"), any(validate))
            .route(&format!("/v2/import/status{slash}"), any(status))
            .route(
                &format!("/v1/clients/{{client}}/token/{{token}}{slash}"),
                any(hook),
            );
    }
    router
        .route("/v2/import/{*rest}", any(not_found))
        .with_state(service)
}

struct Service {
    gate: Arc<dyn Gate>,
    bodies: BodyReader,
    drains: Drains,
    intake: Arc<Intake>,
    /// One permit for each body that may be read at the same time.
    readers: Arc<Semaphore>,
    settings: ImportSettings,
}

type Served = State<Arc<Service>>;

async fn batch(State(service): Served, request: Request) -> Answer {
    service.batch(request).await.unwrap_or_else(|refusal| refusal)
}

async fn push(State(service): Served, request: Request) -> Answer {
    let pushed = service.pushed(request).await;
    let stored = match pushed {
        Ok((source, accepted)) => service.store(accepted).await.map(|()| source),
        Err(refusal) => Err(refusal),
    };
    stored.map_or_else(|refusal| refusal, |source| Answer::accepted(source.loading))
}

async fn validate(State(service): Served, request: Request) -> Answer {
    service
        .pushed(request)
        .await
        .map_or_else(|refusal| refusal, |_| Answer::valid())
}

async fn status(State(service): Served, request: Request) -> Answer {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return Answer::wrong_method("GET, HEAD");
    }
    Answer::status_of(&service.settings.identity, service.gate.journal_health())
}

async fn hook(
    State(service): Served,
    address: Result<Path<(String, String)>, PathRejection>,
    request: Request,
) -> Answer {
    // An address that is no text names nobody.
    let (client, token) = address.map(|Path(names)| names).unwrap_or_default();
    let answered = service.hook(&client, &token, request).await;
    answered.unwrap_or_else(|refusal| refusal)
}

async fn not_found() -> Answer {
    Answer::not_found()
}

/// Bodies up to this are read where they arrive: it takes less time than handing them to another thread.
const SMALL_BODY_BYTES: usize = 16 << 10;

/// One body of a size that target-stitch sends takes one permit of the readers, larger ones more, since what is made of
/// a single large record may take ten times its room.
const BYTES_PER_READER: usize = 4 << 20;

impl Service {
    async fn batch(&self, request: Request) -> Result<Answer, Answer> {
        let (request, body) = request.into_parts();
        let checked = self.check_batch(&request).await;
        let ((source, packing), body) = self.admit(checked, &request, body)?;
        let received = self.receive(&request.headers, body, packing).await?;
        let now = self.gate.now();
        let accepted = self
            .read(received, move |intake, body| {
                intake.read_batch(body, source.id, now)
            })
            .await?;
        self.store(accepted).await?;
        Ok(Answer::accepted(source.loading))
    }

    async fn check_batch(&self, request: &Parts) -> Result<(ImportSource, Packing), Answer> {
        let source = self.check_access(request).await?;
        match headers::packing(&request.headers) {
            Some(packing) if headers::is_json(&request.headers) => Ok((source, packing)),
            _ => Err(Answer::batch_content_type()),
        }
    }

    /// Everything that push and validate have in common.
    async fn pushed(&self, request: Request) -> Result<(ImportSource, AcceptedRequest), Answer> {
        let (request, body) = request.into_parts();
        let checked = self.check_push(&request).await;
        let ((source, encoding, packing), body) = self.admit(checked, &request, body)?;
        let received = self.receive(&request.headers, body, packing).await?;
        let user_agent = request.headers.get(header::USER_AGENT).cloned();
        let (now, client) = (self.gate.now(), self.settings.client);
        let accepted = self
            .read(received, move |intake, body| {
                let form = PushForm {
                    encoding,
                    user_agent: user_agent.as_ref().map(HeaderValue::as_bytes),
                    client,
                };
                intake.read_push(body, form, source.id, now)
            })
            .await?;
        Ok((source, accepted))
    }

    async fn check_push(&self, request: &Parts) -> Result<(ImportSource, Encoding, Packing), Answer> {
        let source = self.check_access(request).await?;
        let encoding = headers::push_encoding(&request.headers);
        match (encoding, headers::packing(&request.headers)) {
            (Some(encoding), Some(packing)) => Ok((source, encoding, packing)),
            _ => {
                let found = headers::media_type(&request.headers);
                Err(Answer::push_content_type(found.as_deref()))
            }
        }
    }

    async fn hook(&self, client: &str, token: &str, request: Request) -> Result<Answer, Answer> {
        let (request, body) = request.into_parts();
        let checked = self.check_hook(client, token, &request).await;
        let ((source, packing), body) = self.admit(checked, &request, body)?;
        let received = self.receive(&request.headers, body, packing).await;
        if let Err(BodyFault::TooLarge { .. }) = received {
            self.gate.note_too_large(source.id);
        }
        let received = received?;
        let now = self.gate.now();
        let accepted = self
            .read(received, move |intake, body| {
                intake.read_hook(body, source.key_name.as_deref(), source.id, now)
            })
            .await?;
        if let Some(accepted) = accepted {
            self.store(accepted).await?;
        }
        Ok(Answer::hook_accepted())
    }

    async fn check_hook(
        &self,
        client: &str,
        token: &str,
        request: &Parts,
    ) -> Result<(HookSource, Packing), Answer> {
        check_post(request)?;
        if client != self.settings.client.to_string() {
            return Err(Answer::not_authorized());
        }
        let holder = self.gate.hook_holder(TokenDigest::of(token.as_bytes())).await;
        let source = match holder.map_err(|_| Answer::from(AppendError::Busy))? {
            Holder::Nobody => return Err(Answer::not_authorized()),
            Holder::Inactive => return Err(Answer::not_active()),
            Holder::Active(source) => source,
        };
        let packing = headers::packing(&request.headers).ok_or_else(Answer::hook_content_encoding)?;
        Ok((source, packing))
    }

    /// Goes on with the body of a request whose headers are good, and gets rid of that of any other.
    fn admit<T>(&self, checked: Result<T, Answer>, request: &Parts, body: Body) -> Result<(T, Body), Answer> {
        match checked {
            Ok(checked) => Ok((checked, body)),
            Err(refusal) => {
                self.drains.take(&request.headers, body);
                Err(refusal)
            }
        }
    }

    /// Method, token, host, source (import-api.md §6.1, steps 1 and 2).
    async fn check_access(&self, request: &Parts) -> Result<ImportSource, Answer> {
        check_post(request)?;
        let token = headers::bearer_token(&request.headers).ok_or_else(Answer::not_authorized)?;
        let holder = self.gate.token_holder(TokenDigest::of(token)).await;
        let holder = holder.map_err(|_| Answer::from(AppendError::Busy))?;
        if holder == Holder::Nobody {
            return Err(Answer::not_authorized());
        }
        if !self.settings.allowed_hosts.are_asked_by(request) {
            return Err(Answer::invalid_region());
        }
        match holder {
            Holder::Nobody => Err(Answer::not_authorized()),
            Holder::Inactive => Err(Answer::not_active()),
            Holder::Active(source) => Ok(source),
        }
    }

    async fn receive(
        &self,
        headers: &HeaderMap,
        body: Body,
        packing: Packing,
    ) -> Result<Received, BodyFault> {
        let announced = headers::content_length(headers);
        self.bodies.receive(body, packing, announced).await
    }

    /// Reads a body, on a thread of its own unless it is small.
    async fn read<T: Send + 'static>(
        &self,
        received: Received,
        work: impl FnOnce(&Intake, Vec<u8>) -> Result<T, Answer> + Send + 'static,
    ) -> Result<T, Answer> {
        // The room in memory is held until the work is done.
        let Received { bytes, room } = received;
        if bytes.len() <= SMALL_BODY_BYTES {
            let done = work(&self.intake, bytes);
            drop(room);
            return done;
        }
        let permits = bytes
            .len()
            .div_ceil(BYTES_PER_READER)
            .min(self.settings.readers.get());
        let permits = u32::try_from(permits).unwrap_or(u32::MAX);
        // The semaphore is never closed.
        let turn = Arc::clone(&self.readers).acquire_many_owned(permits).await.ok();
        let intake = Arc::clone(&self.intake);
        let reading = tokio::task::spawn_blocking(move || {
            let done = work(&intake, bytes);
            drop((turn, room));
            done
        });
        reading.await.unwrap_or_else(|error| {
            tracing::error!(%error, "a request's body could not be read to its end");
            Err(Answer::from(AppendError::Busy))
        })
    }

    async fn store(&self, accepted: AcceptedRequest) -> Result<(), Answer> {
        self.gate.append(accepted).await.map_err(Answer::from)
    }
}

fn check_post(request: &Parts) -> Result<(), Answer> {
    if request.method == Method::POST {
        Ok(())
    } else {
        Err(Answer::wrong_method("POST"))
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let (media_type, body) = match self.body {
            answer::Body::Json(std::borrow::Cow::Borrowed(text)) => ("application/json", Body::from(text)),
            answer::Body::Json(std::borrow::Cow::Owned(text)) => ("application/json", Body::from(text)),
            answer::Body::Text(text) => ("text/plain; charset=utf-8", Body::from(text)),
        };
        let mut response = Response::new(body);
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        if let Some(allow) = self.allow {
            headers.insert(header::ALLOW, HeaderValue::from_static(allow));
        }
        if let Some(wait) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs()));
        }
        response
    }
}

impl From<BodyFault> for Answer {
    fn from(fault: BodyFault) -> Self {
        match fault {
            BodyFault::TooLarge { bytes } => Self::too_large(bytes),
            BodyFault::NoRoom => Self::from(AppendError::Busy),
            BodyFault::TooSlow => Self::from(AppendError::TimedOut),
            BodyFault::Unreadable(what) => Self::malformed(Encoding::Json, &what),
        }
    }
}
