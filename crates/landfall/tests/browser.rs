//! The web pages in Chromium, as people meet them.
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
use server::{Site, wait_until};

const PASSWORD: &str = "correct horse battery";

#[test]
fn a_new_user_creates_the_administrator_signs_in_and_sees_what_is_connected() {
    let site = Site::new();
    let server = site.start(&["--batch-wait-seconds", "1"]);
    let home = format!("http://{}", server.address);
    let browser = Chromium::start();
    browser.open(&home);
    browser.wait_for("/setup");
    browser.inspect("first-run");
    browser.type_into("#code", server.setup_code.as_deref().unwrap());
    browser.type_into("#user", "ada");
    browser.type_into("#password", "short");
    browser.type_into("#again", "short");
    browser.click("main button");
    // The page comes back at the same address.
    wait_until("the password is refused", || {
        browser.run("return document.querySelector('#password').ariaInvalid") == "true"
    });
    browser.inspect("first-run-refused");
    browser.type_into("#password", PASSWORD);
    browser.type_into("#again", PASSWORD);
    browser.click("main button");
    browser.wait_for("/");
    browser.inspect("home-empty");

    browser.click(".user-menu summary");
    browser.keep_picture("user-menu");
    browser.click(".user-menu button");
    browser.wait_for("/sign-in");
    browser.inspect("sign-in");
    browser.type_into("#user", "ada");
    browser.type_into("#password", PASSWORD);
    browser.click("main button");
    browser.wait_for("/");

    server.set_up(&site);
    let naughty = json!({"name": "<script>document.title='x'</script> a_name_without_any_blank_that_is_longer_than_a_phone"});
    server.manage("PUT", "/v4/destinations/1", Some(&naughty)).ok();
    for (path, name) in [
        ("/", "home"),
        ("/destinations", "destinations"),
        ("/account", "account"),
        ("/none", "not-found"),
    ] {
        browser.open(&format!("{home}{path}"));
        browser.wait_for(path);
        browser.inspect(name);
    }
    assert_eq!(browser.run("return document.title"), "Page not found · Landfall");
    browser.click(".theme-form button");
    // The page comes back at the same address.
    wait_until("the page is dark", || {
        browser.run("return document.documentElement.dataset.theme") == "dark"
    });
}
