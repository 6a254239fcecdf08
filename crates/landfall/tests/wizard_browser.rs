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
#[path = "wizard_browser/forms.rs"]
mod forms;
#[path = "support/server.rs"]
mod server;
mod support;

use chromium::Chromium;
use serde_json::Value;
use server::{Server, Site, wait_until};
use support::guarded::Guarded;
use support::place::BUCKET;

const TAB: &str = "\u{E004}";
const ENTER: &str = "\u{E007}";
const RIGHT: &str = "\u{E014}";
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
        Self::with(&[])
    }

    fn with(environment: &[(&str, &str)]) -> Self {
        let site = Site::new();
        let server = site.start_with(&["--batch-wait-seconds", "1"], environment);
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

    /// Goes on with the Tab key until the focus is on what a selector finds.
    #[track_caller]
    fn tab_to(&self, selector: &str) {
        let script = format!("return document.activeElement.matches({selector:?})");
        for _ in 0..80 {
            self.browser.press(TAB);
            if self.browser.run(&script) == true {
                let seen = self
                    .browser
                    .run("return document.activeElement.matches(':focus-visible')");
                assert_eq!(seen, true, "the focus on {selector} is not seen");
                return;
            }
        }
        panic!("no Tab leads to {selector}");
    }

    #[track_caller]
    fn press_on(&self, selector: &str) {
        self.tab_to(selector);
        self.browser.press(ENTER);
    }

    /// A picture of the whole page.
    fn keep_whole(&self, name: &str) {
        for (theme, width) in [("light", 1280), ("dark", 1280), ("light", 360)] {
            self.browser.prefer(theme);
            self.browser.resize(width, 2600);
            self.browser
                .keep_picture(&format!("{name}-whole-{theme}-{width}"));
        }
        self.browser.prefer("light");
        self.browser.resize(1280, 800);
    }

    fn look_at(&self, name: &str) {
        self.browser.inspect(name);
        self.keep_whole(name);
    }

    fn end(self) {
        self.server.kill();
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
    visit.look_at("wizard-choose");
    browser.click(".place[href*=folder]");
    browser.wait_for("/destinations/new/settings");
    visit.look_at("wizard-settings-folder");
    browser.type_into("#folder", &visit.root());
    browser.type_into("#s3_bucket", "La");
    visit.wait_for_text("#s3_bucket-errors", "Bucket names have 3 to 63 characters");
    visit.wait_for_text("#s3_bucket-errors", "lowercase letters");
    browser.type_into("#s3_bucket", "tried");
    wait_until("the fault is gone", || visit.text("#s3_bucket-errors").is_empty());
    browser.type_into("#description", "kept without a button");
    visit.open("/");
    browser.wait_for("/");
    browser.run("history.back()");
    browser.wait_for("/destinations/new/settings");
    assert_eq!(
        browser.run("return document.querySelector('#description').value"),
        "kept without a button"
    );
    browser.click("[value=csv]");
    visit.look_at("wizard-settings-csv");
    browser.click(".wizard-actions .button-primary");
    browser.wait_for("/destinations/new/key");
    visit.wait_for_text(
        "#key-examples",
        "salesforce_prod/account/items/1_1519235654474.csv",
    );
    visit.look_at("wizard-key");
    browser.type_into("#s3_key_format_string", "my data/[table_name]!.jsonl");
    visit.wait_for_text("#key-problems", "contains a space at character 3");
    assert_eq!(
        browser.run("return document.querySelector('#key-continue').ariaDisabled"),
        "true"
    );
    visit.look_at("wizard-key-problems");
    browser.run("[...document.querySelectorAll('#key-problems button')].find(one => one.textContent.includes('space')).click()");
    assert_eq!(
        browser
            .run("const key = document.activeElement; return [key.id, key.selectionStart, key.selectionEnd]"),
        serde_json::json!(["s3_key_format_string", 2, 3])
    );
    browser.click("#key-reset");
    visit.wait_for_text("#key-examples", "salesforce_prod/account/1_1519235654474.csv");
    browser.click("#key-continue");
    browser.wait_for("/destinations/1/setup/verify");
    visit.look_at("wizard-verify-folder");
    assert_eq!(visit.status(), "pending_verification");
    browser.click("#check-and-save");
    visit.wait_for_text("#check", "Remedy:");
    visit.look_at("wizard-check-failed");
    browser.click("#make-challenge");
    wait_until("the check succeeds", || {
        visit.browser.path() == "/destinations/1/setup/done"
    });
    assert!(visit.text(".banner").contains("Success!"));
    visit.look_at("wizard-done");
    assert_eq!(visit.status(), "active");
    visit.open("/destinations/1");
    visit.look_at("destination");
    visit.open("/destinations/1/edit");
    visit.look_at("destination-edit");
    visit.open("/destinations/1/remove");
    visit.look_at("destination-remove");
    visit.open("/destinations");
    visit.look_at("destinations-active");
    visit.end();
}

#[test]
fn a_bucket_is_connected_with_the_keyboard_alone() {
    let bucket = Guarded::start();
    let visit = Visit::with(&[
        ("AWS_ENDPOINT_URL", bucket.endpoint_url()),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_ACCESS_KEY_ID", &bucket.loader.id),
        ("AWS_SECRET_ACCESS_KEY", &bucket.loader.secret),
    ]);
    let browser = &visit.browser;
    visit.open("/destinations");
    visit.press_on(".empty .button");
    browser.wait_for("/destinations/new");
    visit.press_on(".place");
    browser.wait_for("/destinations/new/bucket");
    visit.look_at("wizard-bucket");
    visit.tab_to("#bucket");
    browser.press(&format!("{BUCKET}{ENTER}"));
    wait_until("the command has the name", || {
        visit.text("#create-command").contains(BUCKET)
    });
    visit.press_on(".wizard-actions .button-primary");
    browser.wait_for("/destinations/new/settings");
    visit.tab_to("#name");
    browser.press("Lake"); // what is there is selected by Tab
    visit.tab_to("#s3_bucket");
    browser.press("s3://");
    browser.press(BUCKET);
    wait_until("the fix is offered", || {
        browser.run("return !document.querySelector('#use-name').hidden") == true
    });
    visit.tab_to("#use-name button");
    browser.press(ENTER);
    wait_until("the name is used", || {
        browser.run("return document.querySelector('#s3_bucket').value") == BUCKET
    });
    visit.tab_to("[name=output_file_format]");
    let is_shown = "return document.querySelector('#csv_delimiter').offsetParent !== null";
    assert_eq!(browser.run(is_shown), false);
    browser.press(RIGHT);
    assert_eq!(browser.run(is_shown), true);
    visit.tab_to("[name=csv_force_quote]");
    browser.press(" ");
    visit.press_on(".advanced summary");
    visit.look_at("wizard-settings-advanced");
    visit.tab_to("#s3_region");
    browser.press(&format!("us-east-1{ENTER}"));
    browser.wait_for("/destinations/new/key");
    visit.wait_for_focus("main h1");
    visit.press_on(".chip[value='[year_loaded]']");
    wait_until("the element is at the cursor", || {
        visit.text("#key-examples").contains("2018")
    });
    assert_eq!(
        browser.run("return document.activeElement.id"),
        "s3_key_format_string"
    );
    visit.press_on("#key-reset");
    visit.tab_to("#key-continue");
    wait_until("the key is right", || {
        browser.run("return document.querySelector('#key-continue').ariaDisabled") == "false"
    });
    browser.press(ENTER);
    browser.wait_for("/destinations/1/setup/verify");
    visit.wait_for_focus("main h1");
    assert!(
        visit
            .text("#bucket-policy")
            .contains("arn:aws:iam::123456789012:user/loader")
    );
    visit.look_at("wizard-verify");
    visit.press_on(".tabs a[href*=terraform]");
    visit.wait_for_text("#bucket-policy", "aws_s3_bucket_policy");
    visit.press_on(".tabs a[href*=json]");
    visit.wait_for_text("#bucket-policy", "\"Version\"");
    visit.press_on("#check-and-save");
    visit.wait_for_text("#check", "Remedy:");
    visit.look_at("wizard-check-denied");

    bucket.grant(&serde_json::from_str(&visit.text("#principal-policy")).unwrap());
    let name = visit.text("#challenge-name");
    let command = visit.text("#upload-command");
    assert_eq!(
        command,
        format!("aws s3api put-object --bucket {BUCKET} --key {name}")
    );
    bucket.administer(
        "s3.put_object(Bucket=sys.argv[4], Key=sys.argv[5], Body=b'')",
        &[BUCKET, &name],
    );
    visit.press_on("#check-and-save");
    browser.wait_for("/destinations/1/setup/done");
    assert_eq!(visit.status(), "active");
    visit.wait_for_focus("main > .banner[role=group]");
    browser.press(TAB);
    visit.wait_for_focus("main [href='/integrations/new']");
    for path in [
        "/",
        "/destinations/1",
        "/destinations/1/setup/verify",
        "/destinations/1/edit",
    ] {
        visit.open(path);
        let page = browser.run("return document.documentElement.outerHTML");
        assert!(!page.as_str().unwrap().contains(&name), "{path} shows the name");
    }
    browser.run("history.go(-5)");
    browser.wait_for("/destinations/1/setup/verify");
    let shown = browser.run("return document.documentElement.outerHTML");
    assert!(
        !shown.as_str().unwrap().contains(&name),
        "the Back button shows the name"
    );
    visit.open("/destinations/1/policy?form=cloudformation");
    visit.look_at("destination-policy");
    visit.end();
}

#[test]
fn the_steps_of_a_check_fill_in_while_it_runs() {
    // A store that takes connections, and says nothing.
    let store = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", store.local_addr().unwrap());
    let visit = Visit::new();
    let browser = &visit.browser;
    visit.open("/destinations/new/settings?place=s3&bucket=lake");
    browser.wait_for("/destinations/new/settings");
    browser.click(".advanced summary");
    let is_shown = "return document.querySelector('#aws_secret_access_key').offsetParent !== null";
    assert_eq!(browser.run(is_shown), false);
    browser.run("document.querySelector('#aws_auth_mode').value = 'static'");
    assert_eq!(browser.run(is_shown), true);
    browser.type_into("#aws_access_key_id", "AKIAIOSFODNN7EXAMPLE");
    browser.type_into("#aws_secret_access_key", "notTheSecret");
    browser.type_into("#s3_endpoint_url", "http://minio:9000");
    visit.wait_for_text("#s3_endpoint_url-errors", "would send records unencrypted");
    visit.look_at("wizard-settings-static");
    browser.type_into("#s3_endpoint_url", &endpoint);
    wait_until("the fault is gone", || {
        visit.text("#s3_endpoint_url-errors").is_empty()
    });
    browser.click(".wizard-actions .button-primary");
    browser.wait_for("/destinations/new/key");
    browser.click("#key-continue");
    browser.wait_for("/destinations/1/setup/verify");
    assert!(
        visit
            .text("#policy")
            .contains(&format!("The access rules of {endpoint} apply"))
    );
    browser.click("#check-and-save");
    visit.wait_for_text(".check-running", "Find the bucket");
    assert_eq!(visit.text("#check-and-save"), "Checking…");
    assert!(visit.text(".check-skipped").contains("Sign in"));
    assert!(visit.text(".check-waiting").contains("List the bucket"));
    visit.look_at("wizard-check-running");
    let page = browser.run("return document.documentElement.outerHTML");
    assert!(!page.as_str().unwrap().contains("notTheSecret"));
    visit.end();
}
