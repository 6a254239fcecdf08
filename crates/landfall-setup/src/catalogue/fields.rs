//! The names that the texts of the catalogue are filled with.

use std::collections::BTreeMap;

use landfall_bucket::FaultKind;
use landfall_core::settings::ServerSideEncryption;

use crate::catalogue::Failing;
use crate::catalogue::classify::Refusal;
use crate::context::{CheckContext, Place, SignIn};
use crate::principal::PrincipalArn;
use crate::step::Step;

/// Every field that a text may have.
#[cfg(test)]
pub(crate) const NAMES: [&str; 21] = [
    "action",
    "bucket",
    "bucket_arn",
    "encryption",
    "endpoint",
    "extension",
    "fixed_region",
    "folder",
    "kms_key",
    "objects_arn",
    "partition",
    "place",
    "principal",
    "raw_message",
    "reason",
    "region",
    "resource",
    "role",
    "shown_principal",
    "size_bytes",
    "where_to_grant",
];

/// Fields and their values.
#[derive(Debug)]
pub(crate) struct Fields(BTreeMap<&'static str, String>);

impl Fields {
    pub(crate) fn new(failing: &Failing<'_>) -> Self {
        let context = failing.context;
        let bucket = &context.bucket;
        let partition = failing
            .identity
            .map_or_else(|| context.partition(), PrincipalArn::partition);
        let (bucket_arn, objects_arn) = (partition.bucket_arn(bucket), partition.objects_arn(bucket));
        let (action, resource) = match failing.step {
            Step::Credentials => ("sts:GetCallerIdentity", "*"),
            Step::HeadBucket | Step::ListBucket => ("s3:ListBucket", bucket_arn.as_str()),
            Step::HeadChallenge => ("s3:GetObject", objects_arn.as_str()),
            Step::WriteProbe => ("s3:PutObject", objects_arn.as_str()),
        };
        let principal = principal_text(failing);
        let fields = [
            ("action", action.to_owned()),
            ("resource", resource.to_owned()),
            ("bucket", bucket.to_string()),
            ("partition", partition.to_string()),
            ("where_to_grant", where_to_grant(context, &principal)),
            ("principal", principal),
            ("bucket_arn", bucket_arn.clone()),
            ("objects_arn", objects_arn.clone()),
            ("endpoint", endpoint_text(failing)),
            ("folder", folder_text(context)),
            ("place", folder_text(context)),
            ("encryption", encryption_text(context).to_owned()),
            ("kms_key", kms_key_text(context)),
            ("role", role_text(context)),
            (
                "fixed_region",
                context
                    .fixed_region
                    .clone()
                    .unwrap_or_else(|| "the default one".to_owned()),
            ),
        ];
        Self(fields.into())
    }

    pub(super) fn with_refusal(self, refusal: &Refusal<'_>) -> Self {
        match refusal.kind {
            FaultKind::Redirect { region: Some(region) } => self.with("region", region),
            _ => self,
        }
        .with("reason", refusal.message.unwrap_or("no details are known"))
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.0.insert(name, value.to_owned());
        self
    }

    /// `template` with its fields replaced, in one pass so that values are never read as templates.
    pub(crate) fn fill(&self, template: &str) -> String {
        let mut filled = String::with_capacity(template.len());
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            let (name, after) = after.split_once('}').expect("templates close their fields");
            filled.push_str(self.0.get(name).map_or("…", String::as_str));
            rest = after;
        }
        filled.push_str(rest);
        filled
    }
}

fn principal_text(failing: &Failing<'_>) -> String {
    let known = failing.identity.or(failing.context.shown_principal.as_ref());
    match (known, &failing.context.place) {
        (Some(principal), _) => principal.to_string(),
        (None, Place::Store { .. }) => "the access key in use".to_owned(),
        (None, Place::Aws | Place::Folder { .. }) => "the identity in use".to_owned(),
    }
}

fn where_to_grant(context: &CheckContext, principal: &str) -> String {
    match context.place {
        Place::Store { .. } => "to the access key in use, in the access rules of the store".to_owned(),
        Place::Aws | Place::Folder { .. } => {
            format!("to {principal}, in the bucket policy of {}", context.bucket)
        }
    }
}

fn endpoint_text(failing: &Failing<'_>) -> String {
    match &failing.context.place {
        Place::Aws if failing.step == Step::Credentials => "AWS STS".to_owned(),
        Place::Aws => "Amazon S3".to_owned(),
        Place::Store { endpoint_url } => endpoint_url.clone(),
        Place::Folder { path } => path.display().to_string(),
    }
}

fn folder_text(context: &CheckContext) -> String {
    match &context.place {
        Place::Folder { path } => path.join(context.bucket.as_str()).display().to_string(),
        Place::Aws | Place::Store { .. } => context.bucket.to_string(),
    }
}

fn encryption_text(context: &CheckContext) -> &'static str {
    match context.encryption {
        ServerSideEncryption::BucketDefault => "none",
        ServerSideEncryption::Aes256 => "AES256",
        ServerSideEncryption::Kms { .. } => "aws:kms",
    }
}

fn kms_key_text(context: &CheckContext) -> String {
    match &context.encryption {
        ServerSideEncryption::Kms { key_id: Some(key) } => key.as_str().to_owned(),
        ServerSideEncryption::Kms { key_id: None } => "aws/s3".to_owned(),
        ServerSideEncryption::BucketDefault | ServerSideEncryption::Aes256 => {
            "of the bucket's default encryption".to_owned()
        }
    }
}

fn role_text(context: &CheckContext) -> String {
    match &context.sign_in {
        SignIn::AssumeRole { role_arn, .. } => role_arn.clone(),
        SignIn::Ambient | SignIn::StaticKeys | SignIn::TemporaryKeys => "of this host's profile".to_owned(),
    }
}
