//! The web pages: what people see in a browser at `/`.
//!
//! [`Web`] is served beside the other routers. Pages are rendered here, on the server, from askama templates; they work
//! without JavaScript, which only adds convenience (`assets/landfall.js`). Users and sessions are kept in the catalog;
//! all else the pages read and change through the management API, which they ask within the process ([`Api`]), so that
//! they have no rules of their own.
//!
//! # How to add a page
//!
//! 1. A file in `src/pages/`: a serde struct with the fields of the API's answer that the page shows, a struct with
//!    `#[derive(Template)]` and a field `frame`, and a handler:
//!
//!    ```ignore
//!    #[derive(Template)]
//!    #[template(path = "loads.html")]
//!    struct LoadsPage { frame: Frame, loads: Vec<Load> }
//!
//!    pub(crate) async fn list(page: Page) -> Shown {
//!        let loads = page.api.get("/v4/loads").await?;
//!        show(&LoadsPage { frame: page.frame("Loads", Section::Loads), loads })
//!    }
//!    ```
//!
//!    `?` turns an [`ApiError`] into the fitting error page. A form matches on it instead, gives `error.fields` to its
//!    fields and returns `show_again(…)`: the page is kept, with a summary of its errors, and the form redirects to it
//!    (`src/refusal.rs`). After a change, redirect, with `?done=…` for a banner, which the script takes out of the
//!    address (`assets/focus.js`). Name the form's page in `page_of_form` (`src/trouble.rs`): it is come back to where
//!    the session had ended.
//! 2. A template in `templates/` that extends `layout.html` and fills the block `main`, beginning with a
//!    `<div class="page-head">` and its `<h1>`. Inside, write components (`src/components/`) as values: `{{ badge }}`,
//!    `{{ field }}`, `{{ moment }}`, [`CodeBox`], [`Chart`], [`Pager`]. Everything else is escaped; never use `|safe`.
//!    Tables have `class="table"` and a `data-label` in each cell, which names it on narrow screens. No `style`
//!    attribute and no inline script: the Content-Security-Policy would not let them work.
//! 3. A line in `src/routes.rs`, in `admin_pages`. That alone makes sure that only people who are signed in see it and
//!    that only administrators change anything. Hide what viewers can't do with `{% if frame.is_admin() %}`.
//! 4. Every form has `method="post"` and the field
//!    `<input type="hidden" name="csrf" value="{{ frame.csrf() }}">`. Nothing else is needed: the token and the origin
//!    are checked before any handler runs (`src/guard.rs`). Scripts send it as `X-CSRF-Token`.
//! 5. For the navigation, a variant of `Section` and its line in `Section::SHOWN` (`src/frame.rs`).
//! 6. Numbers that move: `data-events="/live/…"` on a part of the page names the stream that tells of changes
//!    (`src/live.rs`), and each part inside it with an `id` and `data-live` is taken over from the page as it is then.
//! 7. The page's address in `tests/browser.rs` of the binary, which looks at it in both themes and at 360 pixels.
//!
//! # Decisions
//!
//! - The first run asks for a code that the server prints, whatever address the visitor has: behind a proxy everyone
//!   looks local. See [`SetupCode`].
//! - Sessions end after 12 hours without a request, after 7 days, and when the password changes. Their id is 256 random
//!   bits in a cookie, of which the catalog keeps a digest.
//! - Attempts to sign in are counted by name and by address before the password is looked at. After 5 (20 for an
//!   address) each failure doubles the wait, up to 15 minutes. A proxy on the same machine tells the address in
//!   `X-Forwarded-For`.

mod api;
mod assets;
mod components;
mod cookies;
mod destination;
mod frame;
mod guard;
mod link;
mod live;
mod once;
mod pages;
mod password;
mod refusal;
mod routes;
mod setup_code;
mod state;
mod trouble;
mod visible;
mod visit;
mod wizard;
mod words;

pub use api::{Api, ApiError};
pub use components::{Chart, ChartKind, CodeBox, Field, Moment, Pager};
pub use routes::Web;
pub use setup_code::SetupCode;
pub use state::Parts;

/// The path to go back to: one of ours, or else the start page. Forms must not send people to other sites.
fn safe_path(path: &str) -> &str {
    let is_ours = path.starts_with('/') && !path.starts_with("//");
    let is_plain = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_ours && is_plain { path } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::safe_path;

    #[test]
    fn only_own_paths_are_gone_back_to() {
        let cases = [
            ("/destinations?page=2", "/destinations?page=2"),
            ("", "/"),
            ("destinations", "/"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example", "/"),
            ("/a\r\nset-cookie: x", "/"),
            ("/\tx", "/"),
        ];
        for (path, expected) in cases {
            assert_eq!(safe_path(path), expected, "{path:?}");
        }
    }
}
