//! Places of records in the log.

use landfall_catalog::{LogRange, Partition, Point, Position};

/// The one partition of the embedded log.
pub(super) const PARTITION: Partition = Partition::new(0);

/// The item of a table in an entry: records and activations count, from 0, over all parts that the entry has of the
/// table.
pub(super) fn point(position: landfall_log::Position, ordinal: u32) -> Point {
    Point {
        position: Position::new(position.as_u64()),
        ordinal,
    }
}

/// A stretch of a table's log.
pub(super) fn range(after: Option<Point>, through: Point) -> LogRange {
    LogRange {
        partition: PARTITION,
        after,
        through,
    }
}
