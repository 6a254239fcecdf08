//! `landfall source`.

use serde_json::{Value, json};

use super::server::{Server, Site, batch, request, wait_until};
use super::{Called, call};

fn source(server: &Server, arguments: &[&str]) -> Called {
    call(server, &[&["source"], arguments].concat())
}

/// The status of a push with a token.
fn push(server: &Server, token: &str) -> u16 {
    let body = batch("orders", 1..2);
    let answer = request(&server.address, "POST", "/v2/import/batch", token, &body);
    answer.unwrap().status
}

fn lines(called: &Called) -> Vec<Vec<&str>> {
    let lines = called.out.lines();
    lines.map(|line| line.split_whitespace().collect()).collect()
}

/// Makes the source Shop, and returns its token.
fn shop(server: &Server) -> String {
    let made = source(server, &["create", "import-api", "Shop", "--json"])
        .ended(0)
        .json();
    assert_eq!(made["id"], 1);
    made["access_token"].as_str().unwrap().to_owned()
}

#[test]
fn a_source_is_loaded_now_by_its_name_or_number() {
    let site = Site::new();
    let server = site.start(&[]);
    let token = shop(&server);
    assert_eq!(push(&server, &token), 202);
    let refused = source(&server, &["load", "Shop"]).ended(2);
    assert!(
        refused.err.starts_with("the source has no destination"),
        "{}",
        refused.err
    );
    server.set_up_destination(&site);
    let loading = source(&server, &["load", "Shop"]).ended(0);
    assert_eq!(
        loading.out,
        "1 row(s) in 1 table(s) of Shop are being loaded now.\n"
    );
    wait_until("the row lands", || site.lines("shop/orders").len() == 1);
    wait_until("nothing waits", || {
        source(&server, &["load", "1"])
            .ended(0)
            .out
            .starts_with("Nothing of 1 waits")
    });
    let unknown = source(&server, &["load", "Ship", "--json"]).ended(2);
    assert!(unknown.err.contains("there is no source Ship"), "{}", unknown.err);
}

#[test]
fn sources_are_listed_shown_renamed_paused_and_deleted() {
    let site = Site::new();
    let server = site.start(&[]);
    let none = source(&server, &["list"]).ended(0);
    assert!(none.out.contains("landfall source create"), "{}", none.out);
    let token = shop(&server);
    let clicks = source(&server, &["create", "webhook", "Clicks"]).ended(0);
    assert!(clicks.out.contains("/v1/clients/1000/token/"), "{}", clicks.out);
    let listed = source(&server, &["list"]).ended(0);
    let expected = [
        vec!["ID", "STATE", "TYPE", "DESTINATION", "FOLDER", "NAME"],
        vec!["1", "active", "import_api", "none", "shop", "Shop"],
        vec![
            "2",
            "active",
            "webhook.incoming-webhook",
            "none",
            "clicks",
            "Clicks",
        ],
    ];
    assert_eq!(lines(&listed), expected);

    let renamed = source(&server, &["rename", "1", "The shop"]).ended(0);
    assert_eq!(renamed.out, "Source 1, The shop, is active.\n");
    let taken = source(&server, &["rename", "1", "Clicks"]).ended(2);
    assert_eq!(taken.err, "non-unique name (Clicks)\n");
    let paused = source(&server, &["pause", "1"]).ended(0);
    assert_eq!(paused.out, "Source 1, The shop, is paused.\n");
    assert_eq!(push(&server, &token), 401);
    let shown = source(&server, &["show", "1"]).ended(0);
    assert!(shown.out.starts_with("Source 1: The shop\n"), "{}", shown.out);
    let facts = lines(&shown);
    for fact in [["state", "paused"], ["folder", "shop"], ["type", "import_api"]] {
        assert!(facts.contains(&fact.to_vec()), "{}", shown.out);
    }
    let going = source(&server, &["unpause", "1", "--json"]).ended(0).json();
    assert_eq!(going["paused_at"], Value::Null);
    assert_eq!(push(&server, &token), 202);

    source(&server, &["delete", "1"]).ended(2);
    source(&server, &["delete", "1", "--yes"]).ended(0);
    assert_eq!(push(&server, &token), 401);
    let ids = |arguments: &[&str]| {
        let listed = source(&server, arguments).ended(0).json();
        let ids = listed.as_array().unwrap().iter().map(|source| &source["id"]);
        ids.cloned().collect::<Vec<_>>()
    };
    assert_eq!(ids(&["list", "--json"]), [json!(2)]);
    assert_eq!(ids(&["list", "--all", "--json"]), [json!(1), json!(2)]);
    let listed = source(&server, &["list", "--all"]).ended(0);
    assert_eq!(lines(&listed)[1][..2], ["1", "deleted"]);
    let shown = source(&server, &["show", "1", "--json"]).ended(0).json();
    assert!(shown["deleted_at"].is_string(), "{shown}");
    let gone = source(&server, &["pause", "1"]).ended(2);
    assert_eq!(gone.err, "source not found (1)\n");
}

#[test]
fn characters_that_hide_in_a_name_are_shown_and_programs_read_the_name_as_it_is() {
    let site = Site::new();
    let server = site.start(&[]);
    let name = "Shop \u{202e}fdp\u{200b}";
    let made = source(&server, &["create", "import-api", name, "--json"]).ended(0);
    assert!(made.out.is_ascii(), "{}", made.out);
    assert_eq!(made.json()["display_name"], name);
    let shown = "Shop ⟨U+202E⟩fdp⟨U+200B⟩";
    for arguments in [&["list"][..], &["show", "1"], &["pause", "1"]] {
        let said = source(&server, arguments).ended(0).out;
        assert!(said.contains(shown) && !said.contains('\u{202e}'), "{said}");
    }
    let draft = json!({"type": "s3", "name": name, "properties": {}});
    server.manage("POST", "/v4/destinations", Some(&draft)).ok();
    for arguments in [["destination", "list"].as_slice(), &["destination", "show", "1"]] {
        let said = call(&server, arguments).ended(0).out;
        assert!(said.contains(shown) && !said.contains('\u{202e}'), "{said}");
    }
    let taken = source(&server, &["create", "import-api", name]).ended(2);
    assert_eq!(taken.err, format!("non-unique name ({shown})\n"));
}

#[test]
fn a_source_that_is_switched_to_another_destination_takes_nothing_until_it_is_unpaused() {
    let site = Site::new();
    let server = site.start(&[]);
    let token = shop(&server);
    for name in ["Lake", "Pond"] {
        let draft = json!({"type": "s3", "name": name, "properties": {}});
        server.manage("POST", "/v4/destinations", Some(&draft)).ok();
    }
    let first = source(&server, &["move", "1", "1"]).ended(0);
    assert_eq!(first.out, "Source 1, Shop, is active.\n");
    assert_eq!(push(&server, &token), 202);
    let switched = source(&server, &["move", "1", "2"]).ended(0);
    assert!(
        switched.out.contains("paused by landfall") && switched.out.contains("landfall source unpause 1"),
        "{}",
        switched.out
    );
    assert_eq!(push(&server, &token), 401);
    source(&server, &["unpause", "1"]).ended(0);
    assert_eq!(push(&server, &token), 202);
    let unknown = source(&server, &["move", "1", "9"]).ended(2);
    assert_eq!(unknown.err, "destination not found (9)\n");
}

#[test]
fn a_token_is_replaced_without_a_gap() {
    let site = Site::new();
    let server = site.start(&[]);
    let first = shop(&server);
    let made = source(&server, &["tokens", "create", "1"]).ended(0);
    let second = made.out.lines().last().unwrap().trim();
    assert!(
        made.out.contains("shown only now") && second.starts_with("at_"),
        "{}",
        made.out
    );
    source(&server, &["tokens", "create", "1"]).ended(2);
    let listed = source(&server, &["tokens", "list", "1"]).ended(0);
    let numbers: Vec<&str> = lines(&listed).iter().map(|line| line[0]).collect();
    assert_eq!(numbers[0], "ID");
    assert!(!listed.out.contains("at_"), "{}", listed.out);
    for token in [&first, second] {
        assert_eq!(push(&server, token), 202);
    }
    // Newest first.
    source(&server, &["tokens", "revoke", "1", numbers[2]]).ended(0);
    assert_eq!(push(&server, &first), 401);
    assert_eq!(push(&server, second), 202);
    let left = source(&server, &["tokens", "list", "1", "--json"])
        .ended(0)
        .json();
    assert_eq!(left.as_array().map(Vec::len), Some(1));
    source(&server, &["tokens", "revoke", "1", numbers[1]]).ended(0);
    let none = source(&server, &["tokens", "list", "1"]).ended(0);
    assert_eq!(none.out, "Source 1 has no access token: nobody can send to it.\n");

    source(&server, &["create", "webhook", "Clicks"]).ended(0);
    let url = source(&server, &["urls", "create", "2", "--json"])
        .ended(0)
        .json();
    assert!(url["webhook_url"].is_string(), "{url}");
    let revoked = source(&server, &["urls", "revoke", "2", &url["id"].to_string()]).ended(0);
    assert!(
        revoked.out.ends_with("of source 2 is revoked.\n"),
        "{}",
        revoked.out
    );
    let listed = source(&server, &["urls", "list", "2", "--json"]).ended(0).json();
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    let wrong = source(&server, &["urls", "create", "1"]).ended(2);
    assert_eq!(wrong.err, "source does not support webhook URLs\n");
}
