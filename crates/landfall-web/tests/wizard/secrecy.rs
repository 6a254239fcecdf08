//! The name of the challenge file is shown once, to whoever made it, and never again (setup-flow.md §5.3).

use std::io::Write;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use crate::trip::{Trip, name_in};
use crate::world::{PASSWORD, World};

const PAGES: [&str; 14] = [
    "/",
    "/destinations",
    "/destinations/new",
    "/destinations/new/settings",
    "/destinations/1",
    "/destinations/1/edit",
    "/destinations/1/policy",
    "/destinations/1/remove",
    "/destinations/1/setup/settings",
    "/destinations/1/setup/key",
    "/destinations/1/setup/verify",
    "/destinations/1/setup/verify?form=terraform",
    "/destinations/1/setup/check",
    "/destinations/1/setup/progress",
];

/// Everything that is logged, by everybody, on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn start() -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(move || writer.clone())
            .finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

async fn assert_unseen(trip: &Trip, name: &str, when: &str) {
    for path in PAGES {
        let answer = trip.show(path).await;
        assert!(answer.status < 400, "{when}: {path} {}", answer.status);
        assert!(!answer.body.contains(name), "{when}: {path} shows the name");
        assert!(!format!("{:?}", answer.headers).contains(name), "{when}: {path}");
        // Neither does any later part of it.
        assert_eq!(name_in(&answer.body), None, "{when}: {path}");
    }
}

async fn audit_text(world: &World) -> String {
    let lines = world.catalog.audit_log(None, 1000).await.unwrap();
    lines.iter().map(|line| format!("{line:?}\n")).collect()
}

#[tokio::test]
async fn the_name_stays_while_its_screen_stays_and_is_gone_when_it_is_left() {
    let (log, _guard) = Log::start();
    let trip = Trip::begin().await;
    let name = trip.make_destination().await;
    let verify = "/destinations/1/setup/verify";
    for still_there in [
        verify,
        "/destinations/1/setup/verify?form=aws-cli&partition=aws-cn",
    ] {
        let screen = trip.browser.get(still_there).await;
        assert!(screen.body.contains(&name), "{still_there}");
        assert!(screen.body.contains(&format!("download=\"{name}\"")));
        let command = format!("aws s3api put-object --bucket com-test-stitch-bucket --key {name}");
        assert!(screen.body.contains(&command));
        assert_eq!(screen.header("cache-control"), "no-store");
    }
    // A check that fails leaves it on the screen.
    let started = trip.post_staying("/destinations/1/setup/check", &[]).await;
    assert_eq!(started.header("location"), "/destinations/1/setup/check");
    let panel = trip.wait_for_check().await;
    assert!(
        panel.body.contains("The challenge file is not in the bucket."),
        "{}",
        panel.body
    );
    assert!(!panel.body.contains(&name));

    assert!(trip.browser.get(verify).await.body.contains(&name));
    trip.browser.get("/account").await;
    assert_unseen(&trip, &name, "after another page").await;
    let screen = trip.browser.get(verify).await;
    assert!(
        screen
            .body
            .contains("The name of the challenge file is set, and can't be shown")
    );
    assert!(!log.text().contains(&name), "the log has it");
    assert!(
        !audit_text(&trip.world).await.contains(&name),
        "the audit log has it"
    );
}

#[tokio::test]
async fn what_scripts_ask_for_late_or_in_other_tabs_does_not_take_the_name_away() {
    let trip = Trip::begin().await;
    trip.send_settings(&[]).await;
    trip.send_key("/destinations/new/key", crate::trip::KEY).await;
    for path in ["/", "/destinations/1"] {
        let answer = trip.browser.get_by_script(path).await;
        assert_eq!(name_in(&answer.body), None, "{path}");
    }
    let screen = trip.browser.get("/destinations/1/setup/verify").await;
    assert!(name_in(&screen.body).is_some(), "it was not seen yet");
}

#[tokio::test]
async fn nobody_else_sees_the_name() {
    let trip = Trip::begin().await;
    trip.send_settings(&[]).await;
    trip.send_key("/destinations/new/key", crate::trip::KEY).await;
    let other = trip.world.browser();
    assert_eq!(other.sign_in("ada", PASSWORD).await.status, 303);
    let screen = other.get("/destinations/1/setup/verify").await;
    assert_eq!(name_in(&screen.body), None, "another session of the same user");
    let screen = trip.browser.get("/destinations/1/setup/verify").await;
    assert!(name_in(&screen.body).is_some(), "the session that made it");
}

#[tokio::test]
async fn after_success_the_name_is_gone_even_from_its_own_screen() {
    let (log, _guard) = Log::start();
    let trip = Trip::begin().await;
    trip.bucket.is_file_there.store(true, Ordering::Relaxed);
    let name = trip.make_destination().await;
    let started = trip.post_staying("/destinations/1/setup/check", &[]).await;
    assert_eq!(started.status, 303);
    trip.wait_for_check().await;
    let screen = trip.browser.get("/destinations/1/setup/check").await;
    let ended = trip.browser.get("/destinations/1/setup/done").await;
    for answer in [&screen, &ended] {
        assert!(!answer.body.contains(&name));
    }
    assert_unseen(&trip, &name, "after success").await;
    assert!(!log.text().contains(&name), "the log has it");
}

#[tokio::test]
async fn a_new_name_replaces_the_old_one_and_is_shown_once() {
    let trip = Trip::begin().await;
    let old = trip.make_destination().await;
    let form = [("wish", "new")];
    let made = trip.browser.post("/destinations/1/setup/challenge", &form).await;
    assert_eq!(made.header("location"), "/destinations/1/setup/verify#challenge");
    let screen = trip.browser.get("/destinations/1/setup/verify").await;
    let new = name_in(&screen.body).unwrap();
    assert_ne!(old, new);
    assert!(!screen.body.contains(&old));
    trip.browser.get("/").await;
    assert_unseen(&trip, &new, "after the start page").await;
}

#[tokio::test]
async fn a_name_that_the_user_has_is_never_shown() {
    let (log, _guard) = Log::start();
    let trip = Trip::begin().await;
    trip.make_destination().await;
    let mine = "stitch-challenge-file-0mine";
    let form = [("wish", "existing"), ("existing", mine)];
    let taken = trip.browser.post("/destinations/1/setup/challenge", &form).await;
    assert_eq!(taken.header("location"), "/destinations/1/setup/check");
    assert!(!taken.body.contains(mine));
    assert_unseen(&trip, mine, "after it was given").await;
    assert!(!log.text().contains(mine), "the log has it");
}

#[tokio::test]
async fn credentials_are_never_sent_back() {
    let (log, _guard) = Log::start();
    let trip = Trip::begin().await;
    let secrets = [
        ("aws_auth_mode", "static"),
        ("aws_access_key_id", "AKIATHEIDOFTHEKEY"),
        ("aws_secret_access_key", "the-secret-of-the-key"),
        ("aws_session_token", "the-token-of-the-key"),
    ];
    let refused = trip
        .send_settings(&[&secrets[..], &[("s3_bucket", "ab")]].concat())
        .await;
    let mut pages = vec![refused.body, trip.show("/destinations/new/settings").await.body];
    let judged = trip
        .send_settings_to("/destinations/new/validate", &[("aws_auth_mode", "static")])
        .await;
    assert_eq!(judged.body, r#"{"errors":{},"use_name":null}"#);
    // What was typed is kept all the same: only the bucket is mended.
    trip.make_destination_with(&[("aws_auth_mode", "static")]).await;
    for path in PAGES {
        pages.push(trip.show(path).await.body);
    }
    pages.push(log.text());
    for page in pages {
        for (_, secret) in &secrets[1..] {
            assert!(!page.contains(secret), "{secret} in {page}");
        }
    }
}
