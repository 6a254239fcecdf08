//! The body of a push, as JSON (import-api.md §8).

mod fault;
mod parts;
mod record;

use landfall_core::ids::ClientId;
use landfall_core::intake::AcceptedPart;
use landfall_core::json::JsonError;

use super::answer::{Answer, Encoding};
use super::cursor::{Cursor, Scratch};
use super::limits::{MAX_RECORDS, MAX_REPORTED};
use super::pool::Pool;
use parts::Parts;
use record::{Client, Outcome, Record};

/// Room to read pushes in.
#[derive(Debug)]
pub(crate) struct PushReader {
    /// For the fields of records.
    fields: Scratch,
    /// For their `data`, so that its names stay apart.
    data: Scratch,
}

impl PushReader {
    pub(crate) fn new() -> Self {
        Self {
            fields: Scratch::new(),
            data: Scratch::new(),
        }
    }

    pub(crate) fn give_back(self, pool: &Pool<Self>) {
        if self.fields.is_worth_keeping() && self.data.is_worth_keeping() {
            pool.give(self);
        }
    }

    /// Reads a body; `encoding` is what it was before it became JSON. Checks come in the order of §8.1, from decoding
    /// on.
    pub(crate) fn read(
        &mut self,
        body: String,
        encoding: Encoding,
        client: ClientId,
    ) -> Result<Vec<AcceptedPart>, Answer> {
        let malformed = |error: JsonError| Answer::malformed(encoding, &error.to_string());
        let mut cursor = Cursor::new(&body);
        if cursor.peek() != b'[' {
            cursor.value(&mut self.fields, 0).map_err(malformed)?;
            cursor.finish().map_err(malformed)?;
            return Err(Answer::not_an_array());
        }
        let findings = self.read_records(&mut cursor, client).map_err(malformed)?;
        findings.check(client)?;
        Ok(findings.parts.finish(body))
    }

    fn read_records(&mut self, cursor: &mut Cursor<'_>, client: ClientId) -> Result<Findings, JsonError> {
        let mut findings = Findings::default();
        let mut goes_on = cursor.enter(b']');
        while goes_on {
            self.fields.refresh();
            self.data.refresh();
            let record = Record::read(cursor, &mut self.fields, &mut self.data, client)?;
            findings.count += 1;
            if findings.count <= MAX_RECORDS {
                findings.take(record);
            }
            goes_on = cursor.next(b']')?;
        }
        cursor.finish()?;
        Ok(findings)
    }
}

/// What was learned from the records.
#[derive(Debug, Default)]
struct Findings {
    count: usize,
    objects: usize,
    lacks_client: bool,
    /// Whether the first record is of the token's client.
    first_is_ours: Option<bool>,
    has_other_clients: bool,
    /// Reasons, as JSON.
    faults: Vec<String>,
    parts: Parts,
}

impl Findings {
    fn take(&mut self, record: Record) {
        match record.client {
            Client::NotAnObject => {}
            Client::Absent => {
                self.objects += 1;
                self.lacks_client = true;
            }
            Client::Ours | Client::Other => {
                let is_ours = record.client == Client::Ours;
                self.objects += 1;
                self.first_is_ours.get_or_insert(is_ours);
                self.has_other_clients |= !is_ours;
            }
        }
        match record.outcome {
            Outcome::Faulty(reason) if self.faults.len() < MAX_REPORTED => self.faults.push(reason),
            // Nothing is kept of a push that is refused.
            Outcome::Faulty(_) => {}
            Outcome::Good(good) => {
                if self.faults.is_empty() {
                    self.parts.add(good);
                }
            }
        }
    }

    fn check(&self, client: ClientId) -> Result<(), Answer> {
        if self.count == 0 {
            return Err(Answer::not_an_array());
        }
        if self.count > MAX_RECORDS {
            return Err(Answer::too_many_records());
        }
        if self.lacks_client || self.objects == 0 {
            return Err(Answer::not_authenticated());
        }
        if self.first_is_ours == Some(false) {
            return Err(Answer::other_client());
        }
        if self.has_other_clients {
            return Err(Answer::several_clients(client));
        }
        if self.faults.is_empty() {
            Ok(())
        } else {
            Err(Answer::faulty_records(&self.faults))
        }
    }
}
