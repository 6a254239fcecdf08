//! What changes an integration.

use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect};
use landfall_core::time::Timestamp;
use landfall_core::visible::visible;
use serde::Deserialize;
use serde_json::{Value, json};

use super::add::taken;
use super::settings::{Problems, settings_page};
use super::source;
use crate::frame::{Page, Shown, show_again};
use crate::state::WebState;

/// Changes a source, and goes back to its page.
async fn change(page: &Page, id: u32, change: &Value, done: &str) -> Shown {
    let _: Value = page.api.put(&format!("/v4/sources/{id}"), change).await?;
    Ok(Redirect::to(&format!("/integrations/{id}?done={done}")).into_response())
}

fn iso(at: Timestamp) -> String {
    String::from_utf8_lossy(&at.render()).into_owned()
}

/// `POST /integrations/{id}/pause`.
pub(super) async fn pause(State(state): State<WebState>, page: Page, Path(id): Path<u32>) -> Shown {
    change(&page, id, &json!({"paused_at": iso(state.now())}), "paused").await
}

/// `POST /integrations/{id}/resume`.
pub(super) async fn resume(page: Page, Path(id): Path<u32>) -> Shown {
    change(&page, id, &json!({"paused_at": null}), "resumed").await
}

/// `POST /integrations/{id}/load`.
pub(super) async fn load_now(page: Page, Path(id): Path<u32>) -> Shown {
    let path = format!("/v4/sources/{id}/load");
    page.api.post::<Value>(&path, &json!({})).await?;
    // How much is on its way the page shows as it is: an address would go on saying so.
    Ok(Redirect::to(&format!("/integrations/{id}?done=loading")).into_response())
}

#[derive(Deserialize)]
pub(super) struct NameForm {
    #[serde(default)]
    display_name: String,
}

/// `POST /integrations/{id}/rename`.
pub(super) async fn rename(page: Page, Path(id): Path<u32>, Form(form): Form<NameForm>) -> Shown {
    let name = form.display_name.trim();
    let body = json!({"display_name": name});
    let problem = match page.api.put::<Value>(&format!("/v4/sources/{id}"), &body).await {
        Ok(_) => return Ok(Redirect::to(&format!("/integrations/{id}?done=renamed")).into_response()),
        Err(error) => match error.code.as_deref() {
            Some("InvalidName") => taken(name),
            Some("InvalidDisplayName") => "Give the integration a name, such as Shop.".to_owned(),
            _ => return Err(error.into()),
        },
    };
    let problems = Problems {
        display_name: Some((name.to_owned(), problem)),
        ..Problems::default()
    };
    show_again(&settings_page(&page, id, problems).await?)
}

#[derive(Deserialize)]
pub(super) struct DestinationForm {
    #[serde(default)]
    destination: String,
}

/// `POST /integrations/{id}/destination`.
pub(super) async fn move_to(page: Page, Path(id): Path<u32>, Form(form): Form<DestinationForm>) -> Shown {
    let to = form.destination.parse::<u32>().ok();
    change(&page, id, &json!({"destination_id": to}), "moved").await
}

#[derive(Deserialize)]
pub(super) struct DeleteForm {
    #[serde(default)]
    confirm: String,
}

/// `POST /integrations/{id}/delete`.
pub(super) async fn delete(page: Page, Path(id): Path<u32>, Form(form): Form<DeleteForm>) -> Shown {
    let source = source::read(&page, id).await?;
    // What is typed is what the page shows, or what was copied from elsewhere.
    let (typed, name) = (form.confirm.trim(), source.display_name.trim());
    if typed != name && typed != visible(name) {
        let problems = Problems {
            confirm: Some(format!(
                "This is not the name. Type {} to delete it.",
                source.display_name
            )),
            ..Problems::default()
        };
        return show_again(&settings_page(&page, id, problems).await?);
    }
    page.api.delete(&format!("/v4/sources/{id}")).await?;
    Ok(Redirect::to("/integrations?done=deleted").into_response())
}
