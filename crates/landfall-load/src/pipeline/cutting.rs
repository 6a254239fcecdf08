//! Input becomes steps.

use std::collections::HashMap;
use std::sync::Arc;

use landfall_core::time::Timestamp;
use landfall_singer::{BatchMessage, LineFault, MAX_LINE_BYTES, Message, RecordFacts, SchemaMessage};

use super::closing::Fill;
use super::{BYTES_AHEAD, Origin, Pipeline, Step, TASKS_AHEAD};
use crate::block::{Block, Group, LineFacts, Receipt, RecordLine};
use crate::cut::{Line, StreamRef, at_line, line_end, record_bytes};
use crate::error::RunError;
use crate::streams::SchemaEffect;
use crate::workers::Task;

/// The task that is being cut.
pub(super) struct Cut {
    block: Arc<Block>,
    /// Where in the block the task began.
    start: usize,
    start_line: u64,
    first_position: u64,
    receipt: Option<Receipt>,
    records: u32,
    groups: Vec<Group>,
    /// For each group, what its batch has room for.
    room: Vec<Fill>,
    /// The group that takes a stream's next record.
    open: HashMap<Arc<str>, usize>,
    last: Option<(Arc<str>, usize)>,
    states: Vec<(u64, Vec<u8>)>,
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
    /// Cuts all whole lines; the rest waits for more input.
    pub(super) fn cut_input(&mut self, input: Vec<u8>) -> Result<(), RunError> {
        let Some(last_feed) = memchr::memrchr(b'\n', &input) else {
            self.partial.extend_from_slice(&input);
            return self.refuse_long_line();
        };
        let bytes = if self.partial.is_empty() {
            let mut bytes = input;
            self.partial.extend_from_slice(&bytes[last_feed + 1..]);
            bytes.truncate(last_feed + 1);
            bytes
        } else {
            let mut bytes = std::mem::take(&mut self.partial);
            bytes.extend_from_slice(&input[..=last_feed]);
            self.partial.extend_from_slice(&input[last_feed + 1..]);
            bytes
        };
        self.cut_bytes(bytes)
    }

    fn refuse_long_line(&self) -> Result<(), RunError> {
        // One byte more may be a carriage return.
        if self.partial.len() > MAX_LINE_BYTES + 1 {
            return Err(at_line(self.next_line_after_steps(), LineFault::TooLong).into());
        }
        Ok(())
    }

    fn next_line_after_steps(&self) -> u64 {
        self.next_line
    }

    /// Cuts what is left when the input ends without a line feed.
    pub(super) fn cut_rest(&mut self) -> Result<(), RunError> {
        let rest = std::mem::take(&mut self.partial);
        if rest.is_empty() {
            Ok(())
        } else {
            self.cut_bytes(rest)
        }
    }

    fn cut_bytes(&mut self, bytes: Vec<u8>) -> Result<(), RunError> {
        self.cut_block(bytes)?;
        self.cut_again()
    }

    /// Cuts what is to be read again, if anything is.
    pub(super) fn cut_again(&mut self) -> Result<(), RunError> {
        while let Some(bytes) = self.again.take() {
            self.cut_block(bytes)?;
        }
        Ok(())
    }

    fn cut_block(&mut self, mut bytes: Vec<u8>) -> Result<(), RunError> {
        const BYTE_ORDER_MARK: &[u8] = "\u{FEFF}".as_bytes();
        if self.next_line == 1 && bytes.starts_with(BYTE_ORDER_MARK) {
            bytes.drain(..BYTE_ORDER_MARK.len());
        }
        let block = Arc::new(Block {
            bytes,
            first_line: self.next_line,
        });
        self.steps.push_back(Step::Block(block.clone()));
        let mut cut = Cut::new(block.clone(), 0, self.next_line, self.next_position, false);
        let mut at = 0;
        while at < block.bytes.len() {
            let (end, next) = line_end(&block.bytes, at);
            let number = self.next_line;
            match self.cut_line(&mut cut, at, end, next) {
                Ok(None) => {}
                Ok(Some(Rest::Batch(message))) => {
                    self.flush(cut)?;
                    self.cut_batch(&message, number)?;
                    cut = Cut::new(block.clone(), next, self.next_line, self.next_position, false);
                }
                Err(fault) => return self.fail_in_order(cut, number, fault),
            }
            if self.again.is_some() {
                // What is left of this block is part of what is to be read again.
                return Ok(());
            }
            at = next;
        }
        self.flush(cut)
    }

    /// Ends the run for a faulty line. What precedes it may be faulty itself, and the first fault of the input is the
    /// one to report.
    fn fail_in_order(&mut self, cut: Cut, line: u64, fault: LineFault) -> Result<(), RunError> {
        self.flush(cut)?;
        while !self.steps.is_empty() {
            self.wait_for_event(std::time::Duration::MAX)?;
            self.merge_ready()?;
        }
        if self.again.is_some() {
            // What precedes the line says something else than it seemed to, so the line may be right after all.
            return Ok(());
        }
        Err(at_line(line, fault).into())
    }

    fn cut_line(
        &mut self,
        cut: &mut Cut,
        at: usize,
        end: usize,
        next: usize,
    ) -> Result<Option<Rest>, LineFault> {
        let block = cut.block.clone();
        let mut bytes = &block.bytes[at..end];
        if bytes.last() == Some(&b'\r') {
            bytes = &bytes[..bytes.len() - 1];
        }
        let number = self.next_line;
        self.next_line += 1;
        let as_a_whole = !self.read_whole.is_empty() && self.read_whole.contains(&number);
        match self.lines.read(bytes, as_a_whole)? {
            Line::Blank => Ok(None),
            Line::Record {
                stream,
                record,
                facts,
            } => {
                let index = self.group_of(cut, &stream)?;
                let line = RecordLine {
                    start: at as u32,
                    end: (at + bytes.len()) as u32,
                    record: (at + record) as u32,
                    ordinal: cut.records,
                    line: (number - block.first_line) as u32,
                    facts,
                };
                self.push_record(cut, index, line, record_bytes(bytes, record));
                Ok(None)
            }
            Line::Message(message) => self.cut_message(cut, message, next),
        }
    }

    /// The group that takes the next record of `stream`.
    #[inline]
    fn group_of(&mut self, cut: &mut Cut, stream: &Arc<str>) -> Result<usize, LineFault> {
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
    fn push_record(&mut self, cut: &mut Cut, index: usize, line: RecordLine, bytes: u64) {
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

    fn cut_message(
        &mut self,
        cut: &mut Cut,
        message: Message,
        next: usize,
    ) -> Result<Option<Rest>, LineFault> {
        match message {
            Message::Schema(message) => self.cut_schema(cut, message, next)?,
            Message::State(value) => cut
                .states
                .push((self.next_position + u64::from(cut.records), value)),
            Message::ActivateVersion(switch) if self.settings.processes_activate_version => {
                if self.streams.get(&switch.stream).is_none() {
                    let stream = switch.stream;
                    self.warn_once(format!(
                        "ACTIVATE_VERSION of unknown stream '{stream}' is ignored"
                    ));
                    return Ok(None);
                }
                self.restart(cut, next);
                let stream: Arc<str> = switch.stream.into();
                self.begin_batch_ahead(&stream);
                self.steps.push_back(Step::Activate {
                    stream,
                    version: switch.version,
                });
            }
            Message::ActivateVersion(_) => {}
            Message::Batch(message) => {
                if self.streams.get(&message.stream).is_none() {
                    return Err(LineFault::NoSchema {
                        stream: message.stream,
                    });
                }
                return Ok(Some(Rest::Batch(message)));
            }
            Message::Unknown { kind } => {
                self.warn_once(format!("messages of unknown type {kind} are ignored"));
            }
            Message::Record(_) => {}
        }
        Ok(None)
    }

    fn cut_schema(&mut self, cut: &mut Cut, message: SchemaMessage, next: usize) -> Result<(), LineFault> {
        if self.streams.knows(&message) {
            return Ok(());
        }
        self.warn_of_keys(&message);
        self.restart(cut, next);
        let stream: Arc<str> = message.stream.as_str().into();
        let effect = Arc::make_mut(&mut self.streams).receive(message)?;
        if effect == SchemaEffect::Changed {
            self.begin_batch_ahead(&stream);
            self.steps.push_back(Step::Close { stream });
        }
        Ok(())
    }

    /// What is cut from now on goes to a new batch of the stream.
    fn begin_batch_ahead(&mut self, stream: &str) {
        if let Some(table) = self.tables.get_mut(stream) {
            table.ahead = Fill::default();
        }
    }

    fn warn_of_keys(&mut self, message: &SchemaMessage) {
        let stream = &message.stream;
        if message.lacks_keys {
            self.warn_once(format!(
                "stream '{stream}' has no key_properties: its records are landed without key"
            ));
        }
        let properties = message
            .schema
            .member("properties")
            .and_then(|properties| properties.as_object());
        for key in &message.keys {
            if !properties.is_some_and(|properties| properties.iter().any(|(name, _)| name == key)) {
                self.warn_once(format!(
                    "stream '{stream}': key property '{key}' is not among the schema's properties"
                ));
            }
        }
    }

    /// Hands over what was cut and goes on with a new task after `next`: what follows must come later.
    fn restart(&mut self, cut: &mut Cut, next: usize) {
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
                streams: self.streams.clone(),
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

    /// Cuts lines of a BATCH file: each is a record of `stream`.
    pub(super) fn cut_bare(
        &mut self,
        bytes: Vec<u8>,
        message: &BatchMessage,
        line: u64,
    ) -> Result<(), RunError> {
        let block = Arc::new(Block {
            bytes,
            first_line: line,
        });
        let mut cut = Cut::new(block.clone(), 0, line, self.next_position, true);
        let stream: Arc<str> = message.stream.as_str().into();
        let facts = LineFacts::Known(RecordFacts {
            version: message.version,
            ..RecordFacts::default()
        });
        let mut at = 0;
        while at < block.bytes.len() {
            let (end, next) = line_end(&block.bytes, at);
            let bytes = &block.bytes[at..end];
            let blank = bytes
                .iter()
                .take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r'))
                .count();
            if blank < bytes.len() {
                let index = self
                    .group_of(&mut cut, &stream)
                    .map_err(|fault| at_line(line, fault))?;
                let (start, end) = (at as u32, end as u32);
                let ordinal = cut.records;
                let record = RecordLine {
                    start,
                    end,
                    record: start + blank as u32,
                    ordinal,
                    line: 0,
                    facts,
                };
                self.push_record(&mut cut, index, record, (bytes.len() - blank) as u64);
            }
            at = next;
        }
        self.flush(cut)
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
        self.streams = origin.streams.clone();
        self.next_line = origin.line;
        self.next_position = origin.first_position;
        self.sequencer = origin.sequencer;
        for table in self.tables.values_mut() {
            table.forget_ahead();
        }
        self.again = Some(rest);
    }
}

/// What a line leaves to do after the task before it.
pub(super) enum Rest {
    Batch(BatchMessage),
}
