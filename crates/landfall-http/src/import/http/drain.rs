//! Bodies of requests that were refused for their headers alone.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, header};
use http_body::Body as _;
use http_body_util::BodyExt;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::headers;

/// Twice what target-stitch and stitchclient send at once.
const MOST_BYTES: u64 = 8 << 20;

/// How long a client may take to send the rest.
const PATIENCE: Duration = Duration::from_secs(5);

/// Bodies at a time; beyond that connections are cut.
const MOST_BODIES: usize = 64;

/// Reads on, after the answer was given, what a refused client is still sending, and forgets it. A connection that is
/// closed under a client that sends is reset, and the client may never see why it was refused.
#[derive(Debug, Default)]
pub(super) struct Drains {
    /// They end by themselves, or with this.
    running: Mutex<JoinSet<()>>,
}

impl Drains {
    /// Takes over the body of a request with these headers.
    pub(super) fn take(&self, headers: &HeaderMap, body: Body) {
        let is_too_long = headers::content_length(headers).is_some_and(|bytes| bytes > MOST_BYTES);
        // Whoever waits for 100-continue has not begun to send.
        if body.is_end_stream() || is_too_long || headers.contains_key(header::EXPECT) {
            return;
        }
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        while running.try_join_next().is_some() {}
        if running.len() < MOST_BODIES {
            running.spawn(async move {
                // Where patience ends, the connection is cut.
                let _elapsed = timeout(PATIENCE, read_on(body)).await;
            });
        }
    }
}

async fn read_on(mut body: Body) {
    let mut read = 0;
    while let Some(Ok(frame)) = body.frame().await {
        read += frame.data_ref().map_or(0, |data| data.len() as u64);
        if read > MOST_BYTES {
            return;
        }
    }
}
