//! What needs attention now. Pure.

use serde::Deserialize;

use crate::components::{Badge, Moment, Tone};
use crate::pages::destinations::{Destination, Failure};
use crate::pages::integrations::Source;
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

/// The destination that the notification is about, if it fails.
fn failure_of<'a>(notice: &Notification, destinations: &'a [Destination]) -> Option<&'a Failure> {
    let is_of_access = notice.event.starts_with("destination.");
    let is_meant = |one: &&Destination| is_of_access && Some(one.id) == notice.destination_id;
    destinations.iter().find(is_meant)?.failure()
}

fn matter(notice: Notification, destinations: &[Destination]) -> Matter {
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
    let text = failure_of(&notice, destinations).map_or_else(|| sentence(&notice.message), why);
    Matter {
        badge,
        title: notice.title,
        text,
        since: Some(notice.raised_at),
        href,
        way_out: None,
    }
}

fn of_destination(destination: &Destination, told: &[u32]) -> Option<Matter> {
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
        _ => return None,
    };
    Some(Matter {
        badge: destination.badge(),
        title: format!("{} {title}", destination.name),
        text: destination.failure().map_or_else(|| text.to_owned(), why),
        since: None,
        href: Some(destination.href()),
        way_out: None,
    })
}

fn of_source(source: &Source, has_destinations: bool) -> Option<Matter> {
    let is_held = source.system_paused_at.is_some();
    let text = match (is_held, source.destination_id, has_destinations) {
        (true, None, true) => {
            "Its destination was removed, and pushes are refused with 401 until you resume it. What was accepted \
             before waits: choose where it is to go, or connect a new destination, which takes it over."
        }
        (true, None, false) => {
            "Its destination was removed, and pushes are refused with 401 until you resume it. What was accepted \
             before waits for the next destination that you connect, which takes it over by itself."
        }
        (true, Some(_), _) => {
            "It is paused since its destination changed or was removed: pushes are refused with 401 until you \
             resume it."
        }
        (false, None, true) => {
            "It has no destination: what arrives is kept until retention ends. Choose where it is to go, or connect \
             a new destination, which takes it over."
        }
        (false, None, false) | (false, Some(_), _) => return None,
    };
    Some(Matter {
        badge: source.badge(),
        title: source.display_name.clone(),
        text: text.to_owned(),
        since: None,
        href: Some(format!("{}/settings", source.href())),
        way_out: is_held.then(|| (format!("{}/resume", source.href()), "Resume")),
    })
}

/// All that needs attention, the most urgent first.
pub(super) fn matters(
    notices: NotificationList,
    destinations: &[Destination],
    sources: &[Source],
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
        .map(|notice| matter(notice, destinations))
        .chain(destinations.iter().filter_map(|one| of_destination(one, &told)))
        .chain(sources.iter().filter_map(|one| of_source(one, has_destinations)))
        .collect()
}
