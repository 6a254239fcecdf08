//! Checks, and the page of a destination.

use std::sync::atomic::Ordering;

use landfall_catalog::{AccessFault, Act, Mapping, NewSource, SourceType};
use landfall_core::time::Timestamp;

use crate::trip::{KEY, MISSING, Trip, text};
use crate::world::NOW;

#[tokio::test]
async fn a_check_shows_its_steps_its_cause_and_its_remedy_and_then_success() {
    let trip = Trip::begin().await;
    trip.make_destination().await;
    let tokens = trip.bucket.may_end.forget_permits(1000);
    assert_eq!(tokens, 1000);
    trip.browser.post("/destinations/1/setup/check", &[]).await;
    let page = trip.browser.get("/destinations/1/setup/check").await.body;
    assert!(page.contains("data-state=\"running\""), "{page}");
    assert!(page.contains("<noscript><meta http-equiv=\"refresh\" content=\"1\"></noscript>"));
    trip.bucket.may_end.add_permits(1);
    let panel = text(&trip.wait_for_check().await.body);
    for said in [
        MISSING,
        "The challenge file is not in the bucket.",
        "Upload an empty file.",
        "check-failed",
    ] {
        assert!(panel.contains(said), "{said}: {panel}");
    }
    assert_eq!(panel.matches("check-passed").count(), 3);
    assert_eq!(panel.matches("check-skipped").count(), 1);
    let done = trip.browser.get("/destinations/1/setup/done").await;
    assert_eq!(done.header("location"), "/destinations/1/setup/verify", "not yet");

    trip.bucket.may_end.add_permits(1);
    trip.bucket.is_file_there.store(true, Ordering::Relaxed);
    trip.browser.post("/destinations/1/setup/check", &[]).await;
    let panel = trip.wait_for_check().await.body;
    assert!(panel.contains("data-state=\"succeeded\""), "{panel}");
    assert_eq!(panel.matches("check-passed").count(), 5);
    let page = trip.browser.get("/destinations/1/setup/check").await;
    assert_eq!(page.header("location"), "/destinations/1/setup/done");
    let done = trip.browser.get("/destinations/1/setup/done").await.body;
    assert!(
        done.contains("Success!") && done.contains("Add an integration"),
        "{done}"
    );
}

#[tokio::test]
async fn a_check_of_the_page_of_a_destination_leads_nowhere() {
    let trip = Trip::begin().await;
    trip.make_destination().await;
    let panel = trip.browser.post_by_script("/destinations/1/check").await;
    assert_eq!(panel.status, 200, "{}", panel.body);
    assert!(
        panel
            .body
            .starts_with("<section class=\"check-panel\" id=\"check\""),
        "the panel alone: {}",
        panel.body
    );
    assert!(panel.body.contains("data-next=\"\""), "{}", panel.body);
    trip.wait_for_check().await;
    let page = trip
        .browser
        .post_and_follow("/destinations/1/check", &[])
        .await
        .body;
    assert!(
        page.contains("data-next=\"\"") && page.contains("Check now"),
        "{page}"
    );
}

#[tokio::test]
async fn a_destination_that_fails_says_why_itself_and_not_by_a_check_from_before() {
    let trip = Trip::begin().await;
    trip.make_destination().await;
    trip.bucket.is_file_there.store(true, Ordering::Relaxed);
    trip.browser.post("/destinations/1/check", &[]).await;
    trip.wait_for_check().await;
    let (old, why) = ("This check was before loading stopped", "Loading stopped");
    let page = trip.browser.get("/destinations/1").await.body;
    assert!(!page.contains(old) && !page.contains(why), "{page}");

    trip.world.wait(60);
    let catalog = &trip.world.catalog;
    let stored = catalog.destinations().await.unwrap().remove(0);
    let fault = AccessFault {
        code: "missing_put_object".to_owned(),
        message: "An error occurred (AccessDenied) when calling the PutObject operation: Access Denied"
            .to_owned(),
    };
    let now = Timestamp::from_millis(NOW + 60_000);
    let refused = catalog.load_refused(stored.id, stored.access_revision, fault, now);
    refused.await.unwrap();
    let page = text(&trip.browser.get("/destinations/1").await.body);
    let grant = "s3:PutObject";
    for said in [
        why,
        old,
        "Remedy:",
        grant,
        "calling the PutObject operation",
        "checked again by itself, next",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let home = text(&trip.browser.get("/").await.body);
    assert!(home.contains("is failing") && home.contains(grant), "{home}");
    let viewer = trip.world.viewer().await;
    let page = text(&viewer.get("/destinations/1").await.body);
    assert!(page.contains(grant) && !page.contains("Check now"), "{page}");

    // A check that fails since says for itself why.
    trip.world.wait(60);
    trip.bucket.is_file_there.store(false, Ordering::Relaxed);
    trip.browser.post("/destinations/1/check", &[]).await;
    trip.wait_for_check().await;
    let page = text(&trip.browser.get("/destinations/1").await.body);
    assert!(page.contains(why) && !page.contains(old), "{page}");
    assert_eq!(
        page.matches("The challenge file is not in the bucket.").count(),
        3,
        "{page}"
    );
    trip.browser.post("/destinations/1/pause", &[]).await;
    let page = trip.browser.get("/destinations/1").await.body;
    assert!(page.contains("access is not checked by itself"), "{page}");
}

#[tokio::test]
async fn a_folder_is_filled_by_one_button() {
    let trip = Trip::begin().await;
    let folder = [
        ("place", "folder"),
        ("folder", "/srv/my buckets"),
        ("s3_bucket", "lake"),
    ];
    trip.make_destination_with(&folder).await;
    let screen = trip.browser.get("/destinations/1/setup/verify").await.body;
    assert!(screen.contains("/srv/my buckets/lake"), "{screen}");
    assert!(!screen.contains("Bucket policy"), "folders have no policy");
    let (before, hidden) = screen.split_once("<details class=\"disclosure\"").unwrap();
    assert!(
        before.contains("shown on this page alone, and only until you leave it"),
        "{before}"
    );
    assert!(hidden.contains("its name, shown only now"), "{hidden}");
    let form = [("wish", "make")];
    let made = trip.browser.post("/destinations/1/setup/challenge", &form).await;
    assert_eq!(made.header("location"), "/destinations/1/setup/check");
    trip.wait_for_check().await;
    assert_eq!(*trip.bucket.made.lock().unwrap(), ["lake"]);
    let page = trip.browser.get("/destinations/1").await.body;
    assert!(page.contains("badge-good"), "{page}");
    let edit = trip.browser.get("/destinations/1/edit").await.body;
    assert!(edit.contains("value=\"/srv/my buckets\""), "{edit}");
}

#[tokio::test]
async fn a_folder_that_cannot_be_filled_says_why() {
    let trip = Trip::begin().await;
    let folder = [("place", "folder"), ("folder", "/srv"), ("s3_bucket", "locked")];
    trip.make_destination_with(&folder).await;
    let refused = trip
        .browser
        .post_and_follow("/destinations/1/setup/challenge", &[("wish", "make")])
        .await;
    assert_eq!(refused.status, 422);
    assert!(
        refused
            .body
            .contains("making the folder: check who may write there"),
        "{}",
        refused.body
    );
}

#[tokio::test]
async fn an_edit_leaves_credentials_as_they_are_and_asks_for_a_check_if_access_changed() {
    let trip = Trip::begin().await;
    let keys = [
        ("aws_auth_mode", "static"),
        ("aws_access_key_id", "AKIA"),
        ("aws_secret_access_key", "secret"),
    ];
    trip.make_destination_with(&keys).await;
    trip.bucket.is_file_there.store(true, Ordering::Relaxed);
    trip.browser.post("/destinations/1/check", &[]).await;
    trip.wait_for_check().await;
    let edit = |other: Vec<(&'static str, &'static str)>| {
        let trip = &trip;
        async move {
            let mut fields = vec![
                ("aws_auth_mode", "static"),
                ("s3_key_format_string", crate::trip::KEY),
            ];
            fields.extend(other);
            trip.send_settings_to("/destinations/1/edit", &fields).await
        }
    };
    let saved = edit(vec![("name", "Sea")]).await;
    assert_eq!(
        saved.header("location"),
        "/destinations/1?done=saved",
        "{}",
        saved.body
    );
    let page = trip.browser.get("/destinations/1?done=saved").await.body;
    assert!(
        page.contains("The changes are saved.") && page.contains("badge-good"),
        "{page}"
    );
    let stored = trip.world.catalog.destinations().await.unwrap().remove(0);
    assert!(stored.properties.is_set("aws_secret_access_key"));

    trip.bucket.is_file_there.store(false, Ordering::Relaxed);
    edit(vec![("s3_bucket", "another-bucket")]).await;
    trip.wait_for_check().await;
    let page = trip.browser.get("/destinations/1").await.body;
    assert!(page.contains("Not verified yet"), "{page}");
    let refused = edit(vec![("s3_bucket", "ab")]).await;
    assert_eq!(refused.status, 422);
    // Credentials that came with a fault elsewhere need not be typed again.
    let keys = vec![
        ("aws_access_key_id", "AKIANEW"),
        ("aws_secret_access_key", "new"),
        ("s3_bucket", "ab"),
    ];
    let refused = edit(keys).await;
    assert!(refused.status == 422 && !refused.body.contains("AKIANEW"));
    edit(vec![]).await;
    let stored = trip.world.catalog.destinations().await.unwrap().remove(0);
    assert_eq!(stored.properties.to_raw()["aws_access_key_id"], "AKIANEW");
    let renamed = edit(vec![("challenge", "new")]).await;
    assert_eq!(renamed.header("location"), "/destinations/1/setup/verify");
}

#[tokio::test]
async fn a_destination_is_paused_resumed_and_removed() {
    let trip = Trip::begin().await;
    trip.make_destination().await;
    let paused = trip.browser.post("/destinations/1/pause", &[]).await;
    assert_eq!(paused.header("location"), "/destinations/1?done=paused");
    assert!(
        trip.browser
            .get("/destinations/1")
            .await
            .body
            .contains(">Resume<")
    );
    trip.browser.post("/destinations/1/resume", &[]).await;
    assert!(trip.browser.get("/destinations/1").await.body.contains(">Pause<"));
    for word in ["", "delete", "DELETE IT"] {
        let refused = trip
            .browser
            .post("/destinations/1/remove", &[("word", word)])
            .await;
        assert_eq!(refused.status, 422, "{word}");
        assert!(refused.body.contains("Type DELETE, in capital letters"), "{word}");
    }
    let removed = trip
        .browser
        .post(
            "/destinations/1/remove",
            &[("word", "DELETE"), ("sources", "delete")],
        )
        .await;
    assert_eq!(removed.header("location"), "/destinations?done=removed");
    assert_eq!(trip.browser.get("/destinations/1").await.status, 404);
}

#[tokio::test]
async fn removing_a_destination_says_what_becomes_of_its_sources() {
    for (choice, is_deleted) in [("pause", false), ("delete", true)] {
        let trip = Trip::begin().await;
        trip.make_destination().await;
        let source = NewSource {
            source_type: SourceType::ImportApi,
            name: "shop".to_owned(),
            display_name: "The shop".to_owned(),
            properties: std::collections::BTreeMap::new(),
            mapping: Mapping::OnlyDestination,
        };
        let act = Act {
            who: "tester",
            at: Timestamp::from_millis(1),
        };
        trip.world.catalog.create_source(&source, act).await.unwrap();
        for path in ["/destinations/1", "/destinations/1/remove"] {
            assert!(trip.browser.get(path).await.body.contains("The shop"), "{path}");
        }
        let asked = trip.browser.get("/destinations/1/remove").await.body;
        assert!(
            asked.contains("Pushes are refused with 401 until each is resumed"),
            "{asked}"
        );
        let form = [("word", "DELETE"), ("sources", choice)];
        let removed = trip.browser.post("/destinations/1/remove", &form).await;
        let done = if is_deleted {
            "removed"
        } else {
            "removed-and-paused"
        };
        assert_eq!(removed.header("location"), format!("/destinations?done={done}"));
        let told = trip.browser.get(removed.header("location")).await.body;
        assert_eq!(told.contains("are refused with 401"), !is_deleted, "{told}");
        let left = trip.world.catalog.sources().await.unwrap().remove(0);
        assert_eq!(left.deleted_at.is_some(), is_deleted, "{choice}");
    }
}

#[tokio::test]
async fn a_source_whose_destination_went_away_says_that_it_refuses_pushes_and_is_resumed_from_home() {
    let trip = Trip::begin().await;
    trip.make_destination().await;
    let form = [
        ("type", "import_api"),
        ("display_name", "Shop"),
        ("destination", "1"),
    ];
    trip.browser.post_and_follow("/integrations", &form).await;
    let form = [("word", "DELETE"), ("sources", "pause")];
    trip.browser.post("/destinations/1/remove", &form).await;
    let alone = trip.browser.get("/").await.body;
    let resume = "action=\"/integrations/1/resume\"";
    assert!(
        alone.contains("waits for the next destination that you connect"),
        "{alone}"
    );
    assert!(
        alone.contains("refused with 401 until it is resumed") && alone.contains(resume),
        "{alone}"
    );
    for path in [
        "/integrations/1",
        "/integrations/1/settings",
        "/integrations/1/connect",
    ] {
        let page = trip.browser.get(path).await.body;
        assert!(
            page.contains("are refused with 401 until you resume it"),
            "{path}: {page}"
        );
        assert!(page.contains("waits for another destination"), "{path}: {page}");
    }
    trip.send_settings(&[("name", "Second")]).await;
    trip.send_key("/destinations/new/key", KEY).await;
    let adopted = trip.browser.get("/").await.body;
    assert!(
        adopted.contains("is paused since its destination changed or was removed"),
        "{adopted}"
    );
    trip.browser.post("/integrations/1/resume", &[]).await;
    let well = trip.browser.get("/").await.body;
    assert!(!well.contains("with 401") && !well.contains(resume), "{well}");
}

#[tokio::test]
async fn an_edit_has_the_elements_and_the_preview_of_the_key() {
    let trip = Trip::begin().await;
    trip.make_destination().await;
    let page = trip.browser.get("/destinations/1/edit").await.body;
    for part in [
        "name=\"insert\" value=\"[table_version]\"",
        "salesforce_prod/account/1_1519235654474.jsonl",
        "id=\"key-continue\"",
        "data-key",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    // Without a script, elements are buttons that store nothing.
    let key = [
        ("s3_key_format_string", KEY),
        ("insert", "[day_loaded]"),
        ("name", "Sea"),
    ];
    let inserted = trip.send_settings_to("/destinations/1/edit", &key).await;
    assert_eq!(inserted.status, 200);
    assert!(
        inserted
            .body
            .contains("[timestamp_loaded][day_loaded].[csv|jsonl]"),
        "{}",
        inserted.body
    );
    assert!(inserted.body.contains("value=\"Sea\""), "what is typed stays");
    let wrong = [("s3_key_format_string", "a b")];
    let refused = trip.send_settings_to("/destinations/1/edit", &wrong).await;
    assert_eq!(refused.status, 422);
    assert!(
        refused.body.contains("contains a space at character 2"),
        "{}",
        refused.body
    );
    let stored = trip.world.catalog.destinations().await.unwrap().remove(0);
    assert_eq!(stored.properties.to_raw()["s3_key_format_string"], KEY);
}
