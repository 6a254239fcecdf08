//! What became of the requests to a post-load webhook, and sending them again (operations.md §3).

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Form, Path, Query};
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;
use serde_json::json;

use super::hooks::{API, Hook, hooks};
use super::refused::refused;
use super::tabs::{Tab, Tabs};
use crate::components::{Badge, Banner, Count, Empty, Field, Moment, Tone};
use crate::frame::{Frame, Page, Section, Shown, show, show_again};
use crate::link;
use crate::pages::destinations::Destination;
use crate::trouble::Trouble;

const PAGE: &str = "25";

#[derive(Debug, Deserialize)]
struct Delivery {
    load: String,
    table_id: u32,
    attempt: u32,
    tried_at: Moment,
    delivered: bool,
    failure: Option<String>,
}

impl Delivery {
    fn badge(&self) -> Badge {
        if self.delivered {
            Badge::new(Tone::Good, "Delivered")
        } else {
            Badge::new(Tone::Bad, "Failed")
        }
    }
}

#[derive(Debug, Deserialize)]
struct Log {
    data: Vec<Delivery>,
    next: Option<i64>,
}

/// The table of a load.
#[derive(Debug, Deserialize)]
struct Loaded {
    source_name: String,
    table: String,
}

#[derive(Template)]
#[template(path = "settings/deliveries.html")]
struct DeliveriesPage {
    frame: Frame,
    tabs: Tabs,
    destination: String,
    deliveries: Vec<Delivery>,
    loads: BTreeMap<String, Loaded>,
    empty: Empty,
    newest: Option<String>,
    older: Option<String>,
    since: Field,
    hook: Hook,
}

impl DeliveriesPage {
    fn table(&self, delivery: &Delivery) -> String {
        match self.loads.get(&delivery.load) {
            Some(load) => format!("{}/{}", load.source_name, load.table),
            None => format!("Table {}", delivery.table_id),
        }
    }

    fn load_href(&self, delivery: &Delivery) -> Option<String> {
        let is_known = self.loads.contains_key(&delivery.load);
        is_known.then(|| format!("/loads/{}", link::part(&delivery.load)))
    }
}

#[derive(Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    before: String,
    replayed: Option<u64>,
}

/// The loads of deliveries, as far as the ledger still has them.
async fn loads_of(page: &Page, deliveries: &[Delivery]) -> Result<BTreeMap<String, Loaded>, Trouble> {
    let mut loads = BTreeMap::new();
    for delivery in deliveries {
        if loads.contains_key(&delivery.load) {
            continue;
        }
        let path = format!("/v4/loads/{}", link::part(&delivery.load));
        match page.api.get::<Loaded>(&path).await.map_err(Trouble::from) {
            Ok(load) => {
                loads.insert(delivery.load.clone(), load);
            }
            Err(Trouble::NotFound) => {}
            Err(trouble) => return Err(trouble),
        }
    }
    Ok(loads)
}

async fn deliveries_page(
    page: &Page,
    id: u32,
    before: &str,
    typed: &str,
    problem: Option<String>,
) -> Result<DeliveriesPage, Trouble> {
    let found = hooks(page).await?.into_iter().find(|hook| hook.id == id);
    let hook = found.ok_or(Trouble::NotFound)?;
    let destinations: Vec<Destination> = page.api.get("/v4/destinations").await?;
    let before = Some(before).filter(|before| !before.is_empty());
    let path = link::with_query(
        &format!("{API}/{id}/deliveries"),
        &[("limit", Some(PAGE)), ("before", before)],
    );
    let log: Log = page.api.get(&path).await?;
    let older = |next: i64| link::with_query(&hook.href(), &[("before", Some(&next.to_string()))]);
    Ok(DeliveriesPage {
        frame: page.frame(&format!("Webhook {id}"), Section::Settings),
        tabs: Tabs::new(Tab::Hooks),
        destination: hook.destination(&destinations),
        loads: loads_of(page, &log.data).await?,
        deliveries: log.data,
        empty: Empty::new(
            "Nothing was sent yet",
            "Each load of the destination is one request for each table. What is not answered with 2xx is sent again \
             five times: after 10 and 30 seconds, and after 2, 10 and 30 minutes.",
        ),
        newest: before.map(|_| hook.href()),
        older: log.next.map(older),
        since: Field::text("since", "Since (UTC)")
            .help("A day or an instant, such as 2026-01-05 or 2026-01-05T09:00:00Z.")
            .value(typed)
            .error(problem)
            .required(),
        hook,
    })
}

/// `GET /settings/webhooks/{id}`.
pub(super) async fn list(page: Page, Path(id): Path<u32>, Query(asked): Query<Asked>) -> Shown {
    let mut shown = deliveries_page(&page, id, &asked.before, "", None).await?;
    shown.frame.banner = asked.replayed.map(|requests| match requests {
        0 => Banner::warning("Nothing was sent since then, but for what is still being tried."),
        some => Banner::done(format!(
            "{} lined up to be sent again.",
            Count(some).of("request")
        )),
    });
    show(&shown)
}

#[derive(Deserialize)]
pub(super) struct ReplayForm {
    #[serde(default)]
    since: String,
}

#[derive(Deserialize)]
struct Replayed {
    requests: u64,
}

/// `POST /settings/webhooks/{id}/replay`.
pub(super) async fn replay(page: Page, Path(id): Path<u32>, Form(form): Form<ReplayForm>) -> Shown {
    let since = form.since.trim();
    let replayed = page
        .api
        .post::<Replayed>(&format!("{API}/{id}/replay"), &json!({"since": since}))
        .await;
    match replayed {
        Ok(Replayed { requests }) => {
            let back = format!("/settings/webhooks/{id}?replayed={requests}");
            Ok(Redirect::to(&back).into_response())
        }
        Err(error) => {
            let problem = match error.code.as_deref() {
                Some("InvalidBody") => "Enter a day or an instant in UTC, such as 2026-01-05.".to_owned(),
                _ => refused(&error)?,
            };
            show_again(&deliveries_page(&page, id, "", since, Some(problem)).await?)
        }
    }
}
