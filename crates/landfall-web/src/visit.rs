//! Who makes a request: found once, before any handler runs.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts as Head;
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use landfall_catalog::{Digest, Entropy, Role, StoreError, User};
use landfall_http::manage::Internal;

use crate::api::Api;
use crate::cookies::{self, Theme};
use crate::state::{LIFE, WebState};
use crate::trouble::{self, Trouble};

/// A request, as far as it matters to every page.
#[derive(Debug, Clone)]
pub(crate) struct Visit {
    pub(crate) signed_in: Option<SignedIn>,
    pub(crate) theme: Theme,
    /// Path and query, to come back to.
    pub(crate) path: String,
    /// Where it comes from.
    pub(crate) address: IpAddr,
    /// Whether what is typed could be read on its way.
    pub(crate) is_exposed: bool,
}

/// A user, and the session they are in.
#[derive(Debug, Clone)]
pub(crate) struct SignedIn {
    pub(crate) user: User,
    pub(crate) session: Digest,
    /// What every form of the session carries.
    pub(crate) csrf: String,
}

impl SignedIn {
    pub(crate) fn is_admin(&self) -> bool {
        self.user.role == Role::Admin
    }

    /// As the audit log names them.
    pub(crate) fn who(&self) -> String {
        format!("user {}", self.user.name)
    }

    pub(crate) fn api(&self, state: &WebState) -> Api {
        let internal = Internal {
            who: self.who(),
            may_write: self.is_admin(),
        };
        Api::new(state.parts.manage.clone(), internal)
    }
}

/// The header of requests that the script of a page makes.
pub(crate) const BY_SCRIPT: &str = "x-fragment";

/// 256 random bits as text.
pub(crate) fn mint_session_id(entropy: &dyn Entropy) -> String {
    let mut random = [0; 32];
    entropy.fill(&mut random);
    URL_SAFE_NO_PAD.encode(random)
}

/// The token that forms of a session carry. It follows from the id, which it does not reveal.
fn csrf_of(session_id: &str) -> String {
    URL_SAFE_NO_PAD.encode(Digest::of(&format!("csrf {session_id}")).as_bytes())
}

/// Finds who makes the request, and afterwards turns trouble into a page.
pub(crate) async fn identify(State(state): State<WebState>, mut request: Request, next: Next) -> Response {
    let signed_in = find_session(&state, request.headers()).await;
    let (signed_in, fault) = match signed_in {
        Ok(signed_in) => (signed_in, None),
        Err(fault) => (None, Some(Trouble::from(fault))),
    };
    // What a script asks for, perhaps late or in another tab, takes nobody to another page.
    if let Some(signed_in) = &signed_in
        && !request.headers().contains_key(BY_SCRIPT)
    {
        state.wizard.leave(&signed_in.session, request.uri().path());
    }
    let visit = Visit {
        signed_in,
        theme: cookies::theme(request.headers()),
        path: request
            .uri()
            .path_and_query()
            .map_or_else(|| "/".to_owned(), ToString::to_string),
        address: address_of(&request),
        is_exposed: !state.is_https() && !is_local_host(&request),
    };
    request.extensions_mut().insert(visit.clone());
    match fault {
        Some(fault) => trouble::show(&visit, fault),
        None => trouble::show_in(&visit, next.run(request).await),
    }
}

async fn find_session(state: &WebState, headers: &HeaderMap) -> Result<Option<SignedIn>, StoreError> {
    let Some(id) = cookies::session(headers, state.is_https()) else {
        return Ok(None);
    };
    let session = Digest::of(id);
    let csrf = csrf_of(id);
    let user = state.catalog().session(&session, LIFE, state.now()).await?;
    Ok(user.map(|user| SignedIn { user, session, csrf }))
}

/// The peer's address, or what a proxy on this machine says of it. An IPv6 network counts as one address.
fn address_of(request: &Request) -> IpAddr {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.0.ip());
    let forwarded = request
        .headers()
        .get_all("x-forwarded-for")
        .into_iter()
        .next_back();
    let forwarded = forwarded
        .and_then(|line| line.to_str().ok()?.rsplit(',').next())
        .and_then(|last| last.trim().parse().ok());
    let address = match forwarded {
        Some(forwarded) if peer.is_loopback() => forwarded,
        _ => peer,
    };
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let mut parts = address.segments();
            parts[4..].fill(0);
            IpAddr::V6(parts.into())
        }
        IpAddr::V4(address) => IpAddr::V4(address),
    }
}

fn is_local_host(request: &Request) -> bool {
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let name = host.unwrap_or_default();
    let name = name.rsplit_once(':').map_or(name, |(name, _)| name);
    let name = name.trim_matches(['[', ']']);
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl FromRequestParts<WebState> for Visit {
    type Rejection = Trouble;

    async fn from_request_parts(head: &mut Head, _: &WebState) -> Result<Self, Trouble> {
        let visit = head.extensions.get::<Self>().cloned();
        visit.ok_or_else(|| Trouble::internal("a page is served without `identify`"))
    }
}
