//! `GET /v4/destinations/{id}/bucket-policy` (management-api.md §5.2, setup-flow.md §5.1).

use axum::extract::State;
use landfall_core::ids::DestinationId;
use landfall_setup::Partition;
use landfall_setup::policy::{Grant, PolicyDocument, PolicyLabel};
use landfall_setup::principal::PrincipalArn;
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{Answer, Refusal, ok};
use super::checks::incomplete;
use super::destination_rules::settings_of_draft;
use super::destinations::of_id;
use super::request::{Numbers, Query};
use super::state::ManageState;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PolicyObject<'a> {
    partition: &'static str,
    principal_arn: Option<&'a str>,
    #[schema(value_type = Object)]
    policy: PolicyDocument,
}

/// The policy that lets this instance into the bucket.
pub(super) async fn get(State(state): State<ManageState>, Numbers([id]): Numbers<1>, query: Query) -> Answer {
    let partition = match query.value("partition") {
        None => None,
        Some(spelling) => Some(Partition::from_spelling(spelling).ok_or_else(|| {
            Refusal::coded("InvalidPartition", "partition must be aws, aws-cn or aws-us-gov")
        })?),
    };
    let destination = of_id(&state, DestinationId::new(id)).await?;
    let settings = settings_of_draft(&destination.properties, &state.parts.rules).ok_or_else(incomplete)?;
    let principal = state.parts.checker.principal(&settings).await;
    let label = PolicyLabel::Destination(id.into());
    let grant = Grant::new(label, settings.bucket, principal, partition);
    ok(&PolicyObject {
        partition: grant.partition.as_str(),
        principal_arn: grant.principal.as_ref().map(PrincipalArn::as_str),
        policy: grant.bucket_policy(),
    })
}
