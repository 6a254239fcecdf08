//! Signing in and out.

use std::net::IpAddr;

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect};
use landfall_catalog::{Digest, SignInTurn, User, UserName};
use secrecy::SecretString;
use serde::Deserialize;

use crate::components::{Banner, Field};
use crate::cookies;
use crate::frame::{Frame, Page, Section, Shown, show, show_again};
use crate::safe_path;
use crate::state::{BY_ADDRESS, BY_NAME, WebState};
use crate::trouble::Trouble;
use crate::visit::{Visit, mint_session_id};

/// To whoever sent a form in a session that had ended.
const WAS_UNDONE: &str = "You were signed out: what you sent was not done. Sign in, and do it again.";

/// Who is wrong about the name is told the same.
const REFUSED: &str = "The user name or the password is wrong.";

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    frame: Frame,
    back: String,
    /// What to know first: why the password was refused, or that a form was not done.
    notice: Option<Banner>,
    name: Field,
    password: Field,
}

/// Where to go afterwards.
#[derive(Debug, Deserialize)]
pub(crate) struct Back {
    #[serde(default)]
    back: String,
    /// Given if a form led here, which did nothing.
    undone: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct SignInForm {
    #[serde(default)]
    user: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    back: String,
}

fn page(visit: &Visit, back: &str, name: &str, notice: Option<Banner>) -> SignInPage {
    let warning = visit.is_exposed.then(|| {
        Banner::warning("This page travels without encryption. Set up TLS, or a proxy that speaks it.")
    });
    let user = Field::text("user", "User name")
        .autocomplete("username")
        .value(name)
        .required();
    let password = Field::password("password", "Password").autocomplete("current-password");
    SignInPage {
        frame: Frame::new(visit, "Sign in", Section::None).with_banner(warning),
        back: safe_path(back).to_owned(),
        notice,
        name: if name.is_empty() { user.focused() } else { user },
        password: if name.is_empty() {
            password
        } else {
            password.focused()
        },
    }
}

/// `GET /sign-in`.
pub(crate) async fn form(State(state): State<WebState>, visit: Visit, Query(query): Query<Back>) -> Shown {
    if visit.signed_in.is_some() {
        return Ok(Redirect::to(safe_path(&query.back)).into_response());
    }
    if !state.catalog().has_users().await? {
        return Err(Trouble::FirstRun);
    }
    let notice = query.undone.map(|_| Banner::warning(WAS_UNDONE));
    show(&page(&visit, &query.back, "", notice))
}

/// `POST /sign-in`.
pub(crate) async fn sign_in(
    State(state): State<WebState>,
    visit: Visit,
    Form(form): Form<SignInForm>,
) -> Shown {
    let SignInForm { user, password, back } = form;
    match try_sign_in(&state, &user, password.into(), visit.address).await? {
        Ok(user) => open_session(&state, &user, visit.address, &back).await,
        Err(message) => show_again(&page(&visit, &back, &user, Some(Banner::error(message)))),
    }
}

fn subjects(name: &str, address: IpAddr) -> [Digest; 2] {
    let name = name.trim().to_ascii_lowercase();
    [
        Digest::of(&format!("sign-in name {name}")),
        Digest::of(&format!("sign-in address {address}")),
    ]
}

/// The user, or what to tell. Every attempt is counted, and costs a hash, whether there is such a user or not.
async fn try_sign_in(
    state: &WebState,
    name: &str,
    password: SecretString,
    address: IpAddr,
) -> Result<Result<User, String>, Trouble> {
    let [by_name, by_address] = subjects(name, address);
    let counted = [(by_name, BY_NAME), (by_address, BY_ADDRESS)];
    let now = state.now();
    if let SignInTurn::NotBefore(until) = state.catalog().ask_sign_in(&counted, now).await? {
        let seconds = (until.as_millis() - now.as_millis() + 999) / 1000;
        return Ok(Err(format!(
            "Too many attempts. Try again in {}.",
            wait_text(seconds)
        )));
    }
    let found = match name.parse::<UserName>() {
        Ok(name) => state.catalog().user_named(&name).await?,
        Err(_) => None,
    };
    let (user, hash) = found.unzip();
    let is_right = state.hasher.is_right(password, hash).await?;
    match user.filter(|_| is_right) {
        Some(user) => Ok(Ok(user)),
        None => {
            let act = state.act("nobody");
            state
                .catalog()
                .record_audit(act, "session.refused", &address.to_string())
                .await?;
            Ok(Err(REFUSED.to_owned()))
        }
    }
}

fn wait_text(seconds: i64) -> String {
    match seconds {
        1 => "1 second".to_owned(),
        2..=90 => format!("{seconds} seconds"),
        _ => format!("{} minutes", (seconds + 59) / 60),
    }
}

/// Signs a user in, and sends them on.
pub(super) async fn open_session(state: &WebState, user: &User, address: IpAddr, back: &str) -> Shown {
    let id = mint_session_id(&*state.parts.entropy);
    let who = format!("user {}", user.name);
    let subjects = subjects(user.name.as_str(), address);
    state
        .catalog()
        .open_session(&Digest::of(&id), user.id, &subjects, state.act(&who))
        .await?;
    let cookie = cookies::set_session(&id, state.is_https());
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(safe_path(back))).into_response())
}

/// `POST /sign-out`.
pub(crate) async fn sign_out(State(state): State<WebState>, page: Page) -> Shown {
    let who = page.signed_in.who();
    state
        .catalog()
        .end_session(&page.signed_in.session, state.act(&who))
        .await?;
    let cookie = cookies::clear_session(state.is_https());
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/sign-in")).into_response())
}
