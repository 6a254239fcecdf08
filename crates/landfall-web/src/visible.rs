//! Characters that can't be seen, made visible.
//!
//! Tables, integrations and people are named by others, and a character such as U+202E (right-to-left override) turns
//! the text around it about, while one of no width makes two names look like one. No text of the pages has such a
//! character itself, so they are replaced in whole pages: every name is covered, wherever it stands.

use std::borrow::Cow;
use std::fmt::Write;

/// Whether a character has no look of its own, and changes how others look or hides among them. U+200C and U+200D,
/// which join letters and emoji, are not among them.
fn is_hidden(letter: char) -> bool {
    let turns_text = matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}');
    let has_no_width = matches!(letter, '\u{ad}' | '\u{180e}' | '\u{200b}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2065}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}');
    let is_control = letter.is_control() && !matches!(letter, '\n' | '\r' | '\t');
    turns_text || has_no_width || is_control
}

/// The text with each such character as `⟨U+202E⟩`.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        if is_hidden(letter) {
            let _ = write!(shown, "⟨U+{:04X}⟩", u32::from(letter)); // a String takes everything
        } else {
            shown.push(letter);
        }
    }
    shown.into()
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn what_hides_is_shown_and_all_else_stays() {
        let cases = [
            ("orders", "orders"),
            ("a\u{202e}fdp.exe", "a⟨U+202E⟩fdp.exe"),
            ("pay\u{200b}pal", "pay⟨U+200B⟩pal"),
            ("\u{2066}x\u{2069}", "⟨U+2066⟩x⟨U+2069⟩"),
            ("a\0\u{7f}\u{85}b", "a⟨U+0000⟩⟨U+007F⟩⟨U+0085⟩b"),
            ("שלום", "שלום"),
            ("می\u{200c}خواهم 👩\u{200d}🚀", "می\u{200c}خواهم 👩\u{200d}🚀"),
            ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ];
        for (text, shown) in cases {
            assert_eq!(visible(text), shown, "{text:?}");
        }
    }
}
