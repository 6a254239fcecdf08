//! The destination wizard in Chromium: with a mouse, with the keyboard alone, and with what goes wrong.
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
use serde_json::Value;
use server::{Server, Site, wait_until};

const PASSWORD: &str = "correct horse battery";

struct Visit {
    site: Site,
    server: Server,
    browser: Chromium,
    home: String,
}

impl Visit {
    /// A new instance whose administrator is signed in.
    fn new() -> Self {
        let site = Site::new();
        let server = site.start(&["--batch-wait-seconds", "1"]);
        let home = format!("http://{}", server.address);
        let browser = Chromium::start();
        browser.open(&home);
        browser.wait_for("/setup");
        browser.type_into("#code", server.setup_code.as_deref().unwrap());
        browser.type_into("#user", "ada");
        browser.type_into("#password", PASSWORD);
        browser.type_into("#again", PASSWORD);
        browser.click("main button");
        browser.wait_for("/");
        Self {
            site,
            server,
            browser,
            home,
        }
    }

    fn open(&self, path: &str) {
        self.browser.open(&format!("{}{path}", self.home));
    }

    fn text(&self, selector: &str) -> String {
        let script = format!("return document.querySelector({selector:?})?.textContent ?? ''");
        self.browser.run(&script).as_str().unwrap().to_owned()
    }

    #[track_caller]
    fn wait_for_text(&self, selector: &str, text: &str) {
        wait_until(text, || self.text(selector).contains(text));
    }

    fn root(&self) -> String {
        self.site.bucket().parent().unwrap().display().to_string()
    }

    fn status(&self) -> Value {
        self.server.manage("GET", "/v4/destinations/1", None).json()["landfall_status"].take()
    }
}

#[test]
fn a_new_user_connects_a_folder_and_sees_an_active_destination() {
    let visit = Visit::new();
    let browser = &visit.browser;
    visit.open("/destinations");
    browser.click(".empty .button");
    browser.wait_for("/destinations/new");
    browser.inspect("wizard-choose");
    browser.click(".place[href*=folder]");
    browser.wait_for("/destinations/new/settings");
    browser.inspect("wizard-settings-folder");
    browser.type_into("#folder", &visit.root());
    browser.type_into("#s3_bucket", "La");
    visit.wait_for_text("#s3_bucket-errors", "Bucket names have 3 to 63 characters");
    visit.wait_for_text("#s3_bucket-errors", "lowercase letters");
    browser.type_into("#s3_bucket", "tried");
    wait_until("the fault is gone", || visit.text("#s3_bucket-errors").is_empty());
    browser.click("[value=csv]");
    browser.inspect("wizard-settings-csv");
    browser.click(".wizard-actions .button-primary");
    browser.wait_for("/destinations/new/key");
    visit.wait_for_text("#key-examples", "salesforce_prod/account/items/1_1519235654474.csv");
    browser.inspect("wizard-key");
    browser.type_into("#s3_key_format_string", "my data/[table_name]!.jsonl");
    visit.wait_for_text("#key-problems", "contains a space at character 3");
    assert_eq!(browser.run("return document.querySelector('#key-continue').disabled"), true);
    browser.inspect("wizard-key-problems");
    browser.run("[...document.querySelectorAll('#key-problems button')].find(one => one.textContent.includes('space')).click()");
    assert_eq!(
        browser.run("const key = document.activeElement; return [key.id, key.selectionStart, key.selectionEnd]"),
        serde_json::json!(["s3_key_format_string", 2, 3])
    );
    browser.click("#key-reset");
    visit.wait_for_text("#key-examples", "salesforce_prod/account/1_1519235654474.csv");
    browser.click("#key-continue");
    browser.wait_for("/destinations/1/setup/verify");
    browser.inspect("wizard-verify-folder");
    assert_eq!(visit.status(), "pending_verification");
    browser.click("#check-and-save");
    visit.wait_for_text("#check", "Remedy:");
    browser.inspect("wizard-check-failed");
    browser.click("#make-challenge");
    wait_until("the check succeeds", || visit.browser.path() == "/destinations/1/setup/done");
    assert!(visit.text(".banner").contains("Success!"));
    browser.inspect("wizard-done");
    assert_eq!(visit.status(), "active");
    visit.open("/destinations/1");
    browser.inspect("destination");
    visit.open("/destinations/1/edit");
    browser.inspect("destination-edit");
    visit.open("/destinations/1/remove");
    browser.inspect("destination-remove");
    visit.open("/destinations");
    browser.inspect("destinations-active");
}
