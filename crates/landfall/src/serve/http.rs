//! What is served over HTTP.

use std::num::NonZeroUsize;
use std::sync::Arc;

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use landfall_http::import;
use landfall_http::import::{Answer, Identity, ImportSettings};
use landfall_http::manage::{self, AdminKey, Facts, InstanceRules, KeptDays, ManageState, PublicAddress};
use landfall_http::{AllowedHosts, require_host};
use landfall_load::service::ConductorHandle;
use landfall_web::{SetupCode, Web};
use secrecy::ExposeSecret;
use tokio::sync::watch;

use super::data_folder::SystemEntropy;
use super::events::Outgoing;
use super::gate::ServerGate;
use super::metrics::Metrics;
use super::ops::{self, LogBuffer, Ops};
use super::parts::Core;
use super::places::BucketChecker;
use super::settings::ServeSettings;
use super::waiting::AskedLoader;

/// The management API.
pub(super) fn manage_state(
    settings: &ServeSettings,
    core: &Core,
    rules: InstanceRules,
    loading: ConductorHandle,
    messenger: Arc<Outgoing>,
) -> anyhow::Result<ManageState> {
    let clock = core.clock.clone();
    let admin_key = settings
        .admin_key
        .as_ref()
        .map(|key| AdminKey::parse(key.expose_secret()))
        .transpose()?;
    let state = ManageState::new(manage::Parts {
        catalog: core.catalog.clone(),
        checker: Arc::new(BucketChecker),
        buffer: Arc::new(LogBuffer(core.log.clone())),
        loader: Arc::new(AskedLoader::new(loading.clone())),
        messenger,
        clock: Arc::new(move || clock.closing()),
        entropy: Arc::new(SystemEntropy),
        changed: Arc::new(move || loading.wake()),
        admin_key,
        rules,
        address: public_address(settings),
    });
    Ok(state.with_facts(facts(settings)))
}

/// What the API tells of this server.
fn facts(settings: &ServeSettings) -> Facts {
    let folder = std::path::absolute(&settings.data_dir).unwrap_or_else(|_| settings.data_dir.clone());
    Facts {
        data_folder: Some(folder.display().to_string()),
        keep_days: KeptDays {
            unloaded: settings.keep.unloaded,
            reports: settings.keep.reports,
            deliveries: settings.keep.deliveries,
            ledger: settings.keep.ledger,
            audit: settings.keep.audit,
        },
    }
}

fn public_address(settings: &ServeSettings) -> PublicAddress {
    match &settings.public_url {
        Some(url) => PublicAddress::Url(url.clone()),
        None if settings.tls.is_some() => PublicAddress::HostOverHttps,
        None => PublicAddress::HostOverHttp,
    }
}

/// All endpoints.
pub(super) fn router(
    settings: &ServeSettings,
    core: &Core,
    gate: Arc<ServerGate>,
    manage: ManageState,
    ops: Ops,
    web: &Web,
) -> Router {
    let identity = Identity {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        revision: option_env!("LANDFALL_REVISION").unwrap_or("unknown").to_owned(),
    };
    let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let buffers = Arc::clone(&gate.buffers);
    let hosts: AllowedHosts = settings.allowed_hosts.iter().cloned().collect();
    let import = import::router(
        gate,
        ImportSettings {
            allowed_hosts: hosts.clone(),
            readers: cores,
            buffers,
            ..ImportSettings::new(core.instance.client_id, identity)
        },
    );
    let metrics = core.metrics.clone();
    let import = import.layer(from_fn(move |request: Request, next: Next| {
        let metrics = metrics.clone();
        async move { count_answer(&metrics, request, next).await }
    }));
    let manage = manage::require_https(manage::router(manage), settings.trusted_proxies.clone());
    let controls = require_host(manage.merge(web.router()).fallback(fallback(web.clone())), hosts);
    // The Import API has an answer of its own for other hosts, and probes ask by address.
    controls.merge(import).merge(ops::router(ops))
}

/// Where there is nothing, browsers get a page and programs JSON.
fn fallback(web: Web) -> axum::routing::MethodRouter {
    axum::routing::any(move |request: Request| {
        let web = web.clone();
        async move {
            let accept = request.headers().get(axum::http::header::ACCEPT);
            if accept.is_some_and(|accept| accept.as_bytes().starts_with(b"text/html")) {
                web.not_found(request).await
            } else {
                Answer::not_found().into_response()
            }
        }
    })
}

/// The web pages.
pub(super) fn web(
    settings: &ServeSettings,
    core: &Core,
    manage: ManageState,
    setup_code: Option<SetupCode>,
    ending: watch::Receiver<bool>,
) -> Web {
    let clock = core.clock.clone();
    Web::new(landfall_web::Parts {
        catalog: core.catalog.clone(),
        manage: manage::router(manage),
        clock: Arc::new(move || clock.closing()),
        entropy: Arc::new(SystemEntropy),
        public_url: settings.public_url.clone(),
        has_tls: settings.tls.is_some(),
        setup_code,
        ending,
    })
}

async fn count_answer(metrics: &Metrics, request: Request, next: Next) -> Response {
    let endpoint = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("other", |path| {
            path.as_str()
                .rsplit('/')
                .find(|part| !part.is_empty())
                .unwrap_or("other")
        })
        .trim_matches(['{', '}'])
        .to_owned();
    let answer = next.run(request).await.into_response();
    metrics.answered(&endpoint, answer.status().as_u16());
    answer
}
