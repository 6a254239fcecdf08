//! What all of the server works with: the catalog, the log, the time.

use std::sync::Arc;

use anyhow::Context;
use landfall_catalog::{Act, Catalog, Instance};
use landfall_core::ids::ClientId;
use landfall_load::Clock;
use landfall_load::service::Steps;
use landfall_log::EmbeddedLog;
use tokio::sync::Notify;

use super::data_folder::{DataFolder, SystemEntropy};
use super::journal;
use super::metrics::Metrics;
use super::settings::ServeSettings;
use crate::clock::SystemClock;

/// The parts of a server that all others use.
pub(super) struct Core {
    pub(super) catalog: Arc<Catalog>,
    pub(super) log: Arc<EmbeddedLog>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) notices: Arc<Notify>,
    pub(super) steps: Arc<dyn Steps>,
    pub(super) instance: Instance,
}

/// Opens the folder's catalog and its log.
pub(super) async fn open(settings: &ServeSettings, folder: &DataFolder) -> anyhow::Result<Core> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let key = folder.secret_key()?;
    let new = Instance {
        id: random_uuid(),
        client_id: settings.client_id.unwrap_or(ClientId::new(1000)),
        created_at: clock.closing(),
    };
    let catalog = Catalog::open(&folder.catalog(), &key, Box::new(SystemEntropy), &new)
        .await
        .with_context(|| format!("opening {}", folder.catalog().display()))?;
    let mut instance = catalog.instance().await?;
    if let Some(client) = settings.client_id.filter(|client| *client != instance.client_id) {
        let act = Act {
            who: "settings",
            at: clock.closing(),
        };
        catalog.set_client_id(client, act).await?;
        instance.client_id = client;
    }
    let log = journal::open(&folder.log(), settings, &catalog, clock.closing()).await?;
    Ok(Core {
        catalog: Arc::new(catalog),
        log: Arc::new(log),
        clock,
        metrics: Arc::new(Metrics::new(settings.table_labels)),
        notices: Arc::new(Notify::new()),
        steps: steps()?,
        instance,
    })
}

/// Who is told of durable steps: in debug builds, tests may end the process after one.
#[cfg(debug_assertions)]
fn steps() -> anyhow::Result<Arc<dyn Steps>> {
    super::kill_point::of_environment()
}

/// Who is told of durable steps: nobody.
#[cfg(not(debug_assertions))]
#[expect(clippy::unnecessary_wraps, reason = "debug builds may refuse")]
fn steps() -> anyhow::Result<Arc<dyn Steps>> {
    Ok(Arc::new(landfall_load::service::Uninterrupted))
}

fn random_uuid() -> String {
    use landfall_format::KeySource;
    String::from_utf8_lossy(&landfall_format::RandomKeys::default().next_key()).into_owned()
}
