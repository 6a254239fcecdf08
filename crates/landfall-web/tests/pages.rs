//! The pages over HTTP, as a browser without JavaScript has them.
#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test whose world can't be built has failed"
)]

#[path = "pages/world.rs"]
mod world;

use landfall_catalog::{Act, DestinationProperties, Form, NewDestination, UnmappedSources};
use landfall_core::time::Timestamp;
use world::{HOST, PASSWORD, World};

const NAUGHTY: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}";

#[tokio::test]
async fn the_first_run_takes_the_code_that_the_server_printed() {
    let world = World::new(None).await;
    let browser = world.browser();
    assert_eq!(browser.get("/").await.header("location"), "/setup");
    assert_eq!(browser.get("/sign-in").await.header("location"), "/setup");
    for code in ["", "AAAA-BBBB-CCCC-DDDD"] {
        let refused = browser.post("/setup", &world.first_run(code)).await;
        assert_eq!(refused.status, 422, "{code}");
        assert!(refused.body.contains("not the setup code"), "{}", refused.body);
        assert!(!refused.body.contains(PASSWORD), "passwords are never sent back");
    }
    assert!(!world.catalog.has_users().await.unwrap());
}

#[tokio::test]
async fn the_first_run_is_closed_after_its_use() {
    let (world, browser) = World::with_admin().await;
    assert_eq!(browser.get("/").await.status, 200);
    let stranger = world.browser();
    assert_eq!(stranger.get("/setup").await.header("location"), "/");
    let again = stranger.post("/setup", &world.first_run(&world.code)).await;
    assert_eq!((again.status, again.header("location")), (303, "/"));
    assert_eq!(world.catalog.users().await.unwrap().len(), 1);
    assert_eq!(stranger.get("/").await.header("location"), "/sign-in");
    assert_eq!(
        stranger.get("/destinations?page=2").await.header("location"),
        "/sign-in?back=%2Fdestinations%3Fpage%3D2"
    );
}

#[tokio::test]
async fn every_answer_makes_browsers_careful() {
    let (world, browser) = World::with_admin().await;
    for path in [
        "/",
        "/destinations",
        "/account",
        "/sign-in",
        "/setup",
        "/assets/none",
    ] {
        let answer = browser.get(path).await;
        let policy = answer.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"),
            "{path}: {policy}"
        );
        assert!(
            policy.contains("frame-ancestors 'none'; base-uri 'none'"),
            "{path}: {policy}"
        );
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        for inline in [" style=", "<style", " onclick=", "<script>"] {
            assert!(!answer.body.contains(inline), "{path} has {inline}");
        }
    }
    let stranger = world.browser();
    let page = stranger.get("/sign-in").await.body;
    let style = page
        .split("rel=\"stylesheet\" href=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let style = stranger.get(style).await;
    assert_eq!(style.status, 200);
    assert_eq!(
        style.header("cache-control"),
        "public, max-age=31536000, immutable"
    );
    assert_eq!(style.header("content-type"), "text/css; charset=utf-8");
}

#[tokio::test]
async fn forms_of_other_sites_and_other_sessions_are_refused() {
    let (_world, browser) = World::with_admin().await;
    let own = format!("http://{HOST}");
    let csrf = browser.get("/account").await.csrf();
    let cases = [
        (csrf.as_str(), None, 403),
        (&csrf, Some("http://evil.example"), 403),
        (&csrf, Some("null"), 403),
        (&csrf, Some("http://localhost:8081"), 403),
        ("", Some(own.as_str()), 403),
        ("wrong", Some(&own), 403),
        (&csrf, Some(&own), 303),
    ];
    for (csrf, origin, status) in cases {
        let form = [("csrf", csrf), ("theme", "dark"), ("back", "/account")];
        let answer = browser.post_as_it_is("/theme", &form, origin).await;
        assert_eq!(answer.status, status, "token {csrf:?}, origin {origin:?}");
    }
    assert!(browser.get("/account").await.body.contains("data-theme=\"dark\""));
}

#[tokio::test]
async fn a_refused_form_says_what_is_wrong_with_where_it_is_from() {
    let (_world, browser) = World::with_admin().await;
    let own = format!("http://{HOST}");
    let csrf = browser.get("/account").await.csrf();
    let cases = [
        (
            csrf.as_str(),
            None,
            "It is missing here: an extension, a privacy setting or a proxy",
        ),
        (&csrf, Some("null"), "does not say where it is from"),
        (
            &csrf,
            Some("http://localhost:8081"),
            "sent from http://localhost:8081, but this server is localhost:8080",
        ),
        (&csrf, Some("https://<b>.example"), "https://&#60;b&#62;.example"),
        (
            "wrong",
            Some(&own),
            "You signed in or out since the page was opened.",
        ),
    ];
    for (csrf, origin, told) in cases {
        let form = [("csrf", csrf), ("theme", "dark"), ("back", "/account")];
        let answer = browser.post_as_it_is("/theme", &form, origin).await;
        assert_eq!(answer.status, 403, "{origin:?}");
        assert!(answer.body.contains(told), "{origin:?}: {}", answer.body);
    }
}

#[tokio::test]
async fn an_address_that_only_forms_are_sent_to_leads_to_the_page_of_the_form() {
    let (_world, browser) = World::with_admin().await;
    let cases = [
        ("/integrations/1/rename", "/integrations/1/settings"),
        ("/integrations/1/tokens", "/integrations/1/connect"),
        ("/destinations/1/pause", "/destinations/1"),
        ("/settings/access-keys/1/delete", "/settings/access-keys"),
        ("/sign-out", "/account"),
        ("/theme", "/"),
    ];
    for (path, page) in cases {
        let answer = browser.get(path).await;
        assert_eq!((answer.status, answer.header("allow")), (405, "POST"), "{path}");
        assert!(
            answer.body.contains(&format!("class=\"button\" href=\"{page}\"")),
            "{path}: {}",
            answer.body
        );
    }
}

#[tokio::test]
async fn a_form_of_a_session_that_has_ended_says_that_it_did_nothing_and_leads_back_to_its_page() {
    const SAID: &str = "You were signed out: what you sent was not done. Sign in, and do it again.";
    let (world, _admin) = World::with_admin().await;
    let stranger = world.browser();
    let cases = [
        ("/integrations/3/load", "/integrations/3"),
        ("/integrations", "/integrations/new"),
        ("/destinations/3/check", "/destinations/3"),
        (
            "/destinations/new/key?draft=00000000000000ff",
            "/destinations/new/key?draft=00000000000000ff",
        ),
        ("/settings/mail/recipients/1/remove", "/settings/mail"),
        ("/account/sign-out-everywhere", "/account"),
    ];
    for (form, page) in cases {
        let answer = stranger.post(form, &[]).await;
        let to = answer.header("location");
        assert!(
            answer.status == 303 && to.starts_with("/sign-in?back="),
            "{form}: {to}"
        );
        let sign_in = stranger.get(to).await.body;
        assert!(
            sign_in.contains(&format!("role=\"status\"><p>{SAID}")),
            "{form}: {sign_in}"
        );
        let back = format!("name=\"back\" value=\"{page}\"");
        assert!(sign_in.contains(&back), "{form}: {sign_in}");
    }
    // Nothing was lost with these.
    for (path, to) in [("/sign-out", "/sign-in"), ("/theme", "/")] {
        let answer = stranger.post(path, &[("theme", "dark")]).await;
        assert_eq!(answer.header("location"), to, "{path}");
    }
    let page = stranger.get("/sign-in?back=%2Fintegrations").await.body;
    assert!(!page.contains(SAID), "{page}");
    let page = stranger
        .get("/sign-in?undone=form&back=%2F%2Fevil.example")
        .await
        .body;
    assert!(page.contains("name=\"back\" value=\"/\""), "{page}");
    let form = [
        ("user", "ada"),
        ("password", PASSWORD),
        ("back", "/integrations/3"),
    ];
    let signed_in = stranger.post("/sign-in", &form).await;
    assert_eq!(signed_in.header("location"), "/integrations/3");
}

#[tokio::test]
async fn viewers_look_and_do_not_change() {
    let (world, admin) = World::with_admin().await;
    let viewer = world.viewer().await;
    for path in ["/", "/destinations", "/account"] {
        assert_eq!(viewer.get(path).await.status, 200, "{path}");
    }
    assert_eq!(viewer.post("/destinations", &[]).await.status, 403);
    assert_eq!(
        admin.post("/destinations", &[]).await.status,
        405,
        "an administrator gets to the page"
    );
    let new = "another horse battery";
    let form = [("old", PASSWORD), ("new", new), ("again", new)];
    assert_eq!(
        viewer.post("/account/password", &form).await.status,
        303,
        "their own password is theirs"
    );
}

#[tokio::test]
async fn guesses_get_slower_and_tell_nothing() {
    let (world, _admin) = World::with_admin().await;
    let stranger = world.browser();
    for name in ["ada", "nobody", "<b>"] {
        for attempt in 0..5 {
            let answer = stranger.sign_in(name, "wrong password").await;
            assert_eq!(answer.status, 422, "{name} {attempt}");
            assert!(
                answer.body.contains("The user name or the password is wrong."),
                "{name} {attempt}"
            );
        }
        let answer = stranger.sign_in(name, PASSWORD).await;
        assert!(
            answer.body.contains("Too many attempts. Try again in 1 second."),
            "{name}: {}",
            answer.body
        );
    }
    world.wait(2);
    assert_eq!(stranger.sign_in("ADA", PASSWORD).await.status, 303);
    let log = world.catalog.audit_log(None, 100).await.unwrap();
    assert_eq!(
        log.iter().filter(|line| line.action == "session.refused").count(),
        15
    );
    assert!(log.iter().all(|line| !line.subject.contains("password")));
}

#[tokio::test]
async fn signing_out_ends_this_session_or_all() {
    let (world, one) = World::with_admin().await;
    let two = world.browser();
    two.sign_in("ada", PASSWORD).await;
    assert_eq!(two.post("/sign-out", &[]).await.header("location"), "/sign-in");
    assert_eq!(two.get("/").await.status, 303);
    assert_eq!(one.get("/").await.status, 200);
    two.sign_in("ada", PASSWORD).await;
    one.post("/account/sign-out-everywhere", &[]).await;
    assert_eq!((one.get("/").await.status, two.get("/").await.status), (303, 303));
}

#[tokio::test]
async fn a_new_password_signs_out_every_other_browser() {
    let (world, one) = World::with_admin().await;
    let two = world.browser();
    two.sign_in("ada", PASSWORD).await;
    let new = "another horse battery";
    let wrong = [("old", "not the password"), ("new", new), ("again", new)];
    let refused = one.post("/account/password", &wrong).await;
    assert!(
        refused.body.contains("This is not your present password"),
        "{}",
        refused.body
    );
    let short = [("old", PASSWORD), ("new", "short"), ("again", "short")];
    let refused = one.post("/account/password", &short).await;
    assert!(
        refused.body.contains("aria-describedby=\"new-help new-errors\""),
        "{}",
        refused.body
    );
    let right = [("old", PASSWORD), ("new", new), ("again", new)];
    assert_eq!(
        one.post("/account/password", &right).await.header("location"),
        "/account?done=password"
    );
    assert_eq!((one.get("/").await.status, two.get("/").await.status), (200, 303));
    assert_eq!(two.sign_in("ada", PASSWORD).await.status, 422);
    assert_eq!(two.sign_in("ada", new).await.status, 303);
}

#[tokio::test]
async fn sessions_end_after_a_night_without_a_visit() {
    let (world, browser) = World::with_admin().await;
    world.wait(11 * 3600);
    assert_eq!(browser.get("/").await.status, 200);
    world.wait(13 * 3600);
    assert_eq!(browser.get("/").await.status, 303);
}

#[tokio::test]
async fn nothing_that_was_typed_breaks_out_of_a_page() {
    let (world, browser) = World::with_admin().await;
    let new = NewDestination {
        name: Some(NAUGHTY.to_owned()),
        description: Some(NAUGHTY.to_owned()),
        properties: DestinationProperties::default(),
        form: Form::Incomplete,
        unmapped_sources: UnmappedSources::Leave,
        most_destinations: 10,
    };
    let act = Act {
        who: "tester",
        at: Timestamp::from_millis(1),
    };
    world.catalog.create_destination(&new, act).await.unwrap();
    let mut pages = Vec::new();
    for path in ["/", "/destinations"] {
        let page = browser.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(page.body.contains("{{7*7}}"), "{path} shows the name");
        pages.push(page.body);
    }
    let stranger = world.browser();
    pages.push(stranger.sign_in(NAUGHTY, NAUGHTY).await.body);
    pages.push(
        stranger
            .get("/sign-in?back=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
            .await
            .body,
    );
    for page in pages {
        assert!(
            !page.contains("<script>") && !page.contains("<img src=x"),
            "{page}"
        );
    }
}

#[tokio::test]
async fn over_tls_the_cookie_is_bound_to_the_host() {
    let world = World::new(Some("https://landfall.example.com/")).await;
    let browser = world.browser();
    let form = world.first_run(&world.code);
    let made = browser
        .post_as_it_is("/setup", &form, Some("https://landfall.example.com"))
        .await;
    let cookie = made.header("set-cookie");
    assert!(
        cookie.starts_with("__Host-landfall_session=") && cookie.ends_with("; Secure"),
        "{cookie}"
    );
    assert_eq!(made.header("strict-transport-security"), "max-age=31536000");
    assert_eq!(browser.get("/").await.status, 200);
}
