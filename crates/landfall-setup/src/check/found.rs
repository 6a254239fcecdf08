//! What a listing shows in the place of the challenge file.

use landfall_bucket::ObjectSummary;
use landfall_core::settings::ChallengeKey;

use crate::catalogue::FoundInstead;

/// An extension that is worth naming: `.txt`, `.csv`, not a sentence.
const MAX_EXTENSION_BYTES: usize = 10;

/// Looks for the usual mistakes in the listing of keys that begin with the name (setup-flow.md §6.2 step 3).
pub(super) fn instead_of(challenge: &ChallengeKey, listed: &[ObjectSummary]) -> FoundInstead {
    let mut found = FoundInstead::Nothing;
    for object in listed {
        let Some(rest) = object.key.strip_prefix(challenge.as_str()) else {
            continue;
        };
        if is_extension(rest) {
            return FoundInstead::Extension(rest.to_owned());
        }
        found = match rest {
            "" => continue,
            rest if rest.starts_with('/') => FoundInstead::Folder,
            _ => FoundInstead::LongerName,
        };
    }
    found
}

fn is_extension(rest: &str) -> bool {
    let extension = rest.strip_prefix('.').unwrap_or_default();
    (1..=MAX_EXTENSION_BYTES).contains(&extension.len())
        && extension.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
