//! Records of the log become batches: pure, and the same for the same log.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use landfall_catalog::{Activation, OpenLoad, Point};
use landfall_core::intake::{AcceptedItem, AcceptedPart, AcceptedRecord};
use landfall_core::json::{Json, JsonError, NonFinite};
use landfall_core::schema::{DeclaredTable, Formats, Schema};
use landfall_core::settings::BatchLimits;
use landfall_core::time::{Instant, Timestamp};
use landfall_format::{Naming, PlanParts, Reason, RecordMeta, TableBatch, TableEncoder, TablePlan};
use landfall_log::Position;

use super::batch::OpenBatch;
use super::jobs::{Extremes, Job, ReadySkip};
use super::keys::{EntryKeys, KeyAt};
use super::point::{point, range};

/// Encoders that a table keeps: one for each schema it gets in turn.
const MOST_ENCODERS: usize = 8;

/// The entry at hand.
#[derive(Debug, Clone, Copy)]
pub(super) struct EntryFacts {
    pub(super) position: Position,
    pub(super) received_at: Timestamp,
}

/// What gathering is told.
pub(super) struct GatherRules<'g> {
    pub(super) limits: BatchLimits,
    pub(super) keys: &'g mut dyn EntryKeys,
    /// By the clock that never goes back.
    pub(super) now: Duration,
}

/// A part of an entry, and how many items of the same table the entry has before it.
#[derive(Debug, Clone, Copy)]
pub(super) struct PartAt<'p> {
    pub(super) part: &'p AcceptedPart<&'p str>,
    pub(super) index: u32,
    pub(super) first_ordinal: u32,
}

impl PartAt<'_> {
    fn point(&self, entry: EntryFacts, item: usize) -> Point {
        point(entry.position, self.first_ordinal + item as u32)
    }
}

/// Gathers the records of one table.
#[derive(Debug)]
pub(super) struct Gatherer {
    table: String,
    problem: Option<Reason>,
    /// Where objects go and what they hold; while a load of the ledger is made again, as it was then.
    naming: Arc<Naming>,
    /// Where objects go once that load is made.
    renamed: Option<Arc<Naming>>,
    encoders: VecDeque<KnownSchema>,
    /// All at or before this was taken.
    pub(super) seen: Option<Point>,
    /// The load of the ledger that is made again: the next batch is this one, whatever the limits.
    pub(super) again: Option<OpenLoad>,
    pub(super) open: Option<OpenBatch>,
    pub(super) ready: VecDeque<Job>,
}

#[derive(Debug)]
struct KnownSchema {
    naming: Arc<Naming>,
    keys: Vec<String>,
    bookmarks: Vec<String>,
    schema: Option<String>,
    encoder: TableEncoder,
}

impl Gatherer {
    pub(super) fn new(
        table: &str,
        problem: Option<Reason>,
        naming: Arc<Naming>,
        seen: Option<Point>,
        again: Option<OpenLoad>,
    ) -> Self {
        Self {
            table: table.to_owned(),
            problem,
            naming,
            renamed: None,
            encoders: VecDeque::new(),
            seen,
            again,
            open: None,
            ready: VecDeque::new(),
        }
    }

    /// Memory that open and ready batches hold.
    pub(super) fn held_bytes(&self) -> usize {
        let open = self.open.as_ref().map_or(0, |open| open.batch.allocated_bytes());
        open + self.ready.iter().map(Job::allocated_bytes).sum::<usize>()
    }

    /// The first entry that is needed.
    pub(super) fn first_needed(&self) -> Option<Position> {
        let ready = self.ready.front().map(Job::first);
        ready.or_else(|| self.open.as_ref().map(|open| open.first))
    }

    /// Later batches go where `naming` says. What was gathered for another one is ready to be looked at, since it may
    /// not land so any more ([`ReadyLoad::is_for`](super::jobs::ReadyLoad::is_for)).
    pub(super) fn rename(&mut self, naming: &Arc<Naming>) {
        if self.again.is_some() {
            self.renamed = Some(naming.clone());
        } else if !Arc::ptr_eq(&self.naming, naming) && self.naming != *naming {
            self.close(Activation::Stays);
            self.naming = naming.clone();
        }
    }

    /// Takes what is new of a part. Intake parsed the records before it accepted them; one that can't be parsed now ends
    /// the loader, since leaving it out would lose it.
    pub(super) fn take(
        &mut self,
        entry: EntryFacts,
        at: PartAt<'_>,
        rules: &mut GatherRules<'_>,
    ) -> Result<(), JsonError> {
        let items = &at.part.items;
        let is_new = |item: &usize| self.seen.is_none_or(|seen| seen < at.point(entry, *item));
        let Some(mut next) = (0..items.len()).find(is_new) else {
            return Ok(());
        };
        while let Some(item) = items.get(next) {
            match item {
                AcceptedItem::ActivateVersion => {
                    self.activate(entry, at, next);
                    next += 1;
                }
                AcceptedItem::Record(_) => {
                    self.close_for(at.part);
                    let stretch = self.stretch(entry, at, next, rules.limits);
                    next = stretch.end;
                    self.encode(entry, at, stretch, rules)?;
                    self.close_if_full(rules.limits);
                }
            }
        }
        Ok(())
    }

    /// Records of another version or key list begin another batch.
    fn close_for(&mut self, part: &AcceptedPart<&str>) {
        let version = part.version.as_i64();
        let is_other = |open: &OpenBatch| open.batch.version() != version || open.keys != part.key_names;
        if self.open.as_ref().is_some_and(is_other) {
            self.close(Activation::Stays);
        }
    }

    /// The records from item `first` on that the open batch takes: at least one.
    fn stretch(&self, entry: EntryFacts, at: PartAt<'_>, first: usize, limits: BatchLimits) -> Range<usize> {
        let batch = self.open.as_ref().map(|open| &open.batch);
        let (mut records, mut bytes) = batch.map_or((0, 0), |batch| (batch.records(), batch.record_bytes()));
        let mut end = first;
        while let Some(AcceptedItem::Record(record)) = at.part.items.get(end) {
            records += 1;
            bytes += record.data.len() as u64;
            let is_full = match &self.again {
                Some(load) => at.point(entry, end) >= load.intent.range.through,
                None => records >= limits.rows.get() || bytes >= limits.bytes.as_u64(),
            };
            end += 1;
            if is_full {
                break;
            }
        }
        first..end
    }

    fn encode(
        &mut self,
        entry: EntryFacts,
        at: PartAt<'_>,
        stretch: Range<usize>,
        rules: &mut GatherRules<'_>,
    ) -> Result<(), JsonError> {
        let part = at.part;
        let through = at.point(entry, stretch.end - 1);
        let records = || {
            let items = part.items[stretch.clone()].iter().zip(stretch.clone());
            items.filter_map(|(item, index)| match item {
                AcceptedItem::Record(record) => Some((record, index)),
                AcceptedItem::ActivateVersion => None,
            })
        };
        // Two loads never share a key, so each batch begins without claims.
        let claims = self
            .open
            .as_ref()
            .map(|open| open.claims.clone())
            .unwrap_or_default();
        let encoder = self.encoder(part);
        encoder.forget_crowd();
        encoder.begin(part.version.as_i64(), claims);
        for (record, index) in records() {
            let mut key = KeyAt {
                keys: &mut *rules.keys,
                position: entry.position.as_u64(),
                part: at.index,
                item: index as u32,
            };
            let text = &part.text[..record.data.end];
            encoder.parse(text, record.data.start, 0, NonFinite::AsNull)?;
            encoder.accept(part.text, meta(entry, part, record), &mut key);
        }
        let run = encoder.finish();
        let open = self.open.get_or_insert_with(|| OpenBatch {
            batch: TableBatch::new(part.version.as_i64()),
            keys: part.key_names.clone(),
            after: self.seen,
            through,
            first: entry.position,
            first_received: entry.received_at,
            opened_at: rules.now,
            extremes: Extremes::default(),
            claims: Arc::default(),
        });
        if !run.claims().is_empty() {
            let claims = Arc::make_mut(&mut open.claims);
            run.claims().iter().for_each(|claim| claims.insert(claim.clone()));
        }
        for (record, _) in records() {
            open.extremes.take(record.sequence, entry.received_at);
        }
        open.batch.push(run);
        open.through = through;
        self.seen = Some(through);
        Ok(())
    }

    fn encoder(&mut self, part: &AcceptedPart<&str>) -> &mut TableEncoder {
        let naming = self.naming.clone();
        let is_known = |known: &KnownSchema| {
            known.schema == part.schema
                && known.keys == part.key_names
                && known.bookmarks == part.bookmark_names
                && Arc::ptr_eq(&known.naming, &naming)
        };
        match self.encoders.iter().position(is_known) {
            Some(0) => {}
            Some(index) => self.encoders.swap(0, index),
            None => {
                self.encoders.truncate(MOST_ENCODERS - 1);
                let encoder = TableEncoder::new(Arc::new(self.plan(part)));
                self.encoders.push_front(KnownSchema {
                    naming,
                    keys: part.key_names.clone(),
                    bookmarks: part.bookmark_names.clone(),
                    schema: part.schema.clone(),
                    encoder,
                });
            }
        }
        &mut self.encoders[0].encoder
    }

    /// Intake has judged the records by their schema: here it only declares columns.
    fn plan(&self, part: &AcceptedPart<&str>) -> TablePlan {
        let schema = part.schema.as_deref().and_then(|text| {
            let schema = Json::parse(text.as_bytes()).ok()?;
            Schema::compile(&schema).ok()
        });
        TablePlan::new(PlanParts {
            naming: self.naming.clone(),
            table: self.table.clone(),
            keys: part.key_names.clone(),
            bookmarks: part.bookmark_names.clone(),
            declared: schema.as_ref().map(DeclaredTable::of).unwrap_or_default(),
            schema: None,
            formats: Formats::Enforce,
            problem: self.problem.clone(),
        })
    }

    /// A version is complete (loading.md §8.4): its batch closes, or the next one of it tells.
    fn activate(&mut self, entry: EntryFacts, at: PartAt<'_>, item: usize) {
        let here = at.point(entry, item);
        let is_waiting = |open: &&mut OpenBatch| open.batch.version() == at.part.version.as_i64();
        if let Some(open) = self.open.as_mut().filter(is_waiting) {
            open.through = here;
            self.seen = Some(here);
            return self.close(Activation::Activates);
        }
        self.close(Activation::Stays);
        self.ready.push_back(Job::Skip(ReadySkip {
            range: range(self.seen, here),
            first: entry.position,
            version: at.part.version,
        }));
        self.seen = Some(here);
    }

    fn close_if_full(&mut self, limits: BatchLimits) {
        let Some(open) = &self.open else { return };
        let is_full = match &self.again {
            // An activation may follow that belongs to it.
            Some(load) => {
                open.through >= load.intent.range.through && load.intent.activation == Activation::Stays
            }
            None => {
                open.batch.records() >= limits.rows.get()
                    || open.batch.record_bytes() >= limits.bytes.as_u64()
            }
        };
        if is_full {
            self.close(Activation::Stays);
        }
    }

    /// Closes the open batch.
    pub(super) fn close(&mut self, activation: Activation) {
        let Some(open) = self.open.take() else { return };
        let again = self.again.take();
        if let Some(naming) = self.renamed.take() {
            self.naming = naming;
        }
        self.ready.extend(
            open.close(activation, again)
                .map(|load| Job::Load(Box::new(load))),
        );
    }
}

fn meta(entry: EntryFacts, part: &AcceptedPart<&str>, record: &AcceptedRecord) -> RecordMeta {
    let extracted = record.extracted_at.clone().and_then(|range| part.text.get(range));
    RecordMeta {
        received_at: entry.received_at,
        sequence: record.sequence,
        extracted: extracted.and_then(|text| Instant::parse(text.as_bytes())),
    }
}
