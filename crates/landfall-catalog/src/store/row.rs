//! What comes out of queries. What can't have been written by Landfall is damage.

use landfall_core::ids::{DestinationId, SourceId};
use landfall_core::time::Timestamp;
use landfall_core::units::TableVersion;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use crate::error::StoreError;
use crate::ids::{HookId, LoadId, LoadSeq, NoticeId, Partition, TableId};
use crate::position::{Point, Position};

/// A row of a query, read by the names of its columns.
pub(crate) struct Row(SqliteRow);

impl Row {
    pub(super) fn new(row: SqliteRow) -> Self {
        Self(row)
    }

    pub(crate) fn int(&self, column: &str) -> Result<i64, StoreError> {
        Ok(self.0.try_get(column)?)
    }

    pub(crate) fn opt_int(&self, column: &str) -> Result<Option<i64>, StoreError> {
        Ok(self.0.try_get(column)?)
    }

    pub(crate) fn text(&self, column: &str) -> Result<String, StoreError> {
        Ok(self.0.try_get(column)?)
    }

    pub(crate) fn opt_text(&self, column: &str) -> Result<Option<String>, StoreError> {
        Ok(self.0.try_get(column)?)
    }

    pub(crate) fn bytes(&self, column: &str) -> Result<Vec<u8>, StoreError> {
        Ok(self.0.try_get(column)?)
    }

    pub(crate) fn opt_bytes(&self, column: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.0.try_get(column)?)
    }

    pub(crate) fn flag(&self, column: &str) -> Result<bool, StoreError> {
        Ok(self.int(column)? != 0)
    }

    /// A count, which is never negative.
    pub(crate) fn count(&self, column: &str) -> Result<u64, StoreError> {
        u64::try_from(self.int(column)?).map_err(|_| StoreError::damaged(format!("{column} is negative")))
    }

    pub(crate) fn u32(&self, column: &str) -> Result<u32, StoreError> {
        u32::try_from(self.int(column)?)
            .map_err(|_| StoreError::damaged(format!("{column} is not a number of 32 bits")))
    }

    fn opt_u32(&self, column: &str) -> Result<Option<u32>, StoreError> {
        let is_there = self.opt_int(column)?.is_some();
        is_there.then(|| self.u32(column)).transpose()
    }

    pub(crate) fn time(&self, column: &str) -> Result<Timestamp, StoreError> {
        Ok(Timestamp::from_millis(self.int(column)?))
    }

    pub(crate) fn opt_time(&self, column: &str) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.opt_int(column)?.map(Timestamp::from_millis))
    }

    pub(crate) fn version(&self, column: &str) -> Result<TableVersion, StoreError> {
        Ok(TableVersion::new(self.int(column)?))
    }

    pub(crate) fn opt_version(&self, column: &str) -> Result<Option<TableVersion>, StoreError> {
        Ok(self.opt_int(column)?.map(TableVersion::new))
    }

    pub(crate) fn source(&self, column: &str) -> Result<SourceId, StoreError> {
        Ok(SourceId::new(self.u32(column)?))
    }

    pub(crate) fn destination(&self, column: &str) -> Result<DestinationId, StoreError> {
        Ok(DestinationId::new(self.u32(column)?))
    }

    pub(crate) fn opt_destination(&self, column: &str) -> Result<Option<DestinationId>, StoreError> {
        Ok(self.opt_u32(column)?.map(DestinationId::new))
    }

    pub(crate) fn table(&self, column: &str) -> Result<TableId, StoreError> {
        Ok(TableId::new(self.u32(column)?))
    }

    pub(crate) fn hook(&self, column: &str) -> Result<HookId, StoreError> {
        Ok(HookId::new(self.u32(column)?))
    }

    pub(crate) fn partition(&self, column: &str) -> Result<Partition, StoreError> {
        Ok(Partition::new(self.u32(column)?))
    }

    pub(crate) fn seq(&self, column: &str) -> Result<LoadSeq, StoreError> {
        Ok(LoadSeq::new(self.int(column)?))
    }

    pub(crate) fn notice(&self, column: &str) -> Result<NoticeId, StoreError> {
        Ok(NoticeId::new(self.int(column)?))
    }

    pub(crate) fn load_id(&self, column: &str) -> Result<LoadId, StoreError> {
        Ok(LoadId::new(self.text(column)?))
    }

    pub(crate) fn position(&self, column: &str) -> Result<Position, StoreError> {
        Ok(Position::new(self.count(column)?))
    }

    /// A place in the log, of two columns.
    pub(crate) fn point(&self, position: &str, ordinal: &str) -> Result<Point, StoreError> {
        Ok(Point {
            position: self.position(position)?,
            ordinal: self.u32(ordinal)?,
        })
    }

    pub(crate) fn opt_point(&self, position: &str, ordinal: &str) -> Result<Option<Point>, StoreError> {
        let is_there = self.opt_int(position)?.is_some();
        is_there.then(|| self.point(position, ordinal)).transpose()
    }
}
