//! Tokens of Import API sources and URLs of webhook sources (management-api.md §8.4, §9).

use axum::extract::State;
use axum::http::{HeaderMap, header};
use landfall_catalog::{SourceType, Token, TokenError, TokenId};
use landfall_core::ids::{ClientId, SourceId};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{Answer, Refusal, ok};
use super::authentication::Caller;
use super::instant::Seconds;
use super::minted::Minted;
use super::request::{Numbers, Query};
use super::sources::{find_source, live_source, show};
use super::state::{ManageState, PublicAddress};

/// What differs between tokens and URLs.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Token,
    Url,
}

impl Kind {
    fn source_type(self) -> SourceType {
        match self {
            Self::Token => SourceType::ImportApi,
            Self::Url => SourceType::IncomingWebhook,
        }
    }

    fn wrong_source(self) -> Refusal {
        let message = match self {
            Self::Token => "source does not support access tokens",
            Self::Url => "source does not support webhook URLs",
        };
        Refusal::coded("InvalidSourceType", message)
    }

    fn too_many(self) -> Refusal {
        match self {
            Self::Token => Refusal::coded(
                "TokenLimitExceeded",
                "an Import API source can have at most two active access tokens",
            ),
            Self::Url => Refusal::coded(
                "UrlLimitExceeded",
                "a webhook source can have at most two active URLs",
            ),
        }
    }

    fn refuse(self, fault: TokenError) -> Refusal {
        match (fault, self) {
            (TokenError::TooMany, kind) => kind.too_many(),
            (TokenError::WrongSourceType(_), kind) => kind.wrong_source(),
            (TokenError::UnknownSource(id), _) => {
                Refusal::coded("InvalidId", &format!("source not found ({id})"))
            }
            (TokenError::NotFound(id), Self::Token) => {
                Refusal::coded("InvalidId", &format!("token not found ({id})"))
            }
            (TokenError::NotFound(id), Self::Url) => {
                Refusal::coded("InvalidId", &format!("webhook URL not found ({id})"))
            }
            (TokenError::Store(fault), _) => fault.into(),
            (fault, _) => Refusal::internal(&fault.to_string()),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NewToken<'a> {
    id: u32,
    access_token: &'a str,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NewUrl<'a> {
    id: u32,
    webhook_url: &'a str,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TokenObject {
    token_id: u32,
    created_at: Seconds,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UrlObject {
    id: u32,
    created_at: Seconds,
}

async fn add(
    state: &ManageState,
    caller: &Caller,
    source: SourceId,
    kind: Kind,
) -> Result<(Token, Minted), Refusal> {
    let entropy = state.parts.entropy.as_ref();
    let minted = match kind {
        Kind::Token => Minted::import_token(entropy),
        Kind::Url => Minted::url_token(entropy),
    };
    let act = state.act(caller);
    let token = state
        .catalog()
        .create_token(source, &kind.source_type(), &minted.digest(), act)
        .await
        .map_err(|fault| kind.refuse(fault))?;
    state.changed();
    Ok((token, minted))
}

/// Adds a URL to a webhook source; the URL, to be shown once.
pub(super) async fn add_url(
    state: &ManageState,
    caller: &Caller,
    headers: &HeaderMap,
    source: SourceId,
) -> Result<(Token, SecretString), Refusal> {
    let (token, minted) = add(state, caller, source, Kind::Url).await?;
    let client = state.instance().await?.client_id;
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let url = webhook_url(&state.parts.address, host, client, minted.text());
    Ok((token, url))
}

/// `https://<host>/v1/clients/<client>/token/<token>`, the form of Stitch.
fn webhook_url(
    address: &PublicAddress,
    host: Option<&str>,
    client: ClientId,
    token: &SecretString,
) -> SecretString {
    let host = host.unwrap_or("localhost");
    let base = match address {
        PublicAddress::Url(url) => url.trim_end_matches('/').to_owned(),
        PublicAddress::HostOverHttp => format!("http://{host}"),
        PublicAddress::HostOverHttps => format!("https://{host}"),
    };
    format!("{base}/v1/clients/{client}/token/{}", token.expose_secret()).into()
}

/// `POST /v4/sources/{id}/tokens`.
pub(super) async fn create_token(
    State(state): State<ManageState>,
    Numbers([source]): Numbers<1>,
    caller: Caller,
) -> Answer {
    let (token, minted) = add(&state, &caller, SourceId::new(source), Kind::Token).await?;
    ok(&NewToken {
        id: token.id.number(),
        access_token: minted.text().expose_secret(),
    })
}

/// `POST /v4/sources/{id}/webhook-urls`.
pub(super) async fn create_url(
    State(state): State<ManageState>,
    Numbers([source]): Numbers<1>,
    caller: Caller,
    headers: HeaderMap,
) -> Answer {
    let (token, url) = add_url(&state, &caller, &headers, SourceId::new(source)).await?;
    ok(&NewUrl {
        id: token.id.number(),
        webhook_url: url.expose_secret(),
    })
}

async fn of_source(state: &ManageState, source: u32, kind: Kind) -> Result<Vec<Token>, Refusal> {
    let source = find_source(state, SourceId::new(source)).await?;
    if source.source_type != kind.source_type() {
        return Err(kind.wrong_source());
    }
    Ok(state.catalog().tokens(source.id).await?)
}

/// `GET /v4/sources/{id}/tokens`.
pub(super) async fn list_tokens(
    State(state): State<ManageState>,
    Numbers([source]): Numbers<1>,
    query: Query,
) -> Answer {
    let tokens = of_source(&state, source, Kind::Token).await?;
    if query.value("format") == Some("ids") {
        let ids: Vec<u32> = tokens.iter().map(|token| token.id.number()).collect();
        return ok(&ids);
    }
    let object = |token: &Token| TokenObject {
        token_id: token.id.number(),
        created_at: Seconds(token.created_at),
    };
    ok(&tokens.iter().map(object).collect::<Vec<_>>())
}

/// `GET /v4/sources/{id}/webhook-urls`.
pub(super) async fn list_urls(State(state): State<ManageState>, Numbers([source]): Numbers<1>) -> Answer {
    let urls = of_source(&state, source, Kind::Url).await?;
    let object = |url: &Token| UrlObject {
        id: url.id.number(),
        created_at: Seconds(url.created_at),
    };
    ok(&urls.iter().map(object).collect::<Vec<_>>())
}

async fn revoke(state: &ManageState, caller: &Caller, ids: [u32; 2], kind: Kind) -> Answer {
    let [source, token] = ids;
    let source = live_source(state, SourceId::new(source)).await?;
    if source.source_type != kind.source_type() {
        return Err(kind.wrong_source());
    }
    let act = state.act(caller);
    let source = state
        .catalog()
        .revoke_token(source.id, TokenId::new(token), act)
        .await
        .map_err(|fault| kind.refuse(fault))?;
    state.changed();
    show(state, &source).await
}

/// `DELETE /v4/sources/{id}/tokens/{token_id}`.
pub(super) async fn revoke_token(
    State(state): State<ManageState>,
    Numbers(ids): Numbers<2>,
    caller: Caller,
) -> Answer {
    revoke(&state, &caller, ids, Kind::Token).await
}

/// `DELETE /v4/sources/{id}/webhook-urls/{url_id}`.
pub(super) async fn revoke_url(
    State(state): State<ManageState>,
    Numbers(ids): Numbers<2>,
    caller: Caller,
) -> Answer {
    revoke(&state, &caller, ids, Kind::Url).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_is_reached_where_clients_reach_the_instance() {
        let given = PublicAddress::Url("https://landfall.example.com/".to_owned());
        let cases = [
            (given, Some("inside:8080"), "https://landfall.example.com"),
            (
                PublicAddress::HostOverHttp,
                Some("127.0.0.1:8080"),
                "http://127.0.0.1:8080",
            ),
            (
                PublicAddress::HostOverHttps,
                Some("lake.test"),
                "https://lake.test",
            ),
            (PublicAddress::HostOverHttp, None, "http://localhost"),
        ];
        for (address, host, base) in cases {
            let url = webhook_url(&address, host, ClientId::new(116_078), &"t".to_owned().into());
            let expected = format!("{base}/v1/clients/116078/token/t");
            assert_eq!(url.expose_secret(), &expected, "{address:?}");
        }
    }
}
