//! Passwords: their rules, and Argon2id.

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use landfall_catalog::Entropy;
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;
use tokio::sync::Semaphore;

const FEWEST_CHARS: usize = 12;
/// Longer ones would cost time to hash, and nobody remembers them.
const MOST_CHARS: usize = 256;
/// Hashes at the same time, of 19 MiB each.
const AT_ONCE: usize = 2;
/// Requests that may wait for that. More are told to come again.
const MOST_WAITING: usize = 32;

/// A password that may be given to a user. It is not printed.
#[derive(Debug)]
pub(crate) struct NewPassword(SecretString);

/// Why a password can't be used. The messages are shown beside the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum PasswordError {
    /// Too easy to guess.
    #[error("Passwords have at least {FEWEST_CHARS} characters")]
    TooShort,
    /// Nobody types that.
    #[error("Passwords have at most {MOST_CHARS} characters")]
    TooLong,
    /// It would be the first guess.
    #[error("The password must not be made of one character or of the user name alone")]
    TooPlain,
    /// A misprint in one of them.
    #[error("The two passwords are not the same")]
    Differs,
}

impl NewPassword {
    /// Takes a password that was typed twice for the user `name`.
    pub(crate) fn parse(
        name: &str,
        typed: &SecretString,
        again: &SecretString,
    ) -> Result<Self, PasswordError> {
        let text = typed.expose_secret();
        let chars = text.chars().count();
        if chars < FEWEST_CHARS {
            return Err(PasswordError::TooShort);
        }
        if chars > MOST_CHARS {
            return Err(PasswordError::TooLong);
        }
        let first = text.chars().next();
        let is_one_character = text.chars().all(|one| Some(one) == first);
        if is_one_character || text.to_lowercase().replace(&name.to_lowercase(), "").is_empty() {
            return Err(PasswordError::TooPlain);
        }
        if text != again.expose_secret() {
            return Err(PasswordError::Differs);
        }
        Ok(Self(typed.clone()))
    }
}

/// There is too much to do.
#[derive(Debug, Clone, Copy, Error)]
#[error("too many people sign in at once: try again in a moment")]
pub(crate) struct Busy;

/// Hashes passwords, a few at a time.
#[derive(Debug)]
pub(crate) struct Hasher {
    turns: Semaphore,
    queue: Semaphore,
    /// The hash of a password that nobody has. Unknown users are compared with it, so that they take as long.
    nobody: String,
}

/// What OWASP recommends for Argon2id: 19 MiB, two passes, one lane.
fn argon2() -> Argon2<'static> {
    let params = Params::new(19 * 1024, 2, 1, None).expect("the parameters are within Argon2's limits");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash(password: &str, salt: &[u8; 16]) -> String {
    let salt = SaltString::encode_b64(salt).expect("16 bytes are a salt");
    let hash = argon2().hash_password(password.as_bytes(), &salt);
    hash.expect("passwords are shorter than Argon2's limit")
        .to_string()
}

fn is_right(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| argon2().verify_password(password.as_bytes(), &hash).is_ok())
}

fn salt(entropy: &dyn Entropy) -> [u8; 16] {
    let mut salt = [0; 16];
    entropy.fill(&mut salt);
    salt
}

impl Hasher {
    pub(crate) fn new(entropy: &dyn Entropy) -> Self {
        let mut random = [0; 32];
        entropy.fill(&mut random);
        Self {
            turns: Semaphore::new(AT_ONCE),
            queue: Semaphore::new(MOST_WAITING),
            nobody: hash(&format!("{random:?}"), &salt(entropy)),
        }
    }

    /// The hash of a new password.
    pub(crate) async fn hash(&self, password: NewPassword, entropy: &dyn Entropy) -> Result<String, Busy> {
        let salt = salt(entropy);
        self.run(move || hash(password.0.expose_secret(), &salt)).await
    }

    /// Whether a password is the one of that hash. Without one it takes as long, and is wrong.
    pub(crate) async fn is_right(&self, password: SecretString, hash: Option<String>) -> Result<bool, Busy> {
        let (is_known, hash) = match hash {
            Some(hash) => (true, hash),
            None => (false, self.nobody.clone()),
        };
        self.run(move || is_right(password.expose_secret(), &hash) & is_known)
            .await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Busy> {
        let _place = self.queue.try_acquire().map_err(|_| Busy)?;
        let _turn = self.turns.acquire().await.map_err(|_| Busy)?;
        tokio::task::spawn_blocking(work).await.map_err(|_| Busy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, again: &str) -> Option<PasswordError> {
        NewPassword::parse("administrator", &text.into(), &again.into()).err()
    }

    #[test]
    fn passwords_are_long_and_not_the_first_guess() {
        let long = "ab".repeat(129);
        let cases = [
            ("eleven char", Some(PasswordError::TooShort)),
            (long.as_str(), Some(PasswordError::TooLong)),
            ("aaaaaaaaaaaaaa", Some(PasswordError::TooPlain)),
            ("Administrator", Some(PasswordError::TooPlain)),
            ("correct horse", None),
            ("пароль-пароль", None),
        ];
        for (text, refusal) in cases {
            assert_eq!(parse(text, text), refusal, "{text}");
        }
        assert_eq!(
            parse("correct horse", "correct hors"),
            Some(PasswordError::Differs)
        );
    }

    #[test]
    fn a_hash_knows_its_password_alone() {
        let hash = hash("correct horse", &[7; 16]);
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(is_right("correct horse", &hash));
        assert!(!is_right("correct horsf", &hash));
        assert!(!is_right("correct horse", "damaged"));
    }
}
