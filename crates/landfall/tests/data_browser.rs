//! Integrations, loads and the start page in Chromium: from an added integration to its rows, and what was rejected.
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

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use chromium::Chromium;
use serde_json::json;
use server::{Server, Site, batch, request, wait_until};

const PASSWORD: &str = "correct horse battery";

/// With a folder that is connected, and an administrator who is signed in.
fn begin() -> (Site, Server, Chromium, String) {
    begin_with(&["--batch-wait-seconds", "1"])
}

fn begin_with(settings: &[&str]) -> (Site, Server, Chromium, String) {
    let site = Site::new();
    let server = site.start(settings);
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
    (site, server, browser, home)
}

fn text(browser: &Chromium, selector: &str) -> String {
    let script = format!(
        "return document.querySelector({})?.textContent ?? ''",
        json!(selector)
    );
    browser.run(&script).as_str().unwrap().to_owned()
}

fn wait_for_text(browser: &Chromium, selector: &str, wanted: &str) {
    wait_until(wanted, || text(browser, selector).contains(wanted));
}

/// Python with the libraries that push to the Import API.
fn python() -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let venv = std::env::var_os("LANDFALL_TEST_VENV").map_or_else(|| root.join(".venv"), PathBuf::from);
    venv.join("import-clients/bin/python")
}

fn push(server: &Server, token: &str) {
    let good = (1..=40).map(|id| json!({"id": id, "name": format!("Customer {id}")}));
    let bad = json!({"id": 41, "name": "Finn", "_sdc_batched_at": "<b>mine</b>"});
    let messages: Vec<_> = good
        .chain([bad])
        .enumerate()
        .map(|(sequence, data)| json!({"action": "upsert", "sequence": sequence, "data": data}))
        .collect();
    let body = json!({
        "table_name": "customers",
        "key_names": ["id"],
        "schema": {"properties": {"id": {"type": "integer"}, "name": {"type": "string"}}},
        "messages": messages,
    });
    let answer = request(
        &server.address,
        "POST",
        "/v2/import/batch",
        token,
        &body.to_string(),
    );
    answer.unwrap().ok();
}

#[test]
fn a_new_user_adds_an_integration_pushes_and_sees_rows_and_rejects() {
    let (site, server, browser, home) = begin();
    let open = |path: &str| {
        browser.open(&format!("{home}{path}"));
        browser.wait_for(path.split('?').next().unwrap());
    };
    for (path, name) in [("/integrations", "integrations-empty"), ("/loads", "loads-empty")] {
        open(path);
        browser.inspect(name);
    }
    server.set_up_destination(&site);
    open("/");
    browser.inspect("home-connected");

    open("/integrations/new");
    browser.type_into("#display_name", "My Shop!");
    assert_eq!(text(&browser, "#folder-preview code"), "my_shop");
    assert_eq!(
        browser.run("return document.querySelector('#key-field').hidden"),
        true
    );
    browser.inspect("integration-add");
    browser.click("main .button-primary");
    wait_until("the token is shown", || {
        browser.path().starts_with("/integrations/1/secret") && text(&browser, "#secret").starts_with("at_")
    });
    let token = text(&browser, "#secret");
    let program = text(&browser, "#python");
    browser.inspect("integration-added");

    browser.click(".secret .button-primary");
    browser.wait_for("/integrations/1");
    browser.inspect("integration-waiting");
    // The page stays open, and tells by itself what arrives.
    push(&server, &token);
    wait_for_text(&browser, "#tables", "40");
    wait_for_text(&browser, "#tiles", "40");
    let mut python = Command::new(python())
        .arg("-")
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    python
        .stdin
        .take()
        .unwrap()
        .write_all(program.as_bytes())
        .unwrap();
    assert!(python.wait().unwrap().success(), "{program}");
    wait_for_text(&browser, "#tiles", "41");
    browser.inspect("integration");

    for (path, name, shown) in [
        ("/", "home-data", "41 landed"),
        ("/?range=30d", "home-month", "41 landed"),
        ("/integrations", "integrations", "my_shop"),
        (
            "/integrations/1/tables/customers",
            "integration-table",
            "41 rows loaded",
        ),
        (
            "/integrations/1/rejects",
            "integration-rejects",
            "Column name _sdc_batched_at is reserved",
        ),
        (
            "/integrations/1/connect?table=orders",
            "integration-connect",
            "\"table_name\": \"orders\"",
        ),
        (
            "/integrations/1/settings",
            "integration-settings",
            "Type the name to confirm",
        ),
        ("/loads", "loads", "customers"),
    ] {
        open(path);
        wait_for_text(&browser, "main", shown);
        browser.inspect(name);
    }
    browser.click("#loads tbody tr:last-child a");
    wait_until("the load", || browser.path().starts_with("/loads/"));
    wait_for_text(&browser, "main", "lake/my_shop/customers/0_");
    wait_for_text(&browser, "main", "_sdc_rejected");
    browser.inspect("load");

    open("/integrations/1/settings");
    browser.type_into("#confirm", "My Shop!");
    browser.click("main .button-danger");
    browser.wait_for("/integrations");
    wait_for_text(&browser, "main", "The integration is deleted.");
    let started = std::time::Instant::now();
    open("/loads");
    assert!(server.end().success());
    assert!(
        started.elapsed().as_secs() < 15,
        "an open page holds up the end of the server"
    );
}

#[test]
fn a_first_row_is_seen_waiting_and_lands_when_it_is_loaded_now() {
    let (site, server, browser, home) = begin_with(&["--batch-wait-seconds", "300"]);
    server.set_up_destination(&site);
    let token = server.set_up_source();
    browser.open(&format!("{home}/integrations/1"));
    browser.wait_for("/integrations/1");
    wait_for_text(&browser, "#tables", "Waiting for the first record");
    server.push(&token, &batch("orders", 1..2)).unwrap().ok();
    // The page stays open.
    wait_for_text(&browser, "#tables", "Waiting to load");
    wait_for_text(&browser, "#tables", "1 row");
    wait_for_text(&browser, "#tiles", "row, in 1 table");
    wait_for_text(&browser, "#tiles", "Loads by itself within 5 minutes");
    wait_for_text(&browser, "#tiles", "Waiting to load");
    wait_for_text(
        &browser,
        "#news",
        "1 row received, to be loaded within 5 minutes.",
    );
    assert!(!text(&browser, "#tiles").contains("Never"));
    browser.inspect("integration-row-waits");
    browser.open(&format!("{home}/"));
    browser.wait_for("/");
    wait_for_text(&browser, "#head", "See the first rows land");
    wait_for_text(&browser, "#stats", "within 5 minutes");
    browser.inspect("home-row-waits");

    browser.open(&format!("{home}/integrations/1"));
    browser.wait_for("/integrations/1");
    browser.click("#tiles button");
    wait_for_text(&browser, "main", "Loading was asked for.");
    wait_for_text(&browser, "#news", "1 row landed in lake.");
    wait_for_text(&browser, "#tiles", "Nothing waits");
    wait_for_text(&browser, "#tables", "orders");
    assert_eq!(site.lines("shop/orders").len(), 1);
    server.kill();
}

#[test]
fn records_sent_from_a_page_land_as_they_were_typed() {
    let (site, server, browser, home) = begin();
    server.set_up_destination(&site);
    browser.open(&format!("{home}/integrations/new"));
    browser.wait_for("/integrations/new");
    browser.type_into("#display_name", "Shop");
    browser.click("main .button-primary");
    browser.wait_for("/integrations/1/secret");
    let token = text(&browser, "#secret");
    // What stands there already is a first record.
    browser.click("#send button");
    wait_for_text(
        &browser,
        "#send-told",
        "1 record accepted. Loading follows by itself.",
    );
    browser.inspect("integration-sent");
    let cases = [
        (
            r#"{"id": 2} x"#,
            "Nothing was sent: Record 2 is not a JSON object",
        ),
        (r#"{"id": 2"#, "Nothing was sent: Record 1 does not end"),
        (
            r#"{"id": 2} {"id": }"#,
            "Nothing was sent: Record 2 is not a JSON object",
        ),
        ("[[1]]", "Nothing was sent: Record 1 is not a JSON object"),
        (" ", "Nothing was sent: There is no record."),
    ];
    for (typed, told) in cases {
        browser.type_into("#send-records", typed);
        browser.click("#send button");
        wait_for_text(&browser, "#send-told", told);
    }
    browser.type_into("#send-table", "orders");
    let typed = "{\"id\": 12345678901234567890, \"price\": 1.10, \"note\": \"}\\\"{\"}\n{\"id\": 3}";
    browser.type_into("#send-records", typed);
    browser.click("#send button");
    wait_for_text(&browser, "#send-told", "2 records accepted.");
    browser.click("#send-told a");
    browser.wait_for("/integrations/1");
    wait_for_text(&browser, "#tables", "orders");
    wait_until("both have landed", || {
        site.objects().keys().any(|key| key.starts_with("shop/orders/"))
    });
    let landed = |(key, text): (String, String)| key.starts_with("shop/orders/").then_some(text);
    let lines: String = site.objects().into_iter().filter_map(landed).collect();
    for kept in [
        r#""id":12345678901234567890,"#,
        r#""price":1.10,"#,
        r#""note":"}\"{""#,
        r#""id":3,"#,
    ] {
        assert!(lines.contains(kept), "{kept} in {lines}");
    }

    // Later, with the token that was kept; a file goes in several requests.
    browser.open(&format!("{home}/integrations/1/connect?table=many"));
    browser.wait_for("/integrations/1/connect");
    browser.type_into("#send-secret", "at_wrong");
    browser.click("#send button");
    wait_for_text(&browser, "#send-told", "what it was sent with is not accepted");
    browser.type_into("#send-secret", &token);
    browser.run(
        "const list = new DataTransfer();
         const rows = Array.from({length: 2500}, (_, id) => `{\"id\": ${id}}`);
         list.items.add(new File([`[${rows.join(',\\n')}]`], 'many.json'));
         document.querySelector('#send-file').files = list.files;",
    );
    browser.click("#send button");
    wait_for_text(&browser, "#send-told", "2,500 records accepted.");
    browser.run(
        "const list = new DataTransfer();
         list.items.add(new File([new Uint8Array([0x7b, 0x22, 0xe9, 0x22, 0x3a, 0x31, 0x7d])], 'latin.json'));
         document.querySelector('#send-file').files = list.files;",
    );
    browser.click("#send button");
    wait_for_text(
        &browser,
        "#send-told",
        "Nothing was sent: the file is not in UTF-8",
    );
    browser.inspect("integration-sent-file");
    wait_until("all have landed", || site.lines("shop/many").len() == 2500);
    server.kill();
}

#[test]
fn a_webhook_shows_the_field_for_its_key_and_takes_a_first_call() {
    let (site, server, browser, home) = begin();
    server.set_up_destination(&site);
    browser.open(&format!("{home}/integrations/new"));
    browser.wait_for("/integrations/new");
    browser.type_into("#display_name", "Hook");
    browser.click("input[value='webhook.incoming-webhook']");
    browser.type_into("#key_field", "uid");
    browser.inspect("webhook-add");
    browser.click("main .button-primary");
    wait_until("the address is shown", || {
        text(&browser, "#secret").starts_with("http://")
    });
    browser.inspect("webhook-added");
    let url = text(&browser, "#secret");
    let path = url.split_once(&server.address).unwrap().1.to_owned();
    browser.click("#send button");
    wait_for_text(&browser, "#send-told", "1 record accepted.");
    browser.click(".secret .button-primary");
    browser.wait_for("/integrations/1");
    let answer = request(&server.address, "POST", &path, "", r#"{"uid": 7}"#);
    answer.unwrap().ok();
    wait_for_text(&browser, "#tables", "data");
    wait_until("both have landed", || site.lines("hook/data").len() == 2);
    server.kill();
}

#[test]
fn a_destination_that_refuses_a_load_says_why_where_it_is_looked_at() {
    let (site, server, browser, home) = begin();
    let open = |path: &str| {
        browser.open(&format!("{home}{path}"));
        browser.wait_for(path);
    };
    let token = server.set_up(&site);
    for entry in std::fs::read_dir(site.bucket()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            std::fs::remove_file(path).unwrap(); // the challenge file
        }
    }
    push(&server, &token);
    wait_until("the destination fails", || {
        server.destination_status() == "failing"
    });
    open("/destinations/1");
    for said in ["Loading stopped", "Remedy:", "checked again by itself, next"] {
        assert!(text(&browser, "#failure").contains(said), "{said}");
    }
    assert!(text(&browser, "main").contains("This check was before loading stopped"));
    browser.inspect("destination-failing");
    open("/");
    wait_for_text(&browser, "#head", "loaded once it works again");
    assert!(
        text(&browser, "#head").contains("rows wait."),
        "{}",
        text(&browser, "#head")
    );
    browser.inspect("home-failing");

    server
        .manage(
            "PUT",
            "/v4/sources/1",
            Some(&json!({"paused_at": "2026-01-05T10:00:00Z"})),
        )
        .ok();
    open("/integrations/1");
    browser.inspect("integration-paused");
    browser.click(".banner-form button");
    wait_for_text(&browser, ".banner", "Resumed");
    open("/integrations/1/settings");
    browser.inspect("integration-settings-waiting");
    server.kill();
}
