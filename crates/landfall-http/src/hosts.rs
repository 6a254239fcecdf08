//! Which host names a server answers to.
//!
//! A page elsewhere can make its own name point at this server (DNS rebinding) and have a visitor's browser ask it as if
//! it were the page's own. Such requests still bear the page's name, which is how they are told apart.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};

/// The host names that are served, with or without a port; all, if there are none.
#[derive(Debug, Clone, Default)]
pub struct AllowedHosts(Arc<[String]>);

impl FromIterator<String> for AllowedHosts {
    fn from_iter<T: IntoIterator<Item = String>>(names: T) -> Self {
        Self(names.into_iter().collect())
    }
}

impl AllowedHosts {
    /// Whether a request was made to one of them, or hosts don't matter.
    pub(crate) fn are_asked_by(&self, request: &Parts) -> bool {
        self.0.is_empty() || host_of(request).is_some_and(|host| self.include(host))
    }

    fn include(&self, host: &str) -> bool {
        let name = without_port(host);
        let is_it =
            |allowed: &String| allowed.eq_ignore_ascii_case(host) || allowed.eq_ignore_ascii_case(name);
        self.0.iter().any(is_it)
    }
}

fn host_of(request: &Parts) -> Option<&str> {
    let named = request.headers.get(header::HOST);
    let named = named.and_then(|host| host.to_str().ok());
    let host = named.or_else(|| request.uri.authority().map(|authority| authority.as_str()));
    host.map(str::trim)
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        // The colons of `[::1]` are inside brackets.
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// Names of this machine for itself. Nobody can have them point elsewhere, so no foreign page bears them.
fn is_loopback(host: &str) -> bool {
    let name = without_port(host);
    let address = name.trim_matches(['[', ']']).parse::<IpAddr>();
    name.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

const REFUSAL: &str = r#"{"error":"UnknownHost","data":{"message":"this server is not served under that host name: add the name to allowed_hosts"}}"#;

/// `routes`, refused with 400 to requests for other hosts. `localhost` and addresses of loopback are always served, so
/// that tools on the machine go on working.
pub fn require_host(routes: Router, hosts: AllowedHosts) -> Router {
    routes.layer(from_fn(move |request: Request, next: Next| {
        let hosts = hosts.clone();
        async move { answer(&hosts, request, next).await }
    }))
}

async fn answer(hosts: &AllowedHosts, request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    if hosts.are_asked_by(&head) || host_of(&head).is_some_and(is_loopback) {
        return next.run(Request::from_parts(head, body)).await;
    }
    tracing::warn!("a request for a host that is not in allowed_hosts was refused");
    let content_type = [(header::CONTENT_TYPE, "application/json")];
    (StatusCode::BAD_REQUEST, content_type, REFUSAL).into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use tower::ServiceExt;

    use super::*;

    fn asking(host: &str) -> Request {
        let request = Request::builder().header(header::HOST, host);
        request.body(Body::empty()).unwrap()
    }

    fn hosts(names: &[&str]) -> AllowedHosts {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn hosts_are_compared_without_their_port_unless_it_is_named() {
        let all = hosts(&["landfall.example.com", "other.example.com:8443", "[::1]"]);
        let cases = [
            ("landfall.example.com", true),
            ("LANDFALL.example.com:8080", true),
            ("other.example.com", false),
            ("other.example.com:99", false),
            ("other.example.com:8443", true),
            ("[::1]:80", true),
            ("evil.example.com", false),
            ("landfall.example.com.evil.example", false),
            ("", false),
        ];
        for (host, is_served) in cases {
            let (head, _) = asking(host).into_parts();
            assert_eq!(all.are_asked_by(&head), is_served, "{host:?}");
            assert!(AllowedHosts::default().are_asked_by(&head), "{host:?}");
        }
    }

    #[tokio::test]
    async fn other_hosts_get_nothing_of_the_routes_but_this_machine_does() {
        let routes = Router::new().fallback(|| async { "served" });
        let routes = require_host(routes, hosts(&["landfall.example.com"]));
        let cases = [
            ("landfall.example.com", 200),
            ("localhost:8080", 200),
            ("127.0.0.1:8080", 200),
            ("127.9.9.9", 200),
            ("[::1]:8080", 200),
            ("evil.example.com", 400),
            ("localhost.evil.example", 400),
            ("127.0.0.1.evil.example", 400),
            ("10.0.0.1", 400),
            ("", 400),
        ];
        for (host, status) in cases {
            let answer = routes.clone().oneshot(asking(host)).await.unwrap();
            assert_eq!(answer.status().as_u16(), status, "{host:?}");
        }
        let nameless = Request::new(Body::empty());
        let answer = routes.oneshot(nameless).await.unwrap();
        assert_eq!(answer.status().as_u16(), 400);
    }
}
