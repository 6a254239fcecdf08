//! Input becomes steps.

use std::sync::Arc;

use landfall_singer::{BatchMessage, LineFault, MAX_LINE_BYTES, RecordFacts};

use super::tasks::Cut;
use super::{Pipeline, Step};
use crate::block::{Block, LineFacts, RecordLine};
use crate::cut::{Line, at_line, line_end, record_bytes};
use crate::error::RunError;

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
            return Err(at_line(self.next_line, LineFault::TooLong).into());
        }
        Ok(())
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
}

/// What a line leaves to do after the task before it.
pub(super) enum Rest {
    Batch(BatchMessage),
}
