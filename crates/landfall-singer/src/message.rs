//! One line, one message.

use landfall_core::json::{Json, Kind, NonFinite, Paths, Tape, Value, write_compact};

use crate::fault::LineFault;
use crate::tail::RecordFacts;

/// What a line says (singer.md §4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// Describes the records of a stream.
    Schema(SchemaMessage),
    /// Carries a record; its content is read by whoever encodes it.
    Record(RecordStart),
    /// A bookmark to hand back, as compact JSON. Empty for `null` and `{}`, which are as if not sent.
    State(Vec<u8>),
    /// The records of a version are complete.
    ActivateVersion(StreamVersion),
    /// Records in files.
    Batch(BatchMessage),
    /// A type that is not known, which is ignored.
    Unknown {
        /// The type as spelled.
        kind: String,
    },
}

/// SCHEMA.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaMessage {
    /// The stream.
    pub stream: String,
    /// Its JSON Schema.
    pub schema: Json,
    /// Key properties, each once; empty for a stream without key.
    pub keys: Vec<String>,
    /// Whether `key_properties` was missing or null.
    pub lacks_keys: bool,
    /// Replication-key columns, each once.
    pub bookmarks: Vec<String>,
}

impl SchemaMessage {
    /// Whether the other one describes the same records: an absent `key_properties` says what `[]` says.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        self.stream == other.stream
            && self.keys == other.keys
            && self.bookmarks == other.bookmarks
            && self.schema == other.schema
    }
}

/// A RECORD: its stream, and where in the line the record begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordStart {
    /// The stream.
    pub stream: String,
    /// Byte offset of the record in the line.
    pub offset: usize,
    /// What the message says beside the record.
    pub facts: RecordFacts,
    /// What the keys before the record say, if they name type and stream: a line that begins with the same bytes then
    /// says the same, and only what follows its record is still to be read.
    pub prefix_facts: Option<RecordFacts>,
}

/// ACTIVATE_VERSION.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamVersion {
    /// The stream.
    pub stream: String,
    /// The version.
    pub version: i64,
}

/// How the files of a BATCH are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip.
    Gzip,
}

/// BATCH.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchMessage {
    /// The stream.
    pub stream: String,
    /// How its files are packed.
    pub compression: Compression,
    /// Its files, in order.
    pub manifest: Vec<String>,
    /// Table version of its records.
    pub version: i64,
}

/// Reads lines as messages.
#[derive(Debug, Default)]
pub struct MessageReader {
    tape: Tape,
    paths: Paths,
}

impl MessageReader {
    /// A reader.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a line, which is not blank.
    ///
    /// # Errors
    /// [`LineFault`] if it is no message.
    pub fn read(&mut self, line: &[u8]) -> Result<Message, LineFault> {
        if self.paths.is_crowded() {
            self.paths = Paths::new();
        }
        let Ok(text) = std::str::from_utf8(line) else {
            return Err(LineFault::not_json(line));
        };
        self.tape
            .parse_document(line, NonFinite::AsNull, &mut self.paths)
            .map_err(|error| LineFault::unparsed(line, &error))?;
        let message = self.tape.document(text, &self.paths);
        if message.kind() != Kind::Object {
            return Err(LineFault::not_json(line));
        }
        let fields = Fields(message);
        if self.tape.has_non_finite() && fields.has_non_finite_outside_record() {
            return Err(LineFault::not_json(line));
        }
        let kind = fields.text("type", &["type"])?.to_ascii_uppercase();
        if kind != "RECORD" && self.tape.has_non_finite() {
            return Err(LineFault::not_json(line));
        }
        match kind.as_str() {
            "RECORD" => fields.record(self.tape.has_repeats()).map(Message::Record),
            "SCHEMA" => fields.schema().map(Message::Schema),
            "STATE" => fields.state().map(Message::State),
            "ACTIVATE_VERSION" => fields.activate_version().map(Message::ActivateVersion),
            "BATCH" => fields.batch().map(Message::Batch),
            _ => Ok(Message::Unknown {
                kind: fields.text("type", &["type"])?,
            }),
        }
    }
}

struct Fields<'a>(Value<'a>);

impl<'a> Fields<'a> {
    /// Whether a bare `NaN` or infinity, which is read as null, stands anywhere but in the record.
    fn has_non_finite_outside_record(&self) -> bool {
        let mut others = self
            .0
            .members()
            .filter(|(name, _)| name != "record")
            .flat_map(|(_, value)| value.subtree());
        others.any(|value| value.kind() == Kind::Null && value.text() != b"null")
    }

    /// The value of a key; if it is absent, all `required` keys that are absent are named.
    fn required(&self, key: &str, required: &[&'static str]) -> Result<Value<'a>, LineFault> {
        self.0.member(key).ok_or_else(|| {
            let is_missing = |key: &&&'static str| self.0.member(key).is_none();
            LineFault::MissingKeys(required.iter().filter(is_missing).copied().collect())
        })
    }

    fn of_kind(
        &self,
        key: &'static str,
        kind: Kind,
        must_be: &'static str,
        required: &[&'static str],
    ) -> Result<Value<'a>, LineFault> {
        let value = self.required(key, required)?;
        if value.kind() == kind {
            Ok(value)
        } else {
            Err(LineFault::WrongKind { key, must_be })
        }
    }

    fn text(&self, key: &'static str, required: &[&'static str]) -> Result<String, LineFault> {
        Ok(self
            .of_kind(key, Kind::String, "a string", required)?
            .string()
            .into_owned())
    }

    fn stream(&self, required: &[&'static str]) -> Result<String, LineFault> {
        let stream = self.text("stream", required)?;
        if stream.is_empty() {
            return Err(LineFault::WrongKind {
                key: "stream",
                must_be: "a name, not empty",
            });
        }
        Ok(stream)
    }

    fn version(&self) -> Result<Option<i64>, LineFault> {
        match self.0.member("version") {
            Some(value) => read_version(value),
            None => Ok(None),
        }
    }

    fn record(&self, has_repeats: bool) -> Result<RecordStart, LineFault> {
        const REQUIRED: [&str; 2] = ["stream", "record"];
        let stream = self.stream(&REQUIRED)?;
        let record = self.of_kind("record", Kind::Object, "an object", &REQUIRED)?;
        let mut facts = RecordFacts::default();
        let mut prefix_facts = None;
        let mut named = 0;
        for (name, value) in self.0.members() {
            facts.read_member(&name, value)?;
            match &*name {
                "type" | "stream" => named += 1,
                "record" if named == 2 && !has_repeats => prefix_facts = Some(facts),
                _ => {}
            }
        }
        Ok(RecordStart {
            stream,
            offset: record.start(),
            facts,
            prefix_facts,
        })
    }

    fn schema(&self) -> Result<SchemaMessage, LineFault> {
        const REQUIRED: [&str; 2] = ["stream", "schema"];
        let stream = self.stream(&REQUIRED)?;
        let schema = Json::from_value(self.of_kind("schema", Kind::Object, "an object", &REQUIRED)?);
        if schema.member("properties").and_then(Json::as_object).is_none() {
            return Err(LineFault::NoProperties { stream });
        }
        let keys = self.names("key_properties")?;
        let lacks_keys = keys.is_none();
        let bookmarks = self.names("bookmark_properties")?.unwrap_or_default();
        Ok(SchemaMessage {
            stream,
            schema,
            keys: keys.unwrap_or_default(),
            lacks_keys,
            bookmarks,
        })
    }

    /// An array of names, each once; a string counts as one name, null as absent.
    fn names(&self, key: &'static str) -> Result<Option<Vec<String>>, LineFault> {
        let wrong = || LineFault::WrongKind {
            key,
            must_be: "an array of strings",
        };
        let Some(value) = self.0.member(key) else {
            return Ok(None);
        };
        let mut names: Vec<String> = Vec::new();
        match value.kind() {
            Kind::Null => return Ok(None),
            Kind::String => names.push(value.string().into_owned()),
            Kind::Array => {
                for element in value.elements() {
                    if element.kind() != Kind::String {
                        return Err(wrong());
                    }
                    let name = element.string().into_owned();
                    if !names.contains(&name) {
                        names.push(name);
                    }
                }
            }
            _ => return Err(wrong()),
        }
        Ok(Some(names))
    }

    fn state(&self) -> Result<Vec<u8>, LineFault> {
        let value = self.required("value", &["value"])?;
        let is_empty =
            value.kind() == Kind::Null || (value.kind() == Kind::Object && value.children().next().is_none());
        let mut text = Vec::new();
        if !is_empty {
            write_compact(value, &mut text);
        }
        Ok(text)
    }

    fn activate_version(&self) -> Result<StreamVersion, LineFault> {
        const REQUIRED: [&str; 2] = ["stream", "version"];
        let stream = self.stream(&REQUIRED)?;
        let version = read_version(self.required("version", &REQUIRED)?)?;
        let version = version.ok_or(LineFault::WrongKind {
            key: "version",
            must_be: "an integer",
        })?;
        Ok(StreamVersion { stream, version })
    }

    fn batch(&self) -> Result<BatchMessage, LineFault> {
        const REQUIRED: [&str; 3] = ["stream", "encoding", "manifest"];
        let stream = self.stream(&REQUIRED)?;
        let encoding = self.of_kind("encoding", Kind::Object, "an object", &REQUIRED)?;
        let manifest = self.of_kind("manifest", Kind::Array, "an array of strings", &REQUIRED)?;
        let files: Option<Vec<String>> = manifest
            .elements()
            .map(|file| (file.kind() == Kind::String).then(|| file.string().into_owned()))
            .collect();
        let manifest = files.ok_or(LineFault::WrongKind {
            key: "manifest",
            must_be: "an array of strings",
        })?;
        let compression = read_encoding(encoding)?;
        Ok(BatchMessage {
            stream,
            compression,
            manifest,
            version: self.version()?.unwrap_or(0),
        })
    }
}

/// A table version; null is none.
pub(crate) fn read_version(value: Value<'_>) -> Result<Option<i64>, LineFault> {
    match value.kind() {
        Kind::Null => Ok(None),
        Kind::Integer => match value.string().parse() {
            Ok(version) => Ok(Some(version)),
            Err(_) => Err(LineFault::WrongKind {
                key: "version",
                must_be: "an integer of at most 64 bits",
            }),
        },
        _ => Err(LineFault::WrongKind {
            key: "version",
            must_be: "an integer",
        }),
    }
}

fn read_encoding(encoding: Value<'_>) -> Result<Compression, LineFault> {
    let shown = |key: &str| match encoding.member(key) {
        None => "none".to_owned(),
        Some(value) if value.kind() == Kind::Null => "none".to_owned(),
        Some(value) if value.kind().is_scalar() => value.string().into_owned(),
        Some(_) => "?".to_owned(),
    };
    let (format, compression) = (shown("format"), shown("compression"));
    match (format.as_str(), compression.as_str()) {
        ("jsonl", "none") => Ok(Compression::None),
        ("jsonl", "gzip") => Ok(Compression::Gzip),
        _ => Err(LineFault::UnsupportedBatch { format, compression }),
    }
}
