//! Whether there is somebody at the ends of stdin and stdout.

use std::sync::atomic::{AtomicBool, Ordering};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, fcntl_getfd};

/// Why nothing can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "stdin is closed, so there is nothing to load: pipe a tap into landfall load, or name a file with --input"
)]
pub(super) struct StdinClosed;

/// Why no STATE can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum StdoutProblem {
    #[error("stdout is closed, so no STATE could be told: leave it open, or send it to a file or /dev/null")]
    Closed,
    #[error("nobody reads stdout any more, so no STATE could be told: check the program after the |")]
    Broken,
}

static STDIN_WAS_CLOSED: AtomicBool = AtomicBool::new(false);
static STDOUT_WAS_CLOSED: AtomicBool = AtomicBool::new(false);

/// Runs before Rust's own start-up, which puts `/dev/null` in the place of what is closed: afterwards the two can't be
/// told apart, and an input would seem to be empty, and states would be lost, without a word.
extern "C" fn look_at_descriptors() {
    let is_closed = |file| fcntl_getfd(file) == Err(Errno::BADF);
    STDIN_WAS_CLOSED.store(is_closed(rustix::stdio::stdin()), Ordering::Relaxed);
    STDOUT_WAS_CLOSED.store(is_closed(rustix::stdio::stdout()), Ordering::Relaxed);
}

#[used]
#[expect(
    unsafe_code,
    reason = "the section holds pointers to functions of this type; they are called once, before main, on the only thread"
)]
#[cfg_attr(target_os = "linux", unsafe(link_section = ".init_array"))]
#[cfg_attr(target_os = "macos", unsafe(link_section = "__DATA,__mod_init_func"))]
static AT_START: extern "C" fn() = look_at_descriptors;

/// Whether stdin leads anywhere.
///
/// # Errors
/// [`StdinClosed`] if it was closed at the start.
pub(super) fn check_stdin() -> Result<(), StdinClosed> {
    if STDIN_WAS_CLOSED.load(Ordering::Relaxed) {
        return Err(StdinClosed);
    }
    Ok(())
}

/// Whether a line written to stdout would reach somebody.
///
/// # Errors
/// [`StdoutProblem`] if stdout was closed at the start, or is a pipe that nobody reads.
pub(super) fn check_stdout() -> Result<(), StdoutProblem> {
    if STDOUT_WAS_CLOSED.load(Ordering::Relaxed) {
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
