//! Violations of a request's shape, as text (import-api.md §7).

use std::fmt::Write as _;

/// Children of a node that are listed; the others are counted alone, so that a hostile body gets a short answer.
const MOST_LISTED: usize = 1_000;

/// What is wrong with one value: violations of its own, and those of what is in it.
#[derive(Debug)]
pub(crate) struct Node {
    pointer: String,
    count: usize,
    texts: Vec<String>,
}

impl Node {
    pub(crate) fn new(pointer: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            count: 0,
            texts: Vec::new(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// A violation of the value itself.
    pub(crate) fn add(&mut self, text: impl std::fmt::Display) {
        let line = || format!("{}: {text}", self.pointer);
        let line = (self.count < MOST_LISTED).then(line);
        self.count += 1;
        self.texts.extend(line);
    }

    /// A violation of what is reached by `step`.
    pub(crate) fn add_at(&mut self, step: impl std::fmt::Display, text: impl std::fmt::Display) {
        let mut inside = Self::new(format!("{}/{step}", self.pointer));
        inside.add(text);
        self.add_node(&inside);
    }

    /// The violations of a value inside, which count as one.
    pub(crate) fn add_node(&mut self, inside: &Self) {
        if inside.is_empty() {
            return;
        }
        if self.count < MOST_LISTED {
            self.texts.push(inside.flatten());
        }
        self.count += 1;
    }

    pub(crate) fn missing_key(&mut self, key: &str) {
        self.add(format_args!("required key [{key}] not found"));
    }

    pub(crate) fn extraneous_key(&mut self, key: &str) {
        self.add(format_args!("extraneous key [{key}] is not permitted"));
    }

    /// All of it in one line.
    pub(crate) fn flatten(&self) -> String {
        let mut line = String::new();
        if self.count > 1 {
            let _infallible = write!(line, "{}: {} schema violations found", self.pointer, self.count);
        }
        for text in &self.texts {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(text);
        }
        line
    }
}
