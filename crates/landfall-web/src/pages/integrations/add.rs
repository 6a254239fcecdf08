//! Adding an integration.

use askama::Template;
use axum::extract::{Form, Query, State};
use landfall_http::manage::source_name;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::connect::{self, Occasion};
use super::source::{SECTION, Source};
use crate::api::ApiError;
use crate::components::{Banner, Field};
use crate::frame::{Frame, Page, Shown, show, show_again};
use crate::pages::destinations::Destination;
use crate::state::WebState;
use crate::trouble::Trouble;
use crate::words::sentence;

const IMPORT_API: &str = "import_api";
/// The choice of no destination.
const NONE_YET: &str = "none";
const WEBHOOK: &str = "webhook.incoming-webhook";

/// What is typed.
#[derive(Debug, Default, Deserialize)]
pub(super) struct AddForm {
    #[serde(default, rename = "type")]
    source_type: String,
    #[serde(default)]
    display_name: String,
    #[serde(default)]
    key_field: String,
    /// A destination's id, [`NONE_YET`], or nothing where nothing was chosen.
    #[serde(default)]
    destination: String,
}

#[derive(Template)]
#[template(path = "integrations/add.html")]
struct AddPage {
    frame: Frame,
    is_webhook: bool,
    display_name: Field,
    key_field: Field,
    destinations: Vec<Destination>,
    /// What is chosen, spelled as the form sends it; empty where that is left to do.
    destination: String,
    destination_problem: Option<String>,
}

impl AddPage {
    fn is_chosen(&self, destination: &Destination) -> bool {
        self.destination == destination.id.to_string()
    }

    fn is_none_chosen(&self) -> bool {
        self.destination == NONE_YET
    }
}

/// What is wrong with a name, and one that would do.
fn name_problem(typed: &str, error: &ApiError) -> Option<String> {
    match error.code.as_deref()? {
        "InvalidDisplayName" => source_name(typed)
            .err()
            .map(|problem| sentence(&problem.to_string())),
        // The display name is compared first: only a derived name is told with where it comes from.
        "InvalidName" if error.message.contains(" -> ") => Some(format!(
            "Another integration has the same folder, {}: choose a name that differs in letters or digits, such as \
             {typed} 2.",
            source_name(typed).unwrap_or_default()
        )),
        "InvalidName" => Some(taken(typed)),
        "InvalidBody" => Some(sentence(&error.message)),
        _ => None,
    }
}

/// Says that another integration is called so.
pub(super) fn taken(name: &str) -> String {
    format!("Another integration is called {name}: choose a different name, such as {name} 2.")
}

/// The form, with what the API has against what was typed beside the fields.
async fn add_page(page: &Page, typed: &AddForm, error: Option<&ApiError>) -> Result<AddPage, ApiError> {
    let destinations: Vec<Destination> = page.api.get("/v4/destinations").await?;
    let of_code = |codes: &[&str]| {
        let error = error?;
        let code = error.code.as_deref()?;
        codes.contains(&code).then(|| sentence(&error.message))
    };
    let name_problem = error.and_then(|error| name_problem(typed.display_name.trim(), error));
    let key_problem = of_code(&["InvalidProperties"])
        .map(|_| "Name one field of the records, in 50 characters or fewer.".to_owned());
    let destination_problem = of_code(&["InvalidDestination"]);
    let is_at_field = name_problem.is_some() || key_problem.is_some() || destination_problem.is_some();
    let banner = error
        .filter(|_| !is_at_field)
        .map(|error| Banner::error(sentence(&error.message)));
    let destination = match destinations.as_slice() {
        _ if !typed.destination.is_empty() => typed.destination.clone(),
        [] => NONE_YET.to_owned(),
        [only] => only.id.to_string(),
        // Several: where the data goes is chosen deliberately.
        _ => String::new(),
    };
    Ok(AddPage {
        frame: page.frame("Add an integration", SECTION).with_banner(banner),
        is_webhook: typed.source_type == WEBHOOK,
        display_name: Field::text("display_name", "Name")
            .value(&typed.display_name)
            .help("Such as the system that the data comes from. Its lower-case form becomes the folder, which stays.")
            .error(name_problem)
            .required(),
        key_field: Field::text("key_field", "Key field (optional)")
            .value(&typed.key_field)
            .help("The field that tells records apart, such as id. Without one, each record gets a key of its own.")
            .error(key_problem),
        destination,
        destinations,
        destination_problem,
    })
}

/// `GET /integrations/new`.
pub(super) async fn form(page: Page, Query(typed): Query<AddForm>) -> Shown {
    if !page.signed_in.is_admin() {
        return Err(Trouble::Forbidden);
    }
    show(&add_page(&page, &typed, None).await?)
}

fn body(typed: &AddForm) -> Value {
    let source_type = if typed.source_type == WEBHOOK {
        WEBHOOK
    } else {
        IMPORT_API
    };
    let mut properties = Map::new();
    let key_field = typed.key_field.trim();
    if source_type == WEBHOOK && !key_field.is_empty() {
        properties.insert("webhookz_primary_key".to_owned(), key_field.into());
    }
    json!({
        "type": source_type,
        "display_name": typed.display_name.trim(),
        "properties": properties,
        "destination_id": typed.destination.parse::<u32>().ok(),
    })
}

/// `POST /integrations`: leads to the page that shows the token, once.
pub(super) async fn create(State(state): State<WebState>, page: Page, Form(typed): Form<AddForm>) -> Shown {
    let mut asked = add_page(&page, &typed, None).await?;
    let lacks_name = typed.display_name.trim().is_empty();
    if lacks_name {
        let problem = "Give the integration a name, such as Shop.".to_owned();
        asked.display_name = asked.display_name.error(Some(problem));
    }
    let lacks_choice = typed.destination.is_empty() && asked.destinations.len() > 1;
    if lacks_choice {
        let problem = "Choose where its data goes, or None yet.".to_owned();
        asked.destination_problem = Some(problem);
    }
    if lacks_name || lacks_choice {
        return show_again(&asked);
    }
    let source: Source = match page.api.post("/v4/sources", &body(&typed)).await {
        Ok(source) => source,
        Err(error) if error.status.is_client_error() && error.status != 403 => {
            return show_again(&add_page(&page, &typed, Some(&error)).await?);
        }
        Err(error) => return Err(error.into()),
    };
    let secret = match source.webhook_url.clone() {
        Some(url) => url,
        None => connect::mint(&page, &source).await?,
    };
    connect::lead_to_secret(&state, &page, &source, secret, Occasion::Added)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_webhooks_have_a_key_field() {
        let typed = |source_type: &str| AddForm {
            source_type: source_type.to_owned(),
            display_name: " Shop ".to_owned(),
            key_field: " id ".to_owned(),
            destination: "7".to_owned(),
        };
        let webhook = body(&typed(WEBHOOK));
        assert_eq!(webhook["properties"]["webhookz_primary_key"], "id");
        assert_eq!(
            (&webhook["display_name"], &webhook["destination_id"]),
            (&json!("Shop"), &json!(7))
        );
        assert_eq!(body(&typed("anything"))["type"], IMPORT_API);
        assert_eq!(body(&typed(IMPORT_API))["properties"], json!({}));
    }
}
