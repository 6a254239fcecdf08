//! What to grant to whom, as the set-up shows it (setup-flow.md §5.1, §6.1).

use std::path::Path;

use landfall_core::settings::{AuthMode, DestinationSettings, ServerSideEncryption};
use landfall_setup::policy::{Grant, PolicyLabel, Trust};
use landfall_setup::principal::{PLACEHOLDER, PrincipalArn};
use landfall_setup::{CheckContext, Place};
use tokio::runtime::Runtime;

use super::SetupOptions;
use crate::caller::Caller;

/// What the texts are made from.
pub(super) struct Granting<'a> {
    pub(super) runtime: &'a Runtime,
    pub(super) destination: &'a DestinationSettings,
    /// `--principal`: who signs in. Where a role is assumed, that is who assumes it.
    pub(super) chosen: Option<&'a PrincipalArn>,
    /// The settings file, for the commands shown.
    pub(super) config: &'a Path,
}

/// Whom the bucket policy names if the flag says so, for the check to compare. Where a role is assumed the flag names
/// who assumes it.
pub(super) fn shown_principal(
    options: &SetupOptions,
    destination: &DestinationSettings,
) -> Option<PrincipalArn> {
    match destination.access.auth {
        AuthMode::AssumeRole { .. } => None,
        AuthMode::Ambient | AuthMode::Static { .. } => options.principal.clone(),
    }
}

impl Granting<'_> {
    /// The steps that let Landfall into the bucket, numbered from 1; none for folders.
    pub(super) fn steps(&self) -> Vec<String> {
        let steps = match CheckContext::of_settings(self.destination, None).place {
            Place::Aws => self.aws_steps(),
            Place::Store { endpoint_url } => vec![self.store_step(&endpoint_url)],
            Place::Folder { .. } => Vec::new(),
        };
        steps.iter().map(|step| step.trim_end().to_owned()).collect()
    }

    fn aws_steps(&self) -> Vec<String> {
        let assumes_role = matches!(self.destination.access.auth, AuthMode::AssumeRole { .. });
        let chosen = self.chosen.filter(|_| !assumes_role);
        let caller = Caller::of_bucket(self.runtime, self.destination, chosen);
        let context = CheckContext::of_settings(self.destination, None);
        let by_settings = context.partition();
        if let Some(mismatch) = caller
            .principal
            .as_ref()
            .and_then(|of| context.partition_mismatch(of))
        {
            tracing::warn!("{mismatch}");
        }
        let partition = caller.principal.is_none().then_some(by_settings);
        let bucket = self.destination.bucket.clone();
        let grant = Grant::new(
            PolicyLabel::StandAlone,
            bucket,
            caller.principal.clone(),
            partition,
        );
        let mut steps = Vec::new();
        if let AuthMode::AssumeRole {
            role_arn,
            external_id,
        } = &self.destination.access.auth
        {
            let host = Caller::of_host(self.runtime, self.destination, self.chosen);
            let trust = Trust {
                base: host.principal.as_ref(),
                external_id: external_id.as_ref(),
            };
            steps.push(format!(
                "\n{}. Let this host assume the role: set the trust policy of {} (IAM, Roles, Trust relationships).\n   For the \
                 AWS CLI, Terraform or CloudFormation: {} --side trust --format aws-cli\n\n{}\n{}",
                steps.len() + 1,
                role_arn.as_str(),
                self.command(),
                trust.policy().box_text(),
                incomplete(&host),
            ));
        }
        steps.push(self.bucket_step(steps.len() + 1, &grant, &caller));
        steps
    }

    fn bucket_step(&self, number: usize, grant: &Grant, caller: &Caller) -> String {
        let bucket = &self.destination.bucket;
        let who = match &caller.principal {
            Some(principal) => principal.to_string(),
            None => "whoever Landfall runs as".to_owned(),
        };
        let command = self.command();
        let mut step = format!(
            "\n{number}. Let {who} into the bucket: add this statement to the bucket policy of {bucket}.\n   In the AWS \
             console: S3, {bucket}, Permissions, Bucket Policy, Edit, paste, Save. If the bucket has a policy, merge the\n   \
             statement into it. For the AWS CLI, Terraform or CloudFormation: {command} --format aws-cli\n\n{}\n{}",
            grant.bucket_policy().box_text(),
            incomplete(caller),
        );
        step.push_str(&match caller.principal.as_ref().map(PrincipalArn::account) {
            Some(account) => format!(
                "   If the bucket is in another account than {account}, the identity needs a policy of its own too:\n   \
                 {command} --format identity\n"
            ),
            None => format!(
                "   If the bucket and the identity are in different accounts, the identity needs a policy of its own \
                 too:\n   {command} --format identity\n"
            ),
        });
        if matches!(
            self.destination.access.encryption,
            ServerSideEncryption::Kms { .. }
        ) {
            step.push_str(&format!(
                "   The identity must also be allowed to use the KMS key: {command} --format kms\n"
            ));
        }
        step
    }

    fn store_step(&self, endpoint_url: &str) -> String {
        let bucket = self.destination.bucket.clone();
        let grant = Grant::new(PolicyLabel::StandAlone, bucket, None, None);
        format!(
            "\n1. Let the access key into the bucket. The access rules of {endpoint_url} apply; in the form of S3, the \
             three actions\n   that Landfall needs are\n\n{}\n",
            grant.identity_policy().box_text()
        )
    }

    fn command(&self) -> String {
        format!("landfall policy --config {}", self.config.display())
    }
}

/// What to do where a policy has a placeholder, or might name the wrong ARN.
fn incomplete(caller: &Caller) -> String {
    match (&caller.principal, &caller.problem) {
        (Some(_), _) => match &caller.caveat {
            Some(caveat) => format!("   Note: {caveat} (here: --principal ARN).\n"),
            None => String::new(),
        },
        (None, Some(problem)) => format!(
            "   Put the ARN of your role or user in the place of {PLACEHOLDER}: AWS could not be asked for it\n   ({}).\n   \
             {} {}\n",
            problem.raw_message, problem.cause, problem.remedy
        ),
        (None, None) => format!("   Put the ARN of your role or user in the place of {PLACEHOLDER}.\n"),
    }
}
