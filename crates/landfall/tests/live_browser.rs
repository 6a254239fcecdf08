//! Pages that stay open, and what a keyboard and a screen reader have of them, in Chromium.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub,
    dead_code,
    reason = "a test whose world can't be built has failed"
)]

#[path = "support/chromium.rs"]
mod chromium;
#[path = "support/server.rs"]
mod server;

use chromium::Chromium;
use serde_json::{Value, json};
use server::{Server, Site, batch, wait_until};

const PASSWORD: &str = "correct horse battery";
const TAB: &str = "\u{E004}";
const ENTER: &str = "\u{E007}";
/// Rows wait for so long that they load only when they are told to.
const SLOW: [&str; 2] = ["--batch-wait-seconds", "300"];

struct Visit {
    site: Site,
    server: Server,
    browser: Chromium,
    home: String,
}

impl Visit {
    /// With a folder that is connected, and an administrator who is signed in.
    fn new() -> Self {
        let site = Site::new();
        let server = site.start(&SLOW);
        let home = format!("http://{}", server.address);
        let browser = Chromium::start();
        let code = server.setup_code.as_deref().unwrap();
        browser.open(&format!("{home}/setup?code={code}"));
        browser.wait_for("/setup");
        browser.type_into("#user", "ada");
        browser.type_into("#password", PASSWORD);
        browser.type_into("#again", PASSWORD);
        browser.click("main button");
        browser.wait_for("/");
        server.set_up_destination(&site);
        Self {
            site,
            server,
            browser,
            home,
        }
    }

    fn open(&self, path: &str) {
        self.browser.open(&format!("{}{path}", self.home));
        self.browser.wait_for(path.split('?').next().unwrap());
    }

    fn text(&self, selector: &str) -> String {
        let selector = json!(selector);
        let script = format!("return document.querySelector({selector})?.textContent ?? ''");
        self.browser.run(&script).as_str().unwrap().to_owned()
    }

    #[track_caller]
    fn wait_for_text(&self, selector: &str, wanted: &str) {
        wait_until(wanted, || self.text(selector).contains(wanted));
    }

    /// What has the focus: name of the element, and the beginning of its text.
    fn focus(&self) -> String {
        let script = "const one = document.activeElement; \
            return `${one.localName}#${one.id} ${one.textContent.trim().slice(0, 40)}`";
        self.browser.run(script).as_str().unwrap().to_owned()
    }

    /// How what has the focus is outlined.
    fn outline(&self) -> Value {
        self.browser
            .run("return getComputedStyle(document.activeElement).outlineStyle")
    }

    #[track_caller]
    fn wait_for_focus(&self, wanted: &str) {
        wait_until(wanted, || self.focus().starts_with(wanted));
    }

    /// Notes from here on what the announcer is given.
    fn listen(&self) {
        self.browser.run(
            "window.said = []; const announcer = document.getElementById('announcer'); \
             new MutationObserver(() => { if (announcer.textContent) said.push(announcer.textContent); }) \
             .observe(announcer, {childList: true})",
        );
    }

    fn said(&self) -> Value {
        self.browser.run("return window.said")
    }

    fn sign_in(&self) {
        self.browser.type_into("#user", "ada");
        self.browser.type_into("#password", PASSWORD);
        self.browser.click("main button");
    }

    /// Ends the session as another window of the browser would.
    fn sign_out_elsewhere(&self) {
        self.browser.run(
            "const csrf = document.querySelector('input[name=csrf]').value; \
             return fetch('/sign-out', {method: 'POST', body: new URLSearchParams({csrf})}).then(() => null)",
        );
    }

    fn push(&self, token: &str, ids: std::ops::Range<u64>) {
        self.server.push(token, &batch("orders", ids)).unwrap().ok();
    }
}

#[test]
fn the_focus_goes_to_what_a_form_led_to() {
    let visit = Visit::new();
    let browser = &visit.browser;
    // The first run was a form.
    visit.wait_for_focus("h1# Home");
    assert_eq!(visit.outline(), "none", "a pointer sent it");
    visit.open("/destinations/1");
    assert!(visit.focus().starts_with("body"), "no form led here");
    browser.click(".page-head form button");
    visit.wait_for_focus("div# Loading is paused.");
    let banner = browser.run(
        "const one = document.activeElement; return [one.getAttribute('role'), \
         document.getElementById(one.getAttribute('aria-labelledby')).textContent, location.search, scrollY]",
    );
    assert_eq!(
        banner,
        json!(["group", "Loading is paused. Data that arrives waits.", "", 0])
    );
    browser.press(TAB);
    assert_eq!(visit.focus(), "a# Destinations");
    browser.inspect("destination-paused");

    browser.run("location.reload()");
    wait_until("the page is loaded again", || {
        browser.run("return document.readyState === 'complete' && !document.querySelector('main > .banner')")
            == true
    });
    assert!(visit.focus().starts_with("body"), "{}", visit.focus());

    visit.open("/account");
    browser.type_into("#old", "not the password");
    browser.type_into("#new", "another horse battery");
    browser.type_into("#again", "another horse battery");
    browser.press(ENTER);
    visit.wait_for_focus("div#error-summary");

    browser.click(".user-menu summary");
    browser.click(".user-menu button");
    browser.wait_for("/sign-in");
    visit.wait_for_focus("input#user");
    browser.type_into("#user", "ada");
    browser.type_into("#password", PASSWORD);
    browser.press(ENTER);
    browser.wait_for("/");
    visit.wait_for_focus("h1# Home");
    assert_eq!(visit.outline(), "solid", "a key sent it");
    visit.server.kill();
}

#[test]
fn a_heading_keeps_the_focus_while_the_page_around_it_changes() {
    let visit = Visit::new();
    visit.wait_for_focus("h1# Home");
    visit.wait_for_text("#head", "Add an integration");
    let token = visit.server.set_up_source();
    visit.push(&token, 1..2);
    visit.wait_for_text("#head", "See the first rows land");
    assert!(visit.focus().starts_with("h1# Home"), "{}", visit.focus());
    visit.server.kill();
}

#[test]
fn an_open_page_tells_what_becomes_of_rows() {
    let visit = Visit::new();
    let token = visit.server.set_up_source();
    visit.push(&token, 1..2);
    wait_until("the row is counted", || {
        let stats = visit.server.manage("GET", "/v4/sources/1/stats", None).json();
        stats["rows_to_be_loaded"] == 1
    });
    visit.open("/integrations/1");
    visit.push(&token, 2..4);
    visit.wait_for_text("#news", "2 more rows received.");

    let bucket = visit.site.bucket();
    let away = bucket.with_file_name("away");
    std::fs::rename(&bucket, &away).unwrap();
    visit.browser.click("#tiles button");
    visit.wait_for_focus("div# Loading was asked for.");
    assert_eq!(visit.browser.run("return location.search"), "");
    visit.wait_for_text("#news", "Held up: ");
    std::fs::rename(&away, &bucket).unwrap();
    visit.server.check_destination();
    wait_until("landed", || visit.site.lines("shop/orders").len() == 3);
    visit.wait_for_text("#news", "3 rows landed in lake.");
    assert!(visit.text("main > .banner").contains("Loading was asked for."));
    visit.server.kill();
}

#[test]
fn an_open_page_tells_of_rows_that_were_all_rejected() {
    let visit = Visit::new();
    let token = visit.server.set_up_source();
    visit.open("/integrations/1");
    let body = json!({
        "table_name": "orders",
        "key_names": ["id"],
        "schema": {"properties": {"id": {"type": "integer"}}},
        "messages": [{"action": "upsert", "sequence": 1, "data": {"id": 1, "_sdc_batched_at": "mine"}}],
    });
    visit.server.push(&token, &body.to_string()).unwrap().ok();
    visit.wait_for_text("#tiles", "row, in 1 table");
    visit.browser.click("#tiles button");
    visit.wait_for_text("#news", "1 row was rejected: see Rejected records.");
    visit.server.kill();
}

#[test]
fn an_open_page_says_that_its_session_has_ended_and_what_is_sent_is_not_done() {
    let visit = Visit::new();
    let browser = &visit.browser;
    let token = visit.server.set_up_source();
    visit.push(&token, 1..2);
    visit.open("/integrations/1?range=this_period");
    visit.wait_for_text("#tiles", "row, in 1 table");
    visit.listen();
    visit.sign_out_elsewhere();
    visit.wait_for_text("#notice", "You are signed out: what is shown here is from ");
    browser.inspect("integration-signed-out");
    assert_eq!(
        browser.run("return document.querySelector('#notice a').getAttribute('href')"),
        "/sign-in?back=%2Fintegrations%2F1%3Frange%3Dthis_period"
    );
    let said = visit.said();
    assert!(
        said.as_array().is_some_and(|said| said.len() == 1),
        "it is told once: {said}"
    );

    // In another window.
    browser.run(&format!(
        "const who = new URLSearchParams({{user: 'ada', password: '{PASSWORD}'}}); \
         return fetch('/sign-in', {{method: 'POST', body: who}}).then(() => null)"
    ));
    wait_until("the notice is gone", || visit.text("#notice").is_empty());
    visit.wait_for_text(
        "#announcer",
        "You are signed in again: what is shown here is up to date.",
    );
    browser.click("#tiles button");
    visit.wait_for_focus("div# Loading was asked for.");

    visit.open("/destinations/1");
    visit.sign_out_elsewhere();
    browser.click(".page-head form button");
    browser.wait_for("/sign-in");
    visit.wait_for_text(".banner", "what you sent was not done");
    visit.wait_for_text(
        "#announcer",
        "You were signed out: what you sent was not done. Sign in, and do it again.",
    );
    visit.wait_for_focus("input#user");
    browser.inspect("sign-in-undone");
    visit.sign_in();
    browser.wait_for("/destinations/1");
    visit.wait_for_focus("h1# s3");
    assert_eq!(visit.text(".page-head form button"), "Pause", "it was not done");
    visit.server.kill();
}

#[test]
fn an_open_page_says_that_the_server_is_gone_and_that_it_is_back() {
    let visit = Visit::new();
    visit.server.set_up_source();
    visit.open("/integrations/1");
    visit.listen();
    let address = visit.server.address.clone();
    visit.server.kill();
    let (browser, site) = (visit.browser, visit.site);
    let text = |selector: &str| {
        let script = format!("return document.querySelector('{selector}')?.textContent ?? ''");
        browser.run(&script).as_str().unwrap().to_owned()
    };
    wait_until("the page says that the server is gone", || {
        text("#notice").contains("The server does not answer: what is shown here is from ")
    });
    browser.inspect("integration-server-gone");
    let server = site.start_at(&address);
    wait_until("the page says that it is back", || text("#notice").is_empty());
    wait_until("it is told", || {
        text("#announcer") == "The server answers again: what is shown here is up to date."
    });
    server.kill();
}

#[test]
fn check_now_tells_its_result_once_and_keeps_the_focus() {
    let visit = Visit::new();
    let browser = &visit.browser;
    visit.open("/destinations/1");
    visit.listen();
    browser.run("document.querySelector('form[data-check] button').focus()");
    let check = |result: &str| {
        browser.run("said.length = 0");
        browser.press(ENTER);
        wait_until(result, || {
            let said = visit.said();
            said.as_array()
                .unwrap()
                .last()
                .is_some_and(|last| last.as_str().unwrap().starts_with(result))
        });
        wait_until("the check is over", || {
            visit.text("form[data-check] button") == "Check now"
        });
        assert!(
            visit.focus().starts_with("button# Check now"),
            "{}",
            visit.focus()
        );
        let said = visit.said();
        let results = said.as_array().unwrap().iter();
        let results = results.filter(|one| one.as_str().unwrap().starts_with("The check has"));
        assert_eq!(results.count(), 1, "{said}");
    };
    check("The check has succeeded");
    let bucket = visit.site.bucket();
    let away = bucket.with_file_name("away");
    std::fs::rename(&bucket, &away).unwrap();
    check("The check has failed");
    visit.wait_for_text("#check", "Remedy:");
    visit.wait_for_text("#head .badge", "Failing");
    browser.inspect("destination-check-failed");
    std::fs::rename(&away, &bucket).unwrap();
    browser.run("document.querySelector('form[data-check] button').focus()");
    check("The check has succeeded");
    wait_until("the destination works", || visit.text("#head .badge") == "Active");
    visit.server.kill();
}
