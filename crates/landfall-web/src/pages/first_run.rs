//! The first run: creating the administrator.

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::response::{IntoResponse, Redirect};
use landfall_catalog::{UserError, UserName};
use secrecy::SecretString;
use serde::Deserialize;

use crate::components::{Banner, Field};
use crate::frame::{Frame, Section, Shown, show, show_again};
use crate::pages::sign_in::open_session;
use crate::password::NewPassword;
use crate::state::WebState;
use crate::trouble::Trouble;
use crate::visit::Visit;

const WRONG_CODE: &str = "This is not the setup code that the server printed when it started last";

#[derive(Template)]
#[template(path = "first_run.html")]
struct FirstRunPage {
    frame: Frame,
    code: Field,
    name: Field,
    password: Field,
    again: Field,
}

/// What the printed address carries.
#[derive(Debug, Deserialize)]
pub(crate) struct Link {
    #[serde(default)]
    code: String,
}

#[derive(Deserialize)]
pub(crate) struct FirstRunForm {
    #[serde(default)]
    code: String,
    #[serde(default)]
    user: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    again: String,
}

/// What is wrong with each field.
#[derive(Debug, Default)]
struct Problems {
    code: Option<String>,
    name: Option<String>,
    password: Option<String>,
}

fn page(visit: &Visit, code: &str, name: &str, problems: Problems) -> FirstRunPage {
    let warning = visit.is_exposed.then(|| {
        Banner::warning("This page travels without encryption. Set up TLS before you choose a password.")
    });
    FirstRunPage {
        frame: Frame::new(visit, "Welcome", Section::None).with_banner(warning),
        code: Field::text("code", "Setup code")
            .help("Printed by landfall serve when it started.")
            .value(code)
            .required()
            .error(problems.code),
        name: Field::text("user", "User name")
            .autocomplete("username")
            .value(name)
            .required()
            .error(problems.name),
        password: Field::password("password", "Password")
            .help("At least 12 characters. A few words are easy to remember.")
            .autocomplete("new-password")
            .error(problems.password),
        again: Field::password("again", "Password, once more").autocomplete("new-password"),
    }
}

/// `GET /setup`: as long as there is no user.
pub(crate) async fn form(State(state): State<WebState>, visit: Visit, Query(link): Query<Link>) -> Shown {
    if state.catalog().has_users().await? {
        return Ok(Redirect::to("/").into_response());
    }
    show(&page(&visit, &link.code, "admin", Problems::default()))
}

/// `POST /setup`.
pub(crate) async fn create(
    State(state): State<WebState>,
    visit: Visit,
    Form(form): Form<FirstRunForm>,
) -> Shown {
    if state.catalog().has_users().await? {
        return Ok(Redirect::to("/").into_response());
    }
    let is_right = state
        .parts
        .setup_code
        .as_ref()
        .is_some_and(|code| code.is(&form.code));
    let name = form.user.parse::<UserName>();
    let (typed, again) = (SecretString::from(form.password), SecretString::from(form.again));
    let password = NewPassword::parse(&form.user, &typed, &again);
    let (name, password) = match (is_right, name, password) {
        (true, Ok(name), Ok(password)) => (name, password),
        (is_right, name, password) => {
            let problems = Problems {
                code: (!is_right).then(|| WRONG_CODE.to_owned()),
                name: name.err().map(|problem| problem.to_string()),
                password: password.err().map(|problem| problem.to_string()),
            };
            return show_again(&page(&visit, &form.code, &form.user, problems));
        }
    };
    let hash = state.hasher.hash(password, &*state.parts.entropy).await?;
    match state
        .catalog()
        .create_first_admin(&name, &hash, state.now())
        .await
    {
        Ok(user) => open_session(&state, &user, visit.address, "/").await,
        Err(UserError::NotFirst) => Ok(Redirect::to("/sign-in").into_response()),
        Err(UserError::Store(fault)) => Err(fault.into()),
        Err(fault) => Err(Trouble::internal(&fault.to_string())),
    }
}
