//! Every text that says what is wrong (setup-flow.md §3, object-keys.md §11).

use serde_json::Value;

use crate::trip::{KEY, Trip, screen, text};

/// A field, what is typed into it, and what is said.
const SETTINGS: [(&str, &str, &[&str]); 24] = [
    ("name", "", &["Display Name must have 1 to 100 characters"]),
    ("s3_bucket", "", &["Bucket name is required"]),
    ("s3_bucket", "   ", &["Bucket name is required"]),
    (
        "s3_bucket",
        "s3://lake",
        &["Enter only the bucket name, without s3:// or https://"],
    ),
    (
        "s3_bucket",
        "https://lake.s3.amazonaws.com",
        &["Enter only the bucket name, without s3:// or https://"],
    ),
    (
        "s3_bucket",
        "arn:aws:s3:::lake",
        &["Enter only the bucket name, without s3:// or https://"],
    ),
    (
        "s3_bucket",
        "lake/raw",
        &["Enter only the bucket name, without s3:// or https://"],
    ),
    (
        "s3_bucket",
        "www.lake",
        &["Enter only the bucket name, without s3:// or https://"],
    ),
    (
        "s3_bucket",
        "Lake_1",
        &["Bucket names may only contain lowercase letters, numbers, dots and hyphens"],
    ),
    ("s3_bucket", "ab", &["Bucket names have 3 to 63 characters"]),
    (
        "s3_bucket",
        "-lake-",
        &["Bucket names must begin and end with a letter or number"],
    ),
    (
        "s3_bucket",
        "la..ke",
        &["Bucket names must not contain two adjacent dots"],
    ),
    (
        "s3_bucket",
        "192.168.5.4",
        &["Bucket names must not look like an IP address"],
    ),
    (
        "s3_bucket",
        "xn--lake",
        &["Bucket names must not begin with xn--"],
    ),
    (
        "s3_bucket",
        "sthree-lake",
        &["Bucket names must not begin with sthree-"],
    ),
    (
        "s3_bucket",
        "amzn-s3-demo-lake",
        &["Bucket names must not begin with amzn-s3-demo-"],
    ),
    (
        "s3_bucket",
        "lake--x-s3",
        &["Bucket names must not end with --x-s3"],
    ),
    (
        "s3_bucket",
        "lake-s3alias",
        &["Bucket names must not end with -s3alias"],
    ),
    (
        "s3_bucket",
        "-A",
        &[
            "Bucket names have 3 to 63 characters",
            "Bucket names may only contain lowercase letters, numbers, dots and hyphens",
            "Bucket names must begin and end with a letter or number",
        ],
    ),
    (
        "s3_region",
        "EU",
        &["\"EU\" is not a region: write it as eu-central-1"],
    ),
    (
        "s3_endpoint_url",
        "minio",
        &["Endpoint URL is not an endpoint: write https://host[:port], or file:///folder for a local folder"],
    ),
    (
        "s3_endpoint_url",
        "https://minio/lake",
        &["Endpoint URL has more than host and port: remove user name, path and query"],
    ),
    (
        "s3_endpoint_url",
        "http://minio:9000",
        &["Endpoint URL would send records unencrypted"],
    ),
    ("csv_delimiter", ";", &["\";\" is not one of its values"]),
];

#[tokio::test]
async fn every_field_says_what_is_wrong_with_it() {
    let trip = Trip::begin().await;
    for (field, typed, messages) in SETTINGS {
        let refused = trip.send_settings(&[(field, typed)]).await;
        assert_eq!(refused.status, 422, "{field} {typed:?}");
        let page = text(&refused.body);
        let judged = trip
            .send_settings_to("/destinations/new/validate", &[(field, typed)])
            .await;
        let judged: Value = serde_json::from_str(&judged.body).unwrap();
        let said: Vec<&str> = judged["errors"][field]
            .as_array()
            .unwrap()
            .iter()
            .map(|text| text.as_str().unwrap())
            .collect();
        assert_eq!(said.len(), messages.len(), "{field} {typed:?}: {said:?}");
        for (message, said) in messages.iter().zip(said) {
            assert!(page.contains(message), "{field} {typed:?}: {page}");
            assert!(said.starts_with(message), "{field} {typed:?}: {said}");
        }
        assert!(
            page.contains(&format!("id=\"{field}-errors\"")),
            "{field} {typed:?}"
        );
    }
}

#[tokio::test]
async fn good_names_of_buckets_are_let_through() {
    let trip = Trip::begin().await;
    for typed in ["com-test-stitch-bucket", "my.bucket.v2", "  lake  "] {
        let taken = trip.send_settings(&[("s3_bucket", typed)]).await;
        assert_eq!(screen(&taken), "/destinations/new/key", "{typed}");
    }
    // Reserved names are reserved at Amazon.
    let taken = trip
        .send_settings(&[
            ("s3_bucket", "xn--lake"),
            ("s3_endpoint_url", "https://minio.example.com"),
        ])
        .await;
    assert_eq!(screen(&taken), "/destinations/new/key");
}

#[tokio::test]
async fn ways_to_sign_in_say_what_they_lack() {
    let trip = Trip::begin().await;
    let cases: [(&[(&str, &str)], &str); 6] = [
        (
            &[("aws_auth_mode", "assume_role")],
            "Role ARN is needed when Sign-in is assume_role",
        ),
        (
            &[("aws_auth_mode", "assume_role"), ("aws_role_arn", "loader")],
            "\"loader\" is not the ARN of a role",
        ),
        (
            &[
                ("aws_auth_mode", "assume_role"),
                ("aws_role_arn", "arn:aws:iam::111122223333:role/a"),
                ("aws_external_id", "!"),
            ],
            "External ID is not an external ID",
        ),
        (
            &[("aws_auth_mode", "static")],
            "Access key ID is needed when Sign-in is static",
        ),
        (
            &[("aws_auth_mode", "static"), ("aws_access_key_id", "AKIA")],
            "Secret access key is needed when Sign-in is static",
        ),
        (
            &[("s3_server_side_encryption", "rot13")],
            "\"rot13\" is not one of its values",
        ),
    ];
    for (fields, message) in cases {
        let refused = trip.send_settings(fields).await;
        assert_eq!(refused.status, 422, "{fields:?}");
        assert!(
            text(&refused.body).contains(message),
            "{fields:?}: {}",
            refused.body
        );
        assert!(
            refused.body.contains("<details class=\"card advanced\" open>"),
            "{fields:?}"
        );
    }
}

#[tokio::test]
async fn names_are_not_too_long_and_not_taken() {
    let trip = Trip::begin().await;
    let long = "n".repeat(101);
    let refused = trip.send_settings(&[("name", &long)]).await;
    assert!(
        refused
            .body
            .contains("Display Name must have 1 to 100 characters")
    );
    let long = "d".repeat(1001);
    let refused = trip.send_settings(&[("description", &long)]).await;
    assert!(
        refused
            .body
            .contains("Description must have at most 1000 characters"),
        "{}",
        refused.body
    );
    trip.make_destination().await;
    let refused = trip.send_settings(&[("name", "Lake")]).await;
    assert!(
        refused
            .body
            .contains("Another destination is named Lake: choose a different name, such as Lake 2")
    );
    let kept = trip.send_settings_to("/destinations/1/setup/settings", &[]).await;
    assert_eq!(
        screen(&kept),
        "/destinations/1/setup/key",
        "its own name is not taken"
    );
}

#[tokio::test]
async fn folders_are_written_from_the_root() {
    let trip = Trip::begin().await;
    for typed in ["", "buckets", "~/buckets"] {
        let refused = trip
            .send_settings(&[("place", "folder"), ("folder", typed)])
            .await;
        let page = text(&refused.body);
        assert!(
            page.contains("Folder must be written from the root, such as /srv/landfall/buckets"),
            "{page}"
        );
    }
}

#[tokio::test]
async fn a_pasted_address_is_mended_by_one_button() {
    let trip = Trip::begin().await;
    for (pasted, name) in [
        ("s3://lake/raw", "lake"),
        ("https://lake.s3.eu-central-1.amazonaws.com/raw", "lake"),
    ] {
        let refused = trip.send_settings(&[("s3_bucket", pasted)]).await;
        assert!(
            refused.body.contains(&format!("Use <em>{name}</em>")),
            "{}",
            refused.body
        );
        let mended = trip
            .send_settings(&[("s3_bucket", pasted), ("go", "use-name")])
            .await;
        assert_eq!(screen(&mended), "/destinations/new/settings");
        let screen = trip.show("/destinations/new/settings").await;
        assert!(
            screen.body.contains(&format!("value=\"{name}\"")),
            "{}",
            screen.body
        );
    }
}

/// Templates for JSON files, and the beginning of everything that is said of each (object-keys.md §11).
const KEYS: [(&str, &[&str]); 16] = [
    ("", &["The S3 Key is empty. Use the default "]),
    (
        "[integration_name]/[table_name]/[table_version].[csv|jsonl]",
        &[
            "The S3 Key is missing the required element [timestamp_loaded]. Add [timestamp_loaded] anywhere in the key.",
        ],
    ),
    (
        "[integration_name]/[table_name]/[minute_of_day]/[table_version]_[timestamp_loaded].[csv|jsonl]",
        &["The S3 Key contains the unknown element [minute_of_day] at character 33. Use one of: "],
    ),
    (
        "[integration_name]/[table_name/[table_version]_[timestamp_loaded].[csv|jsonl]",
        &[
            "The S3 Key is missing the required element [table_name].",
            "The S3 Key has a \"[\" at character 20 that is never closed. Write elements as [table_name].",
        ],
    ),
    (
        "[integration_name]/table_name]/[table_version]_[timestamp_loaded].[csv|jsonl]",
        &[
            "The S3 Key is missing the required element [table_name].",
            "The S3 Key has a \"]\" at character 30 without a matching \"[\".",
        ],
    ),
    (
        "my data/[integration_name]/[table_name]/[table_version]_[timestamp_loaded].[csv|jsonl]",
        &["The S3 Key contains a space at character 3. Remove it, or use \"_\" or \"-\" instead."],
    ),
    (
        "[integration_name]/[table_name]/\t[table_version]_[timestamp_loaded].[csv|jsonl]",
        &["The S3 Key contains a whitespace or control character (U+0009) at character 33. Remove it."],
    ),
    (
        "data!/[integration_name]/[table_name]/[table_version]_[timestamp_loaded].[csv|jsonl]",
        &[
            "The S3 Key contains the special character \"!\" at character 5. Remove it; ! @ # $ % ^ & * are not allowed.",
        ],
    ),
    (
        "données/[integration_name]/[table_name]/[table_version]_[timestamp_loaded].[csv|jsonl]",
        &[
            "The S3 Key contains the unsupported character \"é\" at character 5. Outside elements, use only A-Z a-z 0-9 and / _ - . = + , : ; ( ) ' ~ ?",
        ],
    ),
    (
        "[csv|jsonl]/[integration_name]/[table_name]/[table_version]_[timestamp_loaded]",
        &[
            "The extension placeholder [csv|jsonl] at character 1 must be the end of the S3 Key, right after a \".\".",
        ],
    ),
    (
        "[integration_name]/[table_name]/[table_version]_[timestamp_loaded].csv",
        &[
            "The S3 Key ends in \".csv\" but the data storage format is jsonl. End it with .[csv|jsonl] or .jsonl.",
        ],
    ),
    (
        "/[integration_name]/[table_name]/[table_version]_[timestamp_loaded].[csv|jsonl]",
        &["The S3 Key starts with \"/\". Remove the leading \"/\"."],
    ),
    (
        "[integration_name]/[table_name]/[table_version]_[timestamp_loaded]/",
        &["The S3 Key ends with \"/\", so it names a folder. Add a file name after the last \"/\"."],
    ),
    (
        "[integration_name]//[table_name]/[table_version]_[timestamp_loaded].[csv|jsonl]",
        &["The S3 Key contains \"//\" at character 19. Use a single \"/\"."],
    ),
    (
        "../[integration_name]/[table_name]/[table_version]_[timestamp_loaded].[csv|jsonl]",
        &["The S3 Key contains the path segment \"..\". Remove it."],
    ),
    (
        "[integration_name]/[table_name]/[table_version]_[timestamp_loaded]/.[csv|jsonl]",
        &["The last part of the S3 Key is only a file extension. Add a name before the \".\"."],
    ),
];

#[tokio::test]
async fn every_problem_of_a_key_is_listed() {
    let trip = Trip::begin().await;
    trip.send_settings(&[]).await;
    let long = format!("{}/{KEY}", "a".repeat(422));
    let too_long: (&str, &[&str]) = (
        &long,
        &["The S3 Key has 501 characters; the limit is 500. Remove at least 1."],
    );
    for (typed, messages) in KEYS.into_iter().chain([too_long]) {
        let refused = trip.send_key("/destinations/new/key", typed).await;
        assert_eq!(refused.status, 422, "{typed}");
        let page = text(&refused.body);
        let preview = trip
            .browser
            .post(
                "/destinations/key-preview",
                &[("s3_key_format_string", typed), ("output_file_format", "jsonl")],
            )
            .await;
        let preview: Value = serde_json::from_str(&preview.body).unwrap();
        let problems = preview["problems"].as_array().unwrap();
        assert_eq!(problems.len(), messages.len(), "{typed}: {problems:?}");
        for (message, problem) in messages.iter().zip(problems) {
            assert!(page.contains(message), "{typed}: {page}");
            assert!(
                problem["message"].as_str().unwrap().starts_with(message),
                "{typed}: {problem}"
            );
        }
    }
    assert!(trip.world.catalog.destinations().await.unwrap().is_empty());
}

#[tokio::test]
async fn elements_and_fixes_are_buttons_without_a_script_too() {
    let trip = Trip::begin().await;
    trip.send_settings(&[]).await;
    let path = &trip.at("/destinations/new/key").await;
    let typed = ("s3_key_format_string", "a.[csv|jsonl]");
    let sent = trip
        .browser
        .post(path, &[typed, ("insert", "[table_name]")])
        .await;
    assert_eq!(sent.header("location"), path);
    assert!(
        trip.browser
            .get(path)
            .await
            .body
            .contains("value=\"a[table_name].[csv|jsonl]\"")
    );
    let wrong = KEY.replace("[csv|jsonl]", "csv");
    let refused = trip.send_key("/destinations/new/key", &wrong).await;
    assert!(
        refused
            .body
            .contains(&format!("name=\"replace\" value=\"{KEY}\"")),
        "{}",
        refused.body
    );
    trip.browser
        .post(path, &[("s3_key_format_string", &wrong), ("replace", KEY)])
        .await;
    let screen = trip.browser.get(path).await.body;
    assert!(screen.contains("salesforce_prod/account/1_1519235654474.jsonl"));
    assert!(screen.contains("salesforce_prod/_sdc_rejected/1_1519235654474.jsonl"));
    assert!(!screen.contains("/items/"), "JSON has no sub-tables");
}

#[tokio::test]
async fn names_of_challenge_files_say_what_is_wrong_and_are_not_repeated() {
    let trip = Trip::begin().await;
    trip.make_destination().await;
    let cases = [
        ("", "The name is empty: paste the name of the file"),
        ("lake/stitch-challenge-file-mine", "This is more than a file name"),
        (
            "challenge-file-mine",
            "The name does not begin with stitch-challenge-file-",
        ),
        (
            "stitch-challenge-file-",
            "The name ends after stitch-challenge-file-",
        ),
        ("stitch-challenge-file-mine.txt", "The name has an extension"),
        (
            "stitch-challenge-file-mi ne",
            "The name is not that of a challenge file",
        ),
    ];
    for (typed, message) in cases {
        let form = [("wish", "existing"), ("existing", typed)];
        let refused = trip
            .browser
            .post_and_follow("/destinations/1/setup/challenge", &form)
            .await;
        assert_eq!(refused.status, 422, "{typed}");
        assert!(refused.body.contains(message), "{typed}: {}", refused.body);
        assert!(
            typed.is_empty() || typed == "stitch-challenge-file-" || !refused.body.contains(typed),
            "{typed}"
        );
    }
}
