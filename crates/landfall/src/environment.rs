//! Variables of the environment.

/// A variable that is set to something.
#[expect(clippy::disallowed_methods, reason = "the binary reads the environment")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
