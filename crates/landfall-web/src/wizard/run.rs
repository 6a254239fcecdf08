//! A run of the wizard: one draft in one tab. Its number is in the address of every screen and form, so that tabs beside
//! each other don't share what is typed.

use std::fmt;

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts as Head;
use landfall_catalog::Entropy;
use serde::Deserialize;

use crate::state::WebState;
use crate::trouble::Trouble;

/// The number of a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DraftId(u64);

impl DraftId {
    pub(crate) fn mint(entropy: &dyn Entropy) -> Self {
        let mut random = [0; 8];
        entropy.fill(&mut random);
        Self(u64::from_be_bytes(random))
    }

    /// The number as [`fmt::Display`] writes it; none for any other text.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_number = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = is_number.then(|| u64::from_str_radix(text, 16).ok());
        number.flatten().map(Self)
    }
}

impl fmt::Display for DraftId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:016x}", self.0)
    }
}

/// What the wizard makes or changes, and in which draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    /// The destination; none while it is new.
    pub(crate) id: Option<u32>,
    /// None where the address names none, or none that could be.
    pub(crate) draft: Option<DraftId>,
}

impl Run {
    /// Changing a destination, without a draft yet.
    pub(crate) const fn of(id: u32) -> Self {
        Self {
            id: Some(id),
            draft: None,
        }
    }

    /// The same in a draft of its own.
    pub(crate) fn begin(self, state: &WebState) -> Self {
        Self {
            draft: Some(DraftId::mint(&*state.parts.entropy)),
            ..self
        }
    }

    fn path(self, of_new: &str, of_stored: &str) -> String {
        let path = match self.id {
            None => format!("/destinations/new{of_new}"),
            Some(id) => format!("/destinations/{id}/setup{of_stored}"),
        };
        match self.draft {
            Some(draft) => format!("{path}?draft={draft}"),
            None => path,
        }
    }

    /// Screen 0.
    pub(crate) fn choose_path(self) -> String {
        self.path("", "/settings")
    }

    /// Screen 1, of a new destination alone.
    pub(crate) fn bucket_path(self) -> String {
        self.path("/bucket", "/settings")
    }

    /// Screen 2.
    pub(crate) fn settings_path(self) -> String {
        self.path("/settings", "/settings")
    }

    /// Screen 2, with what a link brings along.
    pub(crate) fn settings_path_with(self, query: &str) -> String {
        let path = self.settings_path();
        let mark = if path.contains('?') { '&' } else { '?' };
        format!("{path}{mark}{query}")
    }

    /// What judges screen 2 while people type.
    pub(crate) fn validate_path(self) -> String {
        self.path("/validate", "/validate")
    }

    /// Screen 3.
    pub(crate) fn key_path(self) -> String {
        self.path("/key", "/key")
    }
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    draft: String,
}

/// The run that a request is part of: the number in its path, and the draft in its query.
impl FromRequestParts<WebState> for Run {
    type Rejection = Trouble;

    async fn from_request_parts(head: &mut Head, state: &WebState) -> Result<Self, Trouble> {
        let asked = Query::<Asked>::from_request_parts(head, state).await;
        let draft = asked.ok().and_then(|Query(asked)| DraftId::parse(&asked.draft));
        let place = head.uri.path().split('/').nth(2).unwrap_or_default();
        let id = match place {
            "new" => None,
            number => Some(number.parse().map_err(|_| Trouble::NotFound)?),
        };
        Ok(Self { id, draft })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_screen_has_the_draft_in_its_address() {
        let draft = DraftId::parse("00000000000000ff");
        let run = Run { id: None, draft };
        assert_eq!(
            run.settings_path(),
            "/destinations/new/settings?draft=00000000000000ff"
        );
        assert_eq!(
            run.settings_path_with("place=s3"),
            "/destinations/new/settings?draft=00000000000000ff&place=s3"
        );
        assert_eq!(
            Run::of(7).settings_path_with("a=b"),
            "/destinations/7/setup/settings?a=b"
        );
        assert_eq!(
            Run { draft, ..Run::of(7) }.key_path(),
            "/destinations/7/setup/key?draft=00000000000000ff"
        );
        for text in [
            "",
            "ff",
            "00000000000000fg",
            "+0000000000000ff",
            "00000000000000ff0",
        ] {
            assert_eq!(DraftId::parse(text), None, "{text:?}");
        }
    }
}
