//! `GET /v4/verify`: what the ledger says of itself, for `landfall verify`.
//!
//! For each table and partition of the log: the sums that must agree, and whether the loads follow each other without
//! gap or overlap. Nothing is changed.

use axum::extract::State;
use landfall_catalog::{Account, Chain, LogLoss, Partition, Point, TableId};
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{Answer, Refusal, ok};
use super::instant::Seconds;
use super::request::{Query, number};
use super::state::ManageState;

/// Accounts in an answer; each of them is a walk through its loads.
const PAGE: u32 = 100;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct VerifyObject<'a> {
    accounts: Vec<AccountObject<'a>>,
    /// What the log has lost and was given up: it is in no account.
    log_losses: Vec<LogLossObject>,
    /// What to give as `after` for those that follow; none if these were the last.
    next: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct AccountObject<'a> {
    source_id: u32,
    table_id: u32,
    table: &'a str,
    partition: u32,
    landed_through: PointObject,
    records: u64,
    landed: u64,
    rejected: u64,
    lost: u64,
    balanced: bool,
    chain: ChainObject,
}

/// Entries of the log whose loss was accepted.
#[derive(Debug, Serialize, ToSchema)]
struct LogLossObject {
    partition: u32,
    first: u64,
    last: u64,
    entries: u64,
    accepted_at: Seconds,
}

#[derive(Debug, Serialize, ToSchema)]
struct PointObject {
    position: u64,
    ordinal: u32,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
enum ChainObject {
    Whole {
        loads: u64,
    },
    Broken {
        /// Where the load before ended.
        expected_after: Option<PointObject>,
        /// The load that begins elsewhere; none if the last one ends elsewhere than `landed_through`.
        load: Option<i64>,
        /// Where that load begins.
        found_after: Option<PointObject>,
    },
}

fn point_object(point: Point) -> PointObject {
    PointObject {
        position: point.position.as_u64(),
        ordinal: point.ordinal,
    }
}

fn loss_object(loss: &LogLoss) -> LogLossObject {
    LogLossObject {
        partition: loss.partition.number(),
        first: loss.first.as_u64(),
        last: loss.last.as_u64(),
        entries: loss.entries(),
        accepted_at: Seconds(loss.accepted_at),
    }
}

fn chain_object(chain: Chain) -> ChainObject {
    match chain {
        Chain::Whole { links } => ChainObject::Whole { loads: links },
        Chain::Broken { expected, at } => ChainObject::Broken {
            expected_after: expected.map(point_object),
            load: at.as_ref().map(|link| link.seq.number()),
            found_after: at.and_then(|link| link.range.after).map(point_object),
        },
    }
}

fn account_object(account: &Account, chain: Chain) -> AccountObject<'_> {
    AccountObject {
        source_id: account.source.as_u32(),
        table_id: account.table.number(),
        table: &account.table_name,
        partition: account.partition.number(),
        landed_through: point_object(account.landed_through),
        records: account.records,
        landed: account.landed,
        rejected: account.rejected,
        lost: account.lost,
        balanced: account.is_balanced(),
        chain: chain_object(chain),
    }
}

/// Reads `<table>.<partition>`.
fn read_after(text: &str) -> Option<(TableId, Partition)> {
    let (table, partition) = text.split_once('.')?;
    Some((TableId::new(number(table)?), Partition::new(number(partition)?)))
}

/// A page of accounts, each with its chain.
pub(super) async fn show(State(state): State<ManageState>, query: Query) -> Answer {
    let after =
        match query.value("after") {
            None => None,
            Some(text) => Some(read_after(text).ok_or_else(|| {
                Refusal::coded("InvalidPage", "after must be the next of the answer before")
            })?),
        };
    let accounts = state.catalog().accounts(after, PAGE).await?;
    let mut objects = Vec::with_capacity(accounts.len());
    for account in &accounts {
        let chain = state.catalog().check_chain(account).await?;
        objects.push(account_object(account, chain));
    }
    let is_full = accounts.len() >= PAGE as usize;
    let last = accounts.last().filter(|_| is_full);
    let losses = state.catalog().log_losses().await?;
    ok(&VerifyObject {
        accounts: objects,
        log_losses: losses.iter().map(loss_object).collect(),
        next: last.map(|account| format!("{}.{}", account.table, account.partition)),
    })
}
