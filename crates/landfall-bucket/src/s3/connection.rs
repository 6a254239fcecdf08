//! The connection to the store: credentials, region, and the SDK's client for both.

use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::identity::IdentityCache;
use aws_config::imds::region::ImdsRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{
    RequestChecksumCalculation, ResponseChecksumValidation, StalledStreamProtectionConfig,
};

use crate::error::{BucketError, FaultKind, Operation};
use crate::s3::config::{Credentials, S3Config, S3Options};
use crate::s3::fault::Asked;
use crate::s3::pulse::{Listener, Pulse};
use crate::s3::transport::transport;

/// Where S3 is asked first when nothing names a region; every region's buckets are known there.
const FIRST_REGION: &str = "us-east-1";
/// How long an assumed role lasts (`setup-flow.md` §6.1).
const ROLE_SESSION: Duration = Duration::from_secs(60 * 60);
/// How long before its end it is renewed. The SDK shortens this by up to a half, at random, and five minutes are needed
/// (`setup-flow.md` §6.1).
const RENEWAL_BEFORE_EXPIRY: Duration = Duration::from_secs(10 * 60);

/// A client for one region.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    pub(crate) client: Client,
    pub(crate) region: String,
    pub(crate) is_region_guessed: bool,
    endpoint: String,
}

impl Connection {
    pub(crate) fn asked(&self, operation: Operation) -> Asked {
        Asked {
            operation,
            endpoint: self.endpoint.clone(),
            region: self.region.clone(),
            is_region_guessed: self.is_region_guessed,
        }
    }
}

/// The connection in use, which moves to the bucket's region unless the operator fixed one.
#[derive(Debug)]
pub(crate) struct Link {
    config: S3Config,
    pub(crate) sdk: SdkConfig,
    pub(crate) pulse: Arc<Pulse>,
    current: RwLock<Arc<Connection>>,
}

impl Link {
    pub(crate) async fn open(config: S3Config, options: &S3Options) -> Self {
        let sdk = sdk_config(&config, options).await;
        let region = sdk
            .region()
            .map_or_else(|| FIRST_REGION.to_owned(), ToString::to_string);
        let pulse = Arc::new(Pulse::default());
        let first = connect(&config, &sdk, &pulse, (region, config.region.is_none()));
        Self {
            config,
            sdk,
            pulse,
            current: RwLock::new(Arc::new(first)),
        }
    }

    pub(crate) fn current(&self) -> Arc<Connection> {
        Arc::clone(&self.read())
    }

    /// The connection to ask again after `refusal`, if that names the region of the bucket and we may follow.
    pub(crate) fn follow(&self, asked: &Connection, refusal: &BucketError) -> Option<Arc<Connection>> {
        let FaultKind::Redirect { region: Some(region) } = refusal.kind() else {
            return None;
        };
        if !asked.is_region_guessed || *region == asked.region {
            return None;
        }
        // The region is known from now on, so a 403 of it counts.
        let moved = Arc::new(connect(
            &self.config,
            &self.sdk,
            &self.pulse,
            (region.clone(), false),
        ));
        *self.write() = Arc::clone(&moved);
        Some(moved)
    }

    fn read(&self) -> RwLockReadGuard<'_, Arc<Connection>> {
        self.current
            .read()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn write(&self) -> RwLockWriteGuard<'_, Arc<Connection>> {
        self.current
            .write()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

fn connect(
    config: &S3Config,
    sdk: &SdkConfig,
    pulse: &Arc<Pulse>,
    (region, is_region_guessed): (String, bool),
) -> Connection {
    let mut builder = aws_sdk_s3::config::Builder::from(sdk)
        .region(Region::new(region.clone()))
        .force_path_style(config.force_path_style)
        .interceptor(Listener(Arc::clone(pulse)))
        // Uploads bring their own checksums; the SDK's would be sent as trailers, which few other stores take.
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
    builder.set_endpoint_url(config.endpoint_url.clone());
    let endpoint = match &config.endpoint_url {
        Some(url) => url.clone(),
        None if config.force_path_style => format!("https://s3.{region}.amazonaws.com/{}", config.bucket),
        None => format!("https://{}.s3.{region}.amazonaws.com/", config.bucket),
    };
    Connection {
        client: Client::from_conf(builder.build()),
        region,
        is_region_guessed,
        endpoint,
    }
}

async fn sdk_config(config: &S3Config, options: &S3Options) -> SdkConfig {
    let loader = base_loader(config, options);
    match &config.credentials {
        Credentials::Ambient => loader.load().await,
        Credentials::Static {
            access_key_id,
            secret_access_key,
            session_token,
        } => {
            let pair = aws_credential_types::Credentials::new(
                access_key_id.clone(),
                secret_access_key.clone(),
                session_token.clone(),
                None,
                "landfall settings",
            );
            loader.credentials_provider(pair).load().await
        }
        Credentials::AssumeRole {
            role_arn,
            external_id,
            session_name,
        } => {
            let base = sts_config(&loader.load().await, options);
            let mut role = AssumeRoleProvider::builder(role_arn)
                .session_name(session_name)
                .session_length(ROLE_SESSION)
                .configure(&base);
            if let Some(external_id) = external_id {
                role = role.external_id(external_id);
            }
            let assumed = SharedCredentialsProvider::new(role.build().await);
            base_loader(config, options)
                .credentials_provider(assumed)
                .load()
                .await
        }
    }
}

/// `sdk` for calls to STS, which is not where the store is.
pub(crate) fn sts_config(sdk: &SdkConfig, options: &S3Options) -> SdkConfig {
    let mut builder = sdk.to_builder();
    builder.set_endpoint_url(options.sts_endpoint_url.clone());
    builder.build()
}

fn base_loader(config: &S3Config, options: &S3Options) -> ConfigLoader {
    let transport = transport();
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(options.timeouts.connect)
        .build();
    // Our own retries and time-outs hold for all stores alike, so the SDK's are off.
    let host = ProviderConfig::without_region().with_http_client(transport.clone());
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(transport)
        .identity_cache(IdentityCache::lazy().buffer_time(RENEWAL_BEFORE_EXPIRY).build())
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts)
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    match (&config.region, &config.endpoint_url, &config.credentials) {
        (Some(region), _, _) => loader.region(Region::new(region.clone())),
        (None, Some(_), _) | (None, None, Credentials::Static { .. }) => {
            loader.region(Region::from_static(FIRST_REGION))
        }
        (None, None, Credentials::Ambient | Credentials::AssumeRole { .. }) => {
            // As `RegionProviderChain::default_provider`, whose instance metadata client has no way to connect, though.
            let instance = ImdsRegionProvider::builder().configure(&host).build();
            let of_host = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
                .or_else(ProfileFileRegionProvider::new())
                .or_else(instance);
            loader.region(of_host.or_else(FIRST_REGION))
        }
    }
}
