//! Tokens of an integration, and what to run with them.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;

use super::snippets::{self, Example};
use super::source::{self, Head, SECTION, Source, Tab};
use crate::components::{Banner, CodeBox, Moment};
use crate::frame::{Frame, Page, Shown, show};
use crate::pages::destinations::Destination;
use crate::state::WebState;
use crate::trouble::Trouble;

/// What examples call the table, unless the reader says otherwise.
const TABLE: &str = "customers";
/// Tokens at a time (management-api.md §8.4).
const MOST_TOKENS: usize = 2;

/// What the management API answers when it makes one.
#[derive(Deserialize)]
struct Minted {
    access_token: Option<String>,
    webhook_url: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Token {
    #[serde(alias = "token_id")]
    id: u32,
    created_at: Moment,
}

/// What can be run.
struct Examples {
    curl: CodeBox,
    /// Configuration, command and program, for what pushes to the Import API.
    more: Option<(CodeBox, CodeBox, CodeBox)>,
}

#[derive(Template)]
#[template(path = "integrations/secret.html")]
struct SecretPage {
    frame: Frame,
    source: Source,
    secret: CodeBox,
    examples: Examples,
    is_new: bool,
    table: &'static str,
    /// Whether what is sent from the page needs the secret typed: the page has it.
    asks_secret: bool,
}

#[derive(Template)]
#[template(path = "integrations/connect.html")]
struct ConnectPage {
    frame: Frame,
    head: Head,
    source: Source,
    tokens: Vec<Token>,
    table: String,
    examples: Examples,
    asks_secret: bool,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    table: String,
    #[serde(default)]
    done: String,
}

/// Where clients reach this server: where it says, or else where this browser does.
fn server_address(state: &WebState, headers: &HeaderMap) -> String {
    if let Some(url) = &state.parts.public_url {
        return url.trim_end_matches('/').to_owned();
    }
    let scheme = if state.parts.has_tls { "https" } else { "http" };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    format!("{scheme}://{}", host.unwrap_or("localhost"))
}

fn push_examples(example: &Example<'_>) -> Examples {
    Examples {
        curl: snippets::curl(example),
        more: Some((
            snippets::target_config(example),
            snippets::target_command(),
            snippets::python(example),
        )),
    }
}

/// Makes a token or an address.
pub(super) async fn mint(page: &Page, source: &Source) -> Result<String, Trouble> {
    let made: Minted = page
        .api
        .post(&source.tokens_path(), &serde_json::json!({}))
        .await?;
    made.access_token
        .or(made.webhook_url)
        .ok_or_else(|| Trouble::internal("a token was made, but not answered"))
}

/// What the page that shows a secret is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Occasion {
    /// The integration was just added.
    Added,
    /// It was there before.
    NewToken,
}

fn secret_path(source: &Source) -> String {
    format!("{}/secret", source.href())
}

/// Leads to the page that shows `secret`, a token or an address, this once.
pub(super) fn lead_to_secret(
    state: &WebState,
    page: &Page,
    source: &Source,
    secret: String,
    occasion: Occasion,
) -> Shown {
    let path = secret_path(source);
    state.once.keep(page.signed_in.session, &path, secret.into());
    let query = match occasion {
        Occasion::Added => "?first=yes",
        Occasion::NewToken => "",
    };
    Ok(Redirect::to(&format!("{path}{query}")).into_response())
}

#[derive(Deserialize)]
pub(super) struct SecretAsked {
    /// Whether the integration was just added.
    #[serde(default)]
    first: String,
}

/// `GET /integrations/{id}/secret`: a token or an address and what to run with it, the one time it is shown.
pub(super) async fn show_secret(
    State(state): State<WebState>,
    page: Page,
    Path(id): Path<u32>,
    Query(asked): Query<SecretAsked>,
    headers: HeaderMap,
) -> Shown {
    let source = source::read(&page, id).await?;
    let Some(secret) = state.once.take(&page.signed_in.session, &secret_path(&source)) else {
        let back = format!("{}/connect?done=shown", source.href());
        return Ok(Redirect::to(&back).into_response());
    };
    let server = server_address(&state, &headers);
    let (label, examples) = if source.is_webhook() {
        let curl = snippets::webhook_curl(&secret, source.key_field());
        ("Webhook address", Examples { curl, more: None })
    } else {
        let examples = push_examples(&Example {
            server: &server,
            client_id: source.stitch_client_id,
            token: &secret,
            table: TABLE,
            sequence: state.now().as_millis(),
        });
        ("Access token", examples)
    };
    let is_new = !asked.first.is_empty();
    let title = if is_new { "Integration added" } else { "New token" };
    show(&SecretPage {
        frame: page.frame(title, SECTION),
        source,
        secret: CodeBox {
            id: "secret".to_owned(),
            label: label.to_owned(),
            text: secret,
        },
        examples,
        is_new,
        table: TABLE,
        asks_secret: false,
    })
}

/// `GET /integrations/{id}/connect`.
pub(super) async fn show_connect(
    State(state): State<WebState>,
    page: Page,
    Path(id): Path<u32>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Shown {
    let source = source::read(&page, id).await?;
    let destinations: Vec<Destination> = page.api.get("/v4/destinations").await?;
    let tokens: Vec<Token> = page.api.get(&source.tokens_path()).await?;
    let table = if asked.table.is_empty() {
        TABLE
    } else {
        &asked.table
    };
    let server = server_address(&state, &headers);
    let examples = if source.is_webhook() {
        let url = format!("{server}/v1/clients/{}/token/YOUR_TOKEN", source.stitch_client_id);
        Examples {
            curl: snippets::webhook_curl(&url, source.key_field()),
            more: None,
        }
    } else {
        push_examples(&Example {
            server: &server,
            client_id: source.stitch_client_id,
            token: "YOUR_TOKEN",
            table,
            sequence: state.now().as_millis(),
        })
    };
    let banner = match asked.done.as_str() {
        "revoked" => Some(Banner::done(format!("The {} is revoked.", source.token_noun()))),
        "shown" if !page.signed_in.is_admin() => Some(Banner::warning(format!(
            "The {noun} was shown once, to the administrator who made it, and can't be shown again. Only administrators \
             can make another {noun}.",
            noun = source.token_noun(),
        ))),
        "shown" => Some(Banner::warning(format!(
            "The {noun} was shown once, and can't be shown again. If you did not copy it, {how} below, and revoke \
             the lost one.",
            noun = source.token_noun(),
            how = if tokens.len() < MOST_TOKENS {
                format!("make another {}", source.token_noun())
            } else {
                "revoke one, make another".to_owned()
            },
        ))),
        "full" => Some(Banner::warning(format!(
            "There are two already: revoke one before you make another {}.",
            source.token_noun()
        ))),
        _ => None,
    };
    show(&ConnectPage {
        frame: page.frame(&source.display_name, SECTION).with_banner(banner),
        head: source.head(&page, Tab::Connect, &destinations),
        table: table.to_owned(),
        source,
        tokens,
        examples,
        asks_secret: true,
    })
}

/// `POST /integrations/{id}/tokens`.
pub(super) async fn create_token(State(state): State<WebState>, page: Page, Path(id): Path<u32>) -> Shown {
    let source = source::read(&page, id).await?;
    let tokens: Vec<Token> = page.api.get(&source.tokens_path()).await?;
    if tokens.len() >= MOST_TOKENS {
        let back = format!("{}/connect?done=full", source.href());
        return Ok(Redirect::to(&back).into_response());
    }
    let secret = mint(&page, &source).await?;
    lead_to_secret(&state, &page, &source, secret, Occasion::NewToken)
}

/// `POST /integrations/{id}/tokens/{token}/revoke`.
pub(super) async fn revoke_token(page: Page, Path((id, token)): Path<(u32, u32)>) -> Shown {
    let source = source::read(&page, id).await?;
    page.api
        .delete(&format!("{}/{token}", source.tokens_path()))
        .await?;
    let back = format!("{}/connect?done=revoked", source.href());
    Ok(Redirect::to(&back).into_response())
}
