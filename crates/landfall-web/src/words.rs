//! Texts of the management API, as pages put them.

/// A message as a sentence: it begins with a capital, and ends with a full stop.
pub(crate) fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    let dot = if message.ends_with(['.', '!', '?']) {
        ""
    } else {
        "."
    };
    format!("{}{}{dot}", first.unwrap_or_default(), letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::sentence;

    #[test]
    fn messages_become_sentences() {
        assert_eq!(sentence("non-unique name (x)"), "Non-unique name (x).");
        assert_eq!(sentence("The name is taken."), "The name is taken.");
        assert_eq!(sentence("ärger"), "Ärger.");
    }
}
