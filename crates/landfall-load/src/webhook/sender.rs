//! Delivery: tries, waits, order, and the report of what could not be delivered (loading.md §8.3).

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use landfall_bucket::Sleep;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::address::Hooks;
use super::client::{HookClient, HookFault, NoRootCertificates};
use super::lanes::{Hook, Lane, MOST_WAITING_BYTES};

/// How long a request is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HookTiming {
    /// How long an answer may take, connecting included.
    pub answer_within: Duration,
    /// The wait before each of the five retries.
    pub waits: [Duration; 5],
}

impl HookTiming {
    /// The stand-alone target's: 30 s, and waits of 1, 2, 4, 8 and 16 s, because it waits for them before it exits
    /// (loading.md §8.3).
    pub const STAND_ALONE: Self = Self {
        answer_within: Duration::from_secs(30),
        waits: [
            Duration::from_secs(1),
            Duration::from_secs(2),
            Duration::from_secs(4),
            Duration::from_secs(8),
            Duration::from_secs(16),
        ],
    };
}

/// A request that was given up. Stitch mails "Unable to Deliver Post Load Notification" (loading.md §8.3).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unable to deliver the post-load notification of {table} to {url}: {fault}: check that the URL answers 2xx"
)]
pub struct HookFailure {
    /// The hook: scheme, host, port and a fingerprint. The rest of its URL may be secret.
    pub url: String,
    /// The table whose load it tells of, as received.
    pub table: String,
    /// Why the last try failed.
    pub fault: HookFault,
}

/// What a [`HookSender`] works with.
pub struct HookParts {
    /// Runs the deliveries; its time driver and IO driver must be on.
    pub runtime: Handle,
    /// How long a request is tried.
    pub timing: HookTiming,
    /// Waits between tries.
    pub sleep: Arc<dyn Sleep>,
    /// Is told of each request that is given up, once: on a thread of the runtime, or on that of the caller if the
    /// request was not even lined up.
    pub report: Box<dyn Fn(&HookFailure) + Send + Sync>,
}

/// Delivers post-load webhooks, in the background.
///
/// Per hook, requests of one table are delivered in the order in which they were enqueued, one after the other; hooks
/// and tables are independent. Dropping the sender ends what is under way and forgets what waits:
/// [`drain`](Self::drain) first.
pub struct HookSender {
    hooks: Vec<Arc<Hook>>,
    delivery: Arc<Delivery>,
    runtime: Handle,
    /// One task for each lane that is being emptied.
    tasks: Mutex<JoinSet<()>>,
}

impl HookSender {
    /// A sender to `hooks`; without hooks it does nothing.
    ///
    /// # Errors
    /// [`NoRootCertificates`] if one of the hooks is reached by HTTPS and the system has none.
    pub fn new(hooks: Hooks, parts: HookParts) -> Result<Self, NoRootCertificates> {
        let HookParts {
            runtime,
            timing,
            sleep,
            report,
        } = parts;
        let client = if hooks.need_tls() {
            HookClient::with_tls(timing.answer_within)?
        } else {
            HookClient::plain(timing.answer_within)
        };
        Ok(Self {
            hooks: hooks.0.into_iter().map(Hook::new).collect(),
            delivery: Arc::new(Delivery {
                client,
                waits: timing.waits,
                sleep,
                report,
                is_cut_short: watch::Sender::new(false),
            }),
            runtime,
            tasks: Mutex::default(),
        })
    }

    /// Lines up one request to each hook and returns at once. `table` is the table as received, `body` is
    /// [`hook_body`](super::hook_body)'s. May be called from any thread.
    ///
    /// A request that finds 8 MiB of others waiting for its hook is given up and reported: memory is bounded, and a
    /// load does not wait for its webhooks.
    pub fn enqueue(&self, table: &str, body: String) {
        let body = Bytes::from(body);
        for hook in &self.hooks {
            let Some(notice) = hook.notice(body.clone()) else {
                self.delivery
                    .give_up(hook, table, HookFault::Crowded(MOST_WAITING_BYTES));
                continue;
            };
            if let Some(lane) = hook.line_up(table, notice) {
                self.spawn(lane);
            }
        }
    }

    /// Returns once every request that was enqueued is delivered or given up.
    pub async fn drain(&self) {
        for hook in &self.hooks {
            hook.idle().await;
        }
    }

    /// As [`drain`](Self::drain), but once `enough` is over, everything that is not delivered yet is given up and
    /// reported, and so is whatever is enqueued afterwards.
    pub async fn drain_until(&self, enough: impl Future<Output = ()>) {
        tokio::select! {
            biased;
            () = self.drain() => {}
            () = enough => {
                self.delivery.is_cut_short.send_replace(true);
                self.drain().await;
            }
        }
    }

    fn spawn(&self, lane: Lane) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        // Those that have ended are let go, so that the set is as large as the work at hand.
        while tasks.try_join_next().is_some() {}
        tasks.spawn_on(self.delivery.clone().empty(lane), &self.runtime);
    }
}

impl fmt::Debug for HookSender {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "HookSender({} hooks)", self.hooks.len())
    }
}

/// What all deliveries share.
struct Delivery {
    client: HookClient,
    waits: [Duration; 5],
    sleep: Arc<dyn Sleep>,
    report: Box<dyn Fn(&HookFailure) + Send + Sync>,
    is_cut_short: watch::Sender<bool>,
}

impl Delivery {
    async fn empty(self: Arc<Self>, mut lane: Lane) {
        while let Some(notice) = lane.next() {
            let delivered = tokio::select! {
                biased;
                () = self.cut_short() => Err(HookFault::CutShort),
                delivered = self.deliver(&lane.hook, &notice.body) => delivered,
            };
            if let Err(fault) = delivered {
                self.give_up(&lane.hook, &lane.table, fault);
            }
        }
    }

    /// Returns once nobody wants to wait any longer.
    async fn cut_short(&self) {
        let mut is_cut_short = self.is_cut_short.subscribe();
        is_cut_short
            .wait_for(|is_cut_short| *is_cut_short)
            .await
            .expect("the sender lives as long as the delivery");
    }

    async fn deliver(&self, hook: &Hook, body: &Bytes) -> Result<(), HookFault> {
        for wait in &self.waits {
            if self.try_once(hook, body).await.is_ok() {
                return Ok(());
            }
            self.sleep.sleep(*wait).await;
        }
        self.try_once(hook, body).await
    }

    async fn try_once(&self, hook: &Hook, body: &Bytes) -> Result<(), HookFault> {
        let _turn = hook.tries.acquire().await.expect("nobody closes it");
        self.client.post(&hook.url, body.clone()).await
    }

    fn give_up(&self, hook: &Hook, table: &str, fault: HookFault) {
        (self.report)(&HookFailure {
            url: hook.url.to_string(),
            table: table.to_owned(),
            fault,
        });
    }
}
