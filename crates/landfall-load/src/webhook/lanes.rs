//! What is waiting for a hook: one lane for each table, so that tables do not wait for each other.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::{Semaphore, watch};

use super::address::HookUrl;

/// Requests to one hook that are under way at the same time, for as many tables. A hook that does not answer holds up
/// no other hook.
const TRIES_AT_ONCE: usize = 8;
/// Bytes of requests that wait for one hook: some ten thousand loads of a table without sub-tables. Every load adds
/// one, and a hook that does not answer takes minutes to give up on each.
pub(super) const MOST_WAITING_BYTES: usize = 8 * 1024 * 1024;

/// A hook, and what is waiting for it.
pub(super) struct Hook {
    pub(super) url: HookUrl,
    pub(super) tries: Semaphore,
    waiting_bytes: watch::Sender<usize>,
    /// A table is in here as long as a task is at work on its lane.
    lanes: Mutex<HashMap<Arc<str>, VecDeque<Notice>>>,
}

/// A request that waits or is under way.
pub(super) struct Notice {
    pub(super) body: Bytes,
    _room: Room,
}

/// The bytes of a [`Notice`] count as waiting until this is dropped.
struct Room {
    hook: Arc<Hook>,
    bytes: usize,
}

impl Drop for Room {
    fn drop(&mut self) {
        self.hook
            .waiting_bytes
            .send_modify(|waiting| *waiting -= self.bytes);
    }
}

impl Hook {
    pub(super) fn new(url: HookUrl) -> Arc<Self> {
        Arc::new(Self {
            url,
            tries: Semaphore::new(TRIES_AT_ONCE),
            waiting_bytes: watch::Sender::new(0),
            lanes: Mutex::default(),
        })
    }

    /// Makes a notice of `body`, if there is room for one more.
    pub(super) fn notice(self: &Arc<Self>, body: Bytes) -> Option<Notice> {
        let bytes = body.len().max(1); // an empty body is waited for as well
        let has_room = self.waiting_bytes.send_if_modified(|waiting| {
            let has_room = *waiting == 0 || *waiting + bytes <= MOST_WAITING_BYTES;
            if has_room {
                *waiting += bytes;
            }
            has_room
        });
        has_room.then(|| Notice {
            body,
            _room: Room {
                hook: self.clone(),
                bytes,
            },
        })
    }

    /// Lines up a notice of a table. If nobody is at work on the table's lane, returns the lane: whoever gets it must
    /// empty it.
    pub(super) fn line_up(self: &Arc<Self>, table: &str, notice: Notice) -> Option<Lane> {
        let mut lanes = self.lanes();
        if let Some(queue) = lanes.get_mut(table) {
            queue.push_back(notice);
            return None;
        }
        let table: Arc<str> = table.into();
        lanes.insert(table.clone(), VecDeque::from([notice]));
        Some(Lane {
            hook: self.clone(),
            table,
            is_over: false,
        })
    }

    /// Returns once nothing is waiting or under way.
    pub(super) async fn idle(&self) {
        let mut waiting = self.waiting_bytes.subscribe();
        waiting
            .wait_for(|waiting| *waiting == 0)
            .await
            .expect("the sender lives as long as the hook");
    }

    fn lanes(&self) -> MutexGuard<'_, HashMap<Arc<str>, VecDeque<Notice>>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The notices of one table for one hook, in load order.
pub(super) struct Lane {
    pub(super) hook: Arc<Hook>,
    pub(super) table: Arc<str>,
    is_over: bool,
}

impl Lane {
    /// The next notice. `None` ends the lane: the next notice of the table opens a new one.
    pub(super) fn next(&mut self) -> Option<Notice> {
        let mut lanes = self.hook.lanes();
        let notice = lanes.get_mut(&self.table).and_then(VecDeque::pop_front);
        if notice.is_none() {
            lanes.remove(&self.table);
            self.is_over = true;
        }
        notice
    }
}

impl Drop for Lane {
    /// A lane left before its end, because the runtime stopped or a report panicked, takes what waits with it: nobody
    /// shall wait for notices that nobody delivers.
    fn drop(&mut self) {
        if !self.is_over {
            self.hook.lanes().remove(&self.table);
        }
    }
}
