//! Secrets that were just made, on their way from the form that made them to the page that shows them once.
//!
//! The form redirects, so that loading the page again shows what has become of it, and makes no second secret.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use landfall_catalog::Digest;
use secrecy::{ExposeSecret, SecretString};

/// The most secrets on their way; the oldest go first.
const MOST: usize = 200;

/// A secret of a session, for the page at a path.
struct Kept {
    session: Digest,
    path: String,
    secret: SecretString,
}

/// In memory alone.
#[derive(Default)]
pub(crate) struct Once(Mutex<Vec<Kept>>);

impl fmt::Debug for Once {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Once").finish_non_exhaustive()
    }
}

impl Once {
    /// Keeps a secret for the page at `path`, in the place of one that was never shown there.
    pub(crate) fn keep(&self, session: Digest, path: &str, secret: SecretString) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|one| one.session != session || one.path != path);
        if kept.len() >= MOST {
            kept.remove(0);
        }
        kept.push(Kept {
            session,
            path: path.to_owned(),
            secret,
        });
    }

    /// The secret, the one time that it is asked for.
    pub(crate) fn take(&self, session: &Digest, path: &str) -> Option<String> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept
            .iter()
            .position(|one| one.session == *session && one.path == path)?;
        Some(kept.remove(at).secret.expose_secret().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_shown_once_and_to_its_session_alone() {
        let once = Once::default();
        let (mine, other) = (Digest::of("a"), Digest::of("b"));
        once.keep(mine, "/x", "old".into());
        once.keep(mine, "/x", "new".into());
        assert_eq!(once.take(&other, "/x"), None);
        assert_eq!(once.take(&mine, "/y"), None);
        assert_eq!(once.take(&mine, "/x").as_deref(), Some("new"));
        assert_eq!(once.take(&mine, "/x"), None);
    }

    #[test]
    fn there_is_an_end_to_what_is_kept() {
        let once = Once::default();
        let mine = Digest::of("a");
        for page in 0..=MOST {
            once.keep(mine, &format!("/{page}"), "x".into());
        }
        assert_eq!(once.take(&mine, "/0"), None);
        assert!(once.take(&mine, "/1").is_some());
    }
}
