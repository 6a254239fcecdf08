//! Things that are worth using again.

use std::sync::{Mutex, PoisonError};

/// Up to so many spare values.
#[derive(Debug)]
pub(crate) struct Pool<T> {
    spare: Mutex<Vec<T>>,
    most: usize,
}

impl<T> Pool<T> {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            spare: Mutex::new(Vec::new()),
            most,
        }
    }

    pub(crate) fn take(&self) -> Option<T> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    pub(crate) fn give(&self, value: T) {
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        if spare.len() < self.most {
            spare.push(value);
        }
    }
}
