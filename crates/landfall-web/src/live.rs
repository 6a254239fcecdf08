//! Tells open pages when what they show has changed, by server-sent events. A page then asks for itself once more and
//! takes over what is different; see `assets/data.js`. Without a script, or without events, pages are loaded again. A
//! stream ends soon after its session, so that the page asks, and says so.

use std::convert::Infallible;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::stream::unfold;
use landfall_catalog::Digest;
use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, watch};

use crate::api::{Api, ApiError};
use crate::frame::{Page, Shown};
use crate::link;
use crate::pages::loads::history_path;
use crate::state::{LIFE, WebState};

/// How often a stream looks.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// After so many looks a stream ends. Browsers come again by themselves, and are asked who they are.
const MOST_LOOKS: u32 = 300;
/// Streams at a time: beyond that, pages look by themselves, less often.
pub(crate) const MOST_STREAMS: usize = 100;

/// The addresses of the streams.
pub(crate) fn routes() -> Router<WebState> {
    Router::new()
        .route("/live/home", get(home))
        .route("/live/loads", get(loads))
        .route("/live/loads/{load}", get(load))
        .route("/live/integrations/{id}", get(integration))
}

async fn home(State(state): State<WebState>, page: Page, headers: HeaderMap) -> Shown {
    let history = format!("{}?limit=10", history_path(&state).await?);
    let watched = [
        "/v4/destinations",
        "/v4/sources",
        "/v4/notifications",
        "/v4/buffer",
    ];
    let watched = watched.map(str::to_owned).into_iter().chain([history]).collect();
    Ok(stream(&state, page, &headers, watched))
}

async fn loads(State(state): State<WebState>, page: Page, headers: HeaderMap) -> Shown {
    let history = format!("{}?limit=50", history_path(&state).await?);
    Ok(stream(&state, page, &headers, vec![history]))
}

async fn load(
    State(state): State<WebState>,
    page: Page,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Shown {
    let watched = vec![format!("/v4/loads/{}", link::part(&id))];
    Ok(stream(&state, page, &headers, watched))
}

async fn integration(
    State(state): State<WebState>,
    page: Page,
    Path(id): Path<u32>,
    headers: HeaderMap,
) -> Shown {
    let source = format!("/v4/sources/{id}");
    let watched = vec![
        format!("{source}/stats"),
        format!("{source}/loading-report?range=this_period"),
        source,
    ];
    Ok(stream(&state, page, &headers, watched))
}

/// After so many looks a stream that had nothing to tell asks whether it is still wanted.
const LOOKS_UNTIL_ASKED: u32 = 15;

/// What a stream knows between two looks.
struct Look {
    state: WebState,
    session: Digest,
    api: Api,
    watched: Vec<String>,
    /// What the page has seen.
    seen: Option<String>,
    looks: u32,
    ending: watch::Receiver<bool>,
    _turn: OwnedSemaphorePermit,
}

impl Look {
    /// What all of it looks like now, in a few letters.
    async fn digest(&self) -> Result<String, ApiError> {
        let mut hasher = DefaultHasher::new();
        for path in &self.watched {
            let answer: Value = self.api.get(path).await?;
            answer.to_string().hash(&mut hasher);
        }
        Ok(format!("{:016x}", hasher.finish()))
    }

    /// Whether the session goes on: whoever signs out elsewhere is told nothing any more.
    async fn is_signed_in(&self) -> bool {
        let user = self
            .state
            .catalog()
            .session(&self.session, LIFE, self.state.now())
            .await;
        // A catalog that does not answer says nothing about it; the digest ends the stream then.
        user.map_or(true, |user| user.is_some())
    }

    /// Waits for a difference. None if the stream is to end.
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        while self.looks < MOST_LOOKS {
            if self.looks > 0 {
                // Only time makes it go on: the signal, or the loss of whoever gives it, is the end of the server.
                let end = self.ending.wait_for(|is_ending| *is_ending);
                tokio::time::timeout(LOOK_EVERY, end).await.err()?;
            }
            self.looks += 1;
            if self.looks.is_multiple_of(LOOKS_UNTIL_ASKED) && !self.is_signed_in().await {
                return None;
            }
            let digest = self.digest().await.ok()?;
            if self.seen.as_ref() != Some(&digest) {
                let event = Event::default().event("change").id(&digest).data(&digest);
                self.seen = Some(digest);
                return Some((Ok(event), self));
            }
            if self.looks.is_multiple_of(LOOKS_UNTIL_ASKED) {
                // Notices clients that went away, and keeps proxies from losing patience.
                return Some((Ok(Event::default().comment("")), self));
            }
        }
        None
    }
}

fn stream(state: &WebState, page: Page, headers: &HeaderMap, watched: Vec<String>) -> Response {
    let Ok(turn) = state.streams.clone().try_acquire_owned() else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let seen = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let look = Look {
        state: state.clone(),
        session: page.signed_in.session,
        api: page.api,
        watched,
        seen: seen.map(str::to_owned),
        looks: 0,
        ending: state.parts.ending.clone(),
        _turn: turn,
    };
    Sse::new(unfold(look, Look::next)).into_response()
}
