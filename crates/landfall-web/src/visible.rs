//! Characters that can't be seen, made visible in whole pages: every name is covered, wherever it stands.
//!
//! No text of the pages has such a character itself. What forms send back stays as it is: saving a form must not change
//! a name into its visible form.

use std::borrow::Cow;

use landfall_core::visible::visible;

/// What forms send: where it begins, and what ends it. Names can't imitate either, since their quotes and angle
/// brackets are escaped.
const SENT: [(&str, &str); 2] = [(" value=\"", "\""), ("<textarea ", "</textarea>")];

/// The page with each hidden character as `⟨U+202E⟩`, but for the values of its forms.
pub(crate) fn visible_page(html: &str) -> Cow<'_, str> {
    if matches!(visible(html), Cow::Borrowed(_)) {
        return html.into();
    }
    let mut shown = String::with_capacity(html.len() + 16);
    let mut rest = html;
    while let Some((before, value, after)) = next_value(rest) {
        shown.push_str(&visible(before));
        shown.push_str(value);
        rest = after;
    }
    shown.push_str(&visible(rest));
    shown.into()
}

/// What comes before the next value, the value with what it stands in, and what comes after it.
fn next_value(html: &str) -> Option<(&str, &str, &str)> {
    let found = SENT.iter().filter_map(|(begin, end)| {
        let at = html.find(begin)?;
        let inside = at + begin.len();
        let length = html[inside..].find(end)?;
        Some((at, inside + length + end.len()))
    });
    let (from, to) = found.min()?;
    Some((&html[..from], &html[from..to], &html[to..]))
}

#[cfg(test)]
mod tests {
    use super::visible_page;

    #[test]
    fn what_hides_is_shown_but_in_the_values_of_forms() {
        let cases = [
            ("<p>a\u{202e}b</p>", "<p>a⟨U+202E⟩b</p>"),
            (
                "<h1>\u{200b}</h1><input value=\"\u{200b}\" title=\"\u{200b}\">\u{200b}",
                "<h1>⟨U+200B⟩</h1><input value=\"\u{200b}\" title=\"⟨U+200B⟩\">⟨U+200B⟩",
            ),
            (
                "\u{200b}<textarea name=\"a\">\u{200b}</textarea>\u{200b}",
                "⟨U+200B⟩<textarea name=\"a\">\u{200b}</textarea>⟨U+200B⟩",
            ),
            (
                "<p>value=&#34;\u{200b}&#34;</p>",
                "<p>value=&#34;⟨U+200B⟩&#34;</p>",
            ),
        ];
        for (page, shown) in cases {
            assert_eq!(visible_page(page), shown);
        }
    }
}
