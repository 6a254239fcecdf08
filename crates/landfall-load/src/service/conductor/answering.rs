//! Who asks the loader is told what waits, and may have it loaded at once.

use landfall_core::ids::SourceId;
use landfall_log::Position;
use tokio::sync::oneshot;

use super::{Conductor, ConductorError, LOG_PARTITION};
use crate::service::tables::{Flow, TableKey, TableWork};
use crate::service::waiting::{Backlog, LoadingNow, Question, WaitingTable, near_deletion};

/// Somebody wishes that a source is loaded now.
#[derive(Debug)]
pub(super) struct Wish {
    source: SourceId,
    /// What is in the log before this is meant.
    until: Position,
    answer: oneshot::Sender<LoadingNow>,
}

impl Conductor {
    /// Answers at once, or notes what is wished for. Perhaps nobody waits for the answer any longer.
    pub(super) async fn answer(&mut self, question: Question) -> Result<(), ConductorError> {
        let until = self.parts.log.bounds(LOG_PARTITION).await?.next;
        match question {
            Question::Waiting(answer) => {
                let _ = answer.send(Backlog {
                    tables: self
                        .tables
                        .iter()
                        .map(|(key, table)| self.tell_of(key, table))
                        .collect(),
                    has_unread: self.at < until,
                });
            }
            Question::LoadNow(source, answer) => self.wishes.push(Wish {
                source,
                until,
                answer,
            }),
        }
        Ok(())
    }

    fn tell_of(&self, key: &TableKey, table: &TableWork) -> WaitingTable {
        let parts = &self.parts;
        let (settings, now) = (&parts.settings, parts.clock.closing());
        let since = table.waiting_since();
        let stock = table.waiting();
        WaitingTable {
            source: key.source,
            table: key.name.clone(),
            since,
            deleted_at: since.and_then(|since| near_deletion(since, settings.keep_unloaded, now)),
            rows: stock.rows,
            last_received: stock.latest().filter(|_| stock.rows > 0),
            rows_closed: table.closed().rows,
            closes_at: table.closes_at(settings.limits.wait, now, parts.clock.elapsed()),
            is_held: self.is_held(key, table),
        }
    }

    fn is_held(&self, key: &TableKey, table: &TableWork) -> bool {
        table.is_held() || self.routes.is_out_of_reach(key.source)
    }

    /// Closes the batches of sources that are to be loaded now, once all that was meant is read, or no more can be. True
    /// if there were such wishes.
    pub(super) fn hurry(&mut self, has_room: bool) -> bool {
        let (due, later) = std::mem::take(&mut self.wishes)
            .into_iter()
            .partition::<Vec<_>, _>(|wish| !has_room || self.has_gathered(wish));
        self.wishes = later;
        let has_closed = !due.is_empty();
        for wish in due {
            self.close_of(wish.source);
            let mut loading = LoadingNow::default();
            let of_source = self.tables.iter().filter(|(key, _)| key.source == wish.source);
            for (key, table) in of_source {
                let (all, closed) = (table.waiting().rows, table.closed().rows);
                let on_their_way = if self.is_held(key, table) { closed } else { all };
                loading.rows += on_their_way;
                loading.tables += u64::from(on_their_way > 0);
                loading.rows_held += all - on_their_way;
            }
            let _ = wish.answer.send(loading);
        }
        has_closed
    }

    /// Whether all that is meant, and can be loaded, is in batches.
    fn has_gathered(&self, wish: &Wish) -> bool {
        let catches_up = |(key, table): (&TableKey, &TableWork)| {
            key.source == wish.source && matches!(table.flow, Flow::CatchingUp(_))
        };
        wish.until <= self.at && !self.tables.iter().any(catches_up)
    }
}
