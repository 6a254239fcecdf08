//! Notifications and settings in Chromium, in both themes and at 360 pixels.
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
use serde_json::json;
use server::{Server, Site, wait_until};

const PASSWORD: &str = "correct horse battery";
const LONG: &str = "a_name_without_any_blank_that_is_longer_than_a_phone_is_wide";

struct Desk {
    _site: Site,
    server: Server,
    browser: Chromium,
    home: String,
}

impl Desk {
    /// With a folder that is connected, and an administrator who is signed in.
    fn new() -> Self {
        let site = Site::new();
        let server = site.start(&["--batch-wait-seconds", "1", "--allow-insecure-webhooks"]);
        let home = format!("http://{}", server.address);
        let browser = Chromium::start();
        let code = server.setup_code.as_deref().unwrap();
        browser.open(&format!("{home}/setup?code={code}"));
        browser.wait_for("/setup");
        browser.type_into("#code", code);
        browser.type_into("#user", "ada");
        browser.type_into("#password", PASSWORD);
        browser.type_into("#again", PASSWORD);
        browser.click("main button");
        browser.wait_for("/");
        server.set_up_destination(&site);
        Self {
            _site: site,
            server,
            browser,
            home,
        }
    }

    fn open(&self, path: &str) {
        self.browser.open(&format!("{}{path}", self.home));
        self.browser.wait_for(path.split('?').next().unwrap());
    }

    fn inspect(&self, path: &str, name: &str) {
        self.open(path);
        self.browser.inspect(name);
    }

    fn text(&self, selector: &str) -> String {
        let script = format!(
            "return document.querySelector({})?.textContent ?? ''",
            json!(selector)
        );
        self.browser.run(&script).as_str().unwrap().to_owned()
    }

    fn wait_for_text(&self, selector: &str, wanted: &str) {
        wait_until(wanted, || self.text(selector).contains(wanted));
    }

    fn type_all(&self, fields: &[(&str, &str)]) {
        for (field, text) in fields {
            self.browser.type_into(field, text);
        }
    }
}

#[test]
fn an_administrator_settles_who_may_do_what_and_who_is_told() {
    let desk = Desk::new();
    let browser = &desk.browser;
    for (path, name) in [
        ("/notifications", "notifications-empty"),
        ("/settings/webhooks", "settings-webhooks-empty"),
        ("/settings/event-webhooks", "settings-event-webhooks-empty"),
        ("/settings/mail", "settings-mail-empty"),
        ("/settings/retention", "settings-retention"),
        ("/settings/about", "settings-about"),
    ] {
        desk.inspect(path, name);
    }
    assert!(desk.text("main").contains("data"), "the data folder is told");

    browser.open(&format!("{}/settings", desk.home));
    browser.wait_for("/settings/access-keys");
    browser.type_into("#description", LONG);
    browser.click("main .form-card .button-primary");
    wait_until("the key is shown", || desk.text("#secret").starts_with("ac_"));
    browser.inspect("settings-access-key-made");
    browser.click("main .secret .button-primary");
    desk.wait_for_text("main", LONG);
    browser.inspect("settings-access-keys");
    browser.click("details.confirm summary");
    browser.inspect("settings-access-key-delete");
    browser.click("details[open] form button");
    // Nothing could manage the instance without it.
    desk.wait_for_text(".banner", "The last enabled access key");

    desk.open("/settings/users");
    desk.type_all(&[("#user", LONG), ("#password", "short"), ("#again", "short")]);
    browser.click("main .form-card .button-primary");
    desk.wait_for_text("#password-errors", "at least 12");
    browser.inspect("settings-users-refused");
    desk.type_all(&[("#user", "vera"), ("#password", PASSWORD), ("#again", PASSWORD)]);
    browser.click("main .form-card .button-primary");
    desk.wait_for_text(".banner", "The user is added.");
    browser.inspect("settings-users");
    desk.inspect("/settings/users/2", "settings-user");

    desk.open("/settings/event-webhooks");
    browser.type_into("#url", "http://127.0.0.1:9/hook");
    browser.click("input[value='destination.failing']");
    browser.click("input[value='destination.access']");
    browser.click("main .form-card .button-primary");
    wait_until("the secret is shown", || !desk.text("#secret").is_empty());
    browser.inspect("settings-event-webhook-made");
    browser.click("main .secret .button-primary");
    browser.wait_for("/settings/event-webhooks");
    browser.click(".row-form button");
    desk.wait_for_text(".banner", "The test message was not taken.");
    browser.inspect("settings-event-webhooks");

    desk.open("/settings/mail");
    desk.type_all(&[
        ("#host", "127.0.0.1"),
        ("#port", "smtp"),
        ("#from", "landfall@example.com"),
    ]);
    browser.click("form[action='/settings/mail/server'] .button-primary");
    desk.wait_for_text("#port-errors", "from 1 to 65535");
    desk.type_all(&[("#port", "9"), ("#password", "hidden-password")]);
    browser.click("form[action='/settings/mail/server'] .button-primary");
    desk.wait_for_text(".banner", "The mail server is saved.");
    browser.type_into("#email_address", &format!("{LONG}@example.com"));
    browser.click("form[action='/settings/mail/recipients'] .button-primary");
    desk.wait_for_text(".banner", "The address is added.");
    browser.type_into("#test_address", "ops@example.com");
    browser.click("form[action='/settings/mail/test'] button");
    desk.wait_for_text("#test_address-errors", "did not take it");
    browser.inspect("settings-mail");
    desk.inspect("/settings/audit", "settings-audit");
    desk.server.kill();
}

#[test]
fn what_goes_wrong_is_counted_in_the_navigation_until_it_is_dismissed() {
    let desk = Desk::new();
    let browser = &desk.browser;
    desk.open("/settings/webhooks");
    browser.type_into("#url", "ftp://x");
    browser.click("main .form-card .button-primary");
    desk.wait_for_text("#url-errors", "begins with https://");
    // Nobody listens there.
    browser.type_into("#url", &format!("http://127.0.0.1:9/{LONG}"));
    browser.click("main .form-card .button-primary");
    desk.wait_for_text(".banner", "The webhook is added");
    let token = desk.server.set_up_source();
    let body = server::batch("orders", 0..3);
    desk.server.push(&token, &body).unwrap().ok();
    let is_tried = || {
        desk.open("/settings/webhooks/1");
        desk.text("main table").contains("Failed")
    };
    wait_until("a failed delivery", is_tried);
    browser.inspect("settings-webhook-deliveries");
    browser.type_into("#since", "2020-01-01");
    browser.click("form[action$='/replay'] button");
    // It is still being tried, so there is nothing to send again.
    desk.wait_for_text(".banner", "Nothing was sent since then");
    desk.inspect("/settings/webhooks", "settings-webhooks");

    // Records that can't be landed are told of at once.
    let bad = body.replace("\"data\":{", "\"data\":{\"_sdc_batched_at\":1,");
    desk.server.push(&token, &bad).unwrap().ok();
    wait_until("a notification", || {
        desk.open("/notifications");
        desk.text(".nav .count").starts_with('1')
    });
    browser.inspect("notifications");
    browser.click(".notice form button");
    desk.wait_for_text(".banner", "off the list");
    assert_eq!(desk.text(".nav .count"), "");

    // The whole of it as a viewer.
    desk.open("/settings/users");
    desk.type_all(&[("#user", "vera"), ("#password", PASSWORD), ("#again", PASSWORD)]);
    browser.click("main .form-card .button-primary");
    desk.wait_for_text(".banner", "The user is added.");
    browser.click(".user-menu summary");
    browser.click(".user-menu button");
    browser.wait_for("/sign-in");
    desk.type_all(&[("#user", "vera"), ("#password", PASSWORD)]);
    browser.click("main button");
    browser.wait_for("/");
    for (path, name) in [
        ("/notifications", "notifications-viewer"),
        ("/settings/access-keys", "settings-access-keys-viewer"),
        ("/settings/users", "settings-users-viewer"),
        ("/settings/webhooks", "settings-webhooks-viewer"),
        ("/settings/mail", "settings-mail-viewer"),
    ] {
        desk.inspect(path, name);
        assert_eq!(
            browser.run("return document.querySelectorAll('main form').length"),
            0,
            "{path}"
        );
    }
    desk.server.kill();
}
