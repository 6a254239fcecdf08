//! `GET /v4/destinations/{id}/grant`: what to grant to whom, in every form (setup-flow.md §5.1, §6.1).

use axum::extract::State;
use landfall_core::ids::DestinationId;
use landfall_core::settings::{AuthMode, DestinationSettings, ServerSideEncryption};
use landfall_setup::policy::{Form, Grant, PolicyLabel, Trust};
use landfall_setup::principal::PrincipalArn;
use landfall_setup::{CheckContext, Partition, Place};
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{Answer, Refusal, ok};
use super::checks::incomplete;
use super::destination_rules::settings_of_draft;
use super::destinations::of_id;
use super::request::{Numbers, Query};
use super::state::ManageState;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct GrantObject<'a> {
    /// `aws`, `store` or `folder`.
    place: &'static str,
    /// The endpoint of a store, or the folder of a bucket folder.
    location: Option<String>,
    partition: &'static str,
    principal_arn: Option<&'a str>,
    /// What to look at before the policy is saved.
    caveat: Option<String>,
    /// The bucket's side.
    bucket: Forms,
    /// The principal's side, for buckets of other accounts.
    principal: Option<Forms>,
    /// That the role may be assumed.
    trust: Option<Forms>,
    /// What the principal needs on a KMS key, and the key's side.
    kms: Option<Forms>,
    kms_key: Option<Forms>,
}

/// One document in all its forms.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GrantForms)]
struct Forms {
    json: String,
    aws_cli: String,
    terraform: String,
    cloudformation: String,
}

impl Forms {
    fn of(render: impl Fn(Form) -> Option<String>) -> Option<Self> {
        Some(Self {
            json: render(Form::Json)?,
            aws_cli: render(Form::AwsCli)?,
            terraform: render(Form::Terraform)?,
            cloudformation: render(Form::CloudFormation)?,
        })
    }
}

fn trust_of(settings: &DestinationSettings, host: Option<&PrincipalArn>) -> Option<Forms> {
    let AuthMode::AssumeRole {
        role_arn,
        external_id,
    } = &settings.access.auth
    else {
        return None;
    };
    let role = PrincipalArn::parse(role_arn.as_str()).ok()?;
    let trust = Trust {
        base: host,
        external_id: external_id.as_ref(),
    };
    Forms::of(|form| trust.render(&role, form))
}

/// What lets this instance into the bucket.
pub(super) async fn get(State(state): State<ManageState>, Numbers([id]): Numbers<1>, query: Query) -> Answer {
    let partition = match query.value("partition") {
        None => None,
        Some(spelling) => Some(Partition::from_spelling(spelling).ok_or_else(|| {
            Refusal::coded("InvalidPartition", "partition must be aws, aws-cn or aws-us-gov")
        })?),
    };
    let destination = of_id(&state, DestinationId::new(id)).await?;
    let settings = settings_of_draft(&destination.properties, &state.parts.rules).ok_or_else(incomplete)?;
    let context = CheckContext::of_settings(&settings, None);
    let (place, location) = match &context.place {
        Place::Aws => ("aws", None),
        Place::Store { endpoint_url } => ("store", Some(endpoint_url.clone())),
        Place::Folder { path } => {
            let folder = path.join(settings.bucket.as_str());
            ("folder", Some(folder.display().to_string()))
        }
    };
    let checker = &state.parts.checker;
    let (principal, host) = match (&context.place, &settings.access.auth) {
        (Place::Aws, AuthMode::AssumeRole { .. }) => {
            (checker.principal(&settings).await, checker.host(&settings).await)
        }
        (Place::Aws, AuthMode::Ambient | AuthMode::Static { .. }) => {
            (checker.principal(&settings).await, None)
        }
        (Place::Store { .. } | Place::Folder { .. }, _) => (None, None),
    };
    let partition = partition.or_else(|| principal.is_none().then(|| context.partition()));
    let label = PolicyLabel::Destination(id.into());
    let grant = Grant::new(label, settings.bucket.clone(), principal, partition);
    let key = match &settings.access.encryption {
        ServerSideEncryption::Kms { key_id } => Some(key_id.as_ref().map(|key| key.as_str())),
        ServerSideEncryption::BucketDefault | ServerSideEncryption::Aes256 => None,
    };
    let bucket = Forms::of(|form| Some(grant.render_bucket_side(form)));
    ok(&GrantObject {
        place,
        location,
        partition: grant.partition.as_str(),
        principal_arn: grant.principal.as_ref().map(PrincipalArn::as_str),
        caveat: grant.principal.as_ref().and_then(PrincipalArn::caveat),
        bucket: bucket.ok_or_else(|| Refusal::internal("a policy has no text"))?,
        principal: Forms::of(|form| grant.render_principal_side(form)),
        trust: trust_of(&settings, host.as_ref()),
        kms: key.and_then(|key| Forms::of(|form| grant.render_kms_identity(key, form))),
        kms_key: key.and_then(|key| Forms::of(|form| Some(grant.render_kms_key(key, form)))),
    })
}
