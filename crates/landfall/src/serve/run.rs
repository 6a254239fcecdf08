//! One process: intake, management, loader.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context;
use landfall_bucket::{Sleep, TokioSleep};
use landfall_catalog::{Act, Catalog, Entropy, NewAccessKey};
use landfall_http::manage::{InstanceRules, ManageState, Minted};
use landfall_load::Jitter;
use landfall_load::service::{ANSWER_WITHIN, Conductor, NoticeParts, Notices, ServiceParts, ServiceSettings};
use landfall_web::SetupCode;
use secrecy::ExposeSecret;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use super::accept::{self, TlsFiles};
use super::data_folder::{DataFolder, SystemEntropy};
use super::events::{Events, Outgoing};
use super::gate::ServerGate;
use super::http::{manage_state, router, web};
use super::journal;
use super::metrics::LoadCounter;
use super::ops::Ops;
use super::oversized::Oversized;
use super::parts::{Core, open};
use super::places::BucketPlaces;
use super::retention::Forgetting;
use super::settings::ServeSettings;

/// Loads at the same time.
const LOADS_AT_ONCE: usize = 4;
/// How often checks that are due, and the log's health, are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How long what is accepted may take to be loaded after the last request.
const DRAIN_WITHIN: Duration = Duration::from_secs(60);

/// Serves until a signal comes, then takes nothing more, loads what it has, and ends.
pub(crate) async fn serve(settings: ServeSettings) -> anyhow::Result<()> {
    let mut signals = EndSignals::catch().context("catching signals")?;
    let folder = DataFolder::open(&settings.data_dir)?;
    let listener = TcpListener::bind(settings.listen).await.with_context(|| {
        format!(
            "listening on {}: give another address with --listen",
            settings.listen
        )
    })?;
    let address = listener.local_addr()?;
    let tls = settings.tls.as_ref().map(TlsFiles::acceptor).transpose()?;
    let core = open(&settings, &folder).await?;
    let rules = InstanceRules {
        allow_insecure_endpoint: settings.allow_insecure_endpoint,
        allow_insecure_webhooks: settings.allow_insecure_webhooks,
        ..InstanceRules::default()
    };
    let conductor = start_conductor(&settings, &core, rules).await?;
    let loading = conductor.handle();
    let (stop, stopped) = watch::channel(false);
    let messenger = Arc::new(Outgoing::new()?);
    let manage = manage_state(&settings, &core, rules, loading.clone(), messenger.clone())?;
    let oversized: Arc<Oversized> = Arc::default();
    let gate = Arc::new(ServerGate {
        catalog: core.catalog.clone(),
        log: core.log.clone(),
        clock: core.clock.clone(),
        metrics: core.metrics.clone(),
        buffers: Arc::default(),
        steps: core.steps.clone(),
        oversized: oversized.clone(),
        is_ending: AtomicBool::new(false),
        remembered: std::sync::Mutex::default(),
    });
    let ops = Ops {
        catalog: core.catalog.clone(),
        log: core.log.clone(),
        clock: core.clock.clone(),
        metrics: core.metrics.clone(),
        loading: loading.clone(),
    };
    let setup_code = first_run_code(&core).await?;
    greet(&core, &settings, &folder, address, setup_code.as_ref()).await?;
    let loader = spawn_conductor(conductor)?;
    let sender = tokio::spawn(notices(&core)?.run(stopped.clone()));
    let events = Events {
        catalog: core.catalog.clone(),
        log: core.log.clone(),
        log_budget: settings.log_budget,
        clock: core.clock.clone(),
        messenger,
        client: core.instance.client_id,
        created_at: core.instance.created_at,
        loading: loading.clone(),
        oversized,
        looked_at: None,
    };
    let announcer = tokio::spawn(events.run(stopped.clone()));
    let watcher = tokio::spawn(watch_destinations(
        manage.clone(),
        core.catalog.clone(),
        ops.clone(),
        stopped.clone(),
    ));
    let forgetting = Forgetting {
        catalog: core.catalog.clone(),
        clock: core.clock.clone(),
        sleep: Arc::new(TokioSleep),
        keep: settings.keep,
    };
    let forgetter = tokio::spawn(forgetting.run(stopped));
    let (end, ending) = watch::channel(false);
    let web = web(&settings, &core, manage.clone(), setup_code, ending);
    let app = router(&settings, &core, gate.clone(), manage.clone(), ops, &web);
    let ended = async move {
        signals.next().await;
        // From now on pushes are told to come again; those that are in the log are acknowledged.
        gate.is_ending.store(true, Ordering::SeqCst);
        end.send_replace(true);
    };
    accept::serve(listener, tls, app, ended).await;
    tracing::info!("no more requests are taken: what was accepted is loaded now");
    loading.drain();
    let _ = tokio::time::timeout(DRAIN_WITHIN, loader).await;
    stop.send_replace(true);
    let _ = tokio::time::timeout(DRAIN_WITHIN, async {
        let _ = (sender.await, watcher.await, forgetter.await, announcer.await);
        manage.drain().await;
    })
    .await;
    core.log.close().await;
    core.catalog.close().await;
    Ok(())
}

async fn start_conductor(
    settings: &ServeSettings,
    core: &Core,
    rules: InstanceRules,
) -> anyhow::Result<Conductor> {
    let parts = ServiceParts {
        settings: ServiceSettings {
            limits: settings.limits,
            memory_budget: settings.memory_budget,
            loads_at_once: LOADS_AT_ONCE,
            keep_unloaded: settings.keep.unloaded(),
        },
        instance: core.instance.id.clone(),
        log: core.log.clone(),
        catalog: core.catalog.clone(),
        places: Arc::new(BucketPlaces::new(rules)),
        clock: core.clock.clone(),
        sleep: Arc::new(TokioSleep),
        steps: core.steps.clone(),
        observer: Arc::new(LoadCounter(core.metrics.clone())),
        notices: core.notices.clone(),
    };
    let conductor = Conductor::start(parts).await?.with_jitter(jitter());
    Ok(match settings.accept_log_loss {
        true => conductor.passing_over_losses(),
        false => conductor,
    })
}

/// The loader encodes, which must not hold up requests: it has a thread of its own.
fn spawn_conductor(conductor: Conductor) -> anyhow::Result<tokio::sync::oneshot::Receiver<()>> {
    let runtime = tokio::runtime::Handle::current();
    let (ended, end) = tokio::sync::oneshot::channel();
    std::thread::Builder::new()
        .name("loader".to_owned())
        .spawn(move || {
            if let Err(fault) = runtime.block_on(conductor.run()) {
                // What is accepted stays in the log, but nothing would load it any more: whoever runs the server restarts it.
                tracing::error!("the loader ended: {fault}{}", journal::remedy(&fault));
                std::process::exit(1);
            }
            let _ = ended.send(());
        })?;
    Ok(end)
}

fn notices(core: &Core) -> anyhow::Result<Notices> {
    let metrics = core.metrics.clone();
    Ok(Notices::new(NoticeParts {
        catalog: core.catalog.clone(),
        clock: core.clock.clone(),
        sleep: Arc::new(TokioSleep),
        jitter: jitter(),
        answer_within: ANSWER_WITHIN,
        news: core.notices.clone(),
        count: Box::new(move |result| metrics.delivered(result)),
    })?)
}

/// What creating the administrator takes, as long as there is no user.
async fn first_run_code(core: &Core) -> anyhow::Result<Option<SetupCode>> {
    let has_users = core.catalog.has_users().await?;
    Ok((!has_users).then(|| SetupCode::mint(&SystemEntropy)))
}

/// Waits that no other server has.
fn jitter() -> Jitter {
    let mut seed = [0; 8];
    SystemEntropy.fill(&mut seed);
    Jitter::seeded(u64::from_le_bytes(seed))
}

/// Prints where the server is, how to create the administrator if there is none, and a first key if there is none.
async fn greet(
    core: &Core,
    settings: &ServeSettings,
    folder: &DataFolder,
    address: SocketAddr,
    setup_code: Option<&SetupCode>,
) -> anyhow::Result<()> {
    let scheme = if settings.tls.is_some() { "https" } else { "http" };
    let data = folder.path().display();
    let mut text = format!("Landfall listens on {scheme}://{address} and keeps its data in {data}\n");
    if let Some(code) = setup_code {
        let url = settings
            .public_url
            .as_deref()
            .map(|url| url.trim_end_matches('/'));
        let url = url.map_or_else(
            || format!("{scheme}://{}", local_authority(address)),
            str::to_owned,
        );
        text.push_str(&format!(
            "Open {url}/setup?code={} to create the administrator\n",
            code.show()
        ));
    }
    if settings.admin_key.is_none() && core.catalog.access_keys().await?.is_empty() {
        let key = Minted::access_key(&SystemEntropy);
        let new = NewAccessKey {
            digest: key.digest(),
            last4: key.last4(),
            description: "made at the first start",
        };
        let act = Act {
            who: "landfall",
            at: core.clock.closing(),
        };
        core.catalog.create_access_key(new, act).await?;
        let key = key.text().expose_secret();
        text.push_str(&format!("Management key, shown only now: {key}\n"));
    }
    // At once, for who waits for the first line alone may have gone by the second.
    crate::out::write(format_args!("{text}"));
    Ok(())
}

/// Where a browser on this machine reaches `address`.
fn local_authority(address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        format!("localhost:{}", address.port())
    } else {
        address.to_string()
    }
}

/// Checks failing destinations when their time comes, and looks whether the log can be written.
async fn watch_destinations(
    manage: ManageState,
    catalog: Arc<Catalog>,
    ops: Ops,
    mut stop: watch::Receiver<bool>,
) {
    while !*stop.borrow() {
        if let Err(reason) = ops.readiness().await {
            tracing::warn!("not ready: {reason}");
        }
        for id in catalog.due_checks(ops.clock.closing()).await.unwrap_or_default() {
            if let Err(fault) = manage.start_check(id).await {
                tracing::warn!(destination.id = id.as_u32(), "the check could not start: {fault}");
            }
        }
        tokio::select! {
            _ = stop.changed() => {}
            () = TokioSleep.sleep(LOOK_EVERY) => {}
        }
    }
}

/// The signals that end the server. They are caught from the start on: one that comes while the parts are being put
/// together ends it in order, too.
struct EndSignals {
    interrupt: Signal,
    terminate: Signal,
}

impl EndSignals {
    fn catch() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
