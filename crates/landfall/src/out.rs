//! What commands print on stdout.

use std::fmt;
use std::io::Write;

/// Prints a line, as `println!` does, but for a reader that went away.
macro_rules! say {
    ($($text:tt)*) => {
        $crate::out::write(format_args!("{}\n", format_args!($($text)*)))
    };
}

/// Prints text. If nobody reads it any more (`landfall … | head -1`), there is nothing left to do: the process ends.
pub(crate) fn write(text: fmt::Arguments<'_>) {
    if std::io::stdout().write_fmt(text).is_err() {
        std::process::exit(1);
    }
}
