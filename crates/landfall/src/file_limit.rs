//! Limits on the size of files (`ulimit -f`).

use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};

/// From now on a write beyond the limit fails with an error that says so, and is told like any other. By default the
/// system ends the process by SIGXFSZ, without a word.
pub(crate) fn fail_instead_of_dying(runtime: &Runtime) {
    let _guard = runtime.enter();
    // Once watched, the signal has no effect of its own as long as the process lives, even if nobody listens. Where it
    // can't be watched the default applies.
    let _ = signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw()));
}
