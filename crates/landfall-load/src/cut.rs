//! Input is cut into lines, and lines are told apart, without reading records.

use std::collections::HashMap;
use std::sync::Arc;

use landfall_singer::{
    LineError, LineFault, MAX_LINE_BYTES, Message, MessageReader, RecordFacts, RecordStart,
};
use memchr::{memchr, memmem, memrchr};

use crate::block::LineFacts;
use crate::streams::StreamPlan;

/// A line, told apart.
#[derive(Debug)]
pub(crate) enum Line {
    /// Nothing but white space.
    Blank,
    /// A RECORD: its stream, where the record begins, how to learn the rest.
    Record {
        stream: Arc<str>,
        record: usize,
        facts: LineFacts,
    },
    /// Anything else.
    Message(Message),
}

/// The beginning of lines that was learnt to mean a RECORD of a stream.
#[derive(Debug, Clone)]
struct Prefix {
    stream: Arc<str>,
    facts: RecordFacts,
}

/// Beginnings kept at most: one for each stream and way of writing, unless versions stand before records.
const MOST_PREFIXES: usize = 65_536;

/// Tells lines apart. What it once read as a whole it knows again by its first bytes.
#[derive(Debug, Default)]
pub(crate) struct LineReader {
    messages: MessageReader,
    prefixes: HashMap<Box<[u8]>, Prefix>,
    last: Option<(Box<[u8]>, Prefix)>,
}

impl LineReader {
    /// Tells what a line is. With `as_a_whole` nothing is taken for granted.
    #[inline]
    pub(crate) fn read(&mut self, bytes: &[u8], as_a_whole: bool) -> Result<Line, LineFault> {
        if bytes.len() > MAX_LINE_BYTES {
            return Err(LineFault::TooLong);
        }
        if !as_a_whole && let Some((length, prefix)) = self.known_prefix(bytes) {
            let facts = LineFacts::Prefix(prefix.facts);
            return Ok(Line::Record {
                stream: prefix.stream.clone(),
                record: length,
                facts,
            });
        }
        self.read_whole(bytes)
    }

    #[inline]
    fn known_prefix(&mut self, bytes: &[u8]) -> Option<(usize, &Prefix)> {
        let is_last = self
            .last
            .as_ref()
            .is_some_and(|(last, _)| bytes.starts_with(last));
        if !is_last {
            let name = memmem::find(&bytes[..bytes.len().min(1024)], b"\"record\"")?;
            let brace = name + memchr(b'{', &bytes[name..])?;
            let (known, prefix) = self.prefixes.get_key_value(&bytes[..brace])?;
            self.last = Some((known.clone(), prefix.clone()));
        }
        self.last.as_ref().map(|(last, prefix)| (last.len(), prefix))
    }

    fn read_whole(&mut self, bytes: &[u8]) -> Result<Line, LineFault> {
        if bytes.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r')) {
            return Ok(Line::Blank);
        }
        match self.messages.read(bytes)? {
            Message::Record(start) => Ok(self.learn(bytes, start)),
            message => Ok(Line::Message(message)),
        }
    }

    fn learn(&mut self, bytes: &[u8], start: RecordStart) -> Line {
        let RecordStart {
            stream,
            offset,
            facts,
            prefix_facts,
        } = start;
        let stream: Arc<str> = stream.into();
        if let Some(before) = prefix_facts
            && self.prefixes.len() < MOST_PREFIXES
        {
            self.prefixes.insert(
                bytes[..offset].into(),
                Prefix {
                    stream: stream.clone(),
                    facts: before,
                },
            );
        }
        Line::Record {
            stream,
            record: offset,
            facts: LineFacts::Known(facts),
        }
    }
}

/// How many bytes the record of a line has, as far as that shows without reading it: up to the last brace before the
/// message's own. Exact unless a key after the record holds a brace.
#[inline]
pub(crate) fn record_bytes(line: &[u8], record: usize) -> u64 {
    let message_end = memrchr(b'}', line).unwrap_or(line.len());
    let record_end =
        memrchr(b'}', &line[record.min(message_end)..message_end]).map_or(message_end, |at| at + 1 + record);
    record_end.saturating_sub(record) as u64
}

/// Splits off the first line of `bytes` at `at`: its end and where the next begins.
#[inline]
pub(crate) fn line_end(bytes: &[u8], at: usize) -> (usize, usize) {
    match memchr(b'\n', &bytes[at..]) {
        Some(length) => (at + length, at + length + 1),
        None => (bytes.len(), bytes.len()),
    }
}

/// A fault of a known line.
pub(crate) fn at_line(line: u64, fault: LineFault) -> LineError {
    LineError { line, fault }
}

/// Streams by name, as the pipeline hands them to groups.
pub(crate) type StreamRef = Arc<StreamPlan>;
