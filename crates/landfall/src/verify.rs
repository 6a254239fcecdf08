//! `landfall verify`: accepted = landed + rejected + lost + waiting, against the ledger, the log and the buckets.
//!
//! The ledger is held against itself (the ranges of each table's loads follow each other, their records add up), against
//! the log (what is after the last range waits), and against each bucket (every object is there, with its size, and on
//! demand with its content; what else lies in the folders of the sources is foreign).

mod bucket;

use std::collections::HashMap;
use std::process::ExitCode;

use anyhow::Context;
use landfall_catalog::{Account, Catalog, Chain, LogLoss, Point, Source};
use landfall_core::ids::SourceId;
use landfall_core::intake::{AcceptedItem, decode};
use landfall_core::units::ByteCount;
use landfall_log::{Damage, EmbeddedLog, EmbeddedLogSettings, Log, Partition, ReadError};
use serde_json::json;

use crate::cli::VerifyOptions;
use crate::log::{self, LogLevel};
use crate::serve::data_folder::DataFolder;
use crate::serve::log_key;

/// What is said of one table.
#[derive(Debug)]
struct TableAccount {
    source: String,
    table: String,
    account: Option<Account>,
    chain: Option<Chain>,
    /// Records in the log that no load has taken; none if the log can't be looked at.
    waiting: Option<u64>,
}

impl TableAccount {
    fn problem(&self) -> Option<String> {
        let account = self.account.as_ref()?;
        if !account.is_balanced() {
            return Some(format!(
                "{} records were taken, but {} landed, {} were rejected and {} lost",
                account.records, account.landed, account.rejected, account.lost
            ));
        }
        match &self.chain {
            Some(Chain::Broken { expected, at }) => Some(format!(
                "its loads don't follow each other: after {expected:?} comes {at:?}"
            )),
            Some(Chain::Whole { .. }) | None => None,
        }
    }
}

/// Runs the command: exit 0 if all adds up, 1 if not or if it can't be told.
pub(crate) fn run(options: &VerifyOptions) -> ExitCode {
    log::start(LogLevel::choose(false, true));
    let verified = crate::load::run::start_runtime()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(verify(options)));
    match verified {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            log::critical(&log::Chain(&error));
            ExitCode::FAILURE
        }
    }
}

async fn verify(options: &VerifyOptions) -> anyhow::Result<bool> {
    let catalog = DataFolder::existing_catalog(options.data_dir.as_deref()).await?;
    let mut tables = accounts(&catalog).await?;
    let losses = catalog.log_losses().await?;
    let log_note = count_waiting(options, &catalog, &mut tables, &losses).await?;
    let buckets = bucket::check(&catalog, options).await?;
    let out_of_sight = catalog.objects_out_of_sight().await?;
    let notes: Vec<String> = log_note
        .into_iter()
        .chain(losses.iter().map(loss_note))
        .chain(removed_note(out_of_sight))
        .collect();
    let mut tables: Vec<TableAccount> = tables.into_values().collect();
    tables.sort_by(|one, two| (&one.source, &one.table).cmp(&(&two.source, &two.table)));
    let problems: Vec<String> = tables
        .iter()
        .filter_map(|table| Some(format!("{}/{}: {}", table.source, table.table, table.problem()?)))
        .chain(buckets.iter().flat_map(bucket::BucketFindings::problems))
        .collect();
    if options.json {
        say_json!(json_report(&tables, &buckets, &losses, &notes, &problems));
    } else {
        print_report(&tables, &buckets, &notes, &problems);
    }
    Ok(problems.is_empty())
}

type Tables = HashMap<(SourceId, String), TableAccount>;

async fn accounts(catalog: &Catalog) -> anyhow::Result<Tables> {
    let names: HashMap<SourceId, Source> = catalog
        .sources()
        .await?
        .into_iter()
        .map(|source| (source.id, source))
        .collect();
    let mut tables = Tables::new();
    for source in names.values() {
        for table in catalog.tables(source.id).await? {
            let account = TableAccount {
                source: source.name.clone(),
                table: table.name.clone(),
                account: None,
                chain: None,
                waiting: None,
            };
            tables.insert((source.id, table.name), account);
        }
    }
    let mut after = None;
    loop {
        let page = catalog.accounts(after, 500).await?;
        let Some(last) = page.last() else {
            return Ok(tables);
        };
        after = Some((last.table, last.partition));
        for account in page {
            let chain = catalog.check_chain(&account).await?;
            if let Some(table) = tables.get_mut(&(account.source, account.table_name.clone())) {
                table.account = Some(account);
                table.chain = Some(chain);
            }
        }
    }
}

/// Whether it was accepted that this is lost, as far as a load still needed it.
fn is_accepted(damage: &Damage, losses: &[LogLoss]) -> bool {
    let end = damage.lost.end.as_u64();
    losses
        .iter()
        .any(|loss| loss.first.as_u64() < end && loss.last.as_u64() + 1 >= end)
}

/// Counts what the log holds after the last load of each table. A running server keeps the log to itself; then a note
/// says so.
async fn count_waiting(
    options: &VerifyOptions,
    catalog: &Catalog,
    tables: &mut Tables,
    losses: &[LogLoss],
) -> anyhow::Result<Option<String>> {
    let folder = DataFolder::chosen(options.data_dir.as_deref()).join("log");
    let settings = EmbeddedLogSettings {
        key: log_key::of_environment(options.log_key_file.as_deref())?,
        ..EmbeddedLogSettings::default()
    };
    let log = match EmbeddedLog::open_folder(&folder, settings) {
        Ok(log) => log,
        Err(landfall_log::OpenError::InUse { .. }) => {
            return Ok(Some(
                "a server is running on it: what waits in its log is not counted".to_owned(),
            ));
        }
        Err(error) => return Err(log_key::explain(error, &folder)),
    };
    tables.values_mut().for_each(|table| table.waiting = Some(0));
    let bounds = log.bounds(Partition::FIRST).await?;
    let mut at = bounds.first;
    while at < bounds.next {
        let entries = match log.read(Partition::FIRST, at, ByteCount::new(8 << 20)).await {
            Err(ReadError::Damaged(damage)) if is_accepted(&damage, losses) => {
                at = damage.lost.end;
                continue;
            }
            read => read?,
        };
        let Some(last) = entries.last() else { break };
        at = last.position.next();
        for entry in &entries {
            let request =
                decode(&entry.bytes).with_context(|| format!("entry {} of the log", entry.position))?;
            let mut ordinals: HashMap<&str, u32> = HashMap::new();
            for part in &request.parts {
                let ordinal = ordinals.entry(&part.table).or_default();
                let key = (request.source, part.table.clone());
                if !tables.contains_key(&key) {
                    let source = catalog.source(request.source).await?;
                    let account = TableAccount {
                        source: source.map_or_else(|| request.source.to_string(), |source| source.name),
                        table: part.table.clone(),
                        account: None,
                        chain: None,
                        waiting: Some(0),
                    };
                    tables.insert(key.clone(), account);
                }
                let Some(table) = tables.get_mut(&key) else {
                    continue;
                };
                let through = table.account.as_ref().map(|account| account.landed_through);
                for item in &part.items {
                    let here = Point {
                        position: landfall_catalog::Position::new(entry.position.as_u64()),
                        ordinal: *ordinal,
                    };
                    *ordinal += 1;
                    let is_record = matches!(item, AcceptedItem::Record(_));
                    if is_record && through.is_none_or(|through| through < here) {
                        table.waiting = table.waiting.map(|waiting| waiting + 1);
                    }
                }
            }
        }
    }
    log.close().await;
    Ok(None)
}

/// Says what was accepted, and can be in none of the sums.
fn loss_note(loss: &LogLoss) -> String {
    format!(
        "{} entry(s) of the log ({} to {}) were lost, which was accepted at {}: what they held and had not landed by then is \
         in no sum, since nobody can tell how many records that were",
        loss.entries(),
        loss.first.as_u64(),
        loss.last.as_u64(),
        loss.accepted_at
    )
}

/// Says what nobody can look for any more.
fn removed_note(objects: u64) -> Option<String> {
    (objects > 0).then(|| {
        format!(
            "{objects} object(s) are in buckets of destinations that were removed: nobody looked for those, since their \
             credentials are gone"
        )
    })
}

fn print_report(
    tables: &[TableAccount],
    buckets: &[bucket::BucketFindings],
    notes: &[String],
    problems: &[String],
) {
    for table in tables {
        let zero = (0, 0, 0, 0);
        let (records, landed, rejected, lost) = table.account.as_ref().map_or(zero, |account| {
            (account.records, account.landed, account.rejected, account.lost)
        });
        let accepted = records + table.waiting.unwrap_or(0);
        let waiting = table
            .waiting
            .map_or_else(|| "?".to_owned(), |waiting| waiting.to_string());
        say!(
            "{}/{}: accepted {accepted} = landed {landed} + rejected {rejected} + lost {lost} + waiting {waiting}",
            table.source,
            table.table
        );
    }
    buckets.iter().for_each(|bucket| say!("{}", bucket.summary()));
    for note in notes {
        say!("Note: {note}");
    }
    for problem in problems {
        say!("✗ {problem}");
    }
    if problems.is_empty() && notes.is_empty() {
        say!("✓ All adds up");
    } else if problems.is_empty() {
        say!("✓ What could be looked at adds up");
    } else {
        say!("{} problem(s)", problems.len());
    }
}

fn json_report(
    tables: &[TableAccount],
    buckets: &[bucket::BucketFindings],
    losses: &[LogLoss],
    notes: &[String],
    problems: &[String],
) -> String {
    let table = |table: &TableAccount| {
        let account = table.account.as_ref();
        let records = account.map_or(0, |account| account.records);
        json!({
            "source": table.source,
            "table": table.table,
            "accepted": table.waiting.map(|waiting| records + waiting),
            "landed": account.map_or(0, |account| account.landed),
            "rejected": account.map_or(0, |account| account.rejected),
            "lost": account.map_or(0, |account| account.lost),
            "waiting": table.waiting,
        })
    };
    let loss = |loss: &LogLoss| {
        json!({
            "first": loss.first.as_u64(),
            "last": loss.last.as_u64(),
            "entries": loss.entries(),
            "accepted_at": loss.accepted_at.to_string(),
        })
    };
    let report = json!({
        "clean": problems.is_empty(),
        "tables": tables.iter().map(table).collect::<Vec<_>>(),
        "log_losses": losses.iter().map(loss).collect::<Vec<_>>(),
        "buckets": buckets.iter().map(bucket::BucketFindings::to_json).collect::<Vec<_>>(),
        "notes": notes,
        "problems": problems,
    });
    report.to_string()
}
