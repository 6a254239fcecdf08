//! `GET /v4/sources/{id}/rejects`: what was set aside, and why (ext; rejects.md §7).

use std::collections::BTreeMap;

use axum::extract::State;
use landfall_catalog::RejectedLoad;
use landfall_core::ids::SourceId;
use landfall_core::units::ByteCount;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::answer::{Answer, Refusal, ok};
use super::destination_rules::settings_of;
use super::instant::Seconds;
use super::ledger::bucket_of;
use super::load_object::ReasonCount;
use super::request::{Numbers, Query, number};
use super::sources::find_source;
use super::state::ManageState;

/// Loads that are looked at.
const MOST_LOADS: u32 = 100;
/// Records that are shown.
const MOST_SAMPLES: u32 = 50;
const SAMPLES: u32 = 10;
/// Objects that are read for one answer, and how much of each: a rejected record may have a mebibyte.
const MOST_READ: usize = 3;
const READ_BYTES: ByteCount = ByteCount::new(2 << 20);

/// What was set aside.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RejectsReport<'a> {
    /// In the objects below.
    records: u64,
    reasons: Vec<ReasonCount<'a>>,
    /// Newest first.
    objects: Vec<RejectsObject<'a>>,
    /// Whether there are older objects, which are not counted here.
    has_more: bool,
    /// Records of the newest objects, as they stand in the bucket.
    samples: Vec<Sample<'a>>,
    /// Why no records could be read, if so.
    unreadable: Option<String>,
}

/// An object of rejected records.
#[derive(Debug, Serialize, ToSchema)]
struct RejectsObject<'a> {
    table: &'a str,
    load: &'a str,
    bucket: Option<String>,
    key: &'a str,
    records: u64,
    bytes: u64,
    completed_at: Option<Seconds>,
}

/// A rejected record.
#[derive(Debug, Serialize, ToSchema)]
struct Sample<'a> {
    table: &'a str,
    key: &'a str,
    /// A line of the object, with the record and the reason.
    #[schema(value_type = Object)]
    line: Value,
}

/// The whole lines of the start of an object that are JSON.
fn lines(start: &[u8], is_whole: bool) -> impl Iterator<Item = Value> {
    let end = if is_whole {
        start.len()
    } else {
        start.iter().rposition(|byte| *byte == b'\n').unwrap_or(0)
    };
    start[..end]
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice(line).ok())
}

fn sum_up(loads: &[RejectedLoad]) -> Vec<ReasonCount<'_>> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    let facts = loads.iter().filter_map(|rejected| rejected.load.facts.as_ref());
    for (code, records) in facts.flat_map(|facts| &facts.reasons) {
        *counts.entry(code).or_default() += records;
    }
    let count = |(code, records)| ReasonCount { code, records };
    counts.into_iter().map(count).collect()
}

/// `GET /v4/sources/{id}/rejects`.
pub(super) async fn show(
    State(state): State<ManageState>,
    Numbers([source]): Numbers<1>,
    query: Query,
) -> Answer {
    let source = find_source(&state, SourceId::new(source)).await?;
    let most_samples = match query.value("samples") {
        None => SAMPLES,
        Some(text) => number(text)
            .filter(|samples| *samples <= MOST_SAMPLES)
            .ok_or_else(|| Refusal::coded("InvalidLimit", "samples must be a number from 0 to 50"))?,
    };
    let found = state
        .catalog()
        .rejected_loads(source.id, query.value("table"), MOST_LOADS)
        .await?;
    let (samples, unreadable) = read_samples(&state, &found.loads, most_samples as usize).await?;
    let mut objects = Vec::with_capacity(found.loads.len());
    for RejectedLoad { load, object } in &found.loads {
        let Some(object) = object else { continue };
        objects.push(RejectsObject {
            table: &load.table_name,
            load: load.id.as_str(),
            bucket: bucket_of(&state, load.destination).await?,
            key: &object.key,
            records: object.rows,
            bytes: object.size.as_u64(),
            completed_at: load.done_at.map(Seconds),
        });
    }
    ok(&RejectsReport {
        records: found.loads.iter().map(|found| found.load.rows_rejected).sum(),
        reasons: sum_up(&found.loads),
        objects,
        has_more: found.has_more,
        samples,
        unreadable,
    })
}

/// Records of the newest objects, read back from the bucket.
async fn read_samples<'a>(
    state: &ManageState,
    loads: &'a [RejectedLoad],
    most: usize,
) -> Result<(Vec<Sample<'a>>, Option<String>), Refusal> {
    let mut samples = Vec::new();
    let with_object = loads
        .iter()
        .filter_map(|found| Some((&found.load, found.object.as_ref()?)));
    for (load, object) in with_object.take(MOST_READ) {
        if samples.len() >= most {
            break;
        }
        let destination = state.catalog().destination(load.destination).await?;
        let settings = destination.and_then(|found| settings_of(&found.properties, &state.parts.rules));
        let Some(settings) = settings else {
            return Ok((
                samples,
                Some("its destination is gone: look into the bucket".to_owned()),
            ));
        };
        let read = state.parts.checker.read_start(&settings, &object.key, READ_BYTES);
        match read.await {
            Err(reason) => return Ok((samples, Some(reason))),
            Ok(start) => {
                let is_whole = start.len() as u64 >= object.size.as_u64();
                let sample = |line| Sample {
                    table: &load.table_name,
                    key: &object.key,
                    line,
                };
                let room = most - samples.len();
                samples.extend(lines(&start, is_whole).take(room).map(sample));
            }
        }
    }
    Ok((samples, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_cut_off_is_left_out() {
        let start = b"{\"a\":1}\n{\"a\":2}\n{\"a\":";
        assert_eq!(lines(start, false).count(), 2);
        assert_eq!(lines(b"{\"a\":1}\n{\"a\":2}\n", true).count(), 2);
        assert_eq!(lines(b"{\"a\":1}", false).count(), 0);
    }
}
