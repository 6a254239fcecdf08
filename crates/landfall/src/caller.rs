//! Who signs in, and so whom policies name (setup-flow.md §6.1).

use std::time::Duration;

use landfall_bucket::{RetryPolicy, S3Options, Timeouts};
use landfall_core::settings::{AccessSettings, AuthMode, DestinationSettings};
use landfall_setup::principal::PrincipalArn;
use landfall_setup::{CheckContext, CheckProblem};
use tokio::runtime::Runtime;

use crate::credential_hints;
use crate::remedy::Remedies;
use crate::wiring::{OpenBucket, aws_options};

/// How long STS may take to connect: a policy with a placeholder is better than a long wait.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// Who it is, as far as can be told.
#[derive(Debug)]
pub(crate) struct Caller {
    /// The principal; none leaves a placeholder.
    pub(crate) principal: Option<PrincipalArn>,
    /// What to look at before a policy names it, where STS told it.
    pub(crate) caveat: Option<String>,
    /// Why it isn't known, where AWS was asked.
    pub(crate) problem: Option<CheckProblem>,
}

impl Caller {
    fn known(principal: PrincipalArn) -> Self {
        Self {
            principal: Some(principal),
            caveat: None,
            problem: None,
        }
    }

    /// Who uses the bucket: `chosen`, or the role that is assumed, or whoever STS says.
    pub(crate) fn of_bucket(
        runtime: &Runtime,
        destination: &DestinationSettings,
        chosen: Option<&PrincipalArn>,
    ) -> Self {
        let role = match &destination.access.auth {
            AuthMode::AssumeRole { role_arn, .. } => PrincipalArn::parse(role_arn.as_str()).ok(),
            AuthMode::Ambient | AuthMode::Static { .. } => None,
        };
        match chosen.cloned().or(role) {
            Some(known) => Self::known(known),
            None => Self::ask(runtime, destination, destination.access.clone()),
        }
    }

    /// Who assumes the role: `chosen`, or whoever STS says this host is.
    pub(crate) fn of_host(
        runtime: &Runtime,
        destination: &DestinationSettings,
        chosen: Option<&PrincipalArn>,
    ) -> Self {
        match chosen.cloned() {
            Some(known) => Self::known(known),
            None => {
                let ambient = AccessSettings {
                    auth: AuthMode::Ambient,
                    ..destination.access.clone()
                };
                Self::ask(runtime, destination, ambient)
            }
        }
    }

    fn ask(runtime: &Runtime, destination: &DestinationSettings, access: AccessSettings) -> Self {
        for hint in credential_hints::hints(&access.auth) {
            tracing::warn!("{hint}");
        }
        runtime.block_on(Self::asked(destination, access))
    }

    /// Who uses the bucket, as STS says.
    pub(crate) async fn asked(destination: &DestinationSettings, access: AccessSettings) -> Self {
        let asking = async {
            let timeouts = Timeouts {
                connect: CONNECT_LIMIT,
                answer: ANSWER_LIMIT,
                ..Timeouts::default()
            };
            let options = S3Options {
                retry: RetryPolicy { waits: Vec::new() },
                timeouts,
                ..aws_options()
            };
            match OpenBucket::open(&access, destination.bucket.as_str(), options).await {
                OpenBucket::Aws(bucket) => Some(bucket.caller_identity().await),
                OpenBucket::Folder(_) | OpenBucket::Store(_) => None,
            }
        };
        match asking.await {
            Some(Ok(identity)) => {
                let principal = PrincipalArn::derive(Some(&identity.arn), None);
                Self {
                    caveat: principal.as_ref().and_then(PrincipalArn::caveat),
                    principal,
                    problem: None,
                }
            }
            Some(Err(refusal)) => {
                let context = CheckContext::of_settings(destination, None);
                let remedies = Remedies::new(context, destination.sentinel_key.as_ref());
                Self {
                    principal: None,
                    caveat: None,
                    problem: Some(remedies.explain(&refusal)),
                }
            }
            None => Self {
                principal: None,
                caveat: None,
                problem: None,
            },
        }
    }
}
