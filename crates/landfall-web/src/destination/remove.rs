//! Removing a destination (setup-flow.md §7): what goes with it, and a word to type.

use askama::Template;
use axum::extract::{Form, Path};
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;

use super::overview::{MappedSource, mapped_sources};
use crate::components::Field;
use crate::frame::{Frame, Page, Section, Shown, show, show_again};
use crate::trouble::Trouble;
use crate::wizard::Stored;

/// What has to be typed.
const WORD: &str = "DELETE";

/// A post-load webhook of the destination.
#[derive(Deserialize)]
struct Hook {
    destination_id: u32,
    config: HookConfig,
}

#[derive(Deserialize)]
struct HookConfig {
    url: String,
}

#[derive(Deserialize)]
struct Hooks {
    post_load: Vec<Hook>,
}

#[derive(Template)]
#[template(path = "destination/remove.html")]
struct RemovePage {
    frame: Frame,
    destination: Stored,
    sources: Vec<MappedSource>,
    /// Hosts that the hooks call.
    hooks: Vec<String>,
    is_delete: bool,
    word: Field,
}

#[derive(Deserialize)]
pub(super) struct Sent {
    #[serde(default)]
    sources: String,
    #[serde(default)]
    word: String,
}

/// The host of a hook's URL: the rest may hold a key.
fn host_of(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    host.to_owned()
}

async fn screen(page: &Page, id: u32, sent: &Sent, problem: Option<String>) -> Result<RemovePage, Trouble> {
    let hooks: Hooks = page.api.get("/notifications/public/v1/api/hooks").await?;
    let own = hooks.post_load.iter().filter(|hook| hook.destination_id == id);
    Ok(RemovePage {
        frame: page.frame("Remove destination", Section::Destinations),
        destination: Stored::read(page, id).await?,
        sources: mapped_sources(page, id).await?,
        hooks: own.map(|hook| host_of(&hook.config.url)).collect(),
        is_delete: sent.sources == "delete",
        word: Field::text("word", "Type DELETE to confirm").error(problem),
    })
}

/// `GET /destinations/{id}/remove`.
pub(super) async fn form(page: Page, Path(id): Path<u32>) -> Shown {
    if !page.signed_in.is_admin() {
        return Err(Trouble::Forbidden);
    }
    let nothing = Sent {
        sources: String::new(),
        word: String::new(),
    };
    show(&screen(&page, id, &nothing, None).await?)
}

/// `POST /destinations/{id}/remove`.
pub(super) async fn remove(page: Page, Path(id): Path<u32>, Form(sent): Form<Sent>) -> Shown {
    if sent.word.trim() != WORD {
        let problem = format!("Type {WORD}, in capital letters");
        return show_again(&screen(&page, id, &sent, Some(problem)).await?);
    }
    let sources = if sent.sources == "delete" {
        "delete"
    } else {
        "pause"
    };
    let has_sources = !mapped_sources(&page, id).await?.is_empty();
    page.api
        .delete(&format!("/v4/destinations/{id}?sources={sources}"))
        .await?;
    let done = if has_sources && sources == "pause" {
        "removed-and-paused"
    } else {
        "removed"
    };
    Ok(Redirect::to(&format!("/destinations?done={done}")).into_response())
}

#[cfg(test)]
mod tests {
    use super::host_of;

    #[test]
    fn of_a_hook_only_the_host_is_shown() {
        assert_eq!(
            host_of("https://user:key@example.com:8443/a?key=b"),
            "example.com:8443"
        );
        assert_eq!(host_of("https://example.com?key=b"), "example.com");
    }
}
