//! Strings that were written before, and references to them (import-api.md §14.3).

use std::borrow::Cow;
use std::ops::Deref;
use std::rc::Rc;

use super::{MAP, TransitError};

/// In what the length of strings is counted to tell whether they are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LengthUnit {
    /// Code points, as stitchclient counts them.
    CodePoints,
    /// UTF-16 units, as writers on the JVM and in JavaScript do.
    Utf16Units,
}

/// Strings shorter than this are not kept.
const SHORTEST: usize = 4;

/// Characters from `0` to `[` count.
const FIRST_DIGIT: u8 = b'0';
const BASE: usize = 44;

/// Strings kept at most.
const MOST: usize = BASE * BASE;

/// What a string stands for.
#[derive(Debug)]
pub(super) enum Resolved<'t> {
    /// Itself.
    Itself(Cow<'t, str>),
    /// A string that is kept.
    Kept(Rc<str>),
}

impl Deref for Resolved<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Itself(text) => text,
            Self::Kept(text) => text,
        }
    }
}

#[derive(Debug)]
pub(super) struct Cache {
    kept: Vec<Rc<str>>,
    unit: LengthUnit,
}

impl Cache {
    pub(super) fn new(unit: LengthUnit) -> Self {
        Self {
            kept: Vec::new(),
            unit,
        }
    }

    /// What a string stands for; it is kept if it can be referred to later.
    pub(super) fn read<'t>(
        &mut self,
        text: Cow<'t, str>,
        is_key: bool,
    ) -> Result<Resolved<'t>, TransitError> {
        if text.starts_with('^') && text != MAP {
            let found = index(&text).and_then(|index| self.kept.get(index));
            return found
                .map(|kept| Resolved::Kept(Rc::clone(kept)))
                .ok_or_else(|| TransitError::UnknownReference(text.chars().take(16).collect()));
        }
        if self.is_kept(&text, is_key) {
            if self.kept.len() == MOST {
                self.kept.clear();
            }
            self.kept.push(Rc::from(&*text));
        }
        Ok(Resolved::Itself(text))
    }

    fn is_kept(&self, text: &str, is_key: bool) -> bool {
        let is_eligible =
            is_key || text.starts_with("~#") || text.starts_with("~:") || text.starts_with("~$");
        // Four bytes are no less than four characters of either kind.
        is_eligible
            && text.len() >= SHORTEST
            && match self.unit {
                LengthUnit::CodePoints => text.chars().nth(SHORTEST - 1).is_some(),
                LengthUnit::Utf16Units => text.encode_utf16().nth(SHORTEST - 1).is_some(),
            }
    }
}

/// The index that a reference names.
fn index(reference: &str) -> Option<usize> {
    let digit = |byte: u8| {
        let digit = usize::from(byte.checked_sub(FIRST_DIGIT)?);
        (digit < BASE).then_some(digit)
    };
    match reference.as_bytes()[1..] {
        [one] => digit(one),
        [high, low] => Some(digit(high)? * BASE + digit(low)?),
        _ => None,
    }
}
