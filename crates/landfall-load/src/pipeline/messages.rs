//! Messages other than records, as the conductor meets them.

use std::sync::Arc;

use landfall_singer::{LineFault, Message, SchemaMessage};

use super::closing::Fill;
use super::cutting::Rest;
use super::tasks::Cut;
use super::{Pipeline, Step};
use crate::streams::SchemaEffect;

impl Pipeline {
    pub(super) fn cut_message(
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
        let effect = self.streams.receive(message)?;
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
}
