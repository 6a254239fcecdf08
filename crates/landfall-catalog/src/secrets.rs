//! Secrets at rest: digests of what is only compared, AES-256-GCM for what Landfall must use itself (operations.md §11).
//!
//! A sealed value is `01`, a nonce of 12 bytes, the ciphertext and its tag of 16 bytes. It is bound to its place in the
//! store, so that it can't be moved to another row.

use std::fmt;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use secrecy::{ExposeSecret, SecretBox};

use crate::error::StoreError;

/// Where random bytes come from.
pub trait Entropy: fmt::Debug + Send + Sync {
    /// Fills `bytes` with bytes that nobody can foresee.
    fn fill(&self, bytes: &mut [u8]);
}

/// The key that secrets are encrypted with, 32 random bytes.
#[derive(Debug)]
pub struct SecretKey(SecretBox<[u8; 32]>);

impl SecretKey {
    /// The key of those bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(SecretBox::new(Box::new(bytes)))
    }
}

/// SHA-256 of a token or key: all that is stored of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of a token's text.
    #[must_use]
    pub fn of(token: &str) -> Self {
        let digest = ring::digest::digest(&ring::digest::SHA256, token.as_bytes());
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest.as_ref());
        Self(bytes)
    }

    /// The digest of those bytes, made elsewhere.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Digest(…)")
    }
}

const FORM: u8 = 1;
/// A key is good for 2³² random nonces; secrets are written by hand.
pub(crate) struct Vault {
    key: LessSafeKey,
    entropy: Box<dyn Entropy>,
}

impl fmt::Debug for Vault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Vault(…)")
    }
}

impl Vault {
    pub(crate) fn new(key: &SecretKey, entropy: Box<dyn Entropy>) -> Self {
        let key = UnboundKey::new(&AES_256_GCM, key.0.expose_secret()).expect("AES-256 takes 32 bytes");
        Self {
            key: LessSafeKey::new(key),
            entropy,
        }
    }

    /// Encrypts `plain` for `place`.
    pub(crate) fn seal(&self, place: &str, plain: &[u8]) -> Vec<u8> {
        let mut nonce = [0; NONCE_LEN];
        self.entropy.fill(&mut nonce);
        let mut body = plain.to_vec();
        self.key
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(place.as_bytes()),
                &mut body,
            )
            .expect("secrets are shorter than AES-GCM's limit");
        let mut sealed = Vec::with_capacity(1 + NONCE_LEN + body.len());
        sealed.push(FORM);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&body);
        sealed
    }

    /// Decrypts what was sealed for `place`; `None` if it wasn't, or with another key.
    fn try_open(&self, place: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (&[FORM], rest) = sealed.split_first_chunk::<1>()? else {
            return None;
        };
        let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>()?;
        let mut body = body.to_vec();
        let plain = self.key.open_in_place(
            Nonce::assume_unique_for_key(*nonce),
            Aad::from(place.as_bytes()),
            &mut body,
        );
        plain.ok().map(|plain| plain.to_vec())
    }

    /// Decrypts text. The key has been found right when the store was opened, so a failure is damage.
    pub(crate) fn open_text(&self, place: &str, sealed: &[u8]) -> Result<String, StoreError> {
        let plain = self
            .try_open(place, sealed)
            .ok_or_else(|| StoreError::damaged(format!("{place} can't be decrypted")))?;
        String::from_utf8(plain).map_err(|_| StoreError::damaged(format!("{place} is not text")))
    }

    pub(crate) fn is_key_of(&self, key_check: &[u8]) -> bool {
        self.try_open(KEY_CHECK, key_check).is_some()
    }

    pub(crate) fn key_check(&self) -> Vec<u8> {
        self.seal(KEY_CHECK, b"landfall")
    }
}

const KEY_CHECK: &str = "instance/key_check";
