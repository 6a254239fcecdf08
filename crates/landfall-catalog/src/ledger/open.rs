//! Opening loads.

use landfall_core::ids::{DestinationId, SourceId};
use landfall_core::time::Timestamp;
use landfall_core::units::TableVersion;

use super::{Activation, Intent, LedgerError, OpenLoad, PlannedObject, plan_from_stored, plan_to_stored};
use crate::catalog::Catalog;
use crate::error::StoreError;
use crate::ids::{LoadId, LoadSeq, Partition, TableId};
use crate::position::{LogRange, Point};
use crate::store::{Row, Session, args};

/// Says which objects a load writes at an instant, in the order of writing.
pub type PlanObjects<'a> = &'a (dyn Fn(Timestamp) -> Vec<PlannedObject> + Send + Sync);

const COLUMNS: &str = "seq, id, state, destination_id, source_id, table_id, version, log_partition, from_position, \
     from_ordinal, to_position, to_ordinal, records, activates, new_version, load_instant, plan, opened_at";

pub(super) fn read(row: &Row) -> Result<OpenLoad, StoreError> {
    let (encoding, objects) = plan_from_stored(&row.text("plan")?)?;
    Ok(OpenLoad {
        seq: row.seq("seq")?,
        intent: Intent {
            id: row.load_id("id")?,
            destination: row.destination("destination_id")?,
            table: row.table("table_id")?,
            version: row.version("version")?,
            range: read_range(row)?,
            records: row.count("records")?,
            activation: if row.flag("activates")? {
                Activation::Activates
            } else {
                Activation::Stays
            },
            encoding,
        },
        source: row.source("source_id")?,
        loaded_at: row.time("load_instant")?,
        new_version: row.flag("new_version")?,
        objects,
        opened_at: row.time("opened_at")?,
    })
}

pub(crate) fn read_range(row: &Row) -> Result<LogRange, StoreError> {
    Ok(LogRange {
        partition: row.partition("log_partition")?,
        after: row.opt_point("from_position", "from_ordinal")?,
        through: row.point("to_position", "to_ordinal")?,
    })
}

impl Catalog {
    /// Opens a load. When this returns, all that fixes its objects would survive a power cut: its instant, which is
    /// later than that of every load of the destination before, and the keys that `plan` makes of it.
    ///
    /// # Errors
    /// [`LedgerError`]; nothing was opened then.
    pub async fn open_load(
        &self,
        intent: &Intent,
        plan: PlanObjects<'_>,
        now: Timestamp,
    ) -> Result<OpenLoad, LedgerError> {
        let mut session = self.store.write().await?;
        let load = open(&mut session, intent, plan, now).await?;
        session.commit().await?;
        Ok(load)
    }

    /// Opens several loads at the cost of one. Each of them is opened or refused as by [`Catalog::open_load`].
    ///
    /// # Errors
    /// [`StoreError`], and then none was opened.
    pub async fn open_loads_together(
        &self,
        intents: &[(Intent, PlanObjects<'_>)],
        now: Timestamp,
    ) -> Result<Vec<Result<OpenLoad, LedgerError>>, StoreError> {
        let mut session = self.store.write().await?;
        let mut loads = Vec::with_capacity(intents.len());
        for (intent, plan) in intents {
            match open(&mut session, intent, plan, now).await {
                Err(LedgerError::Store(fault)) => return Err(fault),
                load => loads.push(load),
            }
        }
        session.commit().await?;
        Ok(loads)
    }

    /// Moves an open load to another instant, because somebody else's object has one of its keys.
    ///
    /// # Errors
    /// [`LedgerError::UnknownLoad`], [`LedgerError::AlreadyDone`], [`LedgerError::Abandoned`].
    pub async fn replan_load(
        &self,
        id: &LoadId,
        plan: PlanObjects<'_>,
        now: Timestamp,
    ) -> Result<OpenLoad, LedgerError> {
        let mut session = self.store.write().await?;
        let load = find_open(&mut session, id).await?;
        let loaded_at = next_instant(&mut session, load.intent.destination, now).await?;
        let objects = plan(loaded_at);
        session
            .run(
                "UPDATE loads SET load_instant = $1, plan = $2 WHERE seq = $3",
                args![
                    loaded_at,
                    &plan_to_stored(&load.intent.encoding, &objects),
                    load.seq
                ],
            )
            .await?;
        session.commit().await?;
        Ok(OpenLoad {
            loaded_at,
            objects,
            ..load
        })
    }

    /// The open load of a table, if it has one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_load_of(&self, table: TableId) -> Result<Option<OpenLoad>, StoreError> {
        let mut session = self.store.read().await?;
        let sql = format!("SELECT {COLUMNS} FROM loads WHERE state = 'open' AND table_id = $1");
        let row = session.row(&sql, args![table]).await?;
        row.as_ref().map(read).transpose()
    }

    /// All open loads in the order of opening: what is to be finished first after a restart.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_loads(&self) -> Result<Vec<OpenLoad>, StoreError> {
        let mut session = self.store.read().await?;
        let sql = format!("SELECT {COLUMNS} FROM loads WHERE state = 'open' ORDER BY seq");
        let rows = session.rows(&sql, args![]).await?;
        rows.iter().map(read).collect()
    }
}

/// The open load of that name.
pub(super) async fn find_open(session: &mut Session, id: &LoadId) -> Result<OpenLoad, LedgerError> {
    let sql = format!("SELECT {COLUMNS} FROM loads WHERE id = $1 AND state <> 'skipped'");
    let row = session.row(&sql, args![id]).await?;
    let row = row.ok_or_else(|| LedgerError::UnknownLoad(id.clone()))?;
    match row.text("state")?.as_str() {
        "open" => Ok(read(&row)?),
        "done" => Err(LedgerError::AlreadyDone(id.clone())),
        _ => Err(LedgerError::Abandoned(id.clone())),
    }
}

/// The load of that name, which was given up with its destination.
pub(super) async fn find_abandoned(session: &mut Session, id: &LoadId) -> Result<OpenLoad, LedgerError> {
    let sql = format!("SELECT {COLUMNS} FROM loads WHERE id = $1 AND state = 'abandoned'");
    let row = session.row(&sql, args![id]).await?;
    let row = row.ok_or_else(|| LedgerError::UnknownLoad(id.clone()))?;
    Ok(read(&row)?)
}

async fn open(
    session: &mut Session,
    intent: &Intent,
    plan: PlanObjects<'_>,
    now: Timestamp,
) -> Result<OpenLoad, LedgerError> {
    match find_open(session, &intent.id).await {
        Ok(load) if load.intent == *intent => return Ok(load),
        Ok(_) => return Err(LedgerError::OtherRecords(intent.id.clone())),
        Err(LedgerError::UnknownLoad(_)) => {}
        Err(fault) => return Err(fault),
    }
    let table = find_table(session, intent.table).await?;
    check_next(session, intent.table, &intent.range).await?;
    check_mapping(session, table.source, intent.destination).await?;
    let seq = LoadSeq::new(session.next_number("load").await?);
    let loaded_at = next_instant(session, intent.destination, now).await?;
    let load = OpenLoad {
        seq,
        intent: intent.clone(),
        source: table.source,
        loaded_at,
        new_version: table.is_switched_by(intent),
        objects: plan(loaded_at),
        opened_at: now,
    };
    insert(session, &load).await?;
    Ok(load)
}

/// What the ledger has to know of a table.
pub(super) struct TableFacts {
    pub(super) source: SourceId,
    pub(super) active_version: Option<TableVersion>,
    announced_version: Option<TableVersion>,
}

impl TableFacts {
    /// Whether the load is the one that switches the table to its version: either it ends in the activation, or that
    /// came when there was nothing to load (loading.md §8.4).
    fn is_switched_by(&self, intent: &Intent) -> bool {
        let version = Some(intent.version);
        let is_active = self.active_version == version;
        match intent.activation {
            Activation::Activates if !is_active => true,
            Activation::Activates | Activation::Stays => is_active && self.announced_version != version,
        }
    }
}

pub(super) async fn find_table(session: &mut Session, table: TableId) -> Result<TableFacts, LedgerError> {
    let sql = "SELECT source_id, active_version, announced_version FROM tables WHERE id = $1";
    let row = session.row(sql, args![table]).await?;
    let row = row.ok_or(LedgerError::UnknownTable(table))?;
    Ok(TableFacts {
        source: row.source("source_id")?,
        active_version: row.opt_version("active_version")?,
        announced_version: row.opt_version("announced_version")?,
    })
}

/// Checks that nothing of the table is open, and that `range` begins where it was left.
pub(super) async fn check_next(
    session: &mut Session,
    table: TableId,
    range: &LogRange,
) -> Result<(), LedgerError> {
    if !range.is_forward() {
        return Err(LedgerError::Backward(*range));
    }
    let sql = "SELECT id FROM loads WHERE table_id = $1 AND state = 'open'";
    if let Some(row) = session.row(sql, args![table]).await? {
        let load = row.load_id("id")?;
        return Err(LedgerError::TableBusy { table, load });
    }
    let expected = landed_through(session, table, range.partition).await?;
    if expected == range.after {
        Ok(())
    } else {
        Err(LedgerError::NotNext {
            table,
            expected,
            found: range.after,
        })
    }
}

async fn landed_through(
    session: &mut Session,
    table: TableId,
    partition: Partition,
) -> Result<Option<Point>, StoreError> {
    let sql = "SELECT position, ordinal FROM progress WHERE table_id = $1 AND log_partition = $2";
    let row = session.row(sql, args![table, partition]).await?;
    row.map(|row| row.point("position", "ordinal")).transpose()
}

async fn check_mapping(
    session: &mut Session,
    source_id: SourceId,
    destination: DestinationId,
) -> Result<(), LedgerError> {
    let sql = "SELECT s.id FROM sources s JOIN destinations d ON d.id = s.destination_id \
               WHERE s.id = $1 AND d.id = $2 AND d.deleted_at IS NULL";
    match session.row(sql, args![source_id, destination]).await? {
        Some(_) => Ok(()),
        None => Err(LedgerError::NotMapped {
            source_id,
            destination,
        }),
    }
}

/// The next load instant of a destination: now, or the millisecond after the last one if the clock isn't past that.
async fn next_instant(
    session: &mut Session,
    destination: DestinationId,
    now: Timestamp,
) -> Result<Timestamp, StoreError> {
    let row = session
        .only(
            "SELECT last_load_instant FROM destinations WHERE id = $1",
            args![destination],
        )
        .await?;
    let last = row.opt_time("last_load_instant")?;
    let instant = last.map_or(now, |last| now.max(last.next()));
    session
        .run(
            "UPDATE destinations SET last_load_instant = $1 WHERE id = $2",
            args![instant, destination],
        )
        .await?;
    Ok(instant)
}

async fn insert(session: &mut Session, load: &OpenLoad) -> Result<(), StoreError> {
    let intent = &load.intent;
    session
        .run(
            "INSERT INTO loads (seq, id, state, destination_id, source_id, table_id, version, log_partition, \
             from_position, from_ordinal, to_position, to_ordinal, records, activates, new_version, load_instant, \
             plan, opened_at) \
             VALUES ($1, $2, 'open', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
            args![
                load.seq,
                &intent.id,
                intent.destination,
                load.source,
                intent.table,
                intent.version,
                intent.range.partition,
                intent.range.after.map(|point| point.position),
                intent.range.after.map(|point| point.ordinal),
                intent.range.through.position,
                intent.range.through.ordinal,
                intent.records,
                intent.activation == Activation::Activates,
                load.new_version,
                load.loaded_at,
                &plan_to_stored(&intent.encoding, &load.objects),
                load.opened_at,
            ],
        )
        .await?;
    Ok(())
}
