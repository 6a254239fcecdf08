//! What each answer says about the store's clock.

use std::sync::{Arc, Mutex, MutexGuard};

use aws_sdk_s3::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use aws_sdk_s3::primitives::{DateTime, DateTimeFormat};

/// The `Date` of the last answer.
#[derive(Debug, Default)]
pub(crate) struct Pulse(Mutex<Option<i64>>);

impl Pulse {
    /// In seconds since 1970; none before the first answer with a `Date` that can be read.
    pub(crate) fn last_seconds(&self) -> Option<i64> {
        *self.lock()
    }

    fn lock(&self) -> MutexGuard<'_, Option<i64>> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// Feels the pulse of every answer, also of refusals.
#[derive(Debug)]
pub(crate) struct Listener(pub(crate) Arc<Pulse>);

impl Intercept for Listener {
    fn name(&self) -> &'static str {
        "landfall answer date"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date");
        if let Some(seconds) = date.and_then(parse_date) {
            *self.0.lock() = Some(seconds);
        }
        Ok(())
    }
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`
fn parse_date(text: &str) -> Option<i64> {
    let date = DateTime::from_str(text, DateTimeFormat::HttpDate).ok()?;
    Some(date.secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_answers_are_read_and_others_are_left() {
        assert_eq!(parse_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(parse_date("yesterday"), None);
    }
}
