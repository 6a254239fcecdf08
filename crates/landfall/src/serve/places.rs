//! Destinations become buckets; refusals of buckets become words.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use futures_util::StreamExt;
use landfall_catalog::{AccessFault, Destination};
use landfall_core::ids::DestinationId;
use landfall_core::settings::{AuthMode, DestinationSettings};
use landfall_core::units::ByteCount;
use landfall_http::manage::{Checker, InstanceRules, settings_of};
use landfall_load::service::{Place, Places};
use landfall_load::{AccessError, LoadError};
use landfall_setup::principal::PrincipalArn;
use landfall_setup::{CheckContext, CheckReport};

use crate::caller::Caller;
use crate::check::{Shown, check_destination};
use crate::remedy::{Remedies, unnamed_challenge};
use crate::wiring::{aws_options, open_bucket};

/// Opens destinations for loads.
#[derive(Debug)]
pub(crate) struct BucketPlaces {
    rules: InstanceRules,
    /// What may be told about refusals of a bucket, by its name.
    remedies: Mutex<HashMap<String, Remedies>>,
}

impl BucketPlaces {
    pub(crate) fn new(rules: InstanceRules) -> Self {
        Self {
            rules,
            remedies: Mutex::default(),
        }
    }
}

#[async_trait]
impl Places for BucketPlaces {
    async fn open(&self, destination: &Destination) -> Result<Place, AccessFault> {
        let settings = settings_of(&destination.properties, &self.rules).ok_or_else(|| AccessFault {
            code: "invalid_settings".to_owned(),
            message: "its properties can't be used as they are: save them again".to_owned(),
        })?;
        let bucket = open_bucket(&settings.access, settings.bucket.as_str(), aws_options()).await;
        let context = CheckContext::of_settings(&settings, None);
        let remedies = Remedies::new(context, settings.sentinel_key.as_ref());
        self.remedies
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(bucket.name().to_owned(), remedies);
        Ok(Place {
            max_key_part_bytes: bucket.max_key_part_bytes(),
            bucket,
            challenge: settings.sentinel_key.map(|key| key.as_str().to_owned()),
            template: settings.key_template,
            format: settings.format,
        })
    }

    fn explain(&self, place: &Place, error: &LoadError) -> AccessFault {
        let refusal = match error {
            LoadError::Access { source, .. } => match source {
                AccessError::ChallengeMissing(refusal) => {
                    return AccessFault {
                        code: "missing_challenge_file".to_owned(),
                        message: refusal.raw_message(),
                    };
                }
                AccessError::Bucket(refusal) => refusal,
            },
            LoadError::Put { source, .. } => source,
            LoadError::Ledger(_) | LoadError::Crowded { .. } => {
                return AccessFault {
                    code: "internal".to_owned(),
                    message: error.to_string(),
                };
            }
        };
        let remedies = self.remedies.lock().unwrap_or_else(PoisonError::into_inner);
        let known = remedies.get(place.bucket.name());
        let code = known.map_or_else(
            || "internal".to_owned(),
            |remedies| remedies.explain(refusal).code.to_string(),
        );
        AccessFault {
            code,
            message: refusal.raw_message(),
        }
    }
}

/// Makes the checks of setup-flow.md §6 for destinations of the server.
#[derive(Debug)]
pub(crate) struct BucketChecker;

#[async_trait]
impl Checker for BucketChecker {
    async fn check(&self, _destination: DestinationId, settings: &DestinationSettings) -> CheckReport {
        let challenge = settings.sentinel_key.clone().unwrap_or_else(unnamed_challenge);
        let mut show_nothing = |_: Shown<'_>| {};
        check_destination(settings, &challenge, None, &mut show_nothing).await
    }

    async fn principal(&self, settings: &DestinationSettings) -> Option<PrincipalArn> {
        let role = match &settings.access.auth {
            AuthMode::AssumeRole { role_arn, .. } => PrincipalArn::parse(role_arn.as_str()).ok(),
            AuthMode::Ambient | AuthMode::Static { .. } => None,
        };
        match role {
            Some(role) => Some(role),
            None => Caller::asked(settings, settings.access.clone()).await.principal,
        }
    }

    async fn read_start(
        &self,
        settings: &DestinationSettings,
        key: &str,
        most: ByteCount,
    ) -> Result<Vec<u8>, String> {
        let bucket = open_bucket(&settings.access, settings.bucket.as_str(), aws_options()).await;
        let most = usize::try_from(most.as_u64()).unwrap_or(usize::MAX);
        let mut start = Vec::new();
        let mut pieces = bucket.read(key).await.map_err(|fault| fault.raw_message())?;
        while start.len() < most {
            match pieces.next().await {
                None => break,
                Some(piece) => start.extend_from_slice(&piece.map_err(|fault| fault.raw_message())?),
            }
        }
        start.truncate(most);
        Ok(start)
    }
}
