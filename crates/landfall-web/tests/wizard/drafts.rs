//! Each run of the wizard has a draft of its own, and what becomes of it.

use crate::trip::{KEY, Trip, begin, screen};
use crate::world::{Browser, PASSWORD};

const SETTINGS: &str = "/destinations/new/settings";

async fn send(browser: &Browser, draft: &str, name: &str, bucket: &str) -> crate::world::Answer {
    let fields = [
        ("name", name),
        ("s3_bucket", bucket),
        ("output_file_format", "jsonl"),
        ("csv_delimiter", ","),
    ];
    browser.post(&format!("{SETTINGS}?draft={draft}"), &fields).await
}

#[tokio::test]
async fn two_tabs_make_the_two_destinations_that_were_typed_into_them() {
    let trip = Trip::begin().await;
    let first = begin(&trip.browser, "/destinations/new").await;
    let second = begin(&trip.browser, "/destinations/new").await;
    assert_ne!(first, second);
    send(&trip.browser, &first, "First", "the-first").await;
    send(&trip.browser, &second, "Second", "the-second").await;
    for draft in [&first, &second] {
        let path = format!("/destinations/new/key?draft={draft}");
        let made = trip.browser.post(&path, &[("s3_key_format_string", KEY)]).await;
        assert!(
            made.header("location").ends_with("/setup/verify"),
            "{}",
            made.body
        );
    }
    let all = trip.world.catalog.destinations().await.unwrap();
    let mut made: Vec<(&str, &str)> = all
        .iter()
        .map(|one| (one.name.as_str(), one.properties.open()["s3_bucket"].as_str()))
        .collect();
    made.sort_unstable();
    assert_eq!(made, [("First", "the-first"), ("Second", "the-second")]);
}

#[tokio::test]
async fn two_tabs_that_change_one_destination_keep_apart_what_is_typed() {
    let trip = Trip::begin().await;
    trip.make_destination().await;
    let run = "/destinations/1/setup";
    let first = begin(&trip.browser, run).await;
    let second = begin(&trip.browser, run).await;
    for (draft, name) in [(&first, "First"), (&second, "Second")] {
        let fields = [
            ("name", name),
            ("s3_bucket", "lake"),
            ("output_file_format", "jsonl"),
        ];
        trip.browser
            .post(&format!("{run}/settings?draft={draft}"), &fields)
            .await;
    }
    let key = [("s3_key_format_string", KEY)];
    trip.browser.post(&format!("{run}/key?draft={first}"), &key).await;
    let stored = trip.world.catalog.destinations().await.unwrap().remove(0);
    assert_eq!(stored.name, "First");
}

#[tokio::test]
async fn a_draft_that_is_not_known_says_so_and_offers_another_one() {
    let trip = Trip::begin().await;
    for path in [
        "/destinations/new/settings?draft=0123456789abcdef",
        "/destinations/new/key?draft=0123456789abcdef",
    ] {
        for answer in [trip.browser.get(path).await, trip.browser.post(path, &[]).await] {
            assert_eq!(answer.status, 410, "{path}");
            assert!(answer.body.contains("This draft is no longer there"), "{path}");
            assert!(
                answer.body.contains("href=\"/destinations/new\">Begin anew"),
                "{}",
                answer.body
            );
        }
    }
    // A form without any number is not taken for one of another draft.
    assert_eq!(trip.browser.post(SETTINGS, &[("name", "x")]).await.status, 410);
}

#[tokio::test]
async fn nobody_else_gets_at_a_draft() {
    let trip = Trip::begin().await;
    let draft = begin(&trip.browser, "/destinations/new").await;
    send(&trip.browser, &draft, "Mine", "the-mine").await;
    let other = trip.world.browser();
    assert_eq!(other.sign_in("ada", PASSWORD).await.status, 303);
    for path in ["settings", "key"] {
        let seen = other
            .get(&format!("/destinations/new/{path}?draft={draft}"))
            .await;
        assert!(
            seen.status == 410 && !seen.body.contains("the-mine"),
            "{}",
            seen.body
        );
    }
    trip.browser.post("/sign-out", &[]).await;
    assert_eq!(trip.browser.sign_in("ada", PASSWORD).await.status, 303);
    let again = trip.browser.get(&format!("{SETTINGS}?draft={draft}")).await;
    assert_eq!(again.status, 410, "another session");
}

#[tokio::test]
async fn a_draft_that_became_a_destination_leads_to_it_and_makes_no_second_one() {
    let trip = Trip::begin().await;
    let draft = begin(&trip.browser, "/destinations/new").await;
    send(&trip.browser, &draft, "Lake", "lake").await;
    let key = format!("/destinations/new/key?draft={draft}");
    for _ in 0..2 {
        trip.browser.post(&key, &[("s3_key_format_string", KEY)]).await;
    }
    assert_eq!(trip.world.catalog.destinations().await.unwrap().len(), 1);
    let back = trip.browser.get(&key).await;
    assert_eq!(back.header("location"), "/destinations/1/setup/key");
    let back = trip.browser.get(&format!("{SETTINGS}?draft={draft}")).await;
    assert_eq!(back.header("location"), "/destinations/1/setup/settings");
    let begun = trip.browser.get("/destinations/1/setup/key").await;
    assert_eq!(screen(&begun), "/destinations/1/setup/key");
    let shown = trip.browser.get(begun.header("location")).await;
    assert_eq!(shown.status, 200);
}

#[tokio::test]
async fn back_over_the_first_screens_loses_nothing() {
    let trip = Trip::begin().await;
    let draft = begin(&trip.browser, "/destinations/new").await;
    send(&trip.browser, &draft, "My lake", "lake").await;
    let choose = trip
        .browser
        .get(&format!("/destinations/new?draft={draft}"))
        .await;
    let bucket = format!("/destinations/new/bucket?draft={draft}");
    assert!(
        choose.body.contains(&format!("href=\"{bucket}\"")),
        "{}",
        choose.body
    );
    let bucket = trip.browser.get(&bucket).await;
    let next = format!("{SETTINGS}?draft={draft}");
    assert!(bucket.body.contains(&next), "{}", bucket.body);
    let on = trip.browser.get(&format!("{next}&place=s3")).await;
    assert_eq!(on.header("location"), next);
    let shown = trip.browser.get(&next).await;
    assert!(shown.body.contains("value=\"My lake\"") && shown.body.contains("value=\"lake\""));
}

#[tokio::test]
async fn a_refused_screen_is_redirected_to_so_that_back_and_reload_ask_nothing() {
    let trip = Trip::begin().await;
    let path = trip.at(SETTINGS).await;
    let csrf = trip.browser.get("/account").await.csrf();
    let form = [("name", "Lake"), ("s3_bucket", "ab"), ("csrf", csrf.as_str())];
    let refused = trip.browser.redirect_of(&path, &form).await;
    assert_eq!(refused.status, 303);
    let kept = refused.header("location").to_owned();
    assert!(kept.starts_with(&format!("{path}&refused=")), "{kept}");
    for _ in 0..2 {
        let page = trip.browser.get(&kept).await;
        assert_eq!(page.status, 422);
        assert!(
            page.body.contains("<title>Error: Define bucket settings"),
            "{}",
            page.body
        );
        assert!(
            page.body
                .contains("role=\"alert\" id=\"error-summary\" tabindex=\"-1\" autofocus"),
            "{}",
            page.body
        );
        assert!(
            page.body
                .contains("<a href=\"#s3_bucket\">Bucket names have 3 to 63"),
            "{}",
            page.body
        );
    }
    let other = trip.world.browser();
    other.sign_in("ada", PASSWORD).await;
    let seen = other.get(&kept).await;
    assert_eq!((seen.status, seen.header("location")), (303, path.as_str()));
}

#[tokio::test]
async fn what_is_typed_after_a_refusal_is_there_when_one_comes_back() {
    let trip = Trip::begin().await;
    let path = trip.at(SETTINGS).await;
    let csrf = trip.browser.get("/account").await.csrf();
    let form = [("name", "Lake"), ("s3_bucket", "ab"), ("csrf", csrf.as_str())];
    let kept = trip
        .browser
        .redirect_of(&path, &form)
        .await
        .header("location")
        .to_owned();
    let typed = [("name", "Lake"), ("s3_bucket", "abc-typed-later"), ("go", "keep")];
    trip.browser.post(&path, &typed).await;
    let back = trip.browser.get(&kept).await;
    assert_eq!((back.status, back.header("location")), (303, path.as_str()));
    let shown = trip.browser.get(&path).await;
    assert!(shown.body.contains("value=\"abc-typed-later\""), "{}", shown.body);
}

#[tokio::test]
async fn proposed_names_are_free() {
    let trip = Trip::begin().await;
    for expected in ["Folder", "Folder 2", "Folder 3"] {
        let begun = trip.browser.get(&format!("{SETTINGS}?place=folder")).await;
        let page = trip.browser.get(begun.header("location")).await.body;
        assert!(page.contains(&format!("value=\"{expected}\"")), "{page}");
        let (_, draft) = begun.header("location").split_once("?draft=").unwrap();
        let fields = [
            ("place", "folder"),
            ("folder", "/srv"),
            ("name", expected),
            ("s3_bucket", "lake"),
            ("output_file_format", "jsonl"),
        ];
        trip.browser
            .post(&format!("{SETTINGS}?draft={draft}"), &fields)
            .await;
        let key = format!("/destinations/new/key?draft={draft}");
        let made = trip.browser.post(&key, &[("s3_key_format_string", KEY)]).await;
        assert!(
            made.header("location").ends_with("/setup/verify"),
            "{}",
            made.body
        );
    }
}

/// The state of the draft that a page was made of.
fn revision(page: &str) -> &str {
    let after = page.split("name=\"revision\" value=\"").nth(1);
    after.expect("the form says so").split('"').next().unwrap()
}

const OTHER_TAB: &str = "Another tab has changed this draft";

#[tokio::test]
async fn of_two_tabs_on_one_draft_the_second_is_told_and_may_overwrite() {
    let trip = Trip::begin().await;
    let path = trip.at(SETTINGS).await;
    let shown = trip.browser.get(&path).await.body;
    let form = |name: &'static str, of: &str| {
        let (of, path, trip) = (of.to_owned(), path.clone(), &trip);
        async move {
            let fields = [
                ("name", name),
                ("s3_bucket", "lake"),
                ("output_file_format", "jsonl"),
                ("aws_auth_mode", "static"),
                ("aws_access_key_id", "AKIATYPED"),
                ("aws_secret_access_key", "secret"),
                ("revision", of.as_str()),
            ];
            trip.browser.post(&path, &fields).await
        }
    };
    let of = revision(&shown);
    assert_eq!(screen(&form("First", of).await), "/destinations/new/key");
    let first_key = trip.show("/destinations/new/key").await.body;
    // The same once more is no news.
    assert_eq!(screen(&form("First", of).await), "/destinations/new/key");

    let told = form("Second", of).await;
    assert_eq!(told.status, 422);
    for said in [OTHER_TAB, "value=\"Second\"", "Keys that you typed are not shown"] {
        assert!(told.body.contains(said), "{said}: {}", told.body);
    }
    assert!(!told.body.contains("AKIATYPED"), "{}", told.body);
    let kept = trip.browser.get(&path).await.body;
    assert!(
        kept.contains("value=\"First\""),
        "nothing is overwritten unseen: {kept}"
    );
    let again = form("Second", revision(&told.body)).await;
    assert_eq!(screen(&again), "/destinations/new/key");

    // The first tab is at the key meanwhile, and makes nothing of settings that it has not seen.
    let key_path = trip.at("/destinations/new/key").await;
    let key = [("s3_key_format_string", KEY), ("revision", revision(&first_key))];
    let told = trip.browser.post(&key_path, &key).await;
    assert!(
        told.status == 422 && told.body.contains(OTHER_TAB),
        "{}",
        told.body
    );
    assert!(trip.world.catalog.destinations().await.unwrap().is_empty());
    let key = [("s3_key_format_string", KEY), ("revision", revision(&told.body))];
    let made = trip.browser.post(&key_path, &key).await;
    assert_eq!(
        made.header("location"),
        "/destinations/1/setup/verify",
        "{}",
        made.body
    );
    let stored = trip.world.catalog.destinations().await.unwrap().remove(0);
    assert_eq!(stored.name, "Second");
}

#[tokio::test]
async fn what_is_left_without_a_button_overwrites_nothing_of_another_tab() {
    let trip = Trip::begin().await;
    let path = trip.at(SETTINGS).await;
    let shown = trip.browser.get(&path).await.body;
    trip.send_settings(&[("name", "First")]).await;
    let left = [
        ("name", "Left"),
        ("s3_bucket", "lake"),
        ("go", "keep"),
        ("revision", revision(&shown)),
    ];
    assert_eq!(trip.browser.post(&path, &left).await.status, 303);
    let kept = trip.browser.get(&path).await.body;
    assert!(kept.contains("value=\"First\""), "{kept}");
}

#[tokio::test]
async fn what_a_second_tab_sends_of_a_draft_that_became_a_destination_is_shown_as_a_change_of_it() {
    let trip = Trip::begin().await;
    let (settings, key) = (trip.at(SETTINGS).await, trip.at("/destinations/new/key").await);
    let shown = trip.browser.get(&settings).await.body;
    trip.send_settings(&[]).await;
    trip.browser.post(&key, &[("s3_key_format_string", KEY)]).await;
    let typed = [
        ("name", "Second"),
        ("s3_bucket", "lake"),
        ("output_file_format", "csv"),
        ("revision", revision(&shown)),
    ];
    let other_key = format!("raw/{KEY}");
    let key_typed = [("s3_key_format_string", other_key.as_str())];
    let cases = [
        (&settings, &typed[..], "value=\"Second\""),
        (&key, &key_typed[..], "raw/["),
    ];
    for (path, form, value) in cases {
        let told = trip.browser.post(path, form).await;
        assert_eq!(told.status, 422, "{path}");
        for said in [
            "Another tab has made the destination Lake",
            value,
            "action=\"/destinations/1/setup/",
        ] {
            assert!(told.body.contains(said), "{said}: {}", told.body);
        }
    }
    // What is the same as what is stored leads there without a word.
    let same = trip.browser.post(&key, &[("s3_key_format_string", KEY)]).await;
    assert_eq!(same.header("location"), "/destinations/1/setup/key");
    assert_eq!(trip.world.catalog.destinations().await.unwrap().len(), 1);
}
