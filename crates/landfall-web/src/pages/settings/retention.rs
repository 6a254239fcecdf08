//! What is kept for how long (operations.md §9).

use askama::Template;

use super::about::{API, Instance, KeptDays};
use super::tabs::{Tab, Tabs};
use crate::components::Count;
use crate::frame::{Frame, Page, Section, Shown, show};

/// Something that is kept.
struct Line {
    what: &'static str,
    note: &'static str,
    kept: String,
    setting: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "settings/retention.html")]
struct RetentionPage {
    frame: Frame,
    tabs: Tabs,
    lines: Vec<Line>,
}

fn days(what: &'static str, note: &'static str, days: u32, setting: &'static str) -> Line {
    Line {
        what,
        note,
        kept: Count(days.into()).of("day"),
        setting: Some(setting),
    }
}

fn fixed(what: &'static str, note: &'static str, kept: &str) -> Line {
    Line {
        what,
        note,
        kept: kept.to_owned(),
        setting: None,
    }
}

fn lines(keep: KeptDays) -> Vec<Line> {
    vec![
        fixed(
            "Received records",
            "Deleted here as soon as the bucket has them.",
            "Until they are loaded",
        ),
        days(
            "Records that can't be loaded",
            "Because a destination fails, or there is none. You are told three days before they are deleted.",
            keep.unloaded,
            "keep_unloaded_days",
        ),
        days(
            "Loading reports",
            "Attempts of each table, failed ones with their errors.",
            keep.reports,
            "keep_reports_days",
        ),
        days(
            "Deliveries of post-load webhooks",
            "As far back, they can be sent again.",
            keep.deliveries,
            "keep_deliveries_days",
        ),
        days(
            "Loads",
            "With their objects and checksums. The sums of forgotten loads stay.",
            keep.ledger,
            "keep_ledger_days",
        ),
        days("Audit log", "Who changed what.", keep.audit, "keep_audit_days"),
        fixed(
            "Objects in the bucket",
            "Rejected records too. Landfall never deletes there.",
            "For ever",
        ),
        fixed(
            "Sessions of this website",
            "12 hours without a visit end them sooner.",
            "7 days",
        ),
    ]
}

/// `GET /settings/retention`.
pub(super) async fn show_retention(page: Page) -> Shown {
    let instance: Instance = page.api.get(API).await?;
    show(&RetentionPage {
        frame: page.frame("Retention", Section::Settings),
        tabs: Tabs::new(Tab::Retention),
        lines: lines(instance.keep_days),
    })
}
