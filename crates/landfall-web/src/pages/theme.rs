//! The theme, kept in a cookie.

use axum::extract::Form;
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::cookies::{self, Theme};
use crate::safe_path;

/// The theme's form.
#[derive(Debug, Deserialize)]
pub(crate) struct ThemeForm {
    theme: String,
    #[serde(default)]
    back: String,
}

/// `POST /theme`.
pub(crate) async fn choose(Form(form): Form<ThemeForm>) -> Response {
    let cookie = cookies::set_theme(Theme::parse(&form.theme));
    (
        [(header::SET_COOKIE, cookie)],
        Redirect::to(safe_path(&form.back)),
    )
        .into_response()
}
