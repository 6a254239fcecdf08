//! Forms that can't be accepted: the page that says so, and how browsers get to it.
//!
//! A form that is refused redirects like one that is accepted, to an address at which the page with its errors is kept
//! for the session ([`Refusals`]). So Back, Forward and Reload never ask whether to send the form again. The page says
//! at its top what is wrong, moves the focus there, and has it in its title ([`announce`]).

use std::collections::VecDeque;
use std::fmt;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use landfall_catalog::Digest;

use crate::state::WebState;
use crate::visit::Visit;

/// The most pages that are kept of all sessions, and of one; the oldest go first.
const MOST: usize = 100;
const MOST_OF_SESSION: usize = 10;
/// Longer pages are not kept, but answered at once.
const MOST_BYTES: usize = 256 << 10;
/// Names the page in its address.
const PARAMETER: &str = "refused";

/// Marks the answer to a form with the page that refuses it.
#[derive(Debug, Clone)]
pub(crate) struct Refused(pub(crate) String);

struct Kept {
    session: Digest,
    address: String,
    html: String,
}

/// Pages of refused forms, in memory alone. None of them has a secret in it: passwords and keys are not sent back, and
/// the wizard's screen with the name of a challenge file is not kept here.
#[derive(Default)]
pub(crate) struct Refusals(Mutex<VecDeque<Kept>>);

impl fmt::Debug for Refusals {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Refusals").finish_non_exhaustive()
    }
}

impl Refusals {
    fn keep(&self, session: Digest, address: String, html: String) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_session = kept.iter().filter(|one| one.session == session).count();
        if of_session >= MOST_OF_SESSION {
            let oldest = kept.iter().position(|one| one.session == session);
            oldest.and_then(|at| kept.remove(at));
        } else if kept.len() >= MOST {
            kept.pop_front();
        }
        kept.push_back(Kept {
            session,
            address,
            html,
        });
    }

    fn find(&self, session: &Digest, address: &str) -> Option<String> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept
            .iter()
            .find(|one| one.session == *session && one.address == address);
        found.map(|one| one.html.clone())
    }

    /// Pages of forms that were sent to `address` are outdated.
    fn supersede(&self, session: &Digest, address: &str) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_of = |one: &Kept| one.address.strip_prefix(address).is_some_and(is_number_alone);
        kept.retain(|one| one.session != *session || !is_of(one));
    }

    /// Whoever signs out leaves nothing that was typed.
    fn forget(&self, session: &Digest) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|one| one.session != *session);
    }
}

/// Keeps pages of refused forms, and shows them.
pub(crate) async fn redirect(
    State(state): State<WebState>,
    visit: Visit,
    request: Request,
    next: Next,
) -> Response {
    let uri = request.uri().clone();
    let is_form = *request.method() == Method::POST;
    // Strangers are answered at once: nothing is kept for them.
    let Some(session) = visit.signed_in.map(|signed_in| signed_in.session) else {
        return next.run(request).await;
    };
    if !is_form && let Some(without) = without_parameter(&uri) {
        return match state.refusals.find(&session, &uri.to_string()) {
            Some(html) => (StatusCode::UNPROCESSABLE_ENTITY, Html(html)).into_response(),
            None => Redirect::to(&without).into_response(),
        };
    }
    let mut answer = next.run(request).await;
    if matches!(uri.path(), "/sign-out" | "/account/sign-out-everywhere") {
        state.refusals.forget(&session);
    }
    if is_form && uri.query().is_some() {
        // Its query names a draft, which has more recent input now.
        state.refusals.supersede(&session, &uri.to_string());
    }
    match answer.extensions_mut().remove::<Refused>() {
        Some(Refused(html)) if is_form && html.len() <= MOST_BYTES => {
            let address = new_address(&state, &uri);
            state.refusals.keep(session, address.clone(), html);
            let mut redirect = Redirect::to(&address).into_response();
            if let Some(cookie) = answer.headers_mut().remove(header::SET_COOKIE) {
                redirect.headers_mut().insert(header::SET_COOKIE, cookie);
            }
            redirect
        }
        _ => answer,
    }
}

/// Where the page of a form that was sent to `uri` is to be seen.
fn new_address(state: &WebState, uri: &Uri) -> String {
    let mut random = [0; 8];
    state.parts.entropy.fill(&mut random);
    let number = u64::from_be_bytes(random);
    let path = uri.path();
    match uri.query() {
        Some(query) => format!("{path}?{query}&{PARAMETER}={number:016x}"),
        None => format!("{path}?{PARAMETER}={number:016x}"),
    }
}

/// Whether nothing else follows an address than the number of a page.
fn is_number_alone(rest: &str) -> bool {
    let number = rest
        .strip_prefix(['?', '&'])
        .and_then(|rest| rest.strip_prefix(PARAMETER));
    number.is_some_and(|number| number.starts_with('=') && !number.contains('&'))
}

/// The address without the number of a page, if it has one.
fn without_parameter(uri: &Uri) -> Option<String> {
    let is_number = |pair: &&str| pair.split('=').next() == Some(PARAMETER);
    let query = uri.query()?;
    query.split('&').find(is_number)?;
    let others: Vec<&str> = query.split('&').filter(|pair| !is_number(pair)).collect();
    if others.is_empty() {
        return Some(uri.path().to_owned());
    }
    Some(format!("{}?{}", uri.path(), others.join("&")))
}

/// The page of a refused form: its title says that there is an error, and a summary, which has the focus and is told by
/// screen readers, what the errors are. A banner with an error is such a summary already.
pub(crate) fn announce(html: &str) -> String {
    const MAIN: &str = "<main id=\"main\" tabindex=\"-1\">";
    const BANNER: &str = "role=\"alert\"";
    let html = html.replacen("<title>", "<title>Error: ", 1);
    if html.contains(BANNER) {
        let focused = format!("{BANNER} id=\"error-summary\" tabindex=\"-1\" autofocus");
        return html.replacen(BANNER, &focused, 1);
    }
    let summary = summary(&faults(&html));
    html.replacen(MAIN, &format!("{MAIN}\n{summary}"), 1)
}

fn summary(faults: &[(&str, String)]) -> String {
    let mut summary =
        "<div class=\"banner banner-bad\" role=\"alert\" id=\"error-summary\" tabindex=\"-1\" autofocus>\
        <p>Nothing was changed yet: mend what is wrong.</p><ul>"
            .to_owned();
    for (field, text) in faults {
        // A String takes everything; the text is HTML already.
        let _ = write!(summary, "<li><a href=\"#{field}\">{text}</a></li>");
    }
    summary + "</ul></div>"
}

/// The fields of a page that are wrong, and what is wrong with each: as their lists of errors say.
fn faults(html: &str) -> Vec<(&str, String)> {
    const LIST: &str = "<ul class=\"errors\" id=\"";
    let mut faults = Vec::new();
    for part in html.split(LIST).skip(1) {
        let (id, rest) = part.split_once('"').unwrap_or_default();
        let list = rest.split("</ul>").next().unwrap_or_default();
        let named = list
            .split_once(" data-of=\"")
            .and_then(|(_, rest)| rest.split('"').next());
        let field = named.unwrap_or_else(|| id.trim_end_matches("-errors"));
        for item in list.split("<li").skip(1) {
            let text = item.split_once('>').map_or("", |(_, text)| text);
            let text = text.split("<button").next().unwrap_or_default();
            faults.push((field, without_tags(text)));
        }
    }
    faults
}

fn without_tags(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(before);
        rest = after.split_once('>').map_or("", |(_, after)| after);
    }
    text.push_str(rest);
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_page_says_at_its_top_what_is_wrong_and_has_the_focus_there() {
        let page = "<title>New · Landfall</title><main id=\"main\" tabindex=\"-1\"><input id=\"name\">\
            <ul class=\"errors\" id=\"name-errors\"><li>Too &lt; long</li></ul>\
            <ul class=\"errors\" id=\"problems\" data-of=\"key\"><li data-position=\"1\"><span>No</span> <button>Mend</button></li></ul>";
        let told = announce(page);
        assert!(told.starts_with("<title>Error: New"), "{told}");
        let summary = "<div class=\"banner banner-bad\" role=\"alert\" id=\"error-summary\" tabindex=\"-1\" autofocus>\
            <p>Nothing was changed yet: mend what is wrong.</p><ul><li><a href=\"#name\">Too &lt; long</a></li>\
            <li><a href=\"#key\">No</a></li></ul></div>";
        assert!(told.contains(summary), "{told}");
        let banner = announce("<title>x</title><div class=\"banner\" role=\"alert\"><p>No</p></div>");
        assert!(banner.contains("role=\"alert\" id=\"error-summary\" tabindex=\"-1\" autofocus><p>No"));
    }

    #[test]
    fn an_address_loses_the_number_of_its_page() {
        let cases = [
            ("/a?refused=1", Some("/a")),
            ("/a?draft=2&refused=1", Some("/a?draft=2")),
            ("/a?draft=2", None),
            ("/a", None),
        ];
        for (address, expected) in cases {
            let uri: Uri = address.parse().unwrap();
            assert_eq!(without_parameter(&uri).as_deref(), expected, "{address}");
        }
    }

    #[test]
    fn pages_are_kept_for_their_session_alone_and_not_for_ever() {
        let refusals = Refusals::default();
        let (mine, other) = (Digest::of("a"), Digest::of("b"));
        refusals.keep(other, "/x".to_owned(), "theirs".to_owned());
        for number in 0..=MOST_OF_SESSION {
            refusals.keep(mine, format!("/{number}"), "mine".to_owned());
        }
        assert_eq!(refusals.find(&mine, "/x"), None);
        assert_eq!(refusals.find(&other, "/x").as_deref(), Some("theirs"));
        assert_eq!(refusals.find(&mine, "/0"), None, "the oldest of the session went");
        assert!(refusals.find(&mine, "/1").is_some());
        refusals.keep(mine, "/a?draft=1&refused=2".to_owned(), "old".to_owned());
        refusals.supersede(&other, "/a?draft=1");
        refusals.supersede(&mine, "/a");
        assert!(refusals.find(&mine, "/a?draft=1&refused=2").is_some());
        refusals.supersede(&mine, "/a?draft=1");
        assert!(refusals.find(&mine, "/a?draft=1&refused=2").is_none());
        refusals.keep(mine, "/1".to_owned(), "mine".to_owned());
        refusals.forget(&mine);
        assert!(refusals.find(&mine, "/1").is_none() && refusals.find(&other, "/x").is_some());
    }
}
