//! Results are taken in input order.

use std::sync::Arc;

use landfall_format::TableBatch;
use landfall_singer::Position;

use super::{InvalidRecords, Pipeline, Step};
use crate::block::Group;
use crate::cut::at_line;
use crate::error::RunError;
use crate::prepare::{GroupFault, PreparedGroup, PreparedRun, Preparer};
use crate::workers::{Task, TaskResult};

impl Pipeline {
    /// Takes in all steps whose turn has come.
    pub(super) fn merge_ready(&mut self) -> Result<(), RunError> {
        while let Some(step) = self.steps.pop_front() {
            match step {
                Step::Task { task, origin, result: None } => {
                    self.steps.push_front(Step::Task { task, origin, result: None });
                    return Ok(());
                }
                Step::Task { task, origin, result: Some(result) } => {
                    if let Some(line) = line_to_read_again(&task, &result) {
                        self.read_again(&origin, line);
                        return Ok(());
                    }
                    self.bytes_ahead = self.bytes_ahead.saturating_sub(origin.block.bytes.len());
                    // The input's memory is free before batches take theirs.
                    drop(origin);
                    self.merge_task(&task, result)?;
                }
                Step::Block(_) => {}
                Step::State { at, value } => self.receive_state(at, value)?,
                Step::Close { stream } => self.close_batch(&stream)?,
                Step::Activate { stream, version } => self.activate(&stream, version)?,
            }
        }
        Ok(())
    }

    fn receive_state(&mut self, at: u64, value: Vec<u8>) -> Result<(), RunError> {
        self.states.receive(Position(at), value);
        self.release_states()
    }

    fn merge_task(&mut self, task: &Task, result: TaskResult) -> Result<(), RunError> {
        if let Some(error) = first_fault(task, &result) {
            return Err(error);
        }
        for ((group, _), prepared) in task.groups.iter().zip(result) {
            if let Ok(prepared) = prepared {
                self.merge_group(group, prepared)?;
            }
        }
        self.keep_budget()
    }

    fn merge_group(&mut self, group: &Group, prepared: PreparedGroup) -> Result<(), RunError> {
        let stream = group.stream.name();
        if prepared.has_unreadable_time {
            self.warn_once(format!("stream '{stream}': a time_extracted is no date-time and is ignored"));
        }
        let (mut records, mut bytes) = (0, 0);
        for run in prepared.runs {
            records += run.run.records();
            bytes += run.run.record_bytes();
            self.merge_run(group, run)?;
        }
        self.observer.prepared(stream, records, bytes);
        if group.fills_batch {
            self.close_batch(stream)?;
        }
        Ok(())
    }

    fn merge_run(&mut self, group: &Group, prepared: PreparedRun) -> Result<(), RunError> {
        let PreparedRun { run, lines } = prepared;
        let stream = group.stream.name();
        if run.has_non_finite() {
            self.warn_once(format!("stream '{stream}': NaN and infinities are read as null"));
        }
        if self.settings.invalid_records == InvalidRecords::Fail
            && let Some(reason) = run.first_rejection()
        {
            return Err(RunError::InvalidRecord(reason.clone()));
        }
        let table = self.tables.entry(stream.into()).or_default();
        if run.claims().iter().any(|claim| table.claims.contradict(claim)) {
            // Another array took a sub-table since this run was given out: judge its records anew.
            return self.prepare_again(group, lines);
        }
        if table.open.as_ref().is_some_and(|open| open.batch.version() != run.version()) {
            self.close_batch(stream)?;
        }
        let room = self.room(stream);
        if run.records() > room {
            let middle = lines.start + room as usize;
            self.prepare_again(group, lines.start..middle)?;
            return self.prepare_again(group, middle..lines.end);
        }
        let first = Position(group.receipt.first_position + u64::from(group.lines[lines.start].ordinal));
        let now = self.clock.elapsed();
        let table = self.tables.entry(stream.into()).or_default();
        let open = table.open.get_or_insert_with(|| {
            self.states.begin_batch(first);
            super::closing::OpenBatch { batch: TableBatch::new(run.version()), first, opened_at: now }
        });
        if !run.claims().is_empty() {
            let claims = Arc::make_mut(&mut table.claims);
            run.claims().iter().for_each(|claim| claims.insert(claim.clone()));
        }
        self.open_bytes += run.allocated_bytes();
        open.batch.push(run);
        let is_full = open.batch.records() >= self.settings.limits.rows.get();
        if is_full { self.close_batch(stream) } else { Ok(()) }
    }

    /// How many records the stream's batch still takes.
    fn room(&self, stream: &str) -> u64 {
        let open = self.tables.get(stream).and_then(|table| table.open.as_ref());
        self.settings.limits.rows.get() - open.map_or(0, |open| open.batch.records())
    }

    /// Prepares some lines of a group once more, here and now, and merges them.
    fn prepare_again(&mut self, group: &Group, lines: std::ops::Range<usize>) -> Result<(), RunError> {
        if lines.is_empty() {
            return Ok(());
        }
        let claims = self.tables.get(group.stream.name()).map(|table| table.claims.clone()).unwrap_or_default();
        let mut preparer = Preparer::new((self.keys)());
        // They were prepared before, so no fault is left in them.
        if let Ok(prepared) = preparer.prepare_lines(group, lines, &claims) {
            for run in prepared.runs {
                self.merge_run(group, run)?;
            }
        }
        Ok(())
    }
}

fn faults<'t>(task: &'t Task, result: &'t TaskResult) -> impl Iterator<Item = (u64, &'t GroupFault)> {
    task.groups.iter().zip(result).filter_map(|((group, _), prepared)| {
        let fault = prepared.as_ref().err()?;
        let (GroupFault::Line { index, .. } | GroupFault::ReadAgain { index }) = fault;
        Some((group.block.first_line + u64::from(group.lines[*index].line), fault))
    })
}

/// The line to read as a whole, if that is the first thing in the way.
fn line_to_read_again(task: &Task, result: &TaskResult) -> Option<u64> {
    let (line, fault) = faults(task, result).min_by_key(|(line, _)| *line)?;
    matches!(fault, GroupFault::ReadAgain { .. }).then_some(line)
}

fn first_fault(task: &Task, result: &TaskResult) -> Option<RunError> {
    let (line, fault) = faults(task, result).min_by_key(|(line, _)| *line)?;
    match fault {
        GroupFault::Line { fault, .. } => Some(at_line(line, fault.clone()).into()),
        GroupFault::ReadAgain { .. } => None,
    }
}
