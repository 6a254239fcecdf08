//! People who use the web pages (operations.md §11).

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::response::{IntoResponse, Redirect};
use landfall_catalog::{NewUser, Role, User, UserError, UserName};
use secrecy::SecretString;
use serde::Deserialize;

use super::Told;
use super::tabs::{Tab, Tabs};
use crate::components::{Badge, Banner, Field, Moment, Select, Tone};
use crate::frame::{Frame, Page, Section, Shown, show, show_again};
use crate::password::NewPassword;
use crate::state::WebState;
use crate::trouble::Trouble;
use crate::words::sentence;

pub(super) const LIST: &str = "/settings/users";

/// What a password has to be.
pub(super) const PASSWORD_HELP: &str = "At least 12 characters. A few words are easy to remember.";

pub(super) fn role_badge(role: Role) -> Badge {
    match role {
        Role::Admin => Badge::new(Tone::Good, "Administrator"),
        Role::Viewer => Badge::new(Tone::Quiet, "Viewer"),
    }
}

/// The choice of a role.
pub(super) fn role_field(chosen: &str, error: Option<String>) -> Select {
    let option = |role: Role, text: &str| (role.as_str().to_owned(), text.to_owned());
    let options = vec![
        option(Role::Viewer, "Viewer: sees everything, changes nothing"),
        option(Role::Admin, "Administrator: changes everything"),
    ];
    Select::new("role", "Role", options).chosen(chosen).error(error)
}

struct Line {
    user: User,
    added: Moment,
    is_me: bool,
}

impl Line {
    fn badge(&self) -> Badge {
        role_badge(self.user.role)
    }

    fn href(&self) -> String {
        format!("{LIST}/{}", self.user.id.number())
    }
}

#[derive(Template)]
#[template(path = "settings/users.html")]
struct UsersPage {
    frame: Frame,
    tabs: Tabs,
    lines: Vec<Line>,
    name: Field,
    role: Select,
    password: Field,
    again: Field,
}

/// What is wrong with a user to be added.
#[derive(Default)]
struct Problems {
    name: Option<String>,
    role: Option<String>,
    password: Option<String>,
}

#[derive(Default, Deserialize)]
pub(super) struct UserForm {
    #[serde(default)]
    user: String,
    #[serde(default)]
    role: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    again: String,
}

async fn users_page(
    state: &WebState,
    page: &Page,
    typed: &UserForm,
    problems: Problems,
) -> Result<UsersPage, Trouble> {
    let users = state.catalog().users().await?;
    let line = |user: User| Line {
        added: user.created_at.into(),
        is_me: user.id == page.signed_in.user.id,
        user,
    };
    Ok(UsersPage {
        frame: page.frame("Users", Section::Settings),
        tabs: Tabs::new(Tab::Users),
        lines: users.into_iter().map(line).collect(),
        name: Field::text("user", "User name")
            .help("Letters a to z, digits and . _ @ + -, such as an address.")
            .value(&typed.user)
            .error(problems.name)
            .required(),
        role: role_field(&typed.role, problems.role),
        password: Field::password("password", "First password")
            .help(PASSWORD_HELP)
            .autocomplete("new-password")
            .error(problems.password),
        again: Field::password("again", "First password, once more").autocomplete("new-password"),
    })
}

/// `GET /settings/users`.
pub(super) async fn list(State(state): State<WebState>, page: Page, Query(told): Query<Told>) -> Shown {
    let mut shown = users_page(&state, &page, &UserForm::default(), Problems::default()).await?;
    shown.frame.banner = told.banner(&[
        (
            "added",
            "The user is added. Tell them the password; they can change it at Account.",
        ),
        ("role", "The role is changed."),
        (
            "password",
            "The password is changed, and the user is signed out everywhere.",
        ),
        ("removed", "The user is removed and signed out."),
    ]);
    show(&shown)
}

/// `POST /settings/users`.
pub(super) async fn create(
    State(state): State<WebState>,
    page: Page,
    Form(mut form): Form<UserForm>,
) -> Shown {
    let typed = SecretString::from(std::mem::take(&mut form.password));
    let again = SecretString::from(std::mem::take(&mut form.again));
    let name = form.user.parse::<UserName>();
    let role = form.role.parse::<Role>();
    let password = NewPassword::parse(&form.user, &typed, &again);
    let (name, role, password) = match (name, role, password) {
        (Ok(name), Ok(role), Ok(password)) => (name, role, password),
        (name, role, password) => {
            let problems = Problems {
                name: name.err().map(|problem| problem.to_string()),
                role: role.err().map(|problem| sentence(&problem.to_string())),
                password: password.err().map(|problem| problem.to_string()),
            };
            return show_again(&users_page(&state, &page, &form, problems).await?);
        }
    };
    let hash = state.hasher.hash(password, &*state.parts.entropy).await?;
    let new = NewUser {
        name: &name,
        role,
        password_hash: &hash,
    };
    let who = page.signed_in.who();
    match state.catalog().create_user(new, state.act(&who)).await {
        Ok(_) => Ok(Redirect::to(&format!("{LIST}?done=added")).into_response()),
        Err(fault @ UserError::Exists(_)) => {
            let problems = Problems {
                name: Some(sentence(&fault.to_string())),
                ..Problems::default()
            };
            show_again(&users_page(&state, &page, &form, problems).await?)
        }
        Err(fault) => {
            let problem = user_problem(fault)?;
            let mut shown = users_page(&state, &page, &form, Problems::default()).await?;
            shown.frame.banner = Some(Banner::error(problem));
            show_again(&shown)
        }
    }
}

/// What the catalog has against a change of users, in words for the page.
pub(super) fn user_problem(fault: UserError) -> Result<String, Trouble> {
    match fault {
        UserError::NotFound(_) => Err(Trouble::NotFound),
        UserError::Store(fault) => Err(fault.into()),
        fault => Ok(sentence(&fault.to_string())),
    }
}
