//! What a RECORD says beside its record.

use landfall_core::json::{JsonError, Kind, NonFinite, Paths, Tape, Value};
use landfall_core::time::Instant;

use crate::fault::LineFault;
use crate::message::read_version;

/// `time_extracted` (singer.md §4.2).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Extracted {
    /// Not given.
    #[default]
    Absent,
    /// Given, but no date-time: ignored, with a warning for the stream.
    Unreadable,
    /// When the source was read.
    At(Instant),
}

/// What a RECORD says beside stream and record.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RecordFacts {
    /// Table version; 0 if none is given.
    pub version: i64,
    /// When the source was read.
    pub extracted: Extracted,
}

impl RecordFacts {
    /// Takes a member of the message into account.
    pub(crate) fn read_member(&mut self, name: &str, value: Value<'_>) -> Result<(), LineFault> {
        match name {
            "version" => self.version = read_version(value)?.unwrap_or(0),
            "time_extracted" => {
                self.extracted = match value.kind() {
                    Kind::Null => Extracted::Absent,
                    Kind::String => match Instant::parse(value.string().as_bytes()) {
                        Some(instant) => Extracted::At(instant),
                        None => Extracted::Unreadable,
                    },
                    _ => {
                        return Err(LineFault::WrongKind {
                            key: "time_extracted",
                            must_be: "a string",
                        });
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// Why the end of a RECORD line can't be taken as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TailFault {
    /// It names the type, the stream or the record once more, and the last counts: the whole line is to be read again.
    SaysMore,
    /// It is faulty.
    Fault(LineFault),
    /// It is not the end of a JSON object.
    NotJson,
    /// It can't be parsed.
    Unparsed(JsonError),
}

/// Reads what follows the record in lines whose beginning is known.
#[derive(Debug, Default)]
pub struct TailReader {
    tape: Tape,
    paths: Paths,
    document: String,
    /// The last tail and what it said: taps often repeat it to the letter.
    last: Option<(RecordFacts, RecordFacts)>,
    last_tail: String,
}

impl TailReader {
    /// A reader.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads `tail`, all of the line after the record; `before` is what the keys before the record said.
    ///
    /// # Errors
    /// [`TailFault`] if the line can't be taken as it is.
    #[inline]
    pub fn read(&mut self, tail: &str, before: RecordFacts) -> Result<RecordFacts, TailFault> {
        if tail == "}" {
            return Ok(before);
        }
        match self.last {
            Some((known_before, facts)) if known_before == before && self.last_tail == tail => Ok(facts),
            _ => self.read_new(tail, before),
        }
    }

    fn read_new(&mut self, tail: &str, before: RecordFacts) -> Result<RecordFacts, TailFault> {
        let members = tail.trim_start_matches([' ', '\t', '\r']);
        let members = match members.strip_prefix(',') {
            Some(members) if !members.trim_start().starts_with('}') => members,
            None if members.starts_with('}') => members,
            _ => return Err(TailFault::NotJson),
        };
        self.document.clear();
        self.document.push('{');
        self.document.push_str(members);
        if self.paths.is_crowded() {
            self.paths = Paths::new();
        }
        let parsed = self
            .tape
            .parse_document(self.document.as_bytes(), NonFinite::Refuse, &mut self.paths);
        let message = parsed.map_err(TailFault::Unparsed)?;
        let mut facts = before;
        for (name, value) in message.members() {
            if matches!(&*name, "type" | "stream" | "record") {
                return Err(TailFault::SaysMore);
            }
            facts.read_member(&name, value).map_err(TailFault::Fault)?;
        }
        self.last = Some((before, facts));
        self.last_tail.clear();
        self.last_tail.push_str(tail);
        Ok(facts)
    }
}
