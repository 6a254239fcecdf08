//! Cookies: which there are, how they are read and written.

use axum::http::{HeaderMap, HeaderValue, header};

/// What a page's colours follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Theme {
    /// What the reader's system is set to.
    #[default]
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    pub(crate) const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// As people read it.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::System => "Like the system",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }

    pub(crate) fn parse(text: &str) -> Self {
        let named = Self::ALL.into_iter().find(|theme| theme.as_str() == text);
        named.unwrap_or_default()
    }
}

const THEME: &str = "landfall_theme";
const YEAR_SECONDS: u32 = 31_536_000;

/// The session's cookie. Over TLS its name binds it to this host alone, so that no neighbour can set it.
const fn session_name(is_https: bool) -> &'static str {
    if is_https {
        "__Host-landfall_session"
    } else {
        "landfall_session"
    }
}

fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).into_iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

fn write(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("cookies are made of names and base64")
}

pub(crate) fn session(headers: &HeaderMap, is_https: bool) -> Option<&str> {
    read(headers, session_name(is_https))
}

/// It goes away with the browser; the catalog knows when it ends before that.
pub(crate) fn set_session(id: &str, is_https: bool) -> HeaderValue {
    let name = session_name(is_https);
    let secure = if is_https { "; Secure" } else { "" };
    write(&format!("{name}={id}; Path=/; HttpOnly; SameSite=Lax{secure}"))
}

pub(crate) fn clear_session(is_https: bool) -> HeaderValue {
    let name = session_name(is_https);
    let secure = if is_https { "; Secure" } else { "" };
    write(&format!(
        "{name}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0{secure}"
    ))
}

pub(crate) fn theme(headers: &HeaderMap) -> Theme {
    read(headers, THEME).map(Theme::parse).unwrap_or_default()
}

pub(crate) fn set_theme(theme: Theme) -> HeaderValue {
    let theme = theme.as_str();
    write(&format!(
        "{THEME}={theme}; Path=/; HttpOnly; SameSite=Lax; Max-Age={YEAR_SECONDS}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(
            header::COOKIE,
            "a=b; landfall_session=one; landfall_theme=dark".parse().unwrap(),
        );
        assert_eq!(session(&headers, false), Some("one"));
        assert_eq!(session(&headers, true), None, "over TLS it has another name");
        assert_eq!(theme(&headers), Theme::Dark);
        assert_eq!(theme(&HeaderMap::new()), Theme::System);
    }

    #[test]
    fn the_cookie_of_a_session_is_out_of_reach_of_scripts_and_other_sites() {
        assert_eq!(
            set_session("id", false),
            "landfall_session=id; Path=/; HttpOnly; SameSite=Lax"
        );
        let over_tls = set_session("id", true);
        assert_eq!(
            over_tls,
            "__Host-landfall_session=id; Path=/; HttpOnly; SameSite=Lax; Secure"
        );
    }
}
