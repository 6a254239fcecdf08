//! What commands print on stdout.
//!
//! Names in it were given by others: `say!` and `say_json!` show characters that would steer the terminal, or hide.

use std::fmt;
use std::io::{self, Write};

use landfall_core::visible::{visible, visible_json};

use crate::descriptor::Patient;

/// Prints a line, as `println!` does, but for a reader that went away, and with every character visible.
macro_rules! say {
    ($($text:tt)*) => {
        $crate::out::line(&std::fmt::format(format_args!($($text)*)))
    };
}

/// Prints JSON for programs, with the same values and every character visible.
macro_rules! say_json {
    ($json:expr) => {
        $crate::out::json(&$json.to_string())
    };
}

/// Prints a line on stderr, with every character visible.
pub(crate) fn complain(text: &str) {
    // Nobody is left to tell when stderr is closed.
    let _ = to_stderr(&format!("{}\n", visible(text)));
}

/// What `say!` does.
pub(crate) fn line(text: &str) {
    write(format_args!("{}\n", visible(text)));
}

/// What `say_json!` does.
pub(crate) fn json(text: &str) {
    write(format_args!("{}\n", visible_json(text)));
}

/// Prints text as it is. If nobody reads it any more (`landfall … | head -1`), there is nothing left to do: the process
/// ends.
pub(crate) fn write(text: fmt::Arguments<'_>) {
    if to_stdout(&text.to_string()).is_err() {
        std::process::exit(1);
    }
}

/// Writes text in one piece, as far as the system does. It shows at once.
///
/// # Errors
/// If nobody reads stdout any more, or the file that it leads to can't be written.
pub(crate) fn to_stdout(text: &str) -> io::Result<()> {
    Patient(io::stdout().lock()).write_all(text.as_bytes())
}

/// As [`to_stdout`].
///
/// # Errors
/// If nobody reads stderr any more, or the file that it leads to can't be written.
pub(crate) fn to_stderr(text: &str) -> io::Result<()> {
    Patient(io::stderr().lock()).write_all(text.as_bytes())
}
