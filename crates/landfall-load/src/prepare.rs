//! Groups of lines become encoded runs. Pure, and the work that is shared among cores.

use std::collections::HashMap;
use std::sync::Arc;

use landfall_core::json::NonFinite;
use landfall_format::{Claims, EncodedRun, KeySource, Reason, RecordMeta, TableEncoder, TablePlan};
use landfall_singer::{Extracted, LineFault, RecordFacts, TailFault, TailReader};

use crate::block::{Group, LineFacts, RecordLine};
use crate::pipeline::InvalidRecords;

/// What a group became: one run for each stretch of records of the same version.
#[derive(Debug, Default)]
pub(crate) struct PreparedGroup {
    pub(crate) runs: Vec<PreparedRun>,
    /// Whether a `time_extracted` could not be read.
    pub(crate) has_unreadable_time: bool,
}

/// A run and which lines of the group it holds.
#[derive(Debug)]
pub(crate) struct PreparedRun {
    pub(crate) run: EncodedRun,
    pub(crate) lines: std::ops::Range<usize>,
    /// The first line of each check that rejected a record: index among the group's lines, and the reason.
    pub(crate) first_rejections: Vec<(usize, Reason)>,
}

/// Why a group could not be prepared.
#[derive(Debug)]
pub(crate) enum GroupFault {
    /// A line is faulty: the run of the target ends.
    Line {
        /// Index among the group's lines.
        index: usize,
        fault: LineFault,
    },
    /// A record can't be landed, and `on_invalid_record` is `fail`: the run of the target ends.
    Invalid { index: usize, reason: Reason },
    /// A line says something else than its beginning promised: it must be read as a whole, and so must what follows.
    ReadAgain { index: usize },
}

/// Encoders that one worker keeps, so that what they learnt about their stream is not lost.
const MOST_ENCODERS: usize = 128;

/// One worker's tools.
pub(crate) struct Preparer {
    encoders: HashMap<usize, (Arc<TablePlan>, TableEncoder)>,
    tails: TailReader,
    keys: Box<dyn KeySource + Send>,
    invalid_records: InvalidRecords,
}

impl Preparer {
    pub(crate) fn new(keys: Box<dyn KeySource + Send>, invalid_records: InvalidRecords) -> Self {
        Self {
            encoders: HashMap::new(),
            tails: TailReader::new(),
            keys,
            invalid_records,
        }
    }

    /// Prepares all lines of a group.
    pub(crate) fn prepare(
        &mut self,
        group: &Group,
        claims: &Arc<Claims>,
    ) -> Result<PreparedGroup, GroupFault> {
        self.prepare_lines(group, 0..group.lines.len(), claims)
    }

    /// Prepares some lines of a group.
    pub(crate) fn prepare_lines(
        &mut self,
        group: &Group,
        lines: std::ops::Range<usize>,
        claims: &Arc<Claims>,
    ) -> Result<PreparedGroup, GroupFault> {
        if self.encoders.len() >= MOST_ENCODERS {
            self.encoders.clear();
        }
        let plan = group.stream.plan();
        let (_, encoder) = self
            .encoders
            .entry(Arc::as_ptr(plan) as usize)
            .or_insert_with(|| (plan.clone(), TableEncoder::new(plan.clone())));
        encoder.forget_crowd();
        let mut work = GroupWork {
            group,
            encoder,
            tails: &mut self.tails,
            keys: &mut *self.keys,
            invalid_records: self.invalid_records,
            claims,
            version: None,
            first_line: lines.start,
            first_rejections: Vec::new(),
            prepared: PreparedGroup::default(),
        };
        let taken = lines.clone().try_for_each(|index| work.take(index));
        work.end_run(lines.end);
        taken.map(|()| work.prepared)
    }
}

struct GroupWork<'w> {
    group: &'w Group,
    encoder: &'w mut TableEncoder,
    tails: &'w mut TailReader,
    keys: &'w mut dyn KeySource,
    invalid_records: InvalidRecords,
    claims: &'w Arc<Claims>,
    /// Version of the run at hand; `None` before the first record.
    version: Option<i64>,
    first_line: usize,
    first_rejections: Vec<(usize, Reason)>,
    prepared: PreparedGroup,
}

impl GroupWork<'_> {
    #[inline]
    fn take(&mut self, index: usize) -> Result<(), GroupFault> {
        let line = self.group.lines[index];
        let bytes = &self.group.block.bytes[line.start as usize..line.end as usize];
        let not_json = || GroupFault::Line {
            index,
            fault: LineFault::not_json(bytes),
        };
        let text = simdutf8::basic::from_utf8(bytes).map_err(|_| not_json())?;
        let offset = (line.record - line.start) as usize;
        let outer_depth = usize::from(!self.group.is_bare);
        let parsed = self.encoder.parse(text, offset, outer_depth, NonFinite::AsNull);
        let end = parsed.map_err(|error| GroupFault::Line {
            index,
            fault: LineFault::unparsed(bytes, &error),
        })?;
        let facts = self.facts(index, line, text, end)?;
        if !self.encoder.is_object(text) {
            // A bare line that is no object can't be taken for JSON records; a message's record must be one.
            let fault = if self.group.is_bare {
                LineFault::not_json(bytes)
            } else {
                LineFault::WrongKind {
                    key: "record",
                    must_be: "an object",
                }
            };
            return Err(GroupFault::Line { index, fault });
        }
        if self.version != Some(facts.version) {
            self.end_run(index);
            self.encoder.begin(facts.version, self.claims.clone());
            self.version = Some(facts.version);
        }
        let extracted = match facts.extracted {
            Extracted::Absent => None,
            Extracted::At(instant) => Some(instant),
            Extracted::Unreadable => {
                self.prepared.has_unreadable_time = true;
                None
            }
        };
        let receipt = &self.group.receipt;
        let meta = RecordMeta {
            received_at: receipt.at,
            sequence: receipt.first_sequence + i64::from(line.ordinal),
            extracted,
        };
        self.encoder.accept(text, meta, self.keys);
        match self.encoder.first_rejections().get(self.first_rejections.len()) {
            None => Ok(()),
            Some(reason) => self.note_rejection(index, reason.clone()),
        }
    }

    /// A check rejected its first record of the run at hand.
    fn note_rejection(&mut self, index: usize, reason: Reason) -> Result<(), GroupFault> {
        match self.invalid_records {
            InvalidRecords::Fail => Err(GroupFault::Invalid { index, reason }),
            InvalidRecords::Reject => {
                self.first_rejections.push((index, reason));
                Ok(())
            }
        }
    }

    /// What the line says beside the record, which ends at `end`.
    #[inline]
    fn facts(
        &mut self,
        index: usize,
        line: RecordLine,
        text: &str,
        end: usize,
    ) -> Result<RecordFacts, GroupFault> {
        let before = match line.facts {
            LineFacts::Known(facts) if self.group.is_bare => {
                let is_clean = text[end..].trim_matches([' ', '\t', '\r']).is_empty();
                let fault = || LineFault::not_json(text.as_bytes());
                return if is_clean {
                    Ok(facts)
                } else {
                    Err(GroupFault::Line {
                        index,
                        fault: fault(),
                    })
                };
            }
            LineFacts::Known(facts) => return Ok(facts),
            LineFacts::Prefix(before) => before,
        };
        self.tails
            .read(&text[end..], before)
            .map_err(|fault| match fault {
                TailFault::SaysMore => GroupFault::ReadAgain { index },
                TailFault::Fault(fault) => GroupFault::Line { index, fault },
                TailFault::Unparsed(error) => GroupFault::Line {
                    index,
                    fault: LineFault::unparsed(text.as_bytes(), &error),
                },
                TailFault::NotJson => GroupFault::Line {
                    index,
                    fault: LineFault::not_json(text.as_bytes()),
                },
            })
    }

    fn end_run(&mut self, until: usize) {
        if self.version.take().is_some() {
            let lines = self.first_line..until;
            self.prepared.runs.push(PreparedRun {
                run: self.encoder.finish(),
                lines,
                first_rejections: std::mem::take(&mut self.first_rejections),
            });
        }
        self.first_line = until;
    }
}
