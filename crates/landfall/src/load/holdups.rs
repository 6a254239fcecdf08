//! What holds up a run whose input has ended: requests to the bucket that are repeated, states that nobody takes.

use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use landfall_bucket::{Sleep, TokioSleep};

/// What is to be done about it.
type Wish = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct State {
    /// Whether a request was repeated since the last load was done.
    is_repeating: bool,
    /// Whether a STATE is being written.
    is_telling: bool,
    /// What is done once a request is repeated.
    wish: Option<Wish>,
}

/// Knows what holds up a run. Waits between repetitions.
#[derive(Clone, Default)]
pub(crate) struct Holdups(Arc<Mutex<State>>);

impl Holdups {
    /// Does something if the run is held up, or else as soon as a request has to be repeated. A run that makes headway
    /// is let be.
    pub(super) fn when_held_up(&self, wish: impl FnOnce() + Send + 'static) {
        let mut state = self.lock();
        if state.is_repeating || state.is_telling {
            drop(state);
            wish();
        } else {
            state.wish = Some(Box::new(wish));
        }
    }

    /// A load is done.
    pub(super) fn note_headway(&self) {
        self.lock().is_repeating = false;
    }

    fn note_repetition(&self) {
        let mut state = self.lock();
        state.is_repeating = true;
        let wish = state.wish.take();
        drop(state);
        if let Some(wish) = wish {
            wish();
        }
    }

    /// `output`, watched.
    pub(super) fn watch(&self, output: impl Write + Send + 'static) -> Box<dyn Write + Send> {
        Box::new(Told {
            output,
            holdups: self.clone(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Holdups {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Holdups").finish_non_exhaustive()
    }
}

#[async_trait]
impl Sleep for Holdups {
    async fn sleep(&self, wait: Duration) {
        self.note_repetition();
        TokioSleep.sleep(wait).await;
    }
}

/// An output that may hold up whoever writes to it.
struct Told<W> {
    output: W,
    holdups: Holdups,
}

impl<W: Write> Write for Told<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.holdups.lock().is_telling = true;
        let written = self.output.write(bytes);
        self.holdups.lock().is_telling = false;
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn a_wish_waits_until_the_run_is_held_up() {
        let holdups = Holdups::default();
        let granted = Arc::new(AtomicUsize::new(0));
        let wish = || {
            let counted = granted.clone();
            holdups.when_held_up(move || {
                counted.fetch_add(1, Ordering::Relaxed);
            });
            granted.load(Ordering::Relaxed)
        };
        let granted = || granted.load(Ordering::Relaxed);
        assert_eq!(wish(), 0, "the run makes headway");
        holdups.note_headway();
        let _ = holdups.watch(io::sink()).write(b"a state");
        assert_eq!(granted(), 0);
        holdups.note_repetition();
        assert_eq!(granted(), 1, "remembered");
        assert_eq!(wish(), 2, "still held up");
        holdups.note_headway();
        assert_eq!(wish(), 2);
    }
}
