//! Characters that can't be seen, made visible.
//!
//! Tables, integrations and people are named by others, and a character such as U+202E (right-to-left override) turns
//! the text around it about, one of no width makes two names look like one, and a control character steers the
//! terminal that shows it. Pages, commands and logs show them as `⟨U+202E⟩`; what is stored and sent keeps them.

use std::borrow::Cow;
use std::fmt::Write;

/// Whether a character has no look of its own, and changes how others look or hides among them. U+200C and U+200D,
/// which join letters and emoji, are not among them, nor are line breaks and tabs.
#[must_use]
pub fn is_hidden(letter: char) -> bool {
    let turns_text = matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}');
    let has_no_width = matches!(letter, '\u{ad}' | '\u{180e}' | '\u{200b}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2065}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}');
    let is_control = letter.is_control() && !matches!(letter, '\n' | '\r' | '\t');
    turns_text || has_no_width || is_control
}

/// The text with each hidden character as `⟨U+202E⟩`. Line breaks and tabs stay.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    replaced(text, is_hidden, |shown, letter| {
        write!(shown, "⟨U+{:04X}⟩", u32::from(letter))
    })
}

/// As [`visible`], for a text that has to stay on its line: line breaks are shown too.
#[must_use]
pub fn visible_line(text: &str) -> Cow<'_, str> {
    let breaks = |letter| is_hidden(letter) || matches!(letter, '\n' | '\r');
    replaced(text, breaks, |shown, letter| {
        write!(shown, "⟨U+{:04X}⟩", u32::from(letter))
    })
}

/// The same JSON with hidden characters as `\u202e`. They stand in its strings alone, so every reader reads the same
/// values.
#[must_use]
pub fn visible_json(json: &str) -> Cow<'_, str> {
    // All of them are of the basic plane: one escape each.
    replaced(json, is_hidden, |shown, letter| {
        write!(shown, "\\u{:04x}", u32::from(letter))
    })
}

fn replaced(
    text: &str,
    is_meant: impl Fn(char) -> bool,
    write: impl Fn(&mut String, char) -> std::fmt::Result,
) -> Cow<'_, str> {
    if !text.chars().any(&is_meant) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        if is_meant(letter) {
            let _ = write(&mut shown, letter); // a String takes everything
        } else {
            shown.push(letter);
        }
    }
    shown.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hides_is_shown_and_all_else_stays() {
        let cases = [
            ("orders", "orders"),
            ("a\u{202e}fdp.exe", "a⟨U+202E⟩fdp.exe"),
            ("pay\u{200b}pal", "pay⟨U+200B⟩pal"),
            ("\u{2066}x\u{2069}", "⟨U+2066⟩x⟨U+2069⟩"),
            ("a\0\u{7f}\u{85}b", "a⟨U+0000⟩⟨U+007F⟩⟨U+0085⟩b"),
            ("\u{1b}[2J", "⟨U+001B⟩[2J"),
            ("שלום", "שלום"),
            ("می\u{200c}خواهم 👩\u{200d}🚀", "می\u{200c}خواهم 👩\u{200d}🚀"),
            ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ];
        for (text, shown) in cases {
            assert_eq!(visible(text), shown, "{text:?}");
        }
        assert_eq!(visible_line("a\r\nb\u{202e}\tc"), "a⟨U+000D⟩⟨U+000A⟩b⟨U+202E⟩\tc");
    }

    #[test]
    fn json_is_read_as_before() {
        assert_eq!(
            visible_json("{\"a\": \"x\u{202e}\u{7f}y\"}"),
            r#"{"a": "x\u202e\u007fy"}"#
        );
        assert_eq!(visible_json(r#"{"a": "é"}"#), r#"{"a": "é"}"#);
    }
}
