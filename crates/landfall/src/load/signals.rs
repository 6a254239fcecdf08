//! What SIGINT, SIGTERM and SIGHUP do, which depends on how far a run has come (singer.md §8).

use std::sync::mpsc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use landfall_load::{GiveUp, RunError};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::holdups::Holdups;
use super::input::StopHandle;
use super::run::LEAVE;
use crate::log;

/// Runners deliver a signal twice, to the process and to its group. What comes so soon after another is that one.
const TWICE_WITHIN: Duration = Duration::from_secs(2);
/// How long a run that is to end at once may take to see it, beside what it leaves to its last writes.
const NOTICE: Duration = Duration::from_secs(1);

/// How far the run has come.
enum Phase {
    /// Access is being checked: a signal ends the run, before anything is read.
    Starting,
    /// The first signal ends the input. A later one changes nothing while loads make headway; where they don't, what is
    /// not loaded is given up.
    Running { input: StopHandle, loads: GiveUp },
    /// All is loaded: a signal gives up on the webhooks that are not delivered.
    Delivering,
}

struct State {
    phase: Phase,
    last: Option<Instant>,
    is_stopping: bool,
}

/// What a signal leads to.
#[derive(Debug, Clone)]
enum Effect {
    /// Nothing was read, nor will be.
    EndUnread,
    /// The input ends.
    EndInput(StopHandle),
    /// What is not loaded is given up, if that is held up.
    GiveUp(GiveUp),
    /// What is not delivered is given up.
    EndDelivery,
    /// It is the same signal as the one before, or one more.
    Nothing,
}

/// Watches signals.
#[derive(Clone)]
pub(crate) struct Signals {
    state: Arc<Mutex<State>>,
    /// Whether nobody wants to wait for what the phase waits for.
    is_enough: Arc<watch::Sender<bool>>,
    holdups: Holdups,
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
            holdups: Holdups::default(),
        }
    }

    /// Watches them from now on, on a thread of its own: whatever holds up the run must not hold up its end.
    ///
    /// # Errors
    /// If the thread can't be started.
    pub(super) fn watch(holdups: Holdups) -> std::io::Result<Self> {
        let signals = Self {
            holdups,
            ..Self::unwatched()
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let guard = runtime.enter();
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
                    let effect = signals.receive(Instant::now());
                    let told = effect.clone();
                    let telling = tokio::task::spawn_blocking(move || told.tell());
                    // The log may lead to somebody who reads nothing.
                    let _ = tokio::time::timeout(NOTICE, telling).await;
                    signals.apply(effect);
                }
            });
        }
        drop(guard);
        // Nobody waits for the thread: it watches as long as there is a process.
        thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || runtime.block_on(std::future::pending::<()>()))?;
        Ok(signals)
    }

    /// Access is checked and input is about to be read; false if a signal came by then, and nothing is to be read.
    #[must_use]
    pub(super) fn begin_reading(&self, input: StopHandle, loads: GiveUp) -> bool {
        let mut state = self.lock();
        if !state.is_stopping {
            state.phase = Phase::Running { input, loads };
        }
        !state.is_stopping
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

    fn receive(&self, now: Instant) -> Effect {
        let mut state = self.lock();
        let is_repeated = state
            .last
            .is_some_and(|last| now.duration_since(last) < TWICE_WITHIN);
        state.last = Some(now);
        let is_first = !std::mem::replace(&mut state.is_stopping, true);
        match &state.phase {
            Phase::Starting if is_first => Effect::EndUnread,
            Phase::Running { input, .. } if is_first => Effect::EndInput(input.clone()),
            Phase::Running { loads, .. } if !is_repeated => Effect::GiveUp(loads.clone()),
            Phase::Delivering if !is_repeated => Effect::EndDelivery,
            Phase::Starting | Phase::Running { .. } | Phase::Delivering => Effect::Nothing,
        }
    }

    fn apply(&self, effect: Effect) {
        match effect {
            Effect::EndUnread => leave_by_force(ExitReason::Unread),
            Effect::EndInput(input) => return input.stop(),
            Effect::GiveUp(loads) => {
                let is_enough = self.is_enough.clone();
                return self.holdups.when_held_up(move || {
                    loads.give_up();
                    leave_by_force(ExitReason::GivenUp);
                    // Nor is there a wait for webhooks of what was loaded before.
                    is_enough.send_replace(true);
                });
            }
            Effect::EndDelivery => {}
            Effect::Nothing => return,
        }
        self.is_enough.send_replace(true);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Effect {
    fn tell(&self) {
        match self {
            Self::EndUnread => tracing::info!("signal received: ending before anything was read"),
            Self::EndInput(_) => tracing::info!("signal received: loading what was read, then ending"),
            Self::EndDelivery => {
                tracing::info!("signal received: giving up on webhooks that are not delivered");
            }
            // The run's last line tells that.
            Self::GiveUp(_) | Self::Nothing => {}
        }
    }
}

/// Why a run ends that was not let go.
#[derive(Debug, Clone, Copy)]
enum ExitReason {
    Unread,
    GivenUp,
}

/// Ends the process if it is still there after a while: it may wait for what no signal interrupts, such as a reader of
/// STATE lines, or the other end of a named pipe.
fn leave_by_force(reason: ExitReason) {
    // Where there is no thread to be had, the run has to end by itself.
    let _ = thread::Builder::new().spawn(move || {
        thread::sleep(LEAVE + NOTICE);
        let code = match reason {
            ExitReason::Unread => 0,
            ExitReason::GivenUp => {
                say_last(RunError::GivenUp);
                1
            }
        };
        std::process::exit(code);
    });
}

/// Writes the last line of the log, unless nobody takes it.
fn say_last(reason: RunError) {
    let (said, is_said) = mpsc::channel();
    thread::spawn(move || {
        log::critical(&reason);
        let _ = said.send(());
    });
    let _ = is_said.recv_timeout(NOTICE);
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
        let now = Instant::now();
        assert!(matches!(signals.receive(now), Effect::EndUnread));
        // Nothing is read if the start has come to its end meanwhile.
        assert!(matches!(signals.receive(now + TWICE_WITHIN * 2), Effect::Nothing));
        assert!(signals.lock().is_stopping);
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
        signals.apply(signals.receive(start + TWICE_WITHIN / 4));
        assert!(!is_enough(&signals));
        signals.apply(signals.receive(start + TWICE_WITHIN * 2));
        assert!(is_enough(&signals));
    }
}
