//! What is to be done before the first rows are in a bucket. Pure.

use crate::pages::destinations::Destination;
use crate::pages::integrations::Source;

/// A step.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) title: &'static str,
    pub(super) text: &'static str,
    pub(super) is_done: bool,
    /// Where it is done, and what the button says.
    pub(super) action: Option<(String, &'static str)>,
}

/// The steps, as long as one is missing.
pub(super) fn steps(destinations: &[Destination], sources: &[Source], has_loaded: bool) -> Vec<Step> {
    let has_worked = |one: &&Destination| matches!(one.status(), "active" | "failing" | "paused");
    let is_proven = destinations.iter().any(|one| has_worked(&one));
    let unproven = destinations.iter().find(|one| !has_worked(one));
    let first = sources.first();
    let steps = vec![
        Step {
            title: "Connect a destination",
            text: "Name a bucket, or a folder to try things out, and choose how objects are called.",
            is_done: !destinations.is_empty(),
            action: Some(("/destinations/new".to_owned(), "Connect a destination")),
        },
        Step {
            title: "Prove the access",
            text: "Grant access, and put a challenge file into the bucket: it shows that the bucket is yours.",
            is_done: is_proven,
            action: unproven.map(|one| (format!("/destinations/{}", one.id), "Go on with it")),
        },
        Step {
            title: "Add an integration",
            text: "It gets a token that programs push records with, or an address for webhooks.",
            is_done: first.is_some(),
            action: Some(("/integrations/new".to_owned(), "Add an integration")),
        },
        Step {
            title: "Send the first record",
            text: "Commands are filled in and ready to run. What arrives before there is a destination waits for one.",
            is_done: has_loaded,
            action: first.map(|source| (format!("{}/connect", source.href()), "Show the commands")),
        },
    ];
    if steps.iter().all(|step| step.is_done) {
        Vec::new()
    } else {
        steps
    }
}
