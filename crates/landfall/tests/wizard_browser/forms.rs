//! Forms of the pages: where the focus goes, what is told, what Back does, and what is shown once.

use serde_json::json;

use super::server::wait_until;
use super::{ENTER, Visit};

impl Visit {
    /// A folder destination that waits for its check.
    fn add_folder(&self, bucket: &str) {
        self.add_named("Lake", bucket);
    }

    fn add_named(&self, name: &str, bucket: &str) {
        let root = format!("file://{}", self.root());
        let body = json!({"type": "s3", "name": name, "properties": {
            "s3_bucket": bucket,
            "output_file_format": "jsonl",
            "s3_endpoint_url": root,
            "s3_key_format_string":
                "[integration_name]/[table_name]/[table_version]_[timestamp_loaded].[csv|jsonl]",
        }});
        self.server.manage("POST", "/v4/destinations", Some(&body)).ok();
    }

    #[track_caller]
    pub(crate) fn wait_for_focus(&self, selector: &str) {
        let script = format!("return document.activeElement?.matches({selector:?}) ?? false");
        wait_until(&format!("the focus on {selector}"), || {
            self.browser.run(&script) == true
        });
    }

    fn title(&self) -> String {
        self.browser
            .run("return document.title")
            .as_str()
            .unwrap()
            .to_owned()
    }

    fn value(&self, selector: &str) -> String {
        let script = format!("return document.querySelector({selector:?}).value");
        self.browser.run(&script).as_str().unwrap().to_owned()
    }
}

#[test]
fn a_refused_form_has_the_focus_on_what_is_wrong_and_back_asks_nothing() {
    let visit = Visit::new();
    let browser = &visit.browser;
    visit.open("/destinations/new/settings");
    browser.wait_for("/destinations/new/settings");
    browser.type_into("#description", "stays");
    browser.type_into("#s3_bucket", "ab");
    visit.press_on(".wizard-actions .button-primary");
    visit.wait_for_focus("#error-summary");
    assert!(
        visit.title().starts_with("Error: Define bucket settings"),
        "{}",
        visit.title()
    );
    visit.look_at("wizard-settings-refused");
    visit.press_on("#error-summary a");
    visit.wait_for_focus("#s3_bucket");
    visit.open("/");
    browser.wait_for("/");
    browser.run("history.back()");
    browser.wait_for("/destinations/new/settings");
    assert_eq!(visit.value("#description"), "stays");
    assert!(
        visit.title().starts_with("Error: "),
        "the page itself, and no question"
    );
    browser.run("location.reload()");
    wait_until("the page is loaded again", || {
        browser.run("return performance.getEntriesByType('navigation')[0].type") == "reload"
            && visit.value("#s3_bucket") == "ab"
    });

    visit.add_folder("lake");
    visit.open("/destinations/1/remove");
    browser.wait_for("/destinations/1/remove");
    browser.type_into("#word", "delete");
    visit.press_on("main .button-danger");
    visit.wait_for_focus("#error-summary");
    assert!(
        visit.title().starts_with("Error: Remove destination"),
        "{}",
        visit.title()
    );
    visit.end();
}

#[test]
fn a_check_has_the_focus_on_its_steps_and_tells_how_it_ends() {
    let visit = Visit::new();
    visit.add_folder("lake");
    visit.open("/destinations/1/setup/verify");
    visit.browser.wait_for("/destinations/1/setup/verify");
    visit.tab_to("#check-and-save");
    visit.browser.press(ENTER);
    visit.wait_for_focus("#check");
    visit.wait_for_text("#check", "Remedy:");
    visit.wait_for_text("#announcer", "The check has failed.");
    visit.wait_for_focus("#check");
    assert_eq!(visit.text("#check-and-save"), "Check and Save");
    visit.end();
}

#[test]
fn the_key_editor_of_an_edit_puts_elements_where_they_belong() {
    let visit = Visit::new();
    let browser = &visit.browser;
    visit.add_folder("lake");
    visit.open("/destinations/1/edit");
    browser.wait_for("/destinations/1/edit");
    browser.type_into("#s3_key_format_string", "[table_name]");
    visit.wait_for_text("#key-problems", "missing the required element");
    browser.click("#key-reset");
    visit.wait_for_text("#key-examples", "salesforce_prod/account/1_1519235654474.jsonl");
    // After a reset, before the extension; then behind what was inserted last.
    browser.click(".chip[value='[year_loaded]']");
    browser.click(".chip[value='[month_loaded]']");
    let key = "[integration_name]/[table_name]/[table_version]_[timestamp_loaded]";
    assert_eq!(
        visit.value("#s3_key_format_string"),
        format!("{key}[year_loaded][month_loaded].[csv|jsonl]")
    );
    // Where the cursor was put.
    browser.run("document.querySelector('#s3_key_format_string').setSelectionRange(0, 0)");
    browser.click(".chip[value='[day_loaded]']");
    let typed = format!("[day_loaded]{key}[year_loaded][month_loaded].[csv|jsonl]");
    assert_eq!(visit.value("#s3_key_format_string"), typed);
    wait_until("the key is right", || {
        browser.run("return document.querySelector('#key-continue').ariaDisabled") == "false"
    });
    visit.look_at("destination-edit-key");
    browser.click("#key-continue");
    browser.wait_for("/destinations/1");
    let stored = visit.server.manage("GET", "/v4/destinations/1", None).json();
    assert_eq!(stored["properties"]["s3_key_format_string"], typed);
    visit.end();
}

#[test]
fn a_wrong_key_is_not_sent_and_says_why_where_it_is_typed() {
    let visit = Visit::new();
    let browser = &visit.browser;
    visit.open("/destinations/new/settings?place=folder");
    browser.wait_for("/destinations/new/settings");
    browser.type_into("#folder", &visit.root());
    browser.type_into("#s3_bucket", "tried");
    visit.press_on(".wizard-actions .button-primary");
    browser.wait_for("/destinations/new/key");
    browser.type_into("#s3_key_format_string", "my data");
    visit.wait_for_text("#key-problems", "contains a space at character 3");
    let first = visit.text("#key-problems li:first-child > *");
    let is_told = |when: &str| {
        visit.wait_for_text("#announcer", &first);
        visit.wait_for_focus("#s3_key_format_string[aria-invalid=true][aria-describedby~=key-problems]");
        assert_eq!(browser.path(), "/destinations/new/key", "{when}");
        browser.run("document.querySelector('#announcer').textContent = ''");
    };
    browser.press(ENTER);
    is_told("Enter in the field");
    visit.press_on("#key-continue");
    is_told("Continue");
    browser.click("#key-reset");
    wait_until("the key is right", || {
        browser.run("return document.querySelector('#key-continue').ariaDisabled") == "false"
    });
    visit.tab_to("#s3_key_format_string");
    browser.press(ENTER);
    browser.wait_for("/destinations/1/setup/verify");
    visit.end();
}

#[test]
fn a_token_is_copied_aloud_and_is_on_its_page_once() {
    let visit = Visit::new();
    let browser = &visit.browser;
    visit.add_folder("lake");
    visit.add_named("Pond", "pond");
    visit.open("/integrations/new");
    browser.wait_for("/integrations/new");
    assert_eq!(
        browser.run("return document.activeElement === document.body"),
        true,
        "the order of the fields begins with the first"
    );
    // Nothing is chosen among several: the browser does not send the form.
    browser.type_into("#display_name", "Shop");
    assert_eq!(visit.value("#destination"), "");
    browser.click("main .button-primary");
    assert_eq!(browser.path(), "/integrations/new");
    browser.run("document.querySelector('#destination').value = '2'");
    browser.click("main .button-primary");
    wait_until("the token is shown", || visit.text("#secret").starts_with("at_"));
    let token = visit.text("#secret");
    let path = browser.path();
    browser.allow("clipboardSanitizedWrite");
    browser.click("[data-copy=secret]");
    visit.wait_for_text("#announcer", "Copied: ");
    let is_gone = |when: &str| {
        let page = browser.run("return document.documentElement.outerHTML");
        assert!(!page.as_str().unwrap().contains(&token), "{when}");
    };
    browser.run("location.reload()");
    browser.wait_for("/integrations/1/connect");
    assert!(
        visit.text(".banner").contains("was shown once"),
        "{}",
        visit.text(".banner")
    );
    is_gone("after a reload");
    visit.open(&path);
    browser.wait_for("/integrations/1/connect");
    is_gone("at its address");
    visit.open("/");
    browser.wait_for("/");
    browser.run("history.back()");
    browser.wait_for("/integrations/1/connect");
    is_gone("with Back");
    visit.end();
}
