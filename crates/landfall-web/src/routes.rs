//! Which address is which page, and who may see it.

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::{get, post};
use tower::ServiceExt;

use crate::pages::{
    account, destinations, first_run, home, integrations, loads, notifications, settings, sign_in, theme,
};
use crate::state::{Parts, WebState};
use crate::trouble::Trouble;
use crate::{assets, destination, guard, live, refusal, visit, wizard};

/// The pages of an instance.
#[derive(Debug, Clone)]
pub struct Web {
    router: Router,
    unknown: Router,
}

impl Web {
    /// The pages made of `parts`.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let state = WebState::new(parts);
        let pages = admin_pages()
            .layer(from_fn_with_state(state.clone(), guard::require_admin_to_change))
            .merge(own_pages())
            .layer(from_fn_with_state(state.clone(), guard::require_sign_in))
            .merge(open_pages());
        let unknown = Router::new().fallback(|| async { Trouble::NotFound });
        Self {
            router: surround(pages, &state),
            unknown: surround(unknown, &state),
        }
    }

    /// Their addresses, to be merged with what else the server answers.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// The page for an address that nothing answers.
    pub async fn not_found(&self, request: axum::extract::Request) -> Response {
        let Ok(answer) = self.unknown.clone().oneshot(request).await;
        answer
    }
}

/// What holds for every page, in the order in which requests meet it.
fn surround(pages: Router<WebState>, state: &WebState) -> Router {
    pages
        .layer(from_fn_with_state(state.clone(), guard::guard_posts))
        .layer(from_fn_with_state(state.clone(), refusal::redirect))
        .layer(from_fn_with_state(state.clone(), visit::identify))
        .layer(from_fn_with_state(state.clone(), guard::add_headers))
        .with_state(state.clone())
}

/// Seen by everyone who is signed in; what changes something is for administrators. New pages go here.
fn admin_pages() -> Router<WebState> {
    Router::new()
        .route("/", get(home::show_home))
        .route("/destinations", get(destinations::list))
        .merge(integrations::routes())
        .merge(loads::routes())
        .merge(live::routes())
        .merge(notifications::routes())
        .merge(settings::routes())
        .merge(wizard::routes())
        .merge(destination::routes())
}

/// What everyone who is signed in may do about themselves, viewers too.
fn own_pages() -> Router<WebState> {
    Router::new()
        .route("/account", get(account::form))
        .route("/account/password", post(account::change_password))
        .route("/account/sign-out-everywhere", post(account::sign_out_everywhere))
        .route("/sign-out", post(sign_in::sign_out))
}

/// For strangers too.
fn open_pages() -> Router<WebState> {
    Router::new()
        .route("/assets/{name}", get(assets::get))
        .route("/setup", get(first_run::form).post(first_run::create))
        .route("/sign-in", get(sign_in::form).post(sign_in::sign_in))
        .route("/theme", post(theme::choose))
}
