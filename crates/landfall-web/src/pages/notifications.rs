//! Notifications: what is wrong now, and what was lately (operations.md §1, management-api.md §12.3).

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::components::{Badge, Banner, Empty, Moment, Tone};
use crate::frame::{Frame, Page, Section, Shown, show};
use crate::state::WebState;

/// The addresses of these pages.
pub(crate) fn routes() -> Router<WebState> {
    Router::new()
        .route("/notifications", get(list))
        .route("/notifications/{id}/dismiss", post(dismiss))
}

/// Something that is wrong, or was.
#[derive(Debug, Deserialize)]
struct Notification {
    id: i64,
    event: String,
    level: String,
    title: String,
    about: String,
    destination_id: Option<u32>,
    source_id: Option<u32>,
    #[serde(default)]
    tables: Vec<String>,
    message: String,
    raw_error: Option<String>,
    raised_at: Moment,
    #[serde(default)]
    resolved_at: Option<Moment>,
}

impl Notification {
    fn badge(&self) -> Badge {
        match self.level.as_str() {
            "critical" => Badge::new(Tone::Bad, "Critical"),
            "warning" => Badge::new(Tone::Waiting, "Warning"),
            "delay" => Badge::new(Tone::Waiting, "Delay"),
            _ => Badge::new(Tone::Quiet, "Note"),
        }
    }

    /// Where to look.
    fn href(&self) -> Option<String> {
        match (self.event.as_str(), self.source_id, self.destination_id) {
            ("records.rejected", Some(source), _) => Some(format!("/integrations/{source}/rejects")),
            ("hook.undeliverable", ..) => Some("/settings/webhooks".to_owned()),
            (_, Some(source), _) => Some(format!("/integrations/{source}")),
            (_, None, Some(destination)) => Some(format!("/destinations/{destination}")),
            (_, None, None) => None,
        }
    }

    fn tables(&self) -> String {
        self.tables.join(", ")
    }
}

#[derive(Debug, Deserialize)]
struct OpenList {
    data: Vec<Notification>,
    mail: bool,
}

#[derive(Debug, Deserialize)]
struct ResolvedList {
    data: Vec<Notification>,
}

#[derive(Template)]
#[template(path = "notifications.html")]
struct NotificationsPage {
    frame: Frame,
    open: Vec<Notification>,
    resolved: Vec<Notification>,
    has_mail: bool,
    empty: Empty,
}

#[derive(Deserialize)]
struct Told {
    #[serde(default)]
    done: String,
}

/// `GET /notifications`.
async fn list(page: Page, Query(told): Query<Told>) -> Shown {
    let open: OpenList = page.api.get("/v4/notifications").await?;
    let resolved: ResolvedList = page.api.get("/v4/notifications/resolved").await?;
    let banner = (told.done == "dismissed").then(|| Banner::done("The notification is off the list."));
    show(&NotificationsPage {
        frame: page
            .frame("Notifications", Section::Notifications)
            .with_banner(banner),
        open: open.data,
        resolved: resolved.data,
        has_mail: open.mail,
        empty: Empty::new(
            "Nothing needs you",
            "A destination that can't be written to, rejected records or a webhook that does not answer would be \
             listed here, until it is over or you dismiss it.",
        ),
    })
}

/// `POST /notifications/{id}/dismiss`.
async fn dismiss(page: Page, Path(id): Path<u32>) -> Shown {
    let _: Value = page
        .api
        .post(&format!("/v4/notifications/{id}/dismiss"), &json!({}))
        .await?;
    Ok(Redirect::to("/notifications?done=dismissed").into_response())
}
