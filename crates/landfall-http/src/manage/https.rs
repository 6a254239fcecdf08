//! Keys travel in requests, so requests come by HTTPS (management-api.md §1).

use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use thiserror::Error;

use super::answer::Refusal;
use super::authentication::Internal;

/// How a request came in. Whoever accepts connections sets it as an extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// The other end of the connection.
    pub peer: IpAddr,
    /// Whether the connection itself is encrypted.
    pub protection: Protection,
}

/// Whether a connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// By TLS.
    Tls,
    /// Not at all.
    Plain,
}

/// Addresses of a network, such as `10.0.0.0/8`, or of one machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix_bits: u8,
}

/// Why a text is no network.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is no network: give an address such as 10.1.2.3, or a network such as 10.0.0.0/8")]
pub struct NetworkError(String);

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let refusal = || NetworkError(text.to_owned());
        let (address, bits) = match text.split_once('/') {
            None => (text, None),
            Some((address, bits)) => (address, Some(bits.parse().map_err(|_| refusal())?)),
        };
        let address: IpAddr = address.parse().map_err(|_| refusal())?;
        let all = if address.is_ipv4() { 32 } else { 128 };
        let prefix_bits = bits.unwrap_or(all);
        (prefix_bits <= all)
            .then_some(Self { address, prefix_bits })
            .ok_or_else(refusal)
    }
}

impl Network {
    fn contains(&self, address: IpAddr) -> bool {
        // A server that listens on IPv6 sees IPv4 clients as ::ffff:a.b.c.d.
        match (self.address.to_canonical(), address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let shift = 32 - u32::from(self.prefix_bits.min(32));
                u32::from(network).checked_shr(shift) == u32::from(address).checked_shr(shift)
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let shift = 128 - u32::from(self.prefix_bits);
                u128::from(network).checked_shr(shift) == u128::from(address).checked_shr(shift)
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

/// Whether a request that arrived so may be answered. `forwarded` is what a proxy says of the client's connection; it
/// counts from trusted proxies alone.
fn is_protected(arrival: Arrival, trusted: &[Network], forwarded: Option<&str>) -> bool {
    if arrival.protection == Protection::Tls || arrival.peer.to_canonical().is_loopback() {
        return true;
    }
    let is_trusted = trusted.iter().any(|network| network.contains(arrival.peer));
    is_trusted && !forwarded.is_some_and(|scheme| scheme.trim().eq_ignore_ascii_case("http"))
}

/// `routes`, refused to requests that came over the network in plain, unless a trusted proxy passed them on. Requests
/// from within the process pass.
pub fn require_https(routes: Router, trusted_proxies: Vec<Network>) -> Router {
    let trusted: Arc<[Network]> = trusted_proxies.into();
    routes.layer(from_fn(move |request: Request, next: Next| {
        let trusted = trusted.clone();
        async move { answer(&trusted, request, next).await }
    }))
}

async fn answer(trusted: &[Network], request: Request, next: Next) -> Response {
    let forwarded = request.headers().get("x-forwarded-proto");
    let forwarded = forwarded.and_then(|scheme| scheme.to_str().ok());
    let arrival = request.extensions().get::<Arrival>();
    let is_internal = request.extensions().get::<Internal>().is_some();
    if is_internal || arrival.is_some_and(|arrival| is_protected(*arrival, trusted, forwarded)) {
        next.run(request).await
    } else {
        Refusal::insecure_transport().into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_an_address_with_or_without_a_length() {
        let cases = [
            ("10.0.0.0/8", "10.255.1.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.1.2.3", "10.1.2.3", true),
            ("10.1.2.3", "10.1.2.4", false),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("10.0.0.0/8", "::ffff:10.1.1.1", true),
            ("fd00::/8", "fd12::1", true),
            ("fd00::/8", "fe80::1", false),
            ("::/0", "2001:db8::1", true),
            ("::/0", "10.0.0.1", false),
        ];
        for (network, address, expected) in cases {
            let network: Network = network.parse().unwrap();
            assert_eq!(
                network.contains(address.parse().unwrap()),
                expected,
                "{network:?} {address}"
            );
        }
        for text in ["", "10.0.0.0/33", "10.0.0.0/", "proxy", "::/129", "10.0.0.0/-1"] {
            assert!(text.parse::<Network>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn plain_requests_are_answered_to_this_machine_and_trusted_proxies() {
        use Protection::{Plain, Tls};
        let trusted: Vec<Network> = vec!["10.0.0.0/8".parse().unwrap()];
        let cases = [
            ("127.0.0.1", Plain, None, true),
            ("::1", Plain, None, true),
            ("::ffff:127.0.0.1", Plain, None, true),
            ("203.0.113.9", Tls, None, true),
            ("203.0.113.9", Plain, None, false),
            ("203.0.113.9", Plain, Some("https"), false),
            ("10.0.0.1", Plain, None, true),
            ("10.0.0.1", Plain, Some("https"), true),
            ("10.0.0.1", Plain, Some("HTTP"), false),
        ];
        for (peer, protection, forwarded, expected) in cases {
            let arrival = Arrival {
                peer: peer.parse().unwrap(),
                protection,
            };
            assert_eq!(
                is_protected(arrival, &trusted, forwarded),
                expected,
                "{peer} {protection:?} {forwarded:?}"
            );
        }
    }
}
