//! Forward and back through the screens, without a script.

use crate::trip::{KEY, Trip, screen, text};

const NAUGHTY: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}";

#[tokio::test]
async fn back_and_forward_lose_nothing() {
    let trip = Trip::begin().await;
    let typed = [
        ("name", "My lake"),
        ("description", "of data"),
        ("s3_bucket", "Wrong_Name"),
        ("output_file_format", "csv"),
        ("csv_delimiter", "|"),
        ("csv_force_quote", "true"),
        ("s3_region", "eu-central-1"),
    ];
    let back = trip
        .send_settings(&[&typed[..], &[("go", "back")]].concat())
        .await;
    assert_eq!(
        screen(&back),
        "/destinations/new/bucket",
        "what is wrong can wait"
    );
    let shown = trip.show("/destinations/new/settings").await.body;
    for (_, value) in typed {
        assert!(shown.contains(value), "{value}");
    }
    assert!(shown.contains("value=\"csv\" checked") && shown.contains("value=\"|\" selected"));
    // JSON hides what belongs to CSV, and keeps it.
    trip.send_settings(
        &[
            &typed[..2],
            &[("csv_delimiter", "|"), ("csv_force_quote", "true")],
        ]
        .concat(),
    )
    .await;
    let shown = trip.show("/destinations/new/settings").await.body;
    assert!(
        shown.contains("value=\"jsonl\" checked") && shown.contains("value=\"|\" selected"),
        "{shown}"
    );
    // A wrong key is kept over a look at the settings.
    let path = &trip.at("/destinations/new/key").await;
    let sent = trip
        .browser
        .post(path, &[("s3_key_format_string", "wrong key!"), ("go", "back")])
        .await;
    assert_eq!(screen(&sent), "/destinations/new/settings");
    assert!(trip.browser.get(path).await.body.contains("value=\"wrong key!\""));
}

#[tokio::test]
async fn going_back_from_the_last_screen_changes_the_same_destination() {
    let trip = Trip::begin().await;
    trip.make_destination().await;
    let key = trip.show("/destinations/1/setup/key").await.body;
    assert!(text(&key).contains(KEY), "{key}");
    let sent = trip
        .send_settings_to(
            "/destinations/1/setup/settings",
            &[("name", "Sea"), ("s3_bucket", "the-sea")],
        )
        .await;
    assert_eq!(screen(&sent), "/destinations/1/setup/key");
    let raw = format!("raw/{KEY}");
    let sent = trip.send_key("/destinations/1/setup/key", &raw).await;
    assert_eq!(sent.header("location"), "/destinations/1/setup/verify");
    let all = trip.world.catalog.destinations().await.unwrap();
    let [destination] = &all[..] else {
        panic!("{all:?}")
    };
    assert_eq!(destination.name, "Sea");
    assert_eq!(destination.properties.open()["s3_bucket"], "the-sea");
    assert_eq!(destination.properties.open()["s3_key_format_string"], raw);
    let screen = trip.browser.get("/destinations/1/setup/verify").await.body;
    assert!(
        screen.contains("The name of the challenge file is set, and can't be shown"),
        "the name is not shown again"
    );
}

#[tokio::test]
async fn the_policy_is_for_this_bucket_in_every_form_and_partition() {
    let trip = Trip::begin().await;
    trip.make_destination().await;
    let cases = [
        ("", "LandfallLoader1", "arn:aws:s3:::com-test-stitch-bucket/*"),
        (
            "?partition=aws-cn",
            "LandfallLoader1",
            "arn:aws-cn:s3:::com-test-stitch-bucket/*",
        ),
        (
            "?partition=aws-us-gov&form=json",
            "LandfallLoader1",
            "arn:aws-us-gov:s3:::com-test-stitch-bucket/*",
        ),
        (
            "?form=aws-cli",
            "put-bucket-policy",
            "arn:aws:s3:::com-test-stitch-bucket/*",
        ),
        (
            "?form=terraform",
            "aws_s3_bucket_policy",
            "com-test-stitch-bucket",
        ),
        (
            "?form=cloudformation",
            "AWS::S3::BucketPolicy",
            "com-test-stitch-bucket",
        ),
        (
            "?form=nonsense&partition=nonsense",
            "LandfallLoader1",
            "arn:aws:s3:::com-test-stitch-bucket/*",
        ),
    ];
    for screen in ["/destinations/1/setup/verify", "/destinations/1/policy"] {
        for (query, form, resource) in cases {
            let page = text(&trip.browser.get(&format!("{screen}{query}")).await.body);
            assert!(
                page.contains(form) && page.contains(resource),
                "{screen}{query}: {page}"
            );
            assert!(
                page.contains("merge the statement into it instead of replacing"),
                "{screen}{query}"
            );
        }
    }
}

#[tokio::test]
async fn viewers_see_destinations_and_no_wizard() {
    let trip = Trip::begin().await;
    trip.make_destination().await;
    let viewer = trip.world.viewer().await;
    for path in ["/destinations", "/destinations/1", "/destinations/1/policy"] {
        let page = viewer.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(!page.body.contains("/destinations/new"), "{path}");
        assert!(!page.body.contains("/destinations/1/remove"), "{path}");
    }
    for path in [
        "/destinations/new",
        "/destinations/new/bucket",
        "/destinations/new/settings",
        "/destinations/new/key",
        "/destinations/1/edit",
        "/destinations/1/remove",
        "/destinations/1/setup/settings",
        "/destinations/1/setup/key",
        "/destinations/1/setup/verify",
        "/destinations/1/setup/check",
        "/destinations/1/setup/done",
    ] {
        let refused = viewer.get(path).await;
        assert_eq!(refused.status, 403, "{path}");
        assert!(refused.body.contains("Ask an administrator to do it"), "{path}");
        assert!(refused.body.contains("href=\"/settings/users\""), "{path}");
    }
    let users = viewer.get("/settings/users").await;
    assert!(
        users.status == 200 && users.body.contains("ada"),
        "{}",
        users.body
    );
    for path in ["challenge", "check", "settings", "key", "validate"] {
        let answer = viewer.post(&format!("/destinations/1/setup/{path}"), &[]).await;
        assert_eq!(answer.status, 403, "{path}");
    }
    for path in ["edit", "check", "pause", "resume", "remove"] {
        let answer = viewer
            .post(&format!("/destinations/1/{path}"), &[("word", "DELETE")])
            .await;
        assert_eq!(answer.status, 403, "{path}");
    }
}

#[tokio::test]
async fn nothing_that_is_typed_breaks_out_of_a_screen() {
    let trip = Trip::begin().await;
    let fields = [
        "name",
        "description",
        "s3_bucket",
        "s3_region",
        "s3_endpoint_url",
        "aws_role_arn",
        "s3_kms_key_id",
        "folder",
        "place",
        "csv_delimiter",
        "aws_auth_mode",
    ];
    let mut pages = Vec::new();
    let all: Vec<(&str, &str)> = fields.iter().map(|field| (*field, NAUGHTY)).collect();
    pages.push(trip.send_settings(&all).await.body);
    pages.push(trip.show("/destinations/new/settings").await.body);
    pages.push(trip.send_key("/destinations/new/key", NAUGHTY).await.body);
    let query = "?bucket=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E&region=%22%3E%3Cimg%20src%3Dx%3E";
    pages.push(
        trip.browser
            .get(&format!("/destinations/new/bucket{query}"))
            .await
            .body,
    );
    trip.make_destination_with(&[("name", NAUGHTY), ("description", NAUGHTY)])
        .await;
    for path in [
        "",
        "/edit",
        "/remove",
        "/policy",
        "/setup/verify?form=%22%3E%3Cscript%3E",
        "/setup/settings",
        "/setup/key",
    ] {
        let page = trip.show(&format!("/destinations/1{path}")).await;
        assert_eq!(page.status, 200, "{path}");
        pages.push(page.body);
    }
    for page in pages {
        assert!(
            !page.contains("<script>") && !page.contains("<img src=x"),
            "{page}"
        );
        for inline in [" style=", "<style", " onclick="] {
            assert!(!page.contains(inline), "{inline}");
        }
    }
}
