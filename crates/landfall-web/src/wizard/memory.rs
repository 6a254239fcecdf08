//! What the wizard remembers of each session: input that is not stored yet, and challenge names on the screen.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use landfall_catalog::Digest;
use secrecy::{ExposeSecret, SecretString};

use super::draft::Draft;
use super::run::Run;
use super::stored::Stored;
use super::tabs::Revision;
use super::verify::Problems;
use crate::frame::Page;
use crate::state::WebState;

/// The most drafts, names and problems of all sessions, and of one; the oldest go first.
const MOST: usize = 200;
const MOST_OF_SESSION: usize = 20;

/// Whose draft: a session's, in a run of the wizard.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) session: Digest,
    pub(crate) run: Run,
}

/// Whose screen 4: a session's, of a destination.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spot {
    pub(crate) session: Digest,
    pub(crate) id: u32,
}

/// What has become of a run that was begun.
#[derive(Clone)]
pub(crate) enum Kept {
    /// Nothing is typed yet: what is stored holds, and may change meanwhile.
    Untouched,
    Typed(Box<Draft>, Revision),
    /// It has become a destination.
    Stored(u32),
}

/// What belongs to a session.
trait OfSession: PartialEq {
    fn session(&self) -> Digest;
}

impl OfSession for Place {
    fn session(&self) -> Digest {
        self.session
    }
}

impl OfSession for Spot {
    fn session(&self) -> Digest {
        self.session
    }
}

/// In memory alone: challenge names and credentials are written nowhere in clear.
#[derive(Default)]
pub(crate) struct Memory {
    drafts: Mutex<Vec<(Place, Kept)>>,
    /// How often any draft has changed.
    changes: AtomicU64,
    names: Mutex<Vec<(Spot, SecretString)>>,
    problems: Mutex<Vec<(Spot, Problems)>>,
}

impl fmt::Debug for Memory {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Memory").finish_non_exhaustive()
    }
}

impl Memory {
    /// What is known of a run; none if it was never begun, or long ago.
    pub(crate) fn kept(&self, place: Place) -> Option<Kept> {
        let drafts = lock(&self.drafts);
        let found = drafts.iter().find(|(known, _)| *known == place);
        found.map(|(_, kept)| kept.clone())
    }

    /// What was sent, with credentials that were sent before and are not sent back.
    pub(crate) fn with_kept_credentials(&self, place: Place, sent: Draft) -> Draft {
        let mut draft = match self.kept(place) {
            Some(Kept::Typed(draft, _)) => *draft,
            Some(Kept::Untouched | Kept::Stored(_)) | None => Draft::default(),
        };
        draft.s3_key_format_string.clone_from(&sent.s3_key_format_string);
        draft.take_settings(sent);
        draft
    }

    pub(crate) fn keep(&self, place: Place, kept: Kept) {
        put(&mut lock(&self.drafts), place, kept);
    }

    /// Keeps what was typed. What is the same as before is no change.
    pub(crate) fn keep_draft(&self, place: Place, draft: Draft) {
        let revision = match self.kept(place) {
            Some(Kept::Typed(known, revision)) if *known == draft => revision,
            Some(Kept::Typed(..) | Kept::Untouched | Kept::Stored(_)) | None => {
                Revision(1 + self.changes.fetch_add(1, Ordering::Relaxed))
            }
        };
        self.keep(place, Kept::Typed(Box::new(draft), revision));
    }

    /// The state of a draft, for the forms that are made of it.
    pub(crate) fn revision(&self, place: Place) -> Revision {
        match self.kept(place) {
            Some(Kept::Typed(_, revision)) => revision,
            Some(Kept::Untouched | Kept::Stored(_)) | None => Revision::default(),
        }
    }

    /// What was typed is stored: the run begins from there again.
    pub(crate) fn drop_draft(&self, place: Place) {
        self.keep(place, Kept::Untouched);
    }

    /// A name that was just made: to be shown to this session alone, until it leaves the screen.
    pub(crate) fn keep_name(&self, spot: Spot, name: SecretString) {
        put(&mut lock(&self.names), spot, name);
    }

    /// The name on the screen of this session, if it has one.
    pub(crate) fn name(&self, spot: Spot) -> Option<String> {
        let names = lock(&self.names);
        let found = names.iter().find(|(known, _)| *known == spot);
        found.map(|(_, name)| name.expose_secret().to_owned())
    }

    /// The name is never shown again.
    pub(crate) fn forget_name(&self, id: u32) {
        lock(&self.names).retain(|(known, _)| known.id != id);
    }

    /// What is wrong with a form of screen 4, for the next time that the session sees it.
    pub(super) fn keep_problems(&self, spot: Spot, problems: Problems) {
        put(&mut lock(&self.problems), spot, problems);
    }

    /// What was wrong with the form that led to screen 4, the one time that it is asked for.
    pub(super) fn take_problems(&self, spot: Spot) -> Option<Problems> {
        let mut all = lock(&self.problems);
        let at = all.iter().position(|(known, _)| *known == spot)?;
        Some(all.remove(at).1)
    }

    /// A session asks for a page: names that stand on other screens are left.
    pub(crate) fn leave(&self, session: &Digest, path: &str) {
        lock(&self.names).retain(|(spot, _)| spot.session != *session || stays(spot.id, path));
        if matches!(path, "/sign-out" | "/account/sign-out-everywhere") {
            lock(&self.drafts).retain(|(place, _)| place.session != *session);
            lock(&self.problems).retain(|(spot, _)| spot.session != *session);
        }
    }
}

/// The draft of a run of this session.
pub(crate) fn place_of(page: &Page, run: Run) -> Place {
    Place {
        session: page.signed_in.session,
        run,
    }
}

/// Screen 4 of a destination, as this session sees it.
pub(super) fn spot_of(page: &Page, id: u32) -> Spot {
    Spot {
        session: page.signed_in.session,
        id,
    }
}

/// Keeps the name that a change has made, if it has made one, for the session's screen 4.
pub(crate) fn keep_name(state: &WebState, page: &Page, stored: &mut Stored) -> bool {
    let Some(name) = stored.generated_sentinel_key.take() else {
        return false;
    };
    state.wizard.forget_name(stored.id);
    state.wizard.keep_name(spot_of(page, stored.id), name.into());
    true
}

/// Whether what is asked for is part of the screen that shows the name of `id`.
fn stays(id: u32, path: &str) -> bool {
    let rest = path.strip_prefix(&format!("/destinations/{id}/setup/"));
    let is_of_screen = matches!(rest, Some("verify" | "check" | "progress" | "challenge"));
    // Events are asked for by scripts, which can give them no header.
    is_of_screen || path == "/theme" || path.starts_with("/assets/") || path.starts_with("/live/")
}

fn lock<T>(list: &Mutex<T>) -> MutexGuard<'_, T> {
    list.lock().unwrap_or_else(PoisonError::into_inner)
}

fn put<K: OfSession, T>(list: &mut Vec<(K, T)>, key: K, value: T) {
    list.retain(|(known, _)| *known != key);
    let is_mine = |(known, _): &&(K, T)| known.session() == key.session();
    if list.iter().filter(is_mine).count() >= MOST_OF_SESSION {
        let oldest = list.iter().position(|one| is_mine(&one));
        oldest.map(|at| list.remove(at));
    } else if list.len() >= MOST {
        list.remove(0);
    }
    list.push((key, value));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wizard::run::DraftId;

    fn place(session: &str, draft: usize) -> Place {
        Place {
            session: Digest::of(session),
            run: Run {
                id: None,
                draft: DraftId::parse(&format!("{draft:016x}")),
            },
        }
    }

    fn spot(session: &str, id: u32) -> Spot {
        Spot {
            session: Digest::of(session),
            id,
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
            ("/live/home", true),
            ("/destinations/7/setup/key", false),
            ("/destinations/7/setup/done", false),
            ("/destinations/8/setup/verify", false),
            ("/destinations/7", false),
            ("/", false),
        ];
        for (path, stays) in cases {
            let memory = Memory::default();
            memory.keep_name(spot("a", 7), "name of a".into());
            memory.keep_name(spot("b", 7), "name of b".into());
            memory.leave(&Digest::of("a"), path);
            assert_eq!(memory.name(spot("a", 7)).is_some(), stays, "{path}");
            assert!(
                memory.name(spot("b", 7)).is_some(),
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
        assert!(memory.kept(place("a", 7)).is_some());
        memory.leave(&Digest::of("a"), "/sign-out");
        assert!(memory.kept(place("a", 7)).is_none());
        assert!(memory.kept(place("b", 7)).is_some());
    }

    #[test]
    fn there_is_an_end_to_what_is_kept_and_one_session_takes_nothing_from_others() {
        let memory = Memory::default();
        memory.keep_draft(place("b", 0), Draft::default());
        for draft in 0..=MOST_OF_SESSION {
            memory.keep_draft(place("a", draft), Draft::default());
        }
        assert!(memory.kept(place("a", 0)).is_none());
        assert!(memory.kept(place("a", 1)).is_some());
        assert!(memory.kept(place("b", 0)).is_some());
        for session in 0..MOST {
            memory.keep_draft(place(&format!("session {session}"), 0), Draft::default());
        }
        assert!(memory.kept(place("b", 0)).is_none(), "the oldest of all went");
        assert_eq!(lock(&memory.drafts).len(), MOST);
    }

    #[test]
    fn a_problem_is_told_once() {
        let memory = Memory::default();
        memory.keep_problems(spot("a", 7), Problems::default());
        assert!(memory.take_problems(spot("b", 7)).is_none());
        assert!(memory.take_problems(spot("a", 7)).is_some());
        assert!(memory.take_problems(spot("a", 7)).is_none());
    }
}
