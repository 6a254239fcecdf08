//! Screen 1: create a bucket, if there is none (setup-flow.md §2). Nothing is stored.

use askama::Template;
use axum::extract::Query;
use landfall_core::bucket_name::{BucketHost, BucketName};
use serde::Deserialize;

use super::choose::for_admins;
use super::run::{DraftId, Run};
use super::steps::{Screen, Steps};
use crate::components::{CodeBox, Field};
use crate::frame::{Frame, Page, Section, Shown, show as show_page};

#[derive(Template)]
#[template(path = "wizard/bucket.html")]
struct BucketPage {
    frame: Frame,
    steps: Steps,
    bucket: Field,
    region: Field,
    command: CodeBox,
    next: String,
    back: String,
    draft: Option<DraftId>,
}

/// What the command is to be filled in with.
#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    bucket: String,
    #[serde(default)]
    region: String,
}

/// The command that creates the bucket. What is not known, or would not be one plain word, stays a blank to fill in.
fn command(bucket: Option<&str>, region: Option<&str>) -> String {
    let name = bucket.unwrap_or("<name>");
    let place = region.unwrap_or("<region>");
    let create = format!("aws s3api create-bucket --bucket {name} --region {place}");
    match region {
        Some("us-east-1") => create,
        Some(_) | None => {
            format!("{create} --create-bucket-configuration LocationConstraint={place}")
        }
    }
}

/// `GET /destinations/new/bucket`.
pub(super) async fn show(page: Page, run: Run, Query(wanted): Query<Wanted>) -> Shown {
    for_admins(&page)?;
    let typed = wanted.bucket.trim();
    let parsed = BucketName::parse(typed, BucketHost::Amazon);
    let problems = parsed.as_ref().err().filter(|_| !typed.is_empty());
    let errors = problems.into_iter().flatten().map(ToString::to_string);
    let region = wanted.region.trim();
    let is_region = |text: &&str| {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !text.is_empty() && text.bytes().all(is_plain)
    };
    let name = parsed.as_ref().ok().map(BucketName::as_str);
    let next = match name {
        Some(name) => run.settings_path_with(&format!("place=s3&bucket={name}")),
        None => run.settings_path_with("place=s3"),
    };
    show_page(&BucketPage {
        frame: page.frame("Create a bucket", Section::Destinations),
        steps: Steps::new(Screen::Bucket, false, run),
        bucket: Field::text("bucket", "Bucket Name")
            .value(typed)
            .errors(errors.collect()),
        region: Field::text("region", "Region").value(region),
        command: CodeBox {
            id: "create-command".to_owned(),
            label: "command that creates the bucket".to_owned(),
            text: command(name, Some(region).filter(is_region)),
        },
        next,
        back: run.choose_path(),
        draft: run.draft,
    })
}

#[cfg(test)]
mod tests {
    use super::command;

    #[test]
    fn the_command_leaves_the_constraint_out_in_us_east_1() {
        let cases = [
            (
                None,
                None,
                "aws s3api create-bucket --bucket <name> --region <region> --create-bucket-configuration \
                 LocationConstraint=<region>",
            ),
            (
                Some("lake"),
                Some("us-east-1"),
                "aws s3api create-bucket --bucket lake --region us-east-1",
            ),
            (
                Some("lake"),
                Some("eu-central-1"),
                "aws s3api create-bucket --bucket lake --region eu-central-1 --create-bucket-configuration \
                 LocationConstraint=eu-central-1",
            ),
        ];
        for (bucket, region, expected) in cases {
            assert_eq!(command(bucket, region), expected);
        }
    }
}
