//! What needs attention now. Pure.

use serde::Deserialize;

use crate::components::{Badge, Count, Moment, Tone};
use crate::pages::destinations::{Destination, Failure};
use crate::pages::integrations::{Source, Standing};
use crate::words::sentence;

/// Something that is wrong now (management-api.md §12.3, operations.md §1).
#[derive(Debug, Deserialize)]
struct Notification {
    event: String,
    level: String,
    title: String,
    destination_id: Option<u32>,
    source_id: Option<u32>,
    message: String,
    raised_at: Moment,
}

#[derive(Debug, Deserialize)]
pub(super) struct NotificationList {
    data: Vec<Notification>,
}

/// Something to look at.
#[derive(Debug)]
pub(super) struct Matter {
    pub(super) badge: Badge,
    pub(super) title: String,
    pub(super) text: String,
    pub(super) since: Option<Moment>,
    /// Where to look.
    pub(super) href: Option<String>,
    /// A form of one button that ends it, and what the button says.
    pub(super) way_out: Option<(String, &'static str)>,
}

/// Why a destination fails, and what to do, as its own page says it.
fn why(failure: &Failure) -> String {
    format!(
        "{} {} What arrives is kept, and loaded once it works again.",
        failure.cause(),
        failure.remedy()
    )
}

/// Name and failure of the destination that the notification is about, if it fails.
fn failure_of<'a>(notice: &Notification, destinations: &'a [Destination]) -> Option<(&'a str, &'a Failure)> {
    let is_of_access = notice.event.starts_with("destination.");
    let is_meant = |one: &&Destination| is_of_access && Some(one.id) == notice.destination_id;
    let destination = destinations.iter().find(is_meant)?;
    Some((&destination.name, destination.failure()?))
}

/// Rows of a source that wait for a destination that can be loaded to.
#[derive(Debug)]
pub(super) struct HeldRows {
    pub(super) source_id: u32,
    pub(super) destination_id: Option<u32>,
    pub(super) rows: Count,
}

/// How many rows wait of those that `is_meant`.
fn held_of(held: &[HeldRows], is_meant: impl Fn(&HeldRows) -> bool) -> Count {
    Count(
        held.iter()
            .filter(|one| is_meant(one))
            .map(|one| one.rows.0)
            .sum(),
    )
}

/// A sentence that goes on after another one; empty if nothing waits.
fn and_waits(rows: Count) -> String {
    match rows.0 {
        0 => String::new(),
        1 => " 1 row waits.".to_owned(),
        _ => format!(" {} wait.", rows.of("row")),
    }
}

fn matter(notice: Notification, destinations: &[Destination], held: &[HeldRows]) -> Matter {
    let badge = match notice.level.as_str() {
        "critical" => Badge::new(Tone::Bad, "Critical"),
        "warning" => Badge::new(Tone::Waiting, "Warning"),
        "delay" => Badge::new(Tone::Waiting, "Delay"),
        _ => Badge::new(Tone::Quiet, "Note"),
    };
    let href = match (notice.event.as_str(), notice.source_id, notice.destination_id) {
        ("records.rejected", Some(source), _) => Some(format!("/integrations/{source}/rejects")),
        (_, Some(source), _) => Some(format!("/integrations/{source}")),
        (_, None, Some(destination)) => Some(format!("/destinations/{destination}")),
        (_, None, None) => None,
    };
    let text = match failure_of(&notice, destinations) {
        Some((name, failure)) => {
            let rows = held_of(held, |one| one.destination_id == notice.destination_id);
            format!("{name}: {}{}", why(failure), and_waits(rows))
        }
        None => sentence(&notice.message),
    };
    Matter {
        badge,
        title: notice.title,
        text,
        since: Some(notice.raised_at),
        href,
        way_out: None,
    }
}

fn of_destination(destination: &Destination, told: &[u32], held: &[HeldRows]) -> Option<Matter> {
    let rows = held_of(held, |one| one.destination_id == Some(destination.id));
    let (title, text) = match destination.status() {
        // A notification may be dismissed, or come only after a while: the state is always told.
        "failing" if !told.contains(&destination.id) => (
            "is failing",
            "Its last check or load failed. What arrives is kept, and loaded once it works again.",
        ),
        "pending_verification" => (
            "is not verified yet",
            "Grant access and put the challenge file into the bucket, then check again.",
        ),
        "draft" => (
            "is not finished",
            "Some settings are missing. What you have entered is kept.",
        ),
        "paused" if !rows.is_none() => (
            "is paused",
            "A user paused it: what arrives for it is kept, and loaded once it is resumed.",
        ),
        "active" if !rows.is_none() => (
            "does not answer",
            "It is tried again by itself. A check, on its page, says what is wrong.",
        ),
        _ => return None,
    };
    let text = destination.failure().map_or_else(|| text.to_owned(), why);
    let is_paused = destination.status() == "paused";
    Some(Matter {
        badge: destination.badge(),
        title: format!("{} {title}", destination.name),
        text: text + &and_waits(rows),
        since: None,
        href: Some(destination.href()),
        way_out: is_paused.then(|| (format!("{}/resume", destination.href()), "Resume")),
    })
}

/// What is to be said of a source as it is mapped and paused, and the page that mends it.
fn of_source(source: &Source, has_destinations: bool, held: &[HeldRows]) -> Option<Matter> {
    let rows = held_of(held, |one| one.source_id == source.id);
    let is_held = source.system_paused_at.is_some();
    let what = match (source.standing(), is_held) {
        (Standing::Mapped, true) => {
            "It is paused since its destination changed or was removed: pushes are refused with 401 until it \
             is resumed."
        }
        (Standing::Mapped, false) => return None,
        (Standing::Removed, _) => {
            "Its destination was removed, and pushes are refused with 401 until it is resumed. What was accepted \
             before waits."
        }
        (Standing::Unmapped, true) => {
            "Its destination was changed, then taken away, and pushes are refused with 401 until it is resumed. What \
             was accepted before waits."
        }
        (Standing::Unmapped, false) if source.is_paused() => {
            "It has no destination, and a user paused it: pushes are refused with 401. What was accepted before waits."
        }
        // To begin with, the list of first steps says that a destination is missing.
        (Standing::Unmapped, false) if !has_destinations && rows.is_none() => return None,
        (Standing::Unmapped, false) => "It has no destination: what arrives is kept until retention ends.",
    };
    let (then, href) = match (source.standing(), has_destinations) {
        (Standing::Mapped, _) => ("", format!("{}/settings", source.href())),
        (_, true) => (
            " Choose where it is to go, or connect a new destination, which takes it over.",
            format!("{}/settings", source.href()),
        ),
        (_, false) => (
            " It waits for the next destination that you connect, which takes it over by itself.",
            "/destinations".to_owned(),
        ),
    };
    let waits = if source.standing() == Standing::Mapped {
        String::new() // that is told of the destination
    } else {
        and_waits(rows)
    };
    Some(Matter {
        badge: source.badge(),
        title: source.display_name.clone(),
        text: format!("{what}{waits}{then}"),
        since: None,
        href: Some(href),
        way_out: is_held.then(|| (format!("{}/resume", source.href()), "Resume")),
    })
}

/// What is to be said of a deleted source: rows that nobody can send anywhere any more.
fn of_deleted(source: &Source, held: &[HeldRows]) -> Option<Matter> {
    let rows = held_of(held, |one| {
        one.source_id == source.id && one.destination_id.is_none()
    });
    (!rows.is_none()).then(|| Matter {
        badge: source.badge(),
        title: source.display_name.clone(),
        text: format!(
            "It was deleted without a destination, so what it had received is never loaded, and goes when retention \
             ends.{}",
            and_waits(rows)
        ),
        since: None,
        href: Some(source.href()),
        way_out: None,
    })
}

/// All that needs attention, the most urgent first. `sources` are all, deleted ones too.
pub(super) fn matters(
    notices: NotificationList,
    destinations: &[Destination],
    sources: &[Source],
    held: &[HeldRows],
) -> Vec<Matter> {
    let rank = |notice: &Notification| match notice.level.as_str() {
        "critical" => 0,
        "warning" | "delay" => 1,
        _ => 2,
    };
    let mut notices = notices.data;
    // The sort is stable: within a rank, the API's order stays.
    notices.sort_by_key(rank);
    let told: Vec<u32> = notices
        .iter()
        .filter_map(|notice| notice.destination_id)
        .collect();
    let has_destinations = !destinations.is_empty();
    notices
        .into_iter()
        .map(|notice| matter(notice, destinations, held))
        .chain(
            destinations
                .iter()
                .filter_map(|one| of_destination(one, &told, held)),
        )
        .chain(
            sources
                .iter()
                .filter(|one| !one.is_deleted())
                .filter_map(|one| of_source(one, has_destinations, held)),
        )
        .chain(
            sources
                .iter()
                .filter(|one| one.is_deleted())
                .filter_map(|one| of_deleted(one, held)),
        )
        .collect()
}
