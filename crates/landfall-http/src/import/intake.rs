//! From the bytes of a body to an accepted request.

use landfall_core::ids::{ClientId, SourceId};
use landfall_core::intake::{AcceptedPart, AcceptedRequest};
use landfall_core::json::{JsonError, JsonFault};
use landfall_core::utf8::into_string;

use super::answer::{Answer, Encoding};
use super::cursor::Scratch;
use super::gate::ReceiptInstant;
use super::pool::Pool;
use super::push::PushReader;
use super::schema_cache::SchemaCache;
use super::transit::{LengthUnit, TransitError, decode};
use super::{batch, hook};

/// Reads bodies. What it learns from one, such as compiled schemas, makes the next one cheaper.
#[derive(Debug)]
pub struct Intake {
    schemas: SchemaCache,
    scratches: Pool<Scratch>,
    readers: Pool<PushReader>,
    /// Bytes of JSON that a Transit body may stand for.
    max_decoded: usize,
}

/// How a push is written, and whose it has to be.
#[derive(Debug, Clone, Copy)]
pub struct PushForm<'a> {
    /// JSON or Transit.
    pub encoding: Encoding,
    /// `User-Agent`, which tells how the writer of Transit counts (import-api.md §14.3).
    pub user_agent: Option<&'a [u8]>,
    /// The only client whose records are allowed.
    pub client: ClientId,
}

/// Spare workspaces: about one for each core that reads bodies.
const MOST_SPARE: usize = 8;

impl Intake {
    /// Transit bodies may stand for `max_decoded` bytes of JSON.
    #[must_use]
    pub fn new(max_decoded: usize) -> Self {
        Self {
            schemas: SchemaCache::default(),
            scratches: Pool::new(MOST_SPARE),
            readers: Pool::new(MOST_SPARE),
            max_decoded,
        }
    }

    /// Reads the body of a batch.
    ///
    /// # Errors
    /// The answer that says what is wrong with it.
    pub fn read_batch(
        &self,
        body: Vec<u8>,
        source: SourceId,
        received: ReceiptInstant,
    ) -> Result<AcceptedRequest, Answer> {
        let body = into_text(body, Encoding::Json)?;
        let part = self.with_scratch(|scratch| batch::read(body, &self.schemas, scratch))?;
        Ok(accepted(source, received, vec![part]))
    }

    /// Reads the body of a push, or of one that is only to be validated.
    ///
    /// # Errors
    /// The answer that says what is wrong with it.
    pub fn read_push(
        &self,
        body: Vec<u8>,
        form: PushForm<'_>,
        source: SourceId,
        received: ReceiptInstant,
    ) -> Result<AcceptedRequest, Answer> {
        let mut body = into_text(body, form.encoding)?;
        if form.encoding == Encoding::Transit {
            body = self.decode_transit(&body, form.user_agent)?;
        }
        let mut reader = self.readers.take().unwrap_or_else(PushReader::new);
        let parts = reader.read(body, form.encoding, form.client);
        reader.give_back(&self.readers);
        Ok(accepted(source, received, parts?))
    }

    /// Reads the body of an incoming webhook. `None` if it holds no record.
    ///
    /// # Errors
    /// The answer that says what is wrong with it.
    pub fn read_hook(
        &self,
        body: Vec<u8>,
        key_name: Option<&str>,
        source: SourceId,
        received: ReceiptInstant,
    ) -> Result<Option<AcceptedRequest>, Answer> {
        let body = into_text(body, Encoding::Json)?;
        let part = self.with_scratch(|scratch| hook::read(body, key_name, received.nanos, scratch))?;
        Ok(part.map(|part| accepted(source, received, vec![part])))
    }

    fn decode_transit(&self, body: &str, user_agent: Option<&[u8]>) -> Result<String, Answer> {
        let is_stitchclient = user_agent.is_some_and(|agent| agent.starts_with(b"python-requests/"));
        let unit = if is_stitchclient {
            LengthUnit::CodePoints
        } else {
            LengthUnit::Utf16Units
        };
        let decoded = self.with_scratch(|scratch| decode(body, unit, self.max_decoded, scratch));
        decoded.map_err(|error| match error {
            TransitError::TooLarge(bytes) => Answer::too_large(bytes as u64 + 1),
            error => Answer::malformed(Encoding::Transit, &error.to_string()),
        })
    }

    fn with_scratch<T>(&self, work: impl FnOnce(&mut Scratch) -> T) -> T {
        let mut scratch = self.scratches.take().unwrap_or_else(Scratch::new);
        let done = work(&mut scratch);
        if scratch.is_worth_keeping() {
            self.scratches.give(scratch);
        }
        done
    }
}

fn into_text(body: Vec<u8>, encoding: Encoding) -> Result<String, Answer> {
    into_string(body).map_err(|offset| {
        let fault = JsonFault::InvalidUtf8;
        Answer::malformed(encoding, &JsonError { fault, offset }.to_string())
    })
}

fn accepted(source: SourceId, received: ReceiptInstant, parts: Vec<AcceptedPart>) -> AcceptedRequest {
    AcceptedRequest {
        source,
        received_at: received.timestamp(),
        parts,
    }
}
