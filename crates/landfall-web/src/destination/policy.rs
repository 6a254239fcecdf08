//! The bucket policy, at any time (setup-flow.md §5.3).

use askama::Template;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Redirect};

use crate::frame::{Frame, Page, Section, Shown, show as show_page};
use crate::wizard::{PolicyBoxes, Stored, Wanted, grant_of, policy_boxes};

#[derive(Template)]
#[template(path = "destination/policy.html")]
struct PolicyPage {
    frame: Frame,
    destination: Stored,
    policy: PolicyBoxes,
}

/// `GET /destinations/{id}/policy`.
pub(super) async fn show(page: Page, Path(id): Path<u32>, Query(wanted): Query<Wanted>) -> Shown {
    let destination = Stored::read(&page, id).await?;
    let path = format!("/destinations/{id}/policy");
    let grant = grant_of(&page, id, &wanted).await?;
    let bucket = destination.property("s3_bucket");
    let policy = grant.and_then(|grant| policy_boxes(&grant, bucket, &path, &wanted));
    let Some(policy) = policy else {
        // Folders and drafts have none.
        return Ok(Redirect::to(&format!("/destinations/{id}")).into_response());
    };
    show_page(&PolicyPage {
        frame: page.frame("Bucket policy", Section::Destinations),
        destination,
        policy,
    })
}
