//! Settings: who may do what, whom to tell, and what the instance is (operations.md §1–§3, §9, §11).

mod about;
mod access_keys;
mod audit;
mod audit_words;
mod deliveries;
mod event_hooks;
mod event_names;
mod hooks;
mod mail;
mod recipients;
mod refused;
mod retention;
mod row_act;
mod tabs;
mod url;
mod user;
mod users;

use axum::Router;
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use serde::Deserialize;

use crate::components::Banner;
use crate::state::WebState;

/// The addresses of these pages.
pub(crate) fn routes() -> Router<WebState> {
    let first = || async { Redirect::to("/settings/access-keys").into_response() };
    Router::new()
        .route("/settings", get(first))
        .route(
            "/settings/access-keys",
            get(access_keys::list).post(access_keys::create),
        )
        .route("/settings/access-keys/new", get(access_keys::show_new))
        .route("/settings/access-keys/{id}/{act}", post(access_keys::act))
        .route("/settings/users", get(users::list).post(users::create))
        .route("/settings/users/{id}", get(user::form))
        .route("/settings/users/{id}/role", post(user::change_role))
        .route("/settings/users/{id}/password", post(user::reset_password))
        .route("/settings/users/{id}/remove", post(user::remove))
        .route("/settings/webhooks", get(hooks::list).post(hooks::create))
        .route("/settings/webhooks/{id}", get(deliveries::list))
        .route("/settings/webhooks/{id}/replay", post(deliveries::replay))
        .route("/settings/webhooks/{id}/{act}", post(hooks::act))
        .route(
            "/settings/event-webhooks",
            get(event_hooks::list).post(event_hooks::create),
        )
        .route("/settings/event-webhooks/new", get(event_hooks::show_new))
        .route("/settings/event-webhooks/{id}/test", post(event_hooks::test))
        .route("/settings/event-webhooks/{id}/{act}", post(event_hooks::act))
        .merge(mail_routes())
        .route("/settings/retention", get(retention::show_retention))
        .route("/settings/audit", get(audit::list))
        .route("/settings/about", get(about::show_about))
}

fn mail_routes() -> Router<WebState> {
    Router::new()
        .route("/settings/mail", get(mail::form))
        .route("/settings/mail/server", post(mail::save_server))
        .route("/settings/mail/off", post(mail::turn_off))
        .route("/settings/mail/messages", post(mail::save_messages))
        .route("/settings/mail/test", post(recipients::test))
        .route("/settings/mail/recipients", post(recipients::add))
        .route("/settings/mail/recipients/{id}/{act}", post(recipients::act))
}

/// What the form before this page did, as its address tells.
#[derive(Debug, Default, Deserialize)]
struct Told {
    #[serde(default)]
    done: String,
}

impl Told {
    /// The banner for it: of the texts by what was done.
    fn banner(&self, texts: &[(&str, &str)]) -> Option<Banner> {
        let found = texts.iter().find(|(done, _)| *done == self.done);
        found.map(|(_, text)| Banner::done(*text))
    }
}
