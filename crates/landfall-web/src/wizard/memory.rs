//! What the wizard remembers of each session: input that is not stored yet, and challenge names on the screen.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use landfall_catalog::Digest;
use secrecy::{ExposeSecret, SecretString};

use super::draft::Draft;
use super::settings::place_of;
use super::stored::Stored;
use crate::frame::Page;
use crate::state::WebState;

/// The most drafts and names; the oldest go first.
const MOST: usize = 200;

/// Whose draft: a session's, of a new destination or of one that exists.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) session: Digest,
    pub(crate) id: Option<u32>,
}

/// In memory alone: challenge names and credentials are written nowhere in clear.
#[derive(Default)]
pub(crate) struct Memory {
    drafts: Mutex<Vec<(Place, Draft)>>,
    names: Mutex<Vec<(Place, SecretString)>>,
}

impl fmt::Debug for Memory {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Memory").finish_non_exhaustive()
    }
}

impl Memory {
    /// What was typed, if anything.
    pub(crate) fn draft(&self, place: Place) -> Option<Draft> {
        let drafts = lock(&self.drafts);
        let found = drafts.iter().find(|(known, _)| *known == place);
        found.map(|(_, draft)| draft.clone())
    }

    /// What was sent, with credentials that were sent before and are not sent back.
    pub(crate) fn with_kept_credentials(&self, place: Place, sent: Draft) -> Draft {
        let mut draft = self.draft(place).unwrap_or_default();
        draft.s3_key_format_string.clone_from(&sent.s3_key_format_string);
        draft.take_settings(sent);
        draft
    }

    pub(crate) fn keep_draft(&self, place: Place, draft: Draft) {
        put(&mut lock(&self.drafts), place, draft);
    }

    pub(crate) fn drop_draft(&self, place: Place) {
        lock(&self.drafts).retain(|(known, _)| *known != place);
    }

    /// A name that was just made: to be shown to this session alone, until it leaves the screen.
    pub(crate) fn keep_name(&self, place: Place, name: SecretString) {
        put(&mut lock(&self.names), place, name);
    }

    /// The name on the screen of this session, if it has one.
    pub(crate) fn name(&self, place: Place) -> Option<String> {
        let names = lock(&self.names);
        let found = names.iter().find(|(known, _)| *known == place);
        found.map(|(_, name)| name.expose_secret().to_owned())
    }

    /// The name is never shown again.
    pub(crate) fn forget_name(&self, id: u32) {
        lock(&self.names).retain(|(known, _)| known.id != Some(id));
    }

    /// A session asks for a page: names that stand on other screens are left.
    pub(crate) fn leave(&self, session: &Digest, path: &str) {
        lock(&self.names).retain(|(place, _)| place.session != *session || stays(place.id, path));
        if matches!(path, "/sign-out" | "/account/sign-out-everywhere") {
            lock(&self.drafts).retain(|(place, _)| place.session != *session);
        }
    }
}

/// Keeps the name that a change has made, if it has made one, for the session's screen 4.
pub(crate) fn keep_name(state: &WebState, page: &Page, stored: &mut Stored) -> bool {
    let Some(name) = stored.generated_sentinel_key.take() else {
        return false;
    };
    let place = place_of(page, Some(stored.id));
    state.wizard.forget_name(stored.id);
    state.wizard.keep_name(place, name.into());
    true
}

/// Whether what is asked for is part of the screen that shows the name of `id`.
fn stays(id: Option<u32>, path: &str) -> bool {
    let rest = id.and_then(|id| path.strip_prefix(&format!("/destinations/{id}/setup/")));
    let is_of_screen = matches!(rest, Some("verify" | "check" | "progress" | "challenge"));
    is_of_screen || path == "/theme" || path.starts_with("/assets/")
}

fn lock<T>(list: &Mutex<T>) -> MutexGuard<'_, T> {
    list.lock().unwrap_or_else(PoisonError::into_inner)
}

fn put<T>(list: &mut Vec<(Place, T)>, place: Place, value: T) {
    list.retain(|(known, _)| *known != place);
    if list.len() >= MOST {
        list.remove(0);
    }
    list.push((place, value));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(session: &str, id: u32) -> Place {
        Place {
            session: Digest::of(session),
            id: Some(id),
        }
    }

    #[test]
    fn a_name_is_gone_as_soon_as_its_session_leaves_the_screen() {
        let cases = [
            ("/destinations/7/setup/verify", true),
            ("/destinations/7/setup/check", true),
            ("/destinations/7/setup/progress", true),
            ("/assets/landfall.css", true),
            ("/theme", true),
            ("/destinations/7/setup/key", false),
            ("/destinations/7/setup/done", false),
            ("/destinations/8/setup/verify", false),
            ("/destinations/7", false),
            ("/", false),
        ];
        for (path, stays) in cases {
            let memory = Memory::default();
            memory.keep_name(place("a", 7), "name of a".into());
            memory.keep_name(place("b", 7), "name of b".into());
            memory.leave(&Digest::of("a"), path);
            assert_eq!(memory.name(place("a", 7)).is_some(), stays, "{path}");
            assert!(
                memory.name(place("b", 7)).is_some(),
                "{path}: another session stays"
            );
        }
    }

    #[test]
    fn whoever_signs_out_leaves_no_draft() {
        let memory = Memory::default();
        memory.keep_draft(place("a", 7), Draft::default());
        memory.keep_draft(place("b", 7), Draft::default());
        memory.leave(&Digest::of("a"), "/destinations");
        assert!(memory.draft(place("a", 7)).is_some());
        memory.leave(&Digest::of("a"), "/sign-out");
        assert!(memory.draft(place("a", 7)).is_none());
        assert!(memory.draft(place("b", 7)).is_some());
    }

    #[test]
    fn there_is_an_end_to_what_is_kept() {
        let memory = Memory::default();
        for id in 0..=u32::try_from(MOST).unwrap() {
            memory.keep_draft(place("a", id), Draft::default());
        }
        assert!(memory.draft(place("a", 0)).is_none());
        assert!(memory.draft(place("a", 1)).is_some());
    }
}
