//! Every address of the pages, as nobody, a viewer, an administrator and somebody with another's form meet it.
//!
//! The addresses are read from the sources, so that none is forgotten.
#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    dead_code,
    reason = "a test whose world can't be built has failed"
)]

#[path = "pages/world.rs"]
mod world;

use std::path::Path;

use world::{HOST, World};

/// For strangers too.
const OPEN: [&str; 4] = ["/assets/{name}", "/setup", "/sign-in", "/theme"];
/// What viewers may do about themselves.
const OWN: [&str; 4] = [
    "/account",
    "/account/password",
    "/account/sign-out-everywhere",
    "/sign-out",
];

#[derive(Debug, PartialEq, Eq)]
struct Route {
    pattern: String,
    /// With something in the places of its parameters.
    path: String,
    reads: bool,
    changes: bool,
}

fn sources(folder: &Path, texts: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, texts);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            texts.push(std::fs::read_to_string(path).unwrap());
        }
    }
}

/// The text up to the parenthesis that closes the one before it.
fn arguments(text: &str) -> &str {
    let mut depth = 1;
    for (at, letter) in text.char_indices() {
        depth += match letter {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        if depth == 0 {
            return &text[..at];
        }
    }
    panic!("a call that does not end: {text}")
}

fn fill_in(pattern: &str) -> String {
    let parts = pattern.split('/').map(|part| match part {
        "{act}" => "disable",
        parameter if parameter.starts_with('{') => "1",
        fixed => fixed,
    });
    parts.collect::<Vec<_>>().join("/")
}

fn routes() -> Vec<Route> {
    let mut texts = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut texts);
    let calls = texts.iter().flat_map(|text| text.split(".route(").skip(1));
    let mut routes: Vec<Route> = calls
        .map(|call| {
            let call = arguments(call);
            let pattern = call
                .trim_start()
                .strip_prefix('"')
                .and_then(|rest| rest.split('"').next());
            let pattern = pattern.expect("the address of a route is a literal").to_owned();
            Route {
                path: fill_in(&pattern),
                reads: call.contains("get("),
                changes: call.contains("post("),
                pattern,
            }
        })
        .collect();
    routes.sort_by(|one, other| one.pattern.cmp(&other.pattern));
    routes
}

fn origin() -> String {
    format!("http://{HOST}")
}

fn is_open(route: &Route) -> bool {
    OPEN.contains(&route.pattern.as_str())
}

fn is_own(route: &Route) -> bool {
    OWN.contains(&route.pattern.as_str())
}

#[test]
fn all_routes_are_found() {
    let routes = routes();
    assert!(routes.len() > 40, "{routes:?}");
    for known in OPEN.iter().chain(&OWN) {
        assert!(
            routes.iter().any(|route| route.pattern == *known),
            "{known} is gone"
        );
    }
    assert!(
        routes.iter().all(|route| route.reads || route.changes),
        "{routes:?}"
    );
}

#[tokio::test]
async fn nobody_gets_no_further_than_the_sign_in() {
    let (world, _admin) = World::with_admin().await;
    let stranger = world.browser();
    let routes = routes();
    for route in routes.iter().filter(|route| !is_open(route)) {
        if route.reads {
            let answer = stranger.get(&route.path).await;
            assert_eq!(answer.status, 303, "{route:?}");
            assert!(answer.header("location").starts_with("/sign-in"), "{route:?}");
            assert_eq!(answer.body, "", "{route:?}");
        }
        if route.changes {
            let answer = stranger.post_as_it_is(&route.path, &[], Some(&origin())).await;
            assert_eq!(answer.status, 303, "{route:?}");
            if route.path == "/sign-out" {
                assert_eq!(answer.header("location"), "/sign-in");
                continue;
            }
            let to = answer.header("location").strip_prefix("/sign-in?back=");
            let back = to.and_then(|to| to.strip_suffix("&undone=form"));
            let back = back.unwrap_or_else(|| panic!("{route:?} leads to {:?}", answer.header("location")));
            let page = back.replace("%2F", "/");
            assert!(
                routes.iter().any(|one| one.reads && one.path == page),
                "{route:?} has no page: {page}"
            );
            assert_ne!(page, "/", "{route:?} has a page of its own");
        }
    }
}

#[tokio::test]
async fn viewers_look_at_every_page_and_change_nothing_but_their_own() {
    let (world, _admin) = World::with_admin().await;
    world.end.send_replace(true);
    let viewer = world.viewer().await;
    for route in routes().iter().filter(|route| !is_open(route)) {
        if route.reads {
            let answer = viewer.get(&route.path).await;
            assert!(!answer.header("location").starts_with("/sign-in"), "{route:?}");
            assert!(answer.status < 500, "{route:?}: {}", answer.body);
        }
        if route.changes && !is_own(route) {
            let answer = viewer.post(&route.path, &[]).await;
            assert_eq!(answer.status, 403, "{route:?}");
            assert!(answer.body.contains("Only for administrators"), "{route:?}");
        }
    }
}

#[tokio::test]
async fn administrators_get_everywhere() {
    let (world, admin) = World::with_admin().await;
    world.end.send_replace(true);
    for route in routes().iter().filter(|route| !is_open(route) && !is_own(route)) {
        let mut answers = Vec::new();
        if route.reads {
            answers.push(admin.get(&route.path).await);
        }
        if route.changes {
            answers.push(admin.post(&route.path, &[]).await);
        }
        for answer in answers {
            assert!(!answer.header("location").starts_with("/sign-in"), "{route:?}");
            let is_served = answer.status != 401 && answer.status != 403 && answer.status < 500;
            assert!(is_served, "{route:?}: {} {}", answer.status, answer.body);
        }
    }
    assert!(world.catalog.has_users().await.unwrap());
}

#[tokio::test]
async fn a_form_with_another_token_or_from_elsewhere_does_nothing() {
    let (world, admin) = World::with_admin().await;
    let viewer = world.viewer().await;
    let foreign = viewer.get("/account").await.csrf();
    let audit = world.catalog.audit_log(None, 100).await.unwrap().len();
    for route in routes().iter().filter(|route| route.changes) {
        let tokens: [&[(&str, &str)]; 3] = [&[("csrf", &foreign)], &[("csrf", "")], &[]];
        for token in tokens {
            let answer = admin.post_as_it_is(&route.path, token, Some(&origin())).await;
            assert_eq!(answer.status, 403, "{route:?} with {token:?}");
            assert!(answer.body.contains("The form has expired"), "{route:?}");
        }
        let own = admin.get("/account").await.csrf();
        for origin in [None, Some("https://evil.example"), Some("null")] {
            let answer = admin.post_as_it_is(&route.path, &[("csrf", &own)], origin).await;
            assert_eq!(answer.status, 403, "{route:?} from {origin:?}");
        }
    }
    assert_eq!(world.catalog.audit_log(None, 100).await.unwrap().len(), audit);
}
