//! Results are taken in input order.

use std::sync::Arc;

use landfall_format::{EncodedRun, TableBatch};
use landfall_singer::Position;

use super::{Pipeline, Step};
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
                Step::Task {
                    task,
                    origin,
                    result: None,
                } => {
                    self.steps.push_front(Step::Task {
                        task,
                        origin,
                        result: None,
                    });
                    return Ok(());
                }
                Step::Task {
                    task,
                    origin,
                    result: Some(result),
                } => {
                    if let Some(line) = line_to_read_again(&task, &result) {
                        self.read_again(&origin, line);
                        return Ok(());
                    }
                    self.bytes_ahead = self.bytes_ahead.saturating_sub(origin.block.bytes.len());
                    self.streams.forget_before(origin.streams);
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
        if let Some((group, fault)) = first_fault(task, &result) {
            return Err(run_error(group, fault));
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
            self.warn_once(format!(
                "stream '{stream}': a time_extracted is no date-time and is ignored"
            ));
        }
        let (mut records, mut bytes) = (0, 0);
        for run in prepared.runs {
            records += run.run.records();
            bytes += run.run.record_bytes();
            self.merge_run(group, run)?;
        }
        self.observer.prepared(stream, records, bytes);
        Ok(())
    }

    fn merge_run(&mut self, group: &Group, prepared: PreparedRun) -> Result<(), RunError> {
        let PreparedRun {
            run,
            lines,
            first_rejections,
        } = prepared;
        let stream = group.stream.name();
        if run.has_non_finite() {
            self.warn_once(format!("stream '{stream}': NaN and infinities are read as null"));
        }
        let table = self.tables.entry(stream.into()).or_default();
        if run.claims().iter().any(|claim| table.claims.contradict(claim)) {
            // Another array took a sub-table since this run was given out: judge its records anew.
            return self.prepare_again(group, lines);
        }
        if table
            .open
            .as_ref()
            .is_some_and(|open| open.batch.version() != run.version())
        {
            self.close_early(stream)?;
        }
        let taken = self.records_taken(group, &lines, &run);
        if taken < lines.len() {
            let middle = lines.start + taken;
            self.prepare_again(group, lines.start..middle)?;
            return self.prepare_again(group, middle..lines.end);
        }
        let first = Position(group.receipt.first_position + u64::from(group.lines[lines.start].ordinal));
        let now = self.clock.elapsed();
        let name: Arc<str> = stream.into();
        let table = self.tables.entry(name.clone()).or_default();
        let open = table.open.get_or_insert_with(|| {
            self.states.begin_batch(first);
            super::closing::OpenBatch {
                batch: TableBatch::new(run.version()),
                first,
                opened_at: now,
            }
        });
        if !run.claims().is_empty() {
            let claims = Arc::make_mut(&mut table.claims);
            run.claims().iter().for_each(|claim| claims.insert(claim.clone()));
        }
        let before = open.batch.allocated_bytes();
        open.batch.push(run);
        let after = open.batch.allocated_bytes();
        // Putting runs together may free more than it takes.
        self.open_bytes = (self.open_bytes + after).saturating_sub(before);
        self.open_sizes.change(&name, before, after);
        for (index, reason) in &first_rejections {
            let line = group.block.first_line + u64::from(group.lines[*index].line);
            self.rejections.note_first(stream, reason, line);
        }
        let limits = self.settings.limits;
        let is_full =
            open.batch.records() >= limits.rows.get() || open.batch.record_bytes() >= limits.bytes.as_u64();
        if is_full { self.close_batch(stream) } else { Ok(()) }
    }

    /// How many records of a run the stream's batch takes until it has its fill: at least one. Cutting ends groups
    /// there, so that this is all of them but where a batch was closed for another reason meanwhile.
    fn records_taken(&self, group: &Group, lines: &std::ops::Range<usize>, run: &EncodedRun) -> usize {
        let open = self
            .tables
            .get(group.stream.name())
            .and_then(|table| table.open.as_ref());
        let (records, bytes) = open.map_or((0, 0), |open| (open.batch.records(), open.batch.record_bytes()));
        let limits = self.settings.limits;
        let by_rows = lines.len().min((limits.rows.get() - records) as usize);
        if bytes + run.record_bytes() <= limits.bytes.as_u64() {
            return by_rows;
        }
        let mut bytes = bytes;
        let fills = group.lines[lines.clone()].iter().position(|line| {
            bytes += group.record_bytes_of(line);
            bytes >= limits.bytes.as_u64()
        });
        fills.map_or(by_rows, |last| by_rows.min(last + 1))
    }

    /// Prepares some lines of a group once more, here and now, and merges them.
    fn prepare_again(&mut self, group: &Group, lines: std::ops::Range<usize>) -> Result<(), RunError> {
        if lines.is_empty() {
            return Ok(());
        }
        let claims = self
            .tables
            .get(group.stream.name())
            .map(|table| table.claims.clone())
            .unwrap_or_default();
        let mut preparer = Preparer::new((self.keys)(), self.settings.invalid_records);
        let prepared = preparer
            .prepare_lines(group, lines, &claims)
            .map_err(|fault| run_error(group, &fault))?;
        prepared
            .runs
            .into_iter()
            .try_for_each(|run| self.merge_run(group, run))
    }
}

/// The line of a fault.
fn line_of(group: &Group, fault: &GroupFault) -> u64 {
    let (GroupFault::Line { index, .. }
    | GroupFault::Invalid { index, .. }
    | GroupFault::ReadAgain { index }) = fault;
    group.block.first_line + u64::from(group.lines[*index].line)
}

/// The first fault of a task in the order of the input.
fn first_fault<'t>(task: &'t Task, result: &'t TaskResult) -> Option<(&'t Group, &'t GroupFault)> {
    let faults = task.groups.iter().zip(result);
    let faults = faults.filter_map(|((group, _), prepared)| Some((group, prepared.as_ref().err()?)));
    faults.min_by_key(|(group, fault)| line_of(group, fault))
}

/// The line to read as a whole, if that is the first thing in the way.
fn line_to_read_again(task: &Task, result: &TaskResult) -> Option<u64> {
    let (group, fault) = first_fault(task, result)?;
    matches!(fault, GroupFault::ReadAgain { .. }).then(|| line_of(group, fault))
}

fn run_error(group: &Group, fault: &GroupFault) -> RunError {
    match fault {
        GroupFault::Line {
            fault: line_fault, ..
        } => at_line(line_of(group, fault), line_fault.clone()).into(),
        GroupFault::Invalid { reason, .. } => RunError::InvalidRecord {
            stream: group.stream.name().to_owned(),
            line: line_of(group, fault),
            reason: reason.clone(),
        },
        // A task with such a line is given up before it is merged.
        GroupFault::ReadAgain { .. } => RunError::WorkerDied,
    }
}
