//! Which address is answered by what.

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{delete, get, post, put};

use super::answer::{Answer, Refusal};
use super::authentication::require_key;
use super::state::ManageState;
use super::{
    access_keys, bucket_policy, checks, destinations, hooks, key_preview, loads, setup_help, sources, tokens,
    types, verify,
};

/// The management API. It takes `/v3`, `/v4` and `/notifications` for itself, with all that is below them, and leaves
/// every other address to the routers that it is merged with.
pub fn router(state: ManageState) -> Router {
    let guarded = |routes: Router<ManageState>| {
        routes
            .fallback(not_found)
            .method_not_allowed_fallback(not_found)
            .layer(from_fn_with_state(state.clone(), require_key))
    };
    let v4 = destination_routes()
        .merge(source_routes())
        .merge(instance_routes());
    Router::new()
        .nest("/v4", guarded(v4).merge(setup_help::routes(&state)))
        .nest("/v3", guarded(Router::new()))
        .nest("/notifications", guarded(notification_routes()))
        .with_state(state)
}

/// Unknown addresses, and methods that an address doesn't know (management-api.md §1.2).
pub(super) async fn not_found() -> Answer {
    Err(Refusal::not_found())
}

fn destination_routes() -> Router<ManageState> {
    Router::new()
        .route(
            "/destinations",
            get(destinations::list).post(destinations::create),
        )
        .route(
            "/destinations/{id}",
            get(destinations::get)
                .put(destinations::update)
                .delete(destinations::delete),
        )
        .route("/destinations/key-preview", post(key_preview::show))
        .route("/destinations/{id}/check", post(checks::start))
        .route(
            "/destinations/{id}/last-connection-check",
            get(checks::last_of_destination),
        )
        .route("/destinations/{id}/bucket-policy", get(bucket_policy::get))
        .route("/destination-types", get(types::destination_types))
        .route("/destination-types/{type}", get(types::destination_type))
}

fn source_routes() -> Router<ManageState> {
    Router::new()
        .route("/sources", get(sources::list).post(sources::create))
        .route(
            "/sources/{id}",
            get(sources::get).put(sources::update).delete(sources::delete),
        )
        .route(
            "/sources/{id}/tokens",
            get(tokens::list_tokens).post(tokens::create_token),
        )
        .route("/sources/{id}/tokens/{token_id}", delete(tokens::revoke_token))
        .route(
            "/sources/{id}/webhook-urls",
            get(tokens::list_urls).post(tokens::create_url),
        )
        .route("/sources/{id}/webhook-urls/{url_id}", delete(tokens::revoke_url))
        .route("/sources/{id}/last-connection-check", get(checks::last_of_source))
        .route("/sources/{id}/loading-report", get(loads::report))
        .route("/source-types", get(types::source_types))
        .route("/source-types/{type}", get(types::source_type))
}

fn instance_routes() -> Router<ManageState> {
    Router::new()
        .route("/access-keys", get(access_keys::list).post(access_keys::create))
        .route(
            "/access-keys/{id}",
            put(access_keys::switch).delete(access_keys::delete),
        )
        .route("/{client}/loads", get(loads::list))
        .route("/verify", get(verify::show))
}

fn notification_routes() -> Router<ManageState> {
    Router::new()
        .route("/public/v1/api/hooks", get(hooks::list).post(hooks::create))
        .route(
            "/public/v1/api/hooks/{id}",
            put(hooks::switch).delete(hooks::delete),
        )
}
