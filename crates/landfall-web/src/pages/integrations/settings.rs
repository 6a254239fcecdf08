//! Settings of an integration.

use askama::Template;
use axum::extract::Path;

use super::list::Stats;
use super::source::{self, Head, SECTION, Source, Tab};
use crate::components::Field;
use crate::frame::{Frame, Page, Shown, show};
use crate::pages::destinations::Destination;
use crate::trouble::Trouble;

#[derive(Template)]
#[template(path = "integrations/settings.html")]
pub(super) struct SettingsPage {
    frame: Frame,
    head: Head,
    source: Source,
    destinations: Vec<Destination>,
    display_name: Field,
    confirm: Field,
    /// What becomes of rows that wait if it is deleted.
    fate: String,
}

/// What waits, and what becomes of it when the integration is deleted: its destination stays, and can't be changed any
/// more.
fn fate(stats: &Stats, destination: Option<&Destination>) -> String {
    let rows = stats.rows_to_be_loaded;
    let waits = match (rows.0, stats.has_unread) {
        (0, false) => return "Nothing waits to be loaded.".to_owned(),
        (0, true) => "How much waits to be loaded is not counted yet.".to_owned(),
        (1, false) => "1 row waits to be loaded.".to_owned(),
        (_, false) => format!("{} wait to be loaded.", rows.of("row")),
        (_, true) => format!("At least {} wait to be loaded.", rows.of("row")),
    };
    let fate = match destination {
        Some(one) if one.status() == "active" => {
            format!("What waits is still loaded into {} after the deletion.", one.name)
        }
        Some(one) => format!(
            "What waits is still loaded after the deletion, as soon as {} works; what can't be loaded until retention \
             ends is lost.",
            one.name
        ),
        None => "What waits is never loaded then, since nobody can choose a destination for a deleted integration. To \
                 keep it, choose one first, and delete the integration when nothing waits any more."
            .to_owned(),
    };
    format!("{waits} {fate}")
}

impl SettingsPage {
    fn is_chosen(&self, destination: &Destination) -> bool {
        self.source.destination_id == Some(destination.id)
    }

    /// The destination that the integration was taken off and can go back to.
    fn left_destination(&self) -> Option<&str> {
        let left = self.source.left_destination_id;
        let found = self.destinations.iter().find(|one| Some(one.id) == left);
        found.map(|one| one.name.as_str())
    }

    fn destination_name(&self) -> &str {
        let found = self
            .destinations
            .iter()
            .find(|one| Some(one.id) == self.source.destination_id);
        found.map_or("none", |one| one.name.as_str())
    }
}

/// What is wrong with a form of the page.
#[derive(Default)]
pub(super) struct Problems {
    /// What was typed for a name, and what is wrong with it.
    pub(super) display_name: Option<(String, String)>,
    pub(super) confirm: Option<String>,
}

pub(super) async fn settings_page(page: &Page, id: u32, problems: Problems) -> Result<SettingsPage, Trouble> {
    let source = source::read(page, id).await?;
    let destinations: Vec<Destination> = page.api.get("/v4/destinations").await?;
    let stats: Stats = page.api.get(&format!("/v4/sources/{id}/stats")).await?;
    let destination = destinations
        .iter()
        .find(|one| Some(one.id) == source.destination_id);
    let (typed, name_problem) = match problems.display_name {
        Some((typed, problem)) => (typed, Some(problem)),
        None => (source.display_name.clone(), None),
    };
    Ok(SettingsPage {
        frame: page.frame(&format!("Settings, {}", source.display_name), SECTION),
        fate: fate(&stats, destination),
        head: source.head(page, Tab::Settings, &destinations),
        display_name: Field::text("display_name", "Name")
            .value(&typed)
            .help("What it is called here. The folder in the bucket stays.")
            .error(name_problem)
            .required(),
        confirm: Field::text("confirm", "Type the name to confirm")
            .error(problems.confirm)
            .required(),
        source,
        destinations,
    })
}

/// `GET /integrations/{id}/settings`.
pub(super) async fn form(page: Page, Path(id): Path<u32>) -> Shown {
    show(&settings_page(&page, id, Problems::default()).await?)
}
