//! Keys and tokens that are made here: shown once, kept as a digest (operations.md §11).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use landfall_catalog::{Digest, Entropy};
use secrecy::{ExposeSecret, SecretString};

/// 43 characters of URL-safe base64 (management-api.md §1.1).
const RANDOM_BYTES: usize = 32;

/// A key or token that nobody has seen yet.
#[derive(Debug)]
pub struct Minted {
    text: SecretString,
}

impl Minted {
    /// A key of the management API.
    #[must_use]
    pub fn access_key(entropy: &dyn Entropy) -> Self {
        Self::new("ac_", entropy)
    }

    /// An access token of an Import API source.
    #[must_use]
    pub fn import_token(entropy: &dyn Entropy) -> Self {
        Self::new("at_", entropy)
    }

    /// The secret part of a webhook's URL.
    #[must_use]
    pub fn url_token(entropy: &dyn Entropy) -> Self {
        Self::new("", entropy)
    }

    /// What requests to an event hook are signed with.
    #[must_use]
    pub fn hook_secret(entropy: &dyn Entropy) -> Self {
        Self::new("whsec_", entropy)
    }

    fn new(prefix: &str, entropy: &dyn Entropy) -> Self {
        let mut random = [0; RANDOM_BYTES];
        entropy.fill(&mut random);
        let text = format!("{prefix}{}", URL_SAFE_NO_PAD.encode(random));
        Self { text: text.into() }
    }

    /// The text, to be shown once.
    #[must_use]
    pub fn text(&self) -> &SecretString {
        &self.text
    }

    /// What is kept of it.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(self.text.expose_secret())
    }

    /// Its last four characters, which are shown later too.
    #[must_use]
    pub fn last4(&self) -> &str {
        let text = self.text.expose_secret();
        &text[text.len() - 4..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Always(u8);

    impl Entropy for Always {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    #[test]
    fn what_is_minted_has_its_prefix_and_43_characters() {
        let cases = [
            (Minted::access_key(&Always(0xff)), "ac_"),
            (Minted::import_token(&Always(0xff)), "at_"),
            (Minted::url_token(&Always(0xff)), ""),
        ];
        for (minted, prefix) in cases {
            let text = minted.text().expose_secret();
            assert_eq!(text, &format!("{prefix}{}8", "_".repeat(42)));
            assert_eq!(minted.last4(), "___8");
            assert_eq!(minted.digest(), Digest::of(text));
            assert!(!format!("{minted:?}").contains("____"));
        }
    }
}
