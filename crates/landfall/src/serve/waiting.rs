//! The loader, as the management API asks it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use landfall_core::ids::SourceId;
use landfall_http::manage::{Backlog, Loader, LoadingNow, WaitingTable};
use landfall_load::service::{self, ConductorHandle};
use tokio::sync::Mutex;

/// How long an answer counts: open pages look every second, each by itself.
const FRESH_FOR: Duration = Duration::from_millis(500);
/// Pages don't wait longer for it.
const ANSWER_WITHIN: Duration = Duration::from_secs(1);

/// Asks the loader on behalf of many.
#[derive(Debug)]
pub(crate) struct AskedLoader {
    loader: ConductorHandle,
    /// Held while the loader is asked, so that those who come meanwhile share the answer.
    last: Mutex<Option<(Instant, Option<Arc<Backlog>>)>>,
}

impl AskedLoader {
    pub(crate) fn new(loader: ConductorHandle) -> Self {
        Self {
            loader,
            last: Mutex::default(),
        }
    }
}

#[async_trait]
impl Loader for AskedLoader {
    async fn backlog(&self) -> Option<Arc<Backlog>> {
        let mut last = self.last.lock().await;
        if let Some((at, answer)) = &*last
            && at.elapsed() < FRESH_FOR
        {
            return answer.clone();
        }
        let asked = tokio::time::timeout(ANSWER_WITHIN, self.loader.backlog()).await;
        let answer = asked.ok().flatten().map(|backlog| Arc::new(told(backlog)));
        *last = Some((Instant::now(), answer.clone()));
        answer
    }

    async fn load_now(&self, source: SourceId) -> Option<LoadingNow> {
        let loading = self.loader.load_now(source).await;
        *self.last.lock().await = None;
        let loading = loading?;
        Some(LoadingNow {
            rows: loading.rows,
            tables: loading.tables,
            rows_held: loading.rows_held,
        })
    }
}

fn told(backlog: service::Backlog) -> Backlog {
    let tables = backlog.tables.into_iter().filter(|table| table.rows > 0);
    let tables = tables.map(|table| WaitingTable {
        source: table.source,
        table: table.table,
        rows: table.rows,
        rows_closed: table.rows_closed,
        last_received: table.last_received,
        closes_at: table.closes_at,
        is_held: table.is_held,
    });
    Backlog {
        tables: tables.collect(),
        has_unread: backlog.has_unread,
    }
}
