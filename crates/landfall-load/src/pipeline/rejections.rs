//! What a dry run tells of records that would be rejected.

use std::collections::BTreeMap;

use landfall_format::{Reason, ReasonCounts};

/// How much of a reason is kept, in characters: violations can be as long as records.
const REASON_CHARACTERS: usize = 1_000;

/// The records of one stream that one check would reject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectionGroup {
    /// The stream.
    pub stream: String,
    /// Number of the check in rejects.md §2.
    pub check: &'static str,
    /// How many records.
    pub count: u64,
    /// Line of the first, or of the BATCH message it came with.
    pub first_line: u64,
    /// Its reason.
    pub first_reason: String,
}

/// Collects groups, if anybody wants them: there may be ten for each stream.
#[derive(Debug)]
pub(super) struct Rejections {
    is_wanted: bool,
    groups: BTreeMap<(String, &'static str), RejectionGroup>,
}

impl Rejections {
    pub(super) fn new(is_wanted: bool) -> Self {
        Self {
            is_wanted,
            groups: BTreeMap::new(),
        }
    }

    /// A record of `line` was rejected. Lines come in the order of the input, each check's first once for each run.
    pub(super) fn note_first(&mut self, stream: &str, reason: &Reason, line: u64) {
        if !self.is_wanted {
            return;
        }
        let check = reason.number();
        self.groups
            .entry((stream.to_owned(), check))
            .or_insert_with(|| RejectionGroup {
                stream: stream.to_owned(),
                check,
                count: 0,
                first_line: line,
                first_reason: reason.to_string().chars().take(REASON_CHARACTERS).collect(),
            });
    }

    /// A batch with these rejections was closed.
    pub(super) fn count(&mut self, stream: &str, counts: ReasonCounts) {
        if !self.is_wanted {
            return;
        }
        for (check, count) in counts.iter() {
            if let Some(group) = self.groups.get_mut(&(stream.to_owned(), check)) {
                group.count += count;
            }
        }
    }

    /// By stream, in the order of the checks' first lines.
    pub(super) fn into_list(self) -> Vec<RejectionGroup> {
        let mut list: Vec<_> = self.groups.into_values().collect();
        list.sort_by(|one, other| (&one.stream, one.first_line).cmp(&(&other.stream, other.first_line)));
        list
    }
}
