//! Regular expressions of schemas.

/// Backtracking steps one match may take.
pub(super) const MAX_BACKTRACKS: u32 = 10_000;

/// Bytes a text may have to be matched with backtracking: each step may look at all of it.
const MAX_BACKTRACKED_BYTES: usize = 4096;

/// Bytes a pattern may have; the engines bound nesting and the size of what they compile.
const MAX_PATTERN_BYTES: usize = 10_000;

/// A pattern that was understood; it matches anywhere in a text.
#[derive(Debug)]
pub(super) struct Pattern {
    pub(super) text: String,
    engine: Engine,
}

#[derive(Debug)]
enum Engine {
    /// Time grows with the length of the text alone.
    Linear(regex::Regex),
    /// For look-around and back-references, which the other does not know.
    Backtracking(fancy_regex::Regex),
}

impl Pattern {
    /// Understands `text`, as ECMAScript and Python would. In their character classes `[` stands for itself; the
    /// engines take it for a class inside the class, so it is escaped.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_PATTERN_BYTES {
            return None;
        }
        let pattern = escape_inside_classes(text);
        let backtracking = || {
            let mut builder = fancy_regex::RegexBuilder::new(&pattern);
            builder
                .backtrack_limit(MAX_BACKTRACKS as usize)
                .build()
                .map(Engine::Backtracking)
                .ok()
        };
        let linear = regex::Regex::new(&pattern).map(Engine::Linear).ok();
        Some(Self {
            text: text.to_owned(),
            engine: linear.or_else(backtracking)?,
        })
    }

    /// Whether `subject` contains a match; `None` if that could not be found out within bounds.
    pub(super) fn matches(&self, subject: &str) -> Option<bool> {
        match &self.engine {
            Engine::Linear(regex) => Some(regex.is_match(subject)),
            Engine::Backtracking(_) if subject.len() > MAX_BACKTRACKED_BYTES => None,
            Engine::Backtracking(regex) => regex.is_match(subject).ok(),
        }
    }
}

fn escape_inside_classes(pattern: &str) -> String {
    let mut escaped = String::with_capacity(pattern.len());
    let mut is_in_class = false;
    let mut chars = pattern.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\\' => {
                escaped.push(char);
                escaped.extend(chars.next());
                continue;
            }
            '[' if !is_in_class => {
                is_in_class = true;
                escaped.push(char);
                // `]` in first place stands for itself, as in Python.
                escaped.extend(chars.next_if_eq(&'^'));
                if chars.next_if_eq(&']').is_some() {
                    escaped.push_str("\\]");
                }
                continue;
            }
            ']' => is_in_class = false,
            // `[` opens a class; `&&` and `~~` are set operations of the engine alone.
            '[' | '&' | '~' if is_in_class => escaped.push('\\'),
            _ => {}
        }
        escaped.push(char);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_what_ecmascript_and_python_mean() {
        let cases = [
            ("^[a-z]+$", "abc", true),
            ("b", "abc", true),
            ("^(?!x)a", "ab", true),
            (r"^[\w.+-]+@[[\]a-z.]+$", "a@[b]", true),
            ("^[a&&b]+$", "a&b", true),
            ("^[^]x]$", "y", true),
            (r"^\d{4}-\d{2}$", "2020-01", true),
            (r"^\/a\-b\_c$", "/a-b_c", true),
            ("^\\u0041$", "A", true),
            (r"(a)\1", "aa", true),
            (r"^(?=.*\d).+$", "abc", false),
        ];
        for (pattern, subject, expected) in cases {
            let compiled = Pattern::parse(pattern).unwrap_or_else(|| panic!("{pattern} is refused"));
            assert_eq!(
                compiled.matches(subject),
                Some(expected),
                "{pattern} in {subject}"
            );
        }
    }

    #[test]
    fn hostile_patterns_neither_hang_nor_overflow() {
        let hostile = [
            "(".repeat(9_000),
            "(?:".repeat(3_000),
            "[".repeat(9_000),
            "(?=".repeat(3_000),
            "*".to_owned(),
        ];
        for pattern in hostile {
            assert!(Pattern::parse(&pattern).is_none(), "{}", &pattern[..1]);
        }
        let nested = Pattern::parse(&format!("{}{}", "(".repeat(20), ")".repeat(20)));
        assert!(nested.is_some());
        let exploding = Pattern::parse(r"^(?=(a+)+$)(a+)+\1$").expect("the pattern is fine");
        assert_ne!(exploding.matches(&format!("{}b", "a".repeat(4_000))), Some(true));
    }
}
