//! Bucket names, judged by the shared vectors and by properties.
#![allow(clippy::unwrap_used, reason = "a test that can't read its cases has failed")]

use landfall_core::bucket_name::{BucketHost, BucketName};
use proptest::prelude::*;
use serde_json::Value;

fn vectors() -> Value {
    serde_json::from_str(include_str!("vectors/bucket-names.json")).unwrap()
}

#[test]
fn every_name_gets_its_messages() {
    for case in vectors()["cases"].as_array().unwrap() {
        let input = case["input"].as_str().unwrap();
        let host = match case.get("endpoint_set").and_then(Value::as_bool) {
            Some(true) => BucketHost::Endpoint,
            _ => BucketHost::Amazon,
        };
        let messages: Vec<String> = match BucketName::parse(input, host) {
            Ok(name) => {
                assert_eq!(name.as_str(), input.trim());
                Vec::new()
            }
            Err(problems) => problems.iter().map(ToString::to_string).collect(),
        };
        assert_eq!(Value::from(messages), case["messages"], "{input:?} at {host:?}");
    }
}

#[test]
fn a_pasted_address_offers_the_bucket_in_it() {
    for case in vectors()["suggestions"].as_array().unwrap() {
        let input = case["input"].as_str().unwrap();
        assert_eq!(
            BucketName::suggest(input).as_deref(),
            case["use"].as_str(),
            "{input}"
        );
    }
    assert_eq!(BucketName::suggest("s3://NOT_A_NAME/x"), None);
    assert_eq!(BucketName::suggest("com-test-stitch-bucket"), None);
}

proptest! {
    #[test]
    fn any_text_is_judged_without_panic(text in ".*") {
        let _ = BucketName::parse(&text, BucketHost::Amazon);
        let _ = BucketName::suggest(&text);
    }

    #[test]
    fn what_is_suggested_is_a_name(text in "(s3://|https://|arn:aws:s3:::)?[a-zA-Z0-9.-]{0,12}(/.*)?") {
        if let Some(name) = BucketName::suggest(&text) {
            prop_assert!(BucketName::parse(&name, BucketHost::Amazon).is_ok(), "{}", name);
        }
    }
}
