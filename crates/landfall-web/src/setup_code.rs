//! The code that proves, in the first run, that a visitor can read what the server prints.
//!
//! Whoever creates the administrator owns the instance, so being first must not be enough: behind a proxy or in a
//! container every visitor looks local, which leaves the server's own output as the proof. The code is new at each
//! start without users, is kept nowhere, and is good for nothing once there is a user.

use std::fmt;

use landfall_catalog::{Digest, Entropy};

/// Letters and digits that nobody mistakes for each other.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
/// Of five bits each: 80 bits.
const CHARS: usize = 16;

/// A code such as `K7QF-2MXA-9TRB-WD4C`.
#[derive(Clone)]
pub struct SetupCode(String);

impl fmt::Debug for SetupCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("SetupCode(…)")
    }
}

impl SetupCode {
    /// A new one.
    #[must_use]
    pub fn mint(entropy: &dyn Entropy) -> Self {
        let mut random = [0; CHARS];
        entropy.fill(&mut random);
        Self(
            random
                .iter()
                .map(|byte| char::from(ALPHABET[usize::from(byte % 32)]))
                .collect(),
        )
    }

    /// As it is printed, in groups of four.
    #[must_use]
    pub fn show(&self) -> String {
        let groups: Vec<&str> = [0, 4, 8, 12].map(|at| &self.0[at..at + 4]).into();
        groups.join("-")
    }

    /// Whether that was typed, in whatever case and with whatever between the groups.
    pub(crate) fn is(&self, typed: &str) -> bool {
        let plain: String = typed
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|one| one.to_ascii_uppercase())
            .collect();
        // Of digests, so that the time it takes tells nothing of the code.
        Digest::of(&plain) == Digest::of(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Rising;

    impl Entropy for Rising {
        fn fill(&self, bytes: &mut [u8]) {
            bytes
                .iter_mut()
                .zip(0..)
                .for_each(|(byte, number)| *byte = number);
        }
    }

    #[test]
    fn a_code_is_known_however_it_is_typed() {
        let code = SetupCode::mint(&Rising);
        assert_eq!(code.show(), "ABCD-EFGH-JKLM-NPQR");
        for typed in ["ABCD-EFGH-JKLM-NPQR", " abcd efgh jklm npqr ", "ABCDEFGHJKLMNPQR"] {
            assert!(code.is(typed), "{typed}");
        }
        for typed in ["", "ABCD", "ABCD-EFGH-JKLM-NPQS"] {
            assert!(!code.is(typed), "{typed}");
        }
        assert_eq!(format!("{code:?}"), "SetupCode(…)");
    }
}
