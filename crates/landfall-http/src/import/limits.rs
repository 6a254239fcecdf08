//! How much one request may hold (import-api.md §5).

use landfall_core::units::ByteCount;

/// A request's body, before and after decompression. Stitch writes "20MB"; target-stitch counts 20,000,000 bytes.
pub const MAX_BODY: ByteCount = ByteCount::new(20_000_000);

/// Messages of a batch, records of a push.
pub const MAX_RECORDS: usize = 20_000;

/// Scalars, empty arrays and empty objects in one `data` object.
pub const MAX_DATA_POINTS: usize = 10_000;

/// Characters of a key field's string value, for push alone.
pub(crate) const MAX_KEY_CHARACTERS: usize = 1_024;

/// Names in `key_names` and `bookmark_names`: no record has more fields than data points.
pub(crate) const MAX_NAMES: usize = MAX_DATA_POINTS;

/// Failing records that a push is told about.
pub(crate) const MAX_REPORTED: usize = 100;

/// Different property names of one message, beyond which the body is refused before they fill the memory.
pub(crate) const MAX_PLACES: usize = 1 << 18;
