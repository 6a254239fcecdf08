//! Compiled schemas by their text: clients send the same schema with every batch.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::judge::{CompileError, CompiledSchema};

/// Schemas kept at most.
const MOST_SCHEMAS: usize = 256;

/// Bytes of schema text kept at most; what is made of them takes some ten times as much.
const MOST_BYTES: usize = 4 << 20;

/// Longer schemas are compiled anew for each request.
const LONGEST: usize = 512 << 10;

/// The schemas that were used last.
#[derive(Debug, Default)]
pub(crate) struct SchemaCache {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    by_text: HashMap<Arc<str>, Entry>,
    bytes: usize,
    /// Counts uses, to tell which entry was used least recently.
    uses: u64,
}

#[derive(Debug)]
struct Entry {
    compiled: Arc<CompiledSchema>,
    last_use: u64,
}

impl SchemaCache {
    /// The compiled form of `text`.
    pub(crate) fn compiled(&self, text: &str) -> Result<Arc<CompiledSchema>, CompileError> {
        if let Some(compiled) = self.lock().find(text) {
            return Ok(compiled);
        }
        // Not under the lock: other requests go on meanwhile.
        let compiled = Arc::new(CompiledSchema::compile(text)?);
        if text.len() <= LONGEST {
            self.lock().keep(text, &compiled);
        }
        Ok(compiled)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn find(&mut self, text: &str) -> Option<Arc<CompiledSchema>> {
        self.uses += 1;
        let entry = self.by_text.get_mut(text)?;
        entry.last_use = self.uses;
        Some(Arc::clone(&entry.compiled))
    }

    fn keep(&mut self, text: &str, compiled: &Arc<CompiledSchema>) {
        let entry = Entry {
            compiled: Arc::clone(compiled),
            last_use: self.uses,
        };
        if self.by_text.insert(text.into(), entry).is_none() {
            self.bytes += text.len();
        }
        while self.by_text.len() > MOST_SCHEMAS || self.bytes > MOST_BYTES {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        let oldest = self.by_text.iter().min_by_key(|(_, entry)| entry.last_use);
        let Some(text) = oldest.map(|(text, _)| Arc::clone(text)) else {
            return;
        };
        self.by_text.remove(&text);
        self.bytes -= text.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(number: usize, padding: usize) -> String {
        format!(
            r#"{{"properties":{{"p{number}":{{"type":"integer"}}}},"title":"{}"}}"#,
            "x".repeat(padding)
        )
    }

    #[test]
    fn the_schema_that_was_used_least_recently_is_dropped() {
        let cache = SchemaCache::default();
        let first = cache.compiled(&schema(0, 0)).unwrap();
        for number in 1..=MOST_SCHEMAS {
            assert!(
                Arc::ptr_eq(&first, &cache.compiled(&schema(0, 0)).unwrap()),
                "{number}"
            );
            cache.compiled(&schema(number, 0)).unwrap();
        }
        assert!(Arc::ptr_eq(&first, &cache.compiled(&schema(0, 0)).unwrap()));
        assert_eq!(cache.lock().by_text.len(), MOST_SCHEMAS);
        assert!(!cache.lock().by_text.contains_key(&*schema(1, 0)));
    }

    #[test]
    fn long_schemas_do_not_fill_the_memory() {
        let cache = SchemaCache::default();
        for number in 0..20 {
            cache.compiled(&schema(number, LONGEST - 100)).unwrap();
            assert!(cache.lock().bytes <= MOST_BYTES);
        }
        cache.compiled(&schema(99, LONGEST)).unwrap();
        assert!(!cache.lock().by_text.contains_key(&*schema(99, LONGEST)));
    }
}
