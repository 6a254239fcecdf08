//! One user: role, password, removal. For administrators.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect};
use landfall_catalog::{Role, User, UserId};
use secrecy::SecretString;
use serde::Deserialize;

use super::tabs::{Tab, Tabs};
use super::users::{LIST, PASSWORD_HELP, role_badge, role_field, user_problem};
use crate::components::{Badge, Field, Moment, Select};
use crate::frame::{Frame, Page, Section, Shown, show, show_again};
use crate::password::NewPassword;
use crate::state::WebState;
use crate::trouble::Trouble;
use crate::words::sentence;

#[derive(Template)]
#[template(path = "settings/user.html")]
struct UserPage {
    frame: Frame,
    tabs: Tabs,
    added: Moment,
    password_set: Moment,
    is_me: bool,
    role: Select,
    password: Field,
    again: Field,
    confirm: Field,
    user: User,
}

impl UserPage {
    fn badge(&self) -> Badge {
        role_badge(self.user.role)
    }

    fn href(&self) -> String {
        format!("{LIST}/{}", self.user.id.number())
    }
}

/// What is wrong with a form of the page.
#[derive(Default)]
struct Problems {
    role: Option<String>,
    password: Option<String>,
    confirm: Option<String>,
}

async fn find(state: &WebState, page: &Page, id: u32) -> Result<User, Trouble> {
    if !page.signed_in.is_admin() {
        return Err(Trouble::Forbidden);
    }
    let users = state.catalog().users().await?;
    let found = users.into_iter().find(|user| user.id.number() == id);
    found.ok_or(Trouble::NotFound)
}

fn user_page(page: &Page, user: User, problems: Problems) -> UserPage {
    UserPage {
        frame: page.frame(&format!("User {}", user.name), Section::Settings),
        tabs: Tabs::new(Tab::Users),
        added: user.created_at.into(),
        password_set: user.password_set_at.into(),
        is_me: user.id == page.signed_in.user.id,
        role: role_field(user.role.as_str(), problems.role),
        password: Field::password("password", "New password")
            .help(PASSWORD_HELP)
            .autocomplete("new-password")
            .error(problems.password),
        again: Field::password("again", "New password, once more").autocomplete("new-password"),
        confirm: Field::text("confirm", "Type the user name to confirm")
            .error(problems.confirm)
            .required(),
        user,
    }
}

fn done(what: &str) -> Shown {
    Ok(Redirect::to(&format!("{LIST}?done={what}")).into_response())
}

/// `GET /settings/users/{id}`.
pub(super) async fn form(State(state): State<WebState>, page: Page, Path(id): Path<u32>) -> Shown {
    let user = find(&state, &page, id).await?;
    show(&user_page(&page, user, Problems::default()))
}

#[derive(Deserialize)]
pub(super) struct RoleForm {
    #[serde(default)]
    role: String,
}

/// `POST /settings/users/{id}/role`.
pub(super) async fn change_role(
    State(state): State<WebState>,
    page: Page,
    Path(id): Path<u32>,
    Form(form): Form<RoleForm>,
) -> Shown {
    let user = find(&state, &page, id).await?;
    let who = page.signed_in.who();
    let changed = match form.role.parse::<Role>() {
        Ok(role) => state.catalog().set_role(user.id, role, state.act(&who)).await,
        Err(fault) => Err(fault),
    };
    match changed {
        Ok(_) => done("role"),
        Err(fault) => {
            let problems = Problems {
                role: Some(user_problem(fault)?),
                ..Problems::default()
            };
            show_again(&user_page(&page, user, problems))
        }
    }
}

#[derive(Deserialize)]
pub(super) struct PasswordForm {
    #[serde(default)]
    password: String,
    #[serde(default)]
    again: String,
}

/// `POST /settings/users/{id}/password`.
pub(super) async fn reset_password(
    State(state): State<WebState>,
    page: Page,
    Path(id): Path<u32>,
    Form(form): Form<PasswordForm>,
) -> Shown {
    let user = find(&state, &page, id).await?;
    if user.id == page.signed_in.user.id {
        // There the present password is asked for.
        return Ok(Redirect::to("/account").into_response());
    }
    let (typed, again) = (SecretString::from(form.password), SecretString::from(form.again));
    let password = match NewPassword::parse(user.name.as_str(), &typed, &again) {
        Ok(password) => password,
        Err(problem) => {
            let problems = Problems {
                password: Some(problem.to_string()),
                ..Problems::default()
            };
            return show_again(&user_page(&page, user, problems));
        }
    };
    let hash = state.hasher.hash(password, &*state.parts.entropy).await?;
    let who = page.signed_in.who();
    let set = state
        .catalog()
        .set_password(user.id, &hash, state.act(&who))
        .await;
    match set {
        Ok(()) => done("password"),
        Err(fault) => Err(Trouble::Refused(user_problem(fault)?)),
    }
}

#[derive(Deserialize)]
pub(super) struct RemoveForm {
    #[serde(default)]
    confirm: String,
}

/// `POST /settings/users/{id}/remove`.
pub(super) async fn remove(
    State(state): State<WebState>,
    page: Page,
    Path(id): Path<u32>,
    Form(form): Form<RemoveForm>,
) -> Shown {
    let user = find(&state, &page, id).await?;
    let problem = if form.confirm.trim().eq_ignore_ascii_case(user.name.as_str()) {
        let who = page.signed_in.who();
        let removed = state
            .catalog()
            .delete_user(UserId::new(id), state.act(&who))
            .await;
        match removed {
            Ok(()) => return done("removed"),
            Err(fault) => user_problem(fault)?,
        }
    } else {
        sentence(&format!(
            "this is not the name: type {} to remove the user",
            user.name
        ))
    };
    let problems = Problems {
        confirm: Some(problem),
        ..Problems::default()
    };
    show_again(&user_page(&page, user, problems))
}
