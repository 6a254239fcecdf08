//! What users do about themselves, viewers too.

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect};
use landfall_catalog::{Digest, SignInTurn, User, UserError};
use secrecy::SecretString;
use serde::Deserialize;

use crate::components::{Banner, Field, Moment};
use crate::cookies::{self, Theme};
use crate::frame::{Frame, Page, Section, Shown, show, show_again};
use crate::password::NewPassword;
use crate::state::{BY_NAME, WebState};
use crate::trouble::Trouble;
use crate::visit::mint_session_id;

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    frame: Frame,
    user: User,
    since: Moment,
    old: Field,
    new: Field,
    again: Field,
}

#[derive(Deserialize)]
pub(crate) struct Told {
    #[serde(default)]
    done: String,
}

#[derive(Deserialize)]
pub(crate) struct PasswordForm {
    #[serde(default)]
    old: String,
    #[serde(default)]
    new: String,
    #[serde(default)]
    again: String,
}

fn account(page: &Page, old_problem: Option<String>, new_problem: Option<String>) -> AccountPage {
    let user = page.signed_in.user.clone();
    AccountPage {
        frame: page.frame("Account", Section::None),
        since: user.created_at.into(),
        user,
        old: Field::password("old", "Present password")
            .autocomplete("current-password")
            .error(old_problem),
        new: Field::password("new", "New password")
            .help("At least 12 characters. A few words are easy to remember.")
            .autocomplete("new-password")
            .error(new_problem),
        again: Field::password("again", "New password, once more").autocomplete("new-password"),
    }
}

/// `GET /account`.
pub(crate) async fn form(page: Page, Query(told): Query<Told>) -> Shown {
    let mut account = account(&page, None, None);
    if told.done == "password" {
        account.frame.banner = Some(Banner::done("The password is changed."));
    }
    show(&account)
}

/// `POST /account/password`.
pub(crate) async fn change_password(
    State(state): State<WebState>,
    page: Page,
    Form(form): Form<PasswordForm>,
) -> Shown {
    let user = &page.signed_in.user;
    let (typed, again) = (SecretString::from(form.new), SecretString::from(form.again));
    let new = match NewPassword::parse(user.name.as_str(), &typed, &again) {
        Ok(new) => new,
        Err(problem) => return show_again(&account(&page, None, Some(problem.to_string()))),
    };
    // Whoever found a browser unattended must not guess on.
    let subject = Digest::of(&format!("password of {}", user.id));
    let turn = state
        .catalog()
        .ask_sign_in(&[(subject, BY_NAME)], state.now())
        .await?;
    if turn != SignInTurn::Now {
        let problem = "Too many attempts: try again later".to_owned();
        return show_again(&account(&page, Some(problem), None));
    }
    let found = state.catalog().user_named(&user.name).await?;
    let hash = found.map(|(_, hash)| hash);
    if !state.hasher.is_right(form.old.into(), hash).await? {
        let problem = "This is not your present password".to_owned();
        return show_again(&account(&page, Some(problem), None));
    }
    let hash = state.hasher.hash(new, &*state.parts.entropy).await?;
    let who = page.signed_in.who();
    match state
        .catalog()
        .set_password(user.id, &hash, state.act(&who))
        .await
    {
        Ok(()) => {}
        Err(UserError::Store(fault)) => return Err(fault.into()),
        Err(fault) => return Err(Trouble::internal(&fault.to_string())),
    }
    let id = mint_session_id(&*state.parts.entropy);
    state
        .catalog()
        .open_session(&Digest::of(&id), user.id, &[subject], state.act(&who))
        .await?;
    let cookie = cookies::set_session(&id, state.is_https());
    Ok((
        [(header::SET_COOKIE, cookie)],
        Redirect::to("/account?done=password"),
    )
        .into_response())
}

/// `POST /account/sign-out-everywhere`.
pub(crate) async fn sign_out_everywhere(State(state): State<WebState>, page: Page) -> Shown {
    let who = page.signed_in.who();
    state
        .catalog()
        .end_sessions(page.signed_in.user.id, state.act(&who))
        .await?;
    let cookie = cookies::clear_session(state.is_https());
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/sign-in")).into_response())
}
