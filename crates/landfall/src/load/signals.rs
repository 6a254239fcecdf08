//! What SIGINT, SIGTERM and SIGHUP do, which depends on how far a run has come (singer.md §8).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use landfall_load::GiveUp;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::input::StopHandle;
use super::retries::Retries;

/// Runners deliver a signal twice, to the process and to its group. What comes so soon after another is that one.
const TWICE_WITHIN: Duration = Duration::from_secs(2);

/// How far the run has come.
enum Phase {
    /// Access is being checked: a signal ends the run, before anything is read.
    Starting,
    /// The first signal ends the input. Further ones change nothing, but while loads are being retried: then the run
    /// is given up.
    Running { input: StopHandle, loads: GiveUp },
    /// All is loaded: a signal gives up on the webhooks that are not delivered.
    Delivering,
}

struct State {
    phase: Phase,
    last: Option<Instant>,
    is_stopping: bool,
}

/// Watches signals.
#[derive(Clone)]
pub(crate) struct Signals {
    state: Arc<Mutex<State>>,
    /// Whether nobody wants to wait for what the phase waits for.
    is_enough: Arc<watch::Sender<bool>>,
    retries: Retries,
}

impl Signals {
    /// Leaves signals to the system, which ends the process.
    pub(crate) fn unwatched() -> Self {
        Self {
            state: Arc::new(Mutex::new(State {
                phase: Phase::Starting,
                last: None,
                is_stopping: false,
            })),
            is_enough: Arc::new(watch::Sender::new(false)),
            retries: Retries::default(),
        }
    }

    /// Watches them from now on.
    pub(super) fn watch(runtime: &Runtime, retries: Retries) -> Self {
        let signals = Self {
            retries,
            ..Self::unwatched()
        };
        let _guard = runtime.enter();
        for kind in [
            SignalKind::interrupt(),
            SignalKind::terminate(),
            SignalKind::hangup(),
        ] {
            if kind == SignalKind::hangup() && is_hangup_ignored() {
                continue;
            }
            // Where signals can't be watched the default applies.
            let Ok(mut watched) = signal(kind) else { continue };
            let signals = signals.clone();
            runtime.spawn(async move {
                while watched.recv().await.is_some() {
                    signals.receive(Instant::now());
                }
            });
        }
        signals
    }

    /// Access is checked and input is about to be read.
    pub(super) fn begin_reading(&self, input: StopHandle, loads: GiveUp) {
        let mut state = self.lock();
        if state.is_stopping {
            input.stop();
        }
        state.phase = Phase::Running { input, loads };
    }

    /// All is loaded. Returns what is over when nobody wants to wait for webhooks.
    pub(super) fn begin_delivering(&self) -> impl Future<Output = ()> + use<> {
        self.lock().phase = Phase::Delivering;
        self.enough()
    }

    /// Over once nobody wants to wait any longer.
    pub(super) fn enough(&self) -> impl Future<Output = ()> + use<> {
        let mut is_enough = self.is_enough.subscribe();
        async move {
            // Without a sender there are no more signals to come.
            if is_enough.wait_for(|is_enough| *is_enough).await.is_err() {
                std::future::pending().await
            }
        }
    }

    fn receive(&self, now: Instant) {
        let mut state = self.lock();
        let is_repeated = state
            .last
            .is_some_and(|last| now.duration_since(last) < TWICE_WITHIN);
        state.last = Some(now);
        let is_first = !std::mem::replace(&mut state.is_stopping, true);
        match &state.phase {
            Phase::Starting => {
                if is_first {
                    tracing::info!("signal received: ending before anything was read");
                }
                self.is_enough.send_replace(true);
            }
            Phase::Running { input, .. } if is_first => {
                tracing::info!("signal received: loading what was read, then ending");
                input.stop();
            }
            Phase::Running { loads, .. } if !is_repeated && self.retries.are_under_way() => {
                loads.give_up();
                // Nor is there a wait for webhooks of what was loaded before.
                self.is_enough.send_replace(true);
            }
            Phase::Delivering if !is_repeated => {
                tracing::info!("signal received: giving up on webhooks that are not delivered");
                self.is_enough.send_replace(true);
            }
            Phase::Running { .. } | Phase::Delivering => {}
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the run was started by `nohup`, and is to outlive its terminal. Systems that don't say are taken at their
/// default.
fn is_hangup_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    // Signal 1 is the lowest bit.
    ignored.is_some_and(|mask| mask & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_enough(signals: &Signals) -> bool {
        *signals.is_enough.borrow()
    }

    #[test]
    fn the_first_signal_ends_the_start() {
        let signals = Signals::unwatched();
        assert!(!is_enough(&signals));
        signals.receive(Instant::now());
        assert!(is_enough(&signals));
    }

    #[test]
    fn a_signal_that_comes_twice_at_once_is_one() {
        let signals = Signals::unwatched();
        let start = Instant::now();
        let _enough = signals.begin_delivering();
        {
            let mut state = signals.lock();
            state.last = Some(start);
            state.is_stopping = true;
        }
        signals.receive(start + TWICE_WITHIN / 4);
        assert!(!is_enough(&signals));
        signals.receive(start + TWICE_WITHIN * 2);
        assert!(is_enough(&signals));
    }
}
