//! Tasks: groups of records that are cut, handed to the workers, and cut again if need be.

use std::collections::HashMap;
use std::sync::Arc;

use landfall_core::time::Timestamp;
use landfall_singer::LineFault;

use super::closing::Fill;
use super::{BYTES_AHEAD, Origin, Pipeline, Step, TASKS_AHEAD};
use crate::block::{Block, Group, Receipt, RecordLine};
use crate::cut::StreamRef;
use crate::error::RunError;
use crate::workers::Task;

/// The task that is being cut.
pub(super) struct Cut {
    pub(super) block: Arc<Block>,
    /// Where in the block the task began.
    start: usize,
    start_line: u64,
    first_position: u64,
    receipt: Option<Receipt>,
    pub(super) records: u32,
    groups: Vec<Group>,
    /// For each group, what its batch has room for.
    room: Vec<Fill>,
    /// The group that takes a stream's next record.
    open: HashMap<Arc<str>, usize>,
    last: Option<(Arc<str>, usize)>,
    pub(super) states: Vec<(u64, Vec<u8>)>,
    is_bare: bool,
}

impl Cut {
    pub(super) fn new(
        block: Arc<Block>,
        start: usize,
        start_line: u64,
        first_position: u64,
        is_bare: bool,
    ) -> Self {
        Self {
            block,
            start,
            start_line,
            first_position,
            receipt: None,
            records: 0,
            groups: Vec::new(),
            room: Vec::new(),
            open: HashMap::new(),
            last: None,
            states: Vec::new(),
            is_bare,
        }
    }
}

impl Pipeline {
    /// The group that takes the next record of `stream`.
    #[inline]
    pub(super) fn group_of(&mut self, cut: &mut Cut, stream: &Arc<str>) -> Result<usize, LineFault> {
        if let Some((last, index)) = &cut.last
            && Arc::ptr_eq(last, stream)
        {
            return Ok(*index);
        }
        let index = match cut.open.get(stream) {
            Some(index) => *index,
            None => {
                let plan = self.streams.get(stream);
                let no_schema = || LineFault::NoSchema {
                    stream: stream.to_string(),
                };
                let plan = plan.cloned().ok_or_else(no_schema)?;
                self.open_group(cut, stream, plan)
            }
        };
        cut.last = Some((stream.clone(), index));
        Ok(index)
    }

    fn open_group(&mut self, cut: &mut Cut, stream: &Arc<str>, plan: StreamRef) -> usize {
        let receipt = self.receipt(cut);
        let index = cut.groups.len();
        let limits = self.settings.limits;
        let ahead = self.tables.entry(stream.clone()).or_default().ahead;
        cut.room.push(Fill {
            records: limits.rows.get().saturating_sub(ahead.records),
            bytes: limits.bytes.as_u64().saturating_sub(ahead.bytes),
        });
        cut.groups.push(Group {
            stream: plan,
            block: cut.block.clone(),
            receipt,
            lines: Vec::new(),
            is_bare: cut.is_bare,
            record_bytes: 0,
        });
        cut.open.insert(stream.clone(), index);
        index
    }

    /// When the records of this task were received: asked once, at its first record.
    fn receipt(&mut self, cut: &mut Cut) -> Receipt {
        *cut.receipt.get_or_insert_with(|| {
            let nanos = self.clock.receiving_nanos();
            Receipt {
                at: Timestamp::from_millis(nanos.div_euclid(1_000_000)),
                first_sequence: self.sequencer.first(nanos),
                first_position: cut.first_position,
            }
        })
    }

    /// Adds a record to its group, and ends the group where the batch has its fill.
    #[inline]
    pub(super) fn push_record(&mut self, cut: &mut Cut, index: usize, line: RecordLine, bytes: u64) {
        let group = &mut cut.groups[index];
        let room = &mut cut.room[index];
        group.lines.push(line);
        group.record_bytes += bytes;
        cut.records += 1;
        room.records = room.records.saturating_sub(1);
        room.bytes = room.bytes.saturating_sub(bytes);
        if room.records == 0 || room.bytes == 0 {
            self.end_group(cut, index);
        }
    }

    /// The batch has its fill: the stream's next record begins another group.
    fn end_group(&mut self, cut: &mut Cut, index: usize) {
        let name = cut.groups[index].stream.name();
        cut.open.remove(name);
        cut.last = None;
        if let Some(table) = self.tables.get_mut(name) {
            table.ahead = Fill::default();
        }
    }

    /// Hands over what was cut and goes on with a new task after `next`: what follows must come later.
    pub(super) fn restart(&mut self, cut: &mut Cut, next: usize) {
        let is_empty = cut.groups.is_empty();
        let following = Cut::new(cut.block.clone(), next, self.next_line, self.next_position, false);
        let done = std::mem::replace(cut, following);
        if is_empty {
            self.push_states(done.states);
        } else {
            // Errors can't come from handing over without waiting.
            self.hand_over(done);
        }
        cut.first_position = self.next_position;
    }

    fn push_states(&mut self, states: Vec<(u64, Vec<u8>)>) {
        self.steps
            .extend(states.into_iter().map(|(at, value)| Step::State { at, value }));
    }

    /// Gives the task to the workers.
    fn hand_over(&mut self, cut: Cut) {
        let sequencer = self.sequencer;
        if let Some(receipt) = cut.receipt {
            self.sequencer
                .take(receipt.first_sequence, u64::from(cut.records));
        }
        self.next_position += u64::from(cut.records);
        for (stream, index) in &cut.open {
            if let Some(table) = self.tables.get_mut(stream) {
                table.ahead.records += cut.groups[*index].lines.len() as u64;
                table.ahead.bytes += cut.groups[*index].record_bytes;
            }
        }
        if !cut.groups.is_empty() {
            let groups = cut.groups.into_iter().map(|group| {
                let claims = self
                    .tables
                    .get(group.stream.name())
                    .map(|table| table.claims.clone());
                (group, claims.unwrap_or_default())
            });
            let task = Arc::new(Task {
                id: self.next_task,
                groups: groups.collect(),
            });
            self.next_task += 1;
            self.bytes_ahead += cut.block.bytes.len();
            let origin = Origin {
                block: cut.block,
                start: cut.start,
                line: cut.start_line,
                streams: self.streams.mark(),
                first_position: cut.first_position,
                sequencer,
            };
            self.workers.give(task.clone());
            self.steps.push_back(Step::Task {
                task,
                origin,
                result: None,
            });
        }
        self.push_states(cut.states);
    }

    /// Hands over the task, and waits while too much is ahead.
    pub(super) fn flush(&mut self, cut: Cut) -> Result<(), RunError> {
        self.hand_over(cut);
        self.merge_ready()?;
        while self.tasks_ahead() > TASKS_AHEAD || (self.bytes_ahead > BYTES_AHEAD && self.tasks_ahead() > 1) {
            self.wait_for_event(std::time::Duration::MAX)?;
            self.merge_ready()?;
        }
        Ok(())
    }

    fn tasks_ahead(&self) -> usize {
        self.steps
            .iter()
            .filter(|step| matches!(step, Step::Task { .. }))
            .count()
    }

    /// Goes back to the beginning of a task: its line `line` says something else than it seemed to.
    pub(super) fn read_again(&mut self, origin: &Origin, line: u64) {
        self.read_whole.insert(line);
        let mut rest = origin.block.bytes[origin.start..].to_vec();
        for step in self.steps.drain(..) {
            if let Step::Block(block) = step {
                rest.extend_from_slice(&block.bytes);
            }
        }
        self.bytes_ahead = 0;
        self.streams.return_to(origin.streams);
        self.next_line = origin.line;
        self.next_position = origin.first_position;
        self.sequencer = origin.sequencer;
        for table in self.tables.values_mut() {
            table.forget_ahead();
        }
        self.again = Some(rest);
    }
}
