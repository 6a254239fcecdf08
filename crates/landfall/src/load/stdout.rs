//! Whether anybody can be told a STATE.

use std::sync::atomic::{AtomicBool, Ordering};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, fcntl_getfd};

/// Why no STATE can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum StdoutProblem {
    #[error("stdout is closed, so no STATE could be told: leave it open, or send it to a file or /dev/null")]
    Closed,
    #[error("nobody reads stdout any more, so no STATE could be told: check the program after the |")]
    Broken,
}

static WAS_CLOSED: AtomicBool = AtomicBool::new(false);

/// Runs before Rust's own start-up, which puts `/dev/null` in the place of a closed stdout: afterwards the two can't
/// be told apart, and states would be lost without a word.
extern "C" fn look_at_stdout() {
    let is_closed = fcntl_getfd(rustix::stdio::stdout()) == Err(Errno::BADF);
    WAS_CLOSED.store(is_closed, Ordering::Relaxed);
}

#[used]
#[expect(
    unsafe_code,
    reason = "the section holds pointers to functions of this type; they are called once, before main, on the only thread"
)]
#[cfg_attr(target_os = "linux", unsafe(link_section = ".init_array"))]
#[cfg_attr(target_os = "macos", unsafe(link_section = "__DATA,__mod_init_func"))]
static AT_START: extern "C" fn() = look_at_stdout;

/// Whether a line written to stdout would reach somebody.
///
/// # Errors
/// [`StdoutProblem`] if stdout was closed at the start, or is a pipe that nobody reads.
pub(super) fn check() -> Result<(), StdoutProblem> {
    if WAS_CLOSED.load(Ordering::Relaxed) {
        return Err(StdoutProblem::Closed);
    }
    let stdout = std::io::stdout();
    let mut asked = [PollFd::new(&stdout, PollFlags::empty())];
    let at_once = Timespec::default();
    // What can't be asked is found out by the first STATE.
    let is_broken = poll(&mut asked, Some(&at_once)).is_ok() && asked[0].revents().contains(PollFlags::ERR);
    if is_broken {
        Err(StdoutProblem::Broken)
    } else {
        Ok(())
    }
}
