//! Log lines: `LEVEL message` on stderr (singer.md §8).

use std::fmt;
use std::sync::{Mutex, OnceLock, PoisonError};

use indicatif::ProgressBar;
use landfall_core::visible::visible;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use crate::out;

/// A progress line on the terminal, around which log lines are written.
static PROGRESS: OnceLock<ProgressBar> = OnceLock::new();

/// Which lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LogLevel(Level);

impl LogLevel {
    /// The level of the options, or else of the environment (`TARGET_LANDFALL_LOGLEVEL`, `LOGLEVEL`), or else INFO.
    #[expect(clippy::disallowed_methods, reason = "the binary reads the environment")]
    pub(crate) fn choose(verbose: bool, quiet: bool) -> Self {
        if verbose {
            return Self(Level::DEBUG);
        }
        if quiet {
            return Self(Level::WARN);
        }
        let named = ["TARGET_LANDFALL_LOGLEVEL", "LOGLEVEL"]
            .into_iter()
            .find_map(|name| std::env::var(name).ok());
        Self(match named.unwrap_or_default().to_ascii_lowercase().as_str() {
            "debug" => Level::DEBUG,
            "warning" | "warn" => Level::WARN,
            "error" | "critical" => Level::ERROR,
            _ => Level::INFO,
        })
    }

    pub(crate) fn shows_info(self) -> bool {
        self.0 >= Level::INFO
    }
}

/// What stands on the terminal's last line for now, to be written again after log lines.
static LIVE_LINE: Mutex<Option<String>> = Mutex::new(None);

/// Writes log lines above this text, which stands on the last line of stdout, until it is `None`.
pub(crate) fn keep_below(line: Option<String>) {
    *LIVE_LINE.lock().unwrap_or_else(PoisonError::into_inner) = line;
}

/// Starts writing log lines. Only Landfall's own: libraries may put more into theirs than is fit to be read.
pub(crate) fn start(level: LogLevel) {
    // A second start, as in tests, changes nothing.
    let _ = tracing_subscriber::registry().with(Lines(level.0)).try_init();
}

/// Writes log lines above this progress line from now on.
pub(crate) fn show_progress(progress: ProgressBar) {
    let _ = PROGRESS.set(progress);
}

/// Writes the last line of a run that failed.
pub(crate) fn critical(reason: &dyn fmt::Display) {
    if let Some(progress) = PROGRESS.get() {
        progress.finish_and_clear();
    }
    write_line("CRITICAL", &reason.to_string());
}

/// An error with its causes, each once: some errors tell theirs themselves.
pub(crate) struct Chain<'e>(pub(crate) &'e anyhow::Error);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut told = self.0.to_string();
        for cause in self.0.chain().skip(1).map(ToString::to_string) {
            if !told.ends_with(&cause) {
                told.push_str(": ");
                told.push_str(&cause);
            }
        }
        out.write_str(&told)
    }
}

/// Input that is no JSON is quoted in the log, and must neither break its lines nor move a terminal's cursor.
fn fit_for_a_line(message: &str) -> String {
    visible(&message.replace(['\n', '\r'], " ")).into_owned()
}

fn write_line(level: &str, message: &str) {
    let line = fit_for_a_line(message);
    let write = || {
        // Nobody is left to tell when stderr is closed.
        let _ = out::to_stderr(&format!("{level} {line}\n"));
    };
    match PROGRESS.get() {
        Some(progress) => progress.suspend(write),
        None => above_live_line(write),
    }
}

fn above_live_line(write: impl FnOnce()) {
    let live = LIVE_LINE.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(line) = live.as_deref() else {
        return write();
    };
    // A terminal that went away needs neither.
    let _ = out::to_stdout("\r\x1b[2K");
    write();
    let _ = out::to_stdout(line);
}

struct Lines(Level);

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let level = *event.metadata().level();
        if level > self.0 || !event.metadata().target().starts_with("landfall") {
            return;
        }
        let mut text = Text::default();
        event.record(&mut text);
        let name = match level {
            Level::ERROR => "ERROR",
            Level::WARN => "WARNING",
            Level::INFO => "INFO",
            _ => "DEBUG",
        };
        write_line(name, &text.0);
    }
}

/// The message of an event, then its fields.
#[derive(Default)]
struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        use fmt::Write;
        // Writing to a String can't fail.
        let _ = if field.name() == "message" {
            self.0.insert_str(0, &format!("{value:?}"));
            Ok(())
        } else {
            write!(self.0, " {}={value:?}", field.name())
        };
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        use fmt::Write;
        let _ = write!(self.0, " {}={value}", field.name());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_input_can_not_break_lines_or_steer_a_terminal() {
        assert_eq!(
            fit_for_a_line("é\t{\u{1b}[31m\0\u{9b}2J\u{202e}\r\n}"),
            "é\t{⟨U+001B⟩[31m⟨U+0000⟩⟨U+009B⟩2J⟨U+202E⟩  }"
        );
    }

    #[test]
    fn causes_are_told_once() {
        let cause = std::io::Error::other("disk on fire");
        let error = anyhow::Error::new(cause)
            .context("writing x: disk on fire")
            .context("demo");
        assert_eq!(Chain(&error).to_string(), "demo: writing x: disk on fire");
    }
}
