//! Generated primary keys that a retried load makes again.

use landfall_format::KeySource;
use ring::digest::{Context, SHA256};

/// Makes the `__sdc_primary_key` of a record from its place in the log, so that it is the same however often the record
/// is encoded, and no other record of any instance has it (files.md §3, loading.md §6).
pub trait EntryKeys: Send {
    /// The key of the item `item` of the part `part` of the entry at `position`.
    fn key_of(&mut self, position: u64, part: u32, item: u32) -> [u8; 36];
}

/// Keys of one instance.
#[derive(Debug)]
pub(super) struct InstanceKeys {
    instance: String,
}

impl InstanceKeys {
    pub(super) fn new(instance: &str) -> Self {
        Self {
            instance: instance.to_owned(),
        }
    }
}

impl EntryKeys for InstanceKeys {
    fn key_of(&mut self, position: u64, part: u32, item: u32) -> [u8; 36] {
        let mut context = Context::new(&SHA256);
        context.update(self.instance.as_bytes());
        context.update(&position.to_be_bytes());
        context.update(&part.to_be_bytes());
        context.update(&item.to_be_bytes());
        let digest = context.finish();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest.as_ref()[..16]);
        render(bytes)
    }
}

/// A version-4 UUID of these bytes, lower case.
fn render(mut bytes: [u8; 16]) -> [u8; 36] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut text = [b'-'; 36];
    let mut at = 0;
    for byte in bytes {
        if matches!(at, 8 | 13 | 18 | 23) {
            at += 1;
        }
        text[at] = DIGITS[usize::from(byte >> 4)];
        text[at + 1] = DIGITS[usize::from(byte & 0x0f)];
        at += 2;
    }
    text
}

/// The key of the record at hand, as the encoder asks for it.
pub(super) struct KeyAt<'k> {
    pub(super) keys: &'k mut dyn EntryKeys,
    pub(super) position: u64,
    pub(super) part: u32,
    pub(super) item: u32,
}

impl KeySource for KeyAt<'_> {
    fn next_key(&mut self) -> [u8; 36] {
        self.keys.key_of(self.position, self.part, self.item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_belongs_to_one_record_and_looks_random() {
        let mut keys = InstanceKeys::new("one");
        let key = keys.key_of(7, 1, 2);
        assert_eq!(key, keys.key_of(7, 1, 2));
        assert_ne!(key, keys.key_of(7, 2, 1));
        assert_ne!(key, InstanceKeys::new("another").key_of(7, 1, 2));
        let text = String::from_utf8_lossy(&key).into_owned();
        assert_eq!((text.len(), &text[14..15], &text[8..9]), (36, "4", "-"), "{text}");
    }
}
