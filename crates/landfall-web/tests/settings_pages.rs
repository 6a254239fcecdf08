//! Notifications and settings over HTTP, as a browser without JavaScript has them.
#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    dead_code,
    reason = "a test whose world can't be built has failed"
)]

#[path = "pages/ledger.rs"]
mod ledger;
#[path = "pages/world.rs"]
mod world;

use std::time::Duration;

use landfall_catalog::{Delivery, Event, Finding};
use landfall_core::ids::{DestinationId, SourceId};
use landfall_core::time::Timestamp;
use ledger::{LOAD, connect, land};
use world::{Answer, Browser, NOW, PASSWORD, World};

const NAUGHTY: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}";
const HOOK: &str = "https://hooks.example.com/services/T1?key=hidden-key";
const SETTINGS: [&str; 8] = [
    "/settings/access-keys",
    "/settings/users",
    "/settings/webhooks",
    "/settings/event-webhooks",
    "/settings/mail",
    "/settings/retention",
    "/settings/audit",
    "/settings/about",
];

fn now() -> Timestamp {
    Timestamp::from_millis(NOW)
}

async fn body(browser: &Browser, path: &str) -> String {
    let answer = browser.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    answer.body
}

/// Sends a form that is accepted, and gives the page it leads to.
async fn done(browser: &Browser, path: &str, fields: &[(&str, &str)]) -> String {
    let answer = browser.post(path, fields).await;
    assert_eq!(answer.status, 303, "{path} {fields:?}: {}", answer.body);
    let to = answer.header("location").to_owned();
    body(browser, &to).await
}

/// Sends a form that is refused, with a message at one field.
async fn refused(
    browser: &Browser,
    path: &str,
    fields: &[(&str, &str)],
    field: &str,
    message: &str,
) -> Answer {
    let answer = browser.post(path, fields).await;
    assert_eq!(answer.status, 422, "{path} {fields:?}: {}", answer.body);
    let place = format!("id=\"{field}-errors\"");
    let after = answer.body.split(&place).nth(1);
    let after = after.unwrap_or_else(|| panic!("{path} {fields:?} lacks {place}: {}", answer.body));
    let list = after.split("</ul>").next().unwrap();
    assert!(list.contains(message), "{path} {fields:?}: {list}");
    answer
}

fn finding(event: Event, about: &str) -> Finding {
    Finding {
        event,
        subject: format!("{}/{about}", event.as_str()),
        about: about.to_owned(),
        destination: Some(DestinationId::new(1)),
        source: (event == Event::RecordsRejected).then(|| SourceId::new(1)),
        tables: vec![about.to_owned()],
        message: format!("It happened to {about}"),
        raw_error: Some(format!("word for word: {about}")),
        since: None,
    }
}

/// Something of everything, named `name`, with a delivered and a failed request to a webhook.
async fn fill(world: &World, admin: &Browser, name: &str) {
    connect(world, admin, name).await;
    assert_eq!(
        admin
            .post("/settings/access-keys", &[("description", name)])
            .await
            .status,
        303
    );
    let hook = [("url", HOOK), ("destination", "1")];
    done(admin, "/settings/webhooks", &hook).await;
    let events = [("url", HOOK), ("events", "destination.failing"), ("delay", "5")];
    assert_eq!(admin.post("/settings/event-webhooks", &events).await.status, 303);
    let server = [
        ("host", "mail.example.com"),
        ("username", name),
        ("password", "hidden-password"),
        ("from", "l@example.com"),
    ];
    done(admin, "/settings/mail/server", &server).await;
    done(
        admin,
        "/settings/mail/recipients",
        &[("email_address", "ops@example.com")],
    )
    .await;
    land(world, name).await;
    for failure in [Some(name), None] {
        let notices = world
            .catalog
            .claim_notices(now(), Duration::from_secs(60), 10)
            .await
            .unwrap();
        let delivery = match failure {
            Some(reason) => Delivery::Failed {
                reason: reason.to_owned(),
                again_at: now(),
            },
            None => Delivery::Delivered,
        };
        world
            .catalog
            .record_delivery(notices[0].id, &delivery, now())
            .await
            .unwrap();
    }
    let both = [
        finding(Event::DestinationFailing, name),
        finding(Event::RecordsRejected, name),
    ];
    world.catalog.settle_conditions(&both, now()).await.unwrap();
    world.catalog.settle_conditions(&both[..1], now()).await.unwrap();
}

/// Every page there is.
fn pages() -> Vec<String> {
    let more = [
        "/notifications",
        "/settings/webhooks/1",
        "/settings/webhooks/1?before=2",
        "/settings/audit?before=3",
    ];
    SETTINGS.into_iter().chain(more).map(str::to_owned).collect()
}

#[tokio::test]
async fn empty_pages_say_what_would_be_there() {
    let (_world, admin) = World::with_admin().await;
    assert_eq!(
        admin.get("/settings").await.header("location"),
        "/settings/access-keys"
    );
    let cases = [
        ("/notifications", "Nothing needs you"),
        ("/settings/access-keys", "No access key yet"),
        (
            "/settings/users",
            "<span>ada <span class=\"sub\">You</span></span>",
        ),
        ("/settings/webhooks", "No post-load webhook yet"),
        (
            "/settings/webhooks",
            "<a href=\"/destinations\">connect one</a> first",
        ),
        ("/settings/event-webhooks", "No event webhook yet"),
        ("/settings/mail", "Mail is off: there is no mail server yet."),
        ("/settings/mail", "No recipient yet"),
        ("/settings/retention", "keep_unloaded_days"),
        ("/settings/audit", "user.create"),
        ("/settings/about", "Apache-2.0"),
        ("/settings/about", "<code>1000</code>"),
    ];
    for (path, part) in cases {
        let page = body(&admin, path).await;
        assert!(page.contains(part), "{path} lacks {part}: {page}");
        assert!(!page.contains("class=\"count\""), "{path}");
    }
    assert_eq!(admin.get("/settings/audit?before=0").await.status, 200);
    assert_eq!(admin.get("/settings/webhooks/9").await.status, 404);
    assert_eq!(admin.get("/settings/users/9").await.status, 404);
}

#[tokio::test]
async fn notifications_are_counted_in_the_navigation_told_and_dismissed() {
    let (world, admin) = World::with_admin().await;
    fill(&world, &admin, "orders").await;
    let page = body(&admin, "/notifications").await;
    for part in [
        "<span class=\"count\">1<span class=\"visually-hidden\"> to look at</span></span>",
        "We&#39;re having trouble writing",
        "Critical</span>",
        "<code class=\"code-line\">destination.failing</code>",
        "It happened to orders",
        "View details",
        "word for word: orders",
        "id=\"resolved-title\"",
        "/integrations/1/rejects",
        "Resolved <time",
        "Nobody gets mail",
    ] {
        // Of the two conditions one is over; a server and a recipient are set.
        let is_there = page.contains(part);
        assert_eq!(is_there, part != "Nobody gets mail", "{part}: {page}");
    }
    assert!(
        body(&admin, "/settings/about")
            .await
            .contains("class=\"count\">1")
    );
    let page = done(&admin, "/notifications/1/dismiss", &[]).await;
    assert!(
        page.contains("off the list") && page.contains("Nothing needs you"),
        "{page}"
    );
    assert!(!page.contains("class=\"count\""), "{page}");
    assert_eq!(admin.post("/notifications/1/dismiss", &[]).await.status, 404);
}

#[tokio::test]
async fn an_access_key_is_shown_once_and_switched() {
    let (_world, admin) = World::with_admin().await;
    let path = "/settings/access-keys";
    let long = "x".repeat(201);
    for text in ["", " ", &long] {
        refused(
            &admin,
            path,
            &[("description", text)],
            "description",
            "1 to 200 characters",
        )
        .await;
    }
    let made = admin.post_and_follow(path, &[("description", "CI")]).await;
    assert_eq!(made.status, 200);
    let again = body(
        &admin,
        admin.get("/settings/access-keys/new").await.header("location"),
    )
    .await;
    assert!(
        again.contains("was shown once") && again.contains("make another one below"),
        "{again}"
    );
    let key = made
        .body
        .split("<code>ac_")
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap();
    let key = format!("ac_{key}");
    assert_eq!(key.len(), 46);
    let list = body(&admin, path).await;
    assert!(
        list.contains(&format!("ac_…{}", &key[42..])) && !list.contains(&key),
        "{list}"
    );
    assert!(list.contains("<td data-label=\"By\">user "), "{list}");
    // The last key that works can't be switched off, lest nothing can manage the instance.
    for act in ["disable", "delete"] {
        let kept = admin.post(&format!("{path}/1/{act}"), &[]).await;
        assert_eq!(kept.status, 422, "{act}");
        assert!(
            kept.body
                .contains("The last enabled access key cannot be disabled or deleted."),
            "{}",
            kept.body
        );
    }
    admin.post(path, &[("description", "other")]).await;
    assert!(
        done(&admin, "/settings/access-keys/1/disable", &[])
            .await
            .contains("The key is disabled.")
    );
    assert!(
        done(&admin, "/settings/access-keys/1/enable", &[])
            .await
            .contains("The key is enabled.")
    );
    assert!(
        done(&admin, "/settings/access-keys/1/delete", &[])
            .await
            .contains("The key is deleted.")
    );
    assert_eq!(
        admin.post("/settings/access-keys/1/delete", &[]).await.status,
        404
    );
    assert_eq!(
        admin.post("/settings/access-keys/2/explode", &[]).await.status,
        404
    );
    for number in 0..9 {
        admin.post(path, &[("description", &number.to_string())]).await;
    }
    refused(
        &admin,
        path,
        &[("description", "eleventh")],
        "description",
        "At most 10 access keys are allowed.",
    )
    .await;
}

#[tokio::test]
async fn users_are_added_changed_and_removed_but_never_the_last_administrator() {
    let (world, admin) = World::with_admin().await;
    let path = "/settings/users";
    let user = |name: &'static str, role: &'static str, password: &'static str, again: &'static str| {
        [
            ("user", name),
            ("role", role),
            ("password", password),
            ("again", again),
        ]
    };
    let cases = [
        (
            user("", "viewer", PASSWORD, PASSWORD),
            "user",
            "Enter a user name",
        ),
        (
            user("a b", "viewer", PASSWORD, PASSWORD),
            "user",
            "may only contain",
        ),
        (
            user("ADA", "viewer", PASSWORD, PASSWORD),
            "user",
            "There is a user ada already",
        ),
        (
            user("bob", "king", PASSWORD, PASSWORD),
            "role",
            "A user is an admin or a viewer",
        ),
        (
            user("bob", "viewer", "short", "short"),
            "password",
            "at least 12 characters",
        ),
        (
            user("bob", "viewer", PASSWORD, "else"),
            "password",
            "not the same",
        ),
    ];
    for (form, field, message) in cases {
        let answer = refused(&admin, path, &form, field, message).await;
        assert!(!answer.body.contains(PASSWORD), "passwords are never sent back");
    }
    for (act, field) in [("role", "role"), ("remove", "confirm")] {
        let form = [("role", "viewer"), ("confirm", "ada")];
        refused(
            &admin,
            &format!("{path}/1/{act}"),
            &form,
            field,
            "This is the last administrator",
        )
        .await;
    }
    let page = done(&admin, path, &user("Bob", "viewer", PASSWORD, PASSWORD)).await;
    assert!(
        page.contains("The user is added.") && page.contains("<span>bob</span>"),
        "{page}"
    );
    let bob = world.browser();
    assert_eq!(bob.sign_in("bob", PASSWORD).await.status, 303);
    assert_eq!(bob.get("/settings/users/2").await.status, 403);
    assert!(
        done(&admin, "/settings/users/2/role", &[("role", "admin")])
            .await
            .contains("The role is changed.")
    );
    assert_eq!(bob.get("/settings/users/2").await.status, 200);

    let reset = "/settings/users/2/password";
    refused(
        &admin,
        reset,
        &[("password", "bob"), ("again", "bob")],
        "password",
        "at least 12",
    )
    .await;
    let other = "another horse battery";
    assert!(
        done(&admin, reset, &[("password", other), ("again", other)])
            .await
            .contains("signed out everywhere")
    );
    assert_eq!(bob.get("/").await.header("location"), "/sign-in");
    assert_eq!(bob.sign_in("bob", other).await.status, 303);
    let own = admin
        .post(
            "/settings/users/1/password",
            &[("password", other), ("again", other)],
        )
        .await;
    assert_eq!(
        own.header("location"),
        "/account",
        "one's own password takes the present one"
    );

    refused(
        &admin,
        "/settings/users/2/remove",
        &[("confirm", "ada")],
        "confirm",
        "This is not the name",
    )
    .await;
    assert!(
        done(&admin, "/settings/users/2/remove", &[("confirm", "Bob")])
            .await
            .contains("The user is removed")
    );
    assert_eq!(bob.get("/").await.header("location"), "/sign-in");
    assert_eq!(
        admin
            .post("/settings/users/2/role", &[("role", "admin")])
            .await
            .status,
        404
    );
    let audit = body(&admin, "/settings/audit").await;
    for action in ["user.create", "user.role", "user.password", "user.delete"] {
        assert!(audit.contains(action), "{action}: {audit}");
    }
    assert!(audit.contains("user ada"), "{audit}");
}

#[tokio::test]
async fn a_post_load_webhook_is_added_and_tells_what_became_of_its_requests() {
    let (_world, admin) = World::with_admin().await;
    let path = "/settings/webhooks";
    let alone = admin.post(path, &[("url", HOOK), ("destination", "1")]).await;
    assert!(
        alone.status == 422 && alone.body.contains("Connect a destination first"),
        "{}",
        alone.body
    );
    let (world, admin) = World::with_admin().await;
    fill(&world, &admin, "orders").await;
    for destination in ["", "9", "x"] {
        let form = [("url", HOOK), ("destination", destination)];
        refused(&admin, path, &form, "destination", "Choose a destination").await;
    }
    for url in ["", "hooks.example.com", "http://hooks.example.com"] {
        let answer = refused(
            &admin,
            path,
            &[("url", url), ("destination", "1")],
            "url",
            "begins with https://",
        )
        .await;
        assert!(
            answer.body.contains(&format!("value=\"{url}\"")),
            "{url} stays typed"
        );
    }
    let log = body(&admin, "/settings/webhooks/1").await;
    for part in [
        "Failed</span> <span class=\"sub\">orders",
        "Delivered</span>",
        "orders/orders</a>",
        &format!("/loads/{LOAD}"),
    ] {
        assert!(log.contains(part), "{part}: {log}");
    }
    let replay = "/settings/webhooks/1/replay";
    for since in ["", "yesterday", "2026-02-30"] {
        refused(
            &admin,
            replay,
            &[("since", since)],
            "since",
            "Enter a day or an instant",
        )
        .await;
    }
    assert!(
        done(&admin, replay, &[("since", "2026-01-05")])
            .await
            .contains("1 request lined up to be sent again.")
    );
    assert!(
        done(&admin, replay, &[("since", "2100-01-01T00:00:00Z")])
            .await
            .contains("Nothing was sent since then")
    );
    assert!(
        done(&admin, "/settings/webhooks/1/disable", &[])
            .await
            .contains("The webhook is disabled.")
    );
    assert!(
        done(&admin, "/settings/webhooks/1/enable", &[])
            .await
            .contains("The webhook is enabled.")
    );
    for _ in 0..9 {
        done(&admin, path, &[("url", HOOK), ("destination", "1")]).await;
    }
    refused(
        &admin,
        path,
        &[("url", HOOK), ("destination", "1")],
        "url",
        "exceeded the limit of 10 hooks",
    )
    .await;
    assert!(
        done(&admin, "/settings/webhooks/1/delete", &[])
            .await
            .contains("The webhook is deleted.")
    );
    for gone in ["disable", "delete", "replay"] {
        let answer = admin
            .post(&format!("{path}/1/{gone}"), &[("since", "2026-01-05")])
            .await;
        assert_eq!(answer.status, 404, "{gone}");
    }
}

#[tokio::test]
async fn an_event_webhook_shows_its_secret_once_and_is_tried() {
    let (_world, admin) = World::with_admin().await;
    let path = "/settings/event-webhooks";
    let events = ("events", "destination.failing");
    refused(
        &admin,
        path,
        &[("url", HOOK)],
        "events",
        "Choose at least one event.",
    )
    .await;
    refused(
        &admin,
        path,
        &[("url", "x"), events],
        "url",
        "begins with https://",
    )
    .await;
    for delay in ["soon", "-1", "1441"] {
        let answer = refused(
            &admin,
            path,
            &[("url", HOOK), events, ("delay", delay)],
            "delay",
            "whole number of minutes",
        )
        .await;
        assert!(
            answer.body.contains("value=\"destination.failing\" checked"),
            "what is chosen stays"
        );
    }
    let made = admin
        .post_and_follow(
            path,
            &[
                ("url", HOOK),
                events,
                ("events", "buffer.pressure"),
                ("delay", "90"),
            ],
        )
        .await;
    assert_eq!(made.status, 200, "{}", made.body);
    let secret = made.body.split("id=\"secret\"").nth(1).unwrap();
    let secret = secret.split("<code>").nth(1).unwrap().split('<').next().unwrap();
    let list = body(&admin, path).await;
    assert!(!list.contains(secret) && list.contains("After 90 min"), "{list}");
    assert!(
        list.contains("<code class=\"key\">buffer.pressure</code>"),
        "{list}"
    );
    let failed = admin.post("/settings/event-webhooks/1/test", &[]).await;
    assert!(
        failed
            .body
            .contains("The test message was not taken. It answered 503."),
        "{}",
        failed.body
    );
    let taken = [("url", "https://taken.example.com"), events];
    assert_eq!(admin.post(path, &taken).await.status, 303);
    assert!(
        done(&admin, "/settings/event-webhooks/2/test", &[])
            .await
            .contains("The test message was taken.")
    );
    for (act, text) in [
        ("disable", "is disabled."),
        ("enable", "is enabled."),
        ("delete", "is deleted."),
    ] {
        let page = done(&admin, &format!("{path}/2/{act}"), &[]).await;
        assert!(page.contains(text), "{act}: {page}");
    }
    assert_eq!(
        admin.post("/settings/event-webhooks/2/test", &[]).await.status,
        404
    );
}

#[tokio::test]
async fn a_mail_server_keeps_its_password_to_itself() {
    let (_world, admin) = World::with_admin().await;
    let path = "/settings/mail/server";
    let test = "/settings/mail/test";
    let to = |address: &'static str| [("test_address", address)];
    let off = admin.post(test, &to("taken@example.com")).await;
    assert!(
        off.status == 422 && off.body.contains("There is no mail server yet: save one first."),
        "{}",
        off.body
    );
    let server = |host: &'static str, port: &'static str, password: &'static str| {
        [
            ("host", host),
            ("port", port),
            ("security", "starttls"),
            ("username", "u"),
            ("password", password),
            ("from", "l@example.com"),
        ]
    };
    let mail = "mail.example.com";
    refused(&admin, path, &server("", "", ""), "host", "Smtp needs a host").await;
    refused(&admin, path, &server("a b", "", ""), "host", "Smtp needs a host").await;
    for port in ["0", "65536", "smtp"] {
        refused(&admin, path, &server(mail, port, ""), "port", "from 1 to 65535").await;
    }
    refused(
        &admin,
        path,
        &[("host", mail), ("from", "nobody")],
        "from",
        "Smtp needs a from",
    )
    .await;
    let odd = [("host", mail), ("from", "l@example.com"), ("security", "ssl")];
    refused(&admin, path, &odd, "security", "starttls, tls or none").await;
    let kept = refused(
        &admin,
        path,
        &server(mail, "0", "hidden-password"),
        "port",
        "65535",
    )
    .await;
    assert!(
        !kept.body.contains("hidden-password"),
        "passwords are never sent back"
    );

    let page = done(&admin, path, &server(mail, "", "hidden-password")).await;
    assert!(
        page.contains("The mail server is saved.") && page.contains("value=\"587\""),
        "{page}"
    );
    assert!(
        page.contains("Leave it empty to keep") && !page.contains("hidden-password"),
        "{page}"
    );
    assert!(
        done(&admin, path, &server(mail, "2525", ""))
            .await
            .contains("The mail server is saved.</p>")
    );
    let page = done(&admin, path, &server("other.example.com", "", "")).await;
    assert!(
        page.contains("without a password") && page.contains("Only if the server asks"),
        "{page}"
    );

    refused(
        &admin,
        test,
        &to("nobody"),
        "test_address",
        "Enter a valid address",
    )
    .await;
    let no = "The mail server did not take it. It said &#60;b&#62;no&#60;/b&#62;.";
    refused(&admin, test, &to("ops@example.com"), "test_address", no).await;
    assert!(
        done(&admin, test, &to("taken@example.com"))
            .await
            .contains("took the test message")
    );
    assert!(
        done(&admin, "/settings/mail/off", &[])
            .await
            .contains("Mail is off. The mail server is forgotten.")
    );
}

#[tokio::test]
async fn mail_goes_to_ten_addresses_and_hides_what_it_is_told_to() {
    let (_world, admin) = World::with_admin().await;
    let path = "/settings/mail/recipients";
    for address in ["", "nobody", "a@b@c", "Ops <ops@example.com>"] {
        refused(
            &admin,
            path,
            &[("email_address", address)],
            "email_address",
            "Enter a valid address",
        )
        .await;
    }
    for number in 1..=10 {
        let address = format!("ops{number}@example.com");
        assert!(
            done(&admin, path, &[("email_address", &address)])
                .await
                .contains(&address)
        );
    }
    refused(
        &admin,
        path,
        &[("email_address", "ops@example.com")],
        "email_address",
        "There are ten addresses",
    )
    .await;
    for (act, text) in [
        ("disable", "is disabled."),
        ("enable", "is enabled."),
        ("delete", "is deleted."),
    ] {
        assert!(
            done(&admin, &format!("{path}/1/{act}"), &[]).await.contains(text),
            "{act}"
        );
    }
    let messages = "/settings/mail/messages";
    let page = done(
        &admin,
        messages,
        &[
            ("suppress_raw_errors", "yes"),
            ("row_budget", "5000000"),
            ("idle_days", "40"),
        ],
    )
    .await;
    assert!(
        page.contains("value=\"yes\" checked")
            && page.contains("value=\"5000000\"")
            && page.contains("value=\"40\""),
        "{page}"
    );
    refused(
        &admin,
        messages,
        &[("idle_days", "a while")],
        "idle_days",
        "whole number of days",
    )
    .await;
    for budget in ["0", "many", "-1", "1.5"] {
        refused(
            &admin,
            messages,
            &[("row_budget", budget)],
            "row_budget",
            "whole number of rows",
        )
        .await;
    }
    let page = done(&admin, messages, &[("row_budget", "")]).await;
    assert!(
        !page.contains("value=\"yes\" checked") && !page.contains("5000000"),
        "{page}"
    );
}

#[tokio::test]
async fn the_audit_log_names_people_programs_and_things() {
    let (_world, admin) = World::with_admin().await;
    let key = [("description", "Terraform")];
    admin.post_and_follow("/settings/access-keys", &key).await;
    let form = [
        ("type", "import_api"),
        ("display_name", "My Shop"),
        ("destination", ""),
    ];
    admin.post_and_follow("/integrations", &form).await;
    let rename = [("display_name", "Store")];
    done(&admin, "/integrations/1/rename", &rename).await;
    let log = body(&admin, "/settings/audit").await;
    for part in [
        "user ada",
        "Added an integration",
        "<a href=\"/integrations/1\">Store</a>",
        "Changed an integration",
        "no. 1 of Store",
        "access key Terraform (…",
        "<code>source.update</code>",
        "<code>display_name</code> My Shop → Store",
        "<code>password</code> changed (secret)",
    ] {
        assert!(log.contains(part), "{part}: {log}");
    }
}

#[tokio::test]
async fn the_audit_log_goes_on_page_by_page() {
    let (_world, admin) = World::with_admin().await;
    for _ in 0..30 {
        done(&admin, "/settings/mail/messages", &[]).await;
        done(&admin, "/settings/mail/off", &[]).await;
    }
    let first = body(&admin, "/settings/audit").await;
    assert_eq!(first.matches("<tr>").count(), 51, "a head and 50 lines");
    let older = first
        .split("rel=\"next\" href=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let second = body(&admin, older).await;
    assert!(
        second.contains("user.create") && second.contains(">Newest</a>"),
        "{second}"
    );
    assert!(!second.contains("rel=\"next\""), "{second}");
    assert_eq!(admin.get("/settings/audit?before=x").await.status, 400);
}

#[tokio::test]
async fn nothing_that_people_or_programs_name_breaks_out_of_a_page() {
    let (world, admin) = World::with_admin().await;
    fill(&world, &admin, NAUGHTY).await;
    for path in pages() {
        let page = body(&admin, &path).await;
        let is_safe = !page.contains("<script>") && !page.contains("<img src=x") && !page.contains(" style=");
        assert!(is_safe, "{path}: {page}");
    }
    let told = body(&admin, "/notifications").await;
    assert!(told.contains("word for word: &#60;script&#62;"), "{told}");
    for (path, field) in [
        ("/settings/access-keys", "description"),
        ("/settings/users", "user"),
        ("/settings/webhooks", "url"),
        ("/settings/event-webhooks", "url"),
        ("/settings/mail/server", "host"),
        ("/settings/mail/messages", "row_budget"),
        ("/settings/mail/messages", "idle_days"),
        ("/settings/mail/recipients", "email_address"),
        ("/settings/mail/test", "test_address"),
        ("/settings/webhooks/1/replay", "since"),
        ("/settings/users/1/remove", "confirm"),
    ] {
        let fields = [(field, NAUGHTY), ("destination", "1"), ("events", NAUGHTY)];
        let answer = admin.post(path, &fields).await;
        let is_safe = !answer.body.contains("<script>") && !answer.body.contains("<img src=x");
        assert!(
            is_safe && matches!(answer.status, 303 | 422),
            "{path}: {} {}",
            answer.status,
            answer.body
        );
    }
}

#[tokio::test]
async fn viewers_see_all_but_secrets_and_find_no_form() {
    let (world, admin) = World::with_admin().await;
    fill(&world, &admin, "orders").await;
    let viewer = world.viewer().await;
    for path in pages() {
        let page = body(&viewer, &path).await;
        for form in page.split("method=\"post\" action=\"").skip(1) {
            assert!(
                form.starts_with("/theme") || form.starts_with("/sign-out"),
                "{path} offers viewers {form}"
            );
        }
        for secret in ["hidden-key", "hidden-password", "/services/"] {
            assert!(!page.contains(secret), "{path} shows viewers {secret}");
        }
    }
    assert!(
        body(&viewer, "/settings/webhooks")
            .await
            .contains("https://hooks.example.com/…")
    );
    assert!(
        body(&viewer, "/settings/mail")
            .await
            .contains("mail.example.com:587, starttls")
    );
}
