//! What surrounds every page, and what handlers of pages are given.

use std::borrow::Cow;

use askama::Template;
use axum::extract::FromRequestParts;
use axum::http::request::Parts as Head;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use crate::api::Api;
use crate::assets::{ICON, SCRIPT, STYLE, WIZARD_SCRIPT};
use crate::components::Banner;
use crate::cookies::Theme;
use crate::refusal::{Refused, announce};
use crate::state::WebState;
use crate::trouble::Trouble;
use crate::visible::visible_page;
use crate::visit::{SignedIn, Visit};

/// The entries of the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    /// Outside of it, such as the account.
    None,
    Home,
    Integrations,
    Destinations,
    Loads,
    Notifications,
    Settings,
}

impl Section {
    /// What the navigation shows, in order. A new section is added here, and nowhere else.
    const SHOWN: [(Self, &'static str, &'static str); 6] = [
        (Self::Home, "Home", "/"),
        (Self::Integrations, "Integrations", "/integrations"),
        (Self::Destinations, "Destinations", "/destinations"),
        (Self::Loads, "Loads", "/loads"),
        (Self::Notifications, "Notifications", "/notifications"),
        (Self::Settings, "Settings", "/settings"),
    ];
}

/// An entry of the navigation, as the template draws it.
#[derive(Debug)]
pub(crate) struct NavLink {
    pub(crate) text: &'static str,
    pub(crate) href: &'static str,
    pub(crate) is_current: bool,
    /// How many things there are to look at behind it.
    pub(crate) news: usize,
}

/// What the layouts need. Every page has one in its field `frame`.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) title: String,
    pub(crate) section: Section,
    /// Told above the page, such as what the last form did.
    pub(crate) banner: Option<Banner>,
    pub(crate) theme: Theme,
    pub(crate) path: String,
    /// Notifications that nobody has dismissed yet.
    pub(crate) news: usize,
    signed_in: Option<SignedIn>,
}

impl Frame {
    pub(crate) fn new(visit: &Visit, title: &str, section: Section) -> Self {
        Self {
            title: title.to_owned(),
            section,
            banner: None,
            theme: visit.theme,
            path: visit.path.clone(),
            news: 0,
            signed_in: visit.signed_in.clone(),
        }
    }

    /// With a banner above the page.
    pub(crate) fn with_banner(mut self, banner: Option<Banner>) -> Self {
        self.banner = banner;
        self
    }

    /// The hidden field that every form with `method="post"` has.
    pub(crate) fn csrf(&self) -> &str {
        self.signed_in.as_ref().map_or("", |signed_in| &signed_in.csrf)
    }

    /// The user's name, if someone is signed in.
    pub(crate) fn user(&self) -> Option<&str> {
        self.signed_in
            .as_ref()
            .map(|signed_in| signed_in.user.name.as_str())
    }

    /// Whether to show what changes something.
    pub(crate) fn is_admin(&self) -> bool {
        self.signed_in.as_ref().is_some_and(SignedIn::is_admin)
    }

    pub(crate) fn role(&self) -> &'static str {
        self.signed_in
            .as_ref()
            .map_or("", |signed_in| signed_in.user.role.as_str())
    }

    pub(crate) fn nav(&self) -> impl Iterator<Item = NavLink> + '_ {
        Section::SHOWN.iter().map(|(section, text, href)| NavLink {
            text,
            href,
            is_current: *section == self.section,
            news: if *section == Section::Notifications {
                self.news
            } else {
                0
            },
        })
    }

    pub(crate) fn style_url(&self) -> String {
        STYLE.url()
    }

    pub(crate) fn script_url(&self) -> String {
        SCRIPT.url()
    }

    pub(crate) fn wizard_script_url(&self) -> String {
        WIZARD_SCRIPT.url()
    }

    pub(crate) fn icon_url(&self) -> String {
        ICON.url()
    }

    /// Which theme the button switches to.
    pub(crate) fn next_theme(&self) -> Theme {
        match self.theme {
            Theme::System => Theme::Dark,
            Theme::Dark => Theme::Light,
            Theme::Light => Theme::System,
        }
    }
}

/// A request by someone who is signed in: the extractor of every page.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) visit: Visit,
    pub(crate) signed_in: SignedIn,
    /// The management API, with the user's rights.
    pub(crate) api: Api,
    /// Notifications that nobody has dismissed yet.
    news: usize,
}

impl FromRequestParts<WebState> for Page {
    type Rejection = Trouble;

    async fn from_request_parts(head: &mut Head, state: &WebState) -> Result<Self, Trouble> {
        let visit = Visit::from_request_parts(head, state).await?;
        let back = visit.path.clone();
        let signed_in = visit.signed_in.clone().ok_or(Trouble::SignIn { back })?;
        let api = signed_in.api(state).seen_at(head.headers.get(header::HOST));
        let news = state.catalog().notifications().await?.len();
        Ok(Self {
            visit,
            signed_in,
            api,
            news,
        })
    }
}

impl Page {
    /// What surrounds this page.
    pub(crate) fn frame(&self, title: &str, section: Section) -> Frame {
        Frame {
            news: self.news,
            ..Frame::new(&self.visit, title, section)
        }
    }
}

/// What handlers return.
pub(crate) type Shown = Result<Response, Trouble>;

/// A page or a part of one as it is sent: nothing in it is hidden.
pub(crate) fn html_of(page: &impl Template) -> Result<Html<String>, askama::Error> {
    let html = page.render()?;
    Ok(Html(match visible_page(&html) {
        Cow::Borrowed(_) => html,
        Cow::Owned(shown) => shown,
    }))
}

/// Answers with a page.
pub(crate) fn show(page: &impl Template) -> Shown {
    Ok(html_of(page)?.into_response())
}

/// Answers a form that can't be accepted with the page that holds it, filled in and with its errors.
pub(crate) fn show_again(page: &impl Template) -> Shown {
    let html = announce(&html_of(page)?.0);
    let mut answer = (StatusCode::UNPROCESSABLE_ENTITY, Html(html.clone())).into_response();
    answer.extensions_mut().insert(Refused(html));
    Ok(answer)
}
