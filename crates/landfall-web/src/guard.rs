//! What holds for every request, whatever its handler does.
//!
//! - Every answer has the headers of [`add_headers`], above all a policy that runs no script but ours.
//! - Every POST comes from a page of this server (`Origin`), and in a session carries the session's token, in the field
//!   `csrf` or the header `X-CSRF-Token`.
//! - Only who is signed in gets to the pages, and only an administrator changes anything: see [`crate::routes`].

use axum::body::Body;
use axum::extract::{Form, FromRequest, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use landfall_catalog::Digest;
use serde::Deserialize;

use crate::state::WebState;
use crate::trouble::{Trouble, page_of_form};
use crate::visit::Visit;

/// The longest form.
const MOST_FORM_BYTES: usize = 1 << 20;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Adds what makes browsers careful.
pub(crate) async fn add_headers(State(state): State<WebState>, request: Request, next: Next) -> Response {
    let mut answer = next.run(request).await;
    let headers = answer.headers_mut();
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        // With `no-referrer`, browsers would leave the origin out of the forms they send.
        (header::REFERRER_POLICY, "same-origin"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(
        "cross-origin-opener-policy",
        HeaderValue::from_static("same-origin"),
    );
    headers.insert(
        "cross-origin-resource-policy",
        HeaderValue::from_static("same-origin"),
    );
    headers.insert(
        "permissions-policy",
        HeaderValue::from_static("camera=(), geolocation=(), microphone=()"),
    );
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    if state.is_https() {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        );
    }
    answer
}

#[derive(Deserialize)]
struct Token {
    #[serde(default)]
    csrf: String,
}

/// Lets a POST pass only if a page of this server sent it.
pub(crate) async fn guard_posts(
    State(state): State<WebState>,
    visit: Visit,
    request: Request,
    next: Next,
) -> Result<Response, Trouble> {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return Ok(next.run(request).await);
    }
    require_same_origin(&state, request.headers())?;
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, MOST_FORM_BYTES).await;
    let body = body.map_err(|_| Trouble::BadForm)?;
    if let Some(signed_in) = &visit.signed_in {
        let copy = Request::from_parts(head.clone(), Body::from(body.clone()));
        let sent = match head.headers.get("x-csrf-token") {
            Some(token) => token.to_str().unwrap_or_default().to_owned(),
            None => {
                let form = Form::<Token>::from_request(copy, &()).await;
                form.map_err(|_| Trouble::BadForm)?.0.csrf
            }
        };
        // Of digests, so that the time it takes tells nothing of the token.
        if Digest::of(&sent) != Digest::of(&signed_in.csrf) {
            return Err(Trouble::ExpiredForm);
        }
    }
    Ok(next.run(Request::from_parts(head, Body::from(body))).await)
}

/// Browsers name the page's origin with every form they send, and no page can change that.
fn require_same_origin(state: &WebState, headers: &HeaderMap) -> Result<(), Trouble> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    // `null` is what browsers say when they are told not to say.
    let origin = text(header::ORIGIN).filter(|origin| *origin != "null");
    let origin = origin.ok_or(Trouble::FormFromNowhere)?;
    let public = state
        .parts
        .public_url
        .as_deref()
        .map(|url| url.trim_end_matches('/'));
    let host = text(header::HOST);
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    let is_host = authority
        .zip(host)
        .is_some_and(|(authority, host)| authority.eq_ignore_ascii_case(host));
    if is_host || public.is_some_and(|public| public.eq_ignore_ascii_case(origin)) {
        return Ok(());
    }
    Err(Trouble::ForeignForm {
        from: origin.to_owned(),
        here: public.or(host).unwrap_or("another one").to_owned(),
    })
}

/// Lets only people who are signed in pass.
pub(crate) async fn require_sign_in(
    State(state): State<WebState>,
    visit: Visit,
    request: Request,
    next: Next,
) -> Result<Response, Trouble> {
    if visit.signed_in.is_some() {
        return Ok(next.run(request).await);
    }
    if !state.catalog().has_users().await? {
        return Err(Trouble::FirstRun);
    }
    Err(sign_in_for(&request, visit.path))
}

/// What strangers are told: a page is come back to; of a form its page is, and that nothing was done.
fn sign_in_for(request: &Request, path: String) -> Trouble {
    let form = request.uri().path();
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return Trouble::SignIn { back: path };
    }
    // Whoever wanted to sign out is.
    if form == "/sign-out" {
        return Trouble::SignIn { back: "/".to_owned() };
    }
    let page = page_of_form(form);
    // A page that has its form itself may name a draft in its query.
    let back = if page == form { path } else { page };
    Trouble::SignInAgain { back }
}

/// Lets only administrators change anything.
pub(crate) async fn require_admin_to_change(
    visit: Visit,
    request: Request,
    next: Next,
) -> Result<Response, Trouble> {
    let is_change = !matches!(*request.method(), Method::GET | Method::HEAD);
    let is_admin = visit.signed_in.is_some_and(|signed_in| signed_in.is_admin());
    if is_change && !is_admin {
        return Err(Trouble::Forbidden);
    }
    Ok(next.run(request).await)
}
