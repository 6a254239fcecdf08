//! What the audit log is told of refused keys (operations.md §11): the first at once, those after it as a number now and
//! then, so that a flood of guesses does not fill it. Never the key.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use landfall_catalog::{Act, Catalog};
use landfall_core::time::Timestamp;

/// The action of its lines.
const ACTION: &str = "access_key.refused";
/// Between two lines: at most 144 a day.
const INTERVAL_MS: i64 = 10 * 60 * 1_000;

/// Keys that were refused since the start. Clones are the same count.
#[derive(Debug, Clone, Default)]
pub(super) struct RefusedKeys(Arc<Mutex<Tally>>);

#[derive(Debug, Default)]
struct Tally {
    told_at: Option<Timestamp>,
    /// Refused since then.
    untold: u64,
}

impl Tally {
    /// Counts a refusal. If it is to be told of, how many there were since the last that was, this one included.
    fn count(&mut self, now: Timestamp) -> Option<u64> {
        self.untold = self.untold.saturating_add(1);
        let waits = self.told_at.is_some_and(|told_at| {
            let since = now.as_millis().saturating_sub(told_at.as_millis());
            (0..INTERVAL_MS).contains(&since)
        });
        if waits {
            return None;
        }
        self.told_at = Some(now);
        Some(std::mem::take(&mut self.untold))
    }
}

/// `203.0.113.9`, or with those before it: `203.0.113.9, and 41 before it`.
fn subject(peer: Option<IpAddr>, refused: u64) -> String {
    let peer = peer.map_or_else(
        || "unknown address".to_owned(),
        |peer| peer.to_canonical().to_string(),
    );
    match refused.saturating_sub(1) {
        0 => peer,
        before => format!("{peer}, and {before} before it"),
    }
}

impl RefusedKeys {
    /// Notes that a key was refused to `peer`. A store that is in trouble doesn't change the answer.
    pub(super) async fn note(&self, catalog: &Catalog, peer: Option<IpAddr>, now: Timestamp) {
        let told = self.0.lock().unwrap_or_else(PoisonError::into_inner).count(now);
        let Some(refused) = told else { return };
        let act = Act {
            who: "nobody",
            at: now,
        };
        if let Err(error) = catalog.record_audit(act, ACTION, &subject(peer, refused)).await {
            tracing::warn!(%error, "a refused access key is not in the audit log");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_told_of_at_its_beginning_and_as_a_number_later() {
        let mut tally = Tally::default();
        let cases = [
            (0, Some(1)),
            (1, None),
            (INTERVAL_MS - 1, None),
            (INTERVAL_MS, Some(3)),
            (INTERVAL_MS + 1, None),
            (5 * INTERVAL_MS, Some(2)),
            // A clock that was set back doesn't silence it.
            (4 * INTERVAL_MS, Some(1)),
        ];
        for (millis, told) in cases {
            assert_eq!(tally.count(Timestamp::from_millis(millis)), told, "at {millis}");
        }
    }

    #[test]
    fn a_line_names_the_address_and_how_many_came_before() {
        let peer = "::ffff:203.0.113.9".parse().ok();
        let cases = [
            (peer, 1, "203.0.113.9"),
            (peer, 42, "203.0.113.9, and 41 before it"),
            (None, 1, "unknown address"),
        ];
        for (peer, refused, expected) in cases {
            assert_eq!(subject(peer, refused), expected);
        }
    }
}
