//! What `landfall verify` needs to prove that accepted = landed + rejected + lost + waiting.

use landfall_core::ids::{DestinationId, SourceId};
use landfall_core::time::Timestamp;

use crate::catalog::Catalog;
use crate::error::StoreError;
use crate::ids::{LoadId, LoadSeq, Partition, TableId};
use crate::ledger::{LandedObject, read_object, read_range};
use crate::position::{LogRange, Point};
use crate::store::{Row, args};

/// Sums over all that the ledger has, or had, of a table in one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The source.
    pub source: SourceId,
    /// The table.
    pub table: TableId,
    /// The table's name, as received.
    pub table_name: String,
    /// The partition.
    pub partition: Partition,
    /// How far all records are dealt with. What the log holds after this is waiting.
    pub landed_through: Point,
    /// Records taken from the log.
    pub records: u64,
    /// Of those, landed.
    pub landed: u64,
    /// Of those, rejected.
    pub rejected: u64,
    /// Of those, lost to retention.
    pub lost: u64,
    /// Where the chain of the lines that the ledger still has begins.
    pub chain_begins_after: Option<Point>,
}

impl Account {
    /// Whether every record taken from the log is accounted for.
    #[must_use]
    pub fn is_balanced(&self) -> bool {
        let parts = [self.landed, self.rejected, self.lost];
        let sum = parts
            .into_iter()
            .try_fold(0_u64, |sum, part| sum.checked_add(part));
        sum == Some(self.records)
    }
}

/// A line of the ledger, as a link of its table's chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its place in the ledger.
    pub seq: LoadSeq,
    /// The range it dealt with.
    pub range: LogRange,
}

/// Whether the lines of a table follow each other without gap or overlap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chain {
    /// They do, from where the account says to where it says.
    Whole {
        /// How many lines.
        links: u64,
    },
    /// They don't.
    Broken {
        /// Where the line before ended.
        expected: Option<Point>,
        /// The line that begins elsewhere; none if the last one ends elsewhere than the account says.
        at: Option<Link>,
    },
}

/// An object that should be in the bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerObject {
    /// The load's place in the ledger.
    pub load: LoadSeq,
    /// The load's name.
    pub load_id: LoadId,
    /// The object's number within its load.
    pub number: u32,
    /// The load instant.
    pub loaded_at: Timestamp,
    /// The source.
    pub source: SourceId,
    /// The table.
    pub table: TableId,
    /// The object.
    pub object: LandedObject,
}

const PAGE: u32 = 1_000;

impl Catalog {
    /// At most `limit` accounts, by table and partition, after the one given.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn accounts(
        &self,
        after: Option<(TableId, Partition)>,
        limit: u32,
    ) -> Result<Vec<Account>, StoreError> {
        let (table, partition) = after.map_or((-1, -1), |(table, partition)| {
            (i64::from(table.number()), i64::from(partition.number()))
        });
        let mut session = self.store.read().await?;
        let rows = session
            .rows(
                "SELECT t.source_id, p.table_id, t.name, p.log_partition, p.position, p.ordinal, p.pruned_position, \
                 p.pruned_ordinal, \
                 CAST(p.pruned_records + COALESCE(SUM(l.records), 0) AS BIGINT) AS records, \
                 CAST(p.pruned_landed + COALESCE(SUM(l.rows_landed), 0) AS BIGINT) AS landed, \
                 CAST(p.pruned_rejected + COALESCE(SUM(l.rows_rejected), 0) AS BIGINT) AS rejected, \
                 CAST(p.pruned_lost + COALESCE(SUM(l.records_lost), 0) AS BIGINT) AS lost \
                 FROM progress p JOIN tables t ON t.id = p.table_id \
                 LEFT JOIN loads l ON l.table_id = p.table_id AND l.log_partition = p.log_partition \
                 AND l.state IN ('done', 'skipped') \
                 WHERE (p.table_id, p.log_partition) > ($1, $2) \
                 GROUP BY t.source_id, p.table_id, t.name, p.log_partition, p.position, p.ordinal, \
                 p.pruned_position, p.pruned_ordinal, p.pruned_records, p.pruned_landed, p.pruned_rejected, \
                 p.pruned_lost \
                 ORDER BY p.table_id, p.log_partition LIMIT $3",
                args![table, partition, limit],
            )
            .await?;
        let account = |row: &Row| {
            Ok(Account {
                source: row.source("source_id")?,
                table: row.table("table_id")?,
                table_name: row.text("name")?,
                partition: row.partition("log_partition")?,
                landed_through: row.point("position", "ordinal")?,
                records: row.count("records")?,
                landed: row.count("landed")?,
                rejected: row.count("rejected")?,
                lost: row.count("lost")?,
                chain_begins_after: row.opt_point("pruned_position", "pruned_ordinal")?,
            })
        };
        rows.iter().map(account).collect()
    }

    /// Follows the lines of a table through a partition.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn check_chain(&self, account: &Account) -> Result<Chain, StoreError> {
        let mut session = self.store.read().await?;
        let (mut expected, mut links, mut last) = (account.chain_begins_after, 0_u64, i64::MIN);
        loop {
            let rows = session
                .rows(
                    "SELECT seq, log_partition, from_position, from_ordinal, to_position, to_ordinal FROM loads \
                     WHERE table_id = $1 AND log_partition = $2 AND state IN ('done', 'skipped') AND seq > $3 \
                     ORDER BY seq LIMIT $4",
                    args![account.table, account.partition, last, PAGE],
                )
                .await?;
            for row in &rows {
                let (seq, range) = (row.seq("seq")?, read_range(row)?);
                if range.after != expected {
                    let at = Some(Link { seq, range });
                    return Ok(Chain::Broken { expected, at });
                }
                (expected, last) = (Some(range.through), seq.number());
                links += 1;
            }
            if rows.len() < PAGE as usize {
                break;
            }
        }
        if expected == Some(account.landed_through) {
            Ok(Chain::Whole { links })
        } else {
            Ok(Chain::Broken { expected, at: None })
        }
    }

    /// How many objects were landed in destinations that were removed since: their credentials are gone, so that nobody
    /// can look for them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn objects_out_of_sight(&self) -> Result<u64, StoreError> {
        let mut session = self.store.read().await?;
        let row = session
            .row(
                "SELECT COUNT(*) AS objects FROM loads l JOIN load_objects o ON o.load_seq = l.seq \
                 JOIN destinations d ON d.id = l.destination_id \
                 WHERE d.deleted_at IS NOT NULL",
                args![],
            )
            .await?;
        row.map_or(Ok(0), |row| row.count("objects"))
    }

    /// At most `limit` objects that should be in the bucket of a destination, in the order of the ledger, after the
    /// one given.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn landed_objects(
        &self,
        destination: DestinationId,
        after: Option<(LoadSeq, u32)>,
        limit: u32,
    ) -> Result<Vec<LedgerObject>, StoreError> {
        let (seq, number) = after.map_or((i64::MIN, -1), |(seq, number)| (seq.number(), i64::from(number)));
        let mut session = self.store.read().await?;
        let rows = session
            .rows(
                "SELECT l.seq, l.id, l.load_instant, l.source_id, l.table_id, o.number, o.kind, o.sub_table, \
                 o.object_key, o.object_rows, o.object_bytes, o.checksum \
                 FROM loads l JOIN load_objects o ON o.load_seq = l.seq \
                 WHERE l.destination_id = $1 AND l.seq >= $2 AND (l.seq, o.number) > ($2, $3) \
                 ORDER BY l.seq, o.number LIMIT $4",
                args![destination, seq, number, limit],
            )
            .await?;
        let object = |row: &Row| {
            Ok(LedgerObject {
                load: row.seq("seq")?,
                load_id: row.load_id("id")?,
                number: row.u32("number")?,
                loaded_at: row.time("load_instant")?,
                source: row.source("source_id")?,
                table: row.table("table_id")?,
                object: read_object(row)?,
            })
        };
        rows.iter().map(object).collect()
    }
}
