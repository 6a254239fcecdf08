//! Two tabs on one draft: what the second one typed is neither lost nor stored unseen.
//!
//! Every form of a draft has the number of the draft's state that it was made of ([`Revision`]). If the draft has
//! changed since, the page is shown again with what was just typed and with what has happened; its form has the present
//! number, so that sending it again counts.

use std::fmt;

use serde::{Deserialize, Deserializer};

use super::draft::Draft;
use crate::components::Banner;

/// A state of a draft. Numbers are never used again while the server runs; 0 is that nothing is typed yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Revision(pub(super) u64);

impl fmt::Display for Revision {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// What a form was made of; none if it does not say: it then counts as it is.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct MadeOf(Option<Revision>);

impl MadeOf {
    /// Whether the draft has changed since.
    pub(super) fn is_before(self, present: Revision) -> bool {
        self.0.is_some_and(|made_of| made_of != present)
    }
}

impl<'de> Deserialize<'de> for MadeOf {
    fn deserialize<D: Deserializer<'de>>(form: D) -> Result<Self, D::Error> {
        let text = String::deserialize(form)?;
        Ok(Self(text.parse().ok().map(Revision)))
    }
}

fn and_credentials(sent: &Draft) -> &'static str {
    if sent.has_credentials() {
        " Keys that you typed are not shown: type them again."
    } else {
        ""
    }
}

/// The settings were changed by another tab.
pub(super) fn changed_settings(sent: &Draft) -> Banner {
    Banner::error(format!(
        "Another tab has changed this draft since this page was opened, so nothing of this page is kept yet. Below is \
         what you typed here: Continue puts it in the place of what the other tab has.{}",
        and_credentials(sent)
    ))
}

/// The draft was changed by another tab before the key was sent.
pub(super) fn changed_key() -> Banner {
    Banner::error(
        "Another tab has changed this draft since this page was opened, so nothing is saved yet. The settings are now \
         those of the other tab: Back shows them. Continue saves them with the key below.",
    )
}

/// Another tab has made a destination of the draft.
pub(super) fn made(name: &str, sent: &Draft) -> Banner {
    Banner::error(format!(
        "Another tab has made the destination {name} of this draft since this page was opened, so nothing of this page \
         is kept yet. Below is what you typed here: to go on changes that destination.{}",
        and_credentials(sent)
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_form_counts_unless_it_says_that_it_is_of_before() {
        let cases = [
            (json!("7"), false),
            (json!("6"), true),
            (json!(""), false),
            (json!("x"), false),
        ];
        for (sent, is_before) in cases {
            let made_of: MadeOf = serde_json::from_value(sent.clone()).unwrap();
            assert_eq!(made_of.is_before(Revision(7)), is_before, "{sent}");
        }
    }
}
