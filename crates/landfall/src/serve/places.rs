//! Destinations become buckets; refusals of buckets become words.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use futures_util::StreamExt;
use landfall_catalog::{AccessFault, Destination};
use landfall_core::ids::DestinationId;
use landfall_core::settings::{AccessSettings, AuthMode, DestinationSettings};
use landfall_core::units::ByteCount;
use landfall_http::manage::{CheckProgress, Checker, InstanceRules, settings_of};
use landfall_load::service::{Place, Places};
use landfall_load::{AccessError, LoadError};
use landfall_setup::principal::PrincipalArn;
use landfall_setup::{CheckContext, CheckReport};

use crate::caller::Caller;
use crate::check::{Shown, check_destination};
use crate::remedy::{Remedies, unnamed_challenge};
use crate::setup::folder;
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

    async fn check_live(
        &self,
        _destination: DestinationId,
        settings: &DestinationSettings,
        progress: &CheckProgress,
    ) -> CheckReport {
        let challenge = settings.sentinel_key.clone().unwrap_or_else(unnamed_challenge);
        let mut tell = |shown: Shown<'_>| match shown {
            Shown::Begun(step) => progress.begin(step),
            Shown::Ended(result) => progress.end(result),
            Shown::LookingAround | Shown::Lines(_) => {}
        };
        check_destination(settings, &challenge, None, &mut tell).await
    }

    async fn host(&self, settings: &DestinationSettings) -> Option<PrincipalArn> {
        let ambient = AccessSettings {
            auth: AuthMode::Ambient,
            ..settings.access.clone()
        };
        Caller::asked(settings, ambient).await.principal
    }

    fn default_folder(&self) -> Option<PathBuf> {
        folder::absolute("~/landfall-buckets").ok()
    }

    async fn make_challenge_file(&self, settings: &DestinationSettings) -> Result<(), String> {
        let folder = folder::bucket_folder(settings);
        let (Some(folder), Some(challenge)) = (folder, settings.sentinel_key.clone()) else {
            return Err(
                "only bucket folders can be filled from here: upload the challenge file yourself".to_owned(),
            );
        };
        let making = tokio::task::spawn_blocking(move || {
            folder::make(&folder)?;
            folder::make_challenge(&folder, challenge.as_str())
        });
        match making.await {
            Ok(made) => made.map_err(|fault| format!("{fault:#}")),
            Err(_) => Err("the challenge file was not made: see the log of the server".to_owned()),
        }
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
