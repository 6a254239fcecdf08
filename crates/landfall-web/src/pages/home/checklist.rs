//! What is to be done before the first rows are in a bucket. Pure.

use crate::pages::destinations::Destination;
use crate::pages::integrations::{Prospect, Source, WaitingRows};

/// A step.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) title: &'static str,
    pub(super) text: String,
    pub(super) is_done: bool,
    /// Where it is done, and what the button says.
    pub(super) action: Option<(String, &'static str)>,
}

/// How far the first rows are.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum FirstRows {
    NotSent,
    /// They wait, and perhaps it is known how long at most.
    Waiting(Option<String>),
    Landed,
}

impl FirstRows {
    pub(super) fn new(has_loaded: bool, has_buffered: bool, waiting: Option<&WaitingRows>) -> Self {
        match waiting {
            _ if has_loaded => Self::Landed,
            Some(waiting) if !waiting.is_none() => Self::Waiting(match &waiting.prospect {
                Prospect::By(within) => Some(within.text().to_owned()),
                Prospect::Nothing | Prospect::Loading | Prospect::Held(_) => None,
            }),
            // The loader has not counted it, or does not say.
            None if has_buffered => Self::Waiting(None),
            Some(waiting) if has_buffered && waiting.has_unread => Self::Waiting(None),
            Some(_) | None => Self::NotSent,
        }
    }
}

fn last_step(source: Option<&Source>, first_rows: &FirstRows) -> Step {
    let (title, text, page, label) = match first_rows {
        FirstRows::NotSent | FirstRows::Landed => (
            "Send the first record",
            "Commands are filled in and ready to run. What arrives before there is a destination waits for one."
                .to_owned(),
            "/connect",
            "Show the commands",
        ),
        FirstRows::Waiting(Some(within)) => (
            "See the first rows land",
            format!("They are here, and load by themselves {within}. The integration's page can load them now."),
            "",
            "Open the integration",
        ),
        FirstRows::Waiting(None) => (
            "See the first rows land",
            "They are here. The integration's page says when they load.".to_owned(),
            "",
            "Open the integration",
        ),
    };
    Step {
        title,
        text,
        is_done: *first_rows == FirstRows::Landed,
        action: source.map(|source| (format!("{}{page}", source.href()), label)),
    }
}

/// The steps, as long as one is missing.
pub(super) fn steps(destinations: &[Destination], sources: &[Source], first_rows: &FirstRows) -> Vec<Step> {
    let has_worked = |one: &&Destination| matches!(one.status(), "active" | "failing" | "paused");
    let is_proven = destinations.iter().any(|one| has_worked(&one));
    let unproven = destinations.iter().find(|one| !has_worked(one));
    let first = sources.first();
    let steps = vec![
        Step {
            title: "Connect a destination",
            text: "Name a bucket, or a folder to try things out, and choose how objects are called."
                .to_owned(),
            is_done: !destinations.is_empty(),
            action: Some(("/destinations/new".to_owned(), "Connect a destination")),
        },
        Step {
            title: "Prove the access",
            text:
                "Grant access, and put a challenge file into the bucket: it shows that the bucket is yours."
                    .to_owned(),
            is_done: is_proven,
            action: unproven.map(|one| (format!("/destinations/{}", one.id), "Go on with it")),
        },
        Step {
            title: "Add an integration",
            text: "It gets a token that programs push records with, or an address for webhooks.".to_owned(),
            is_done: first.is_some(),
            action: Some(("/integrations/new".to_owned(), "Add an integration")),
        },
        last_step(first, first_rows),
    ];
    if steps.iter().all(|step| step.is_done) {
        Vec::new()
    } else {
        steps
    }
}
