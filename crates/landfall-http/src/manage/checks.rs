//! Running connection checks (management-api.md §6).

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use axum::extract::State;
use landfall_catalog::{CheckEnd, CheckStart, ConnectionCheck, DestinationError, LONGEST_CHECK};
use landfall_core::ids::{DestinationId, SourceId};
use landfall_core::settings::DestinationSettings;
use landfall_core::units::ByteCount;
use landfall_setup::catalogue::Failing;
use landfall_setup::challenge::generate_uuid;
use landfall_setup::principal::PrincipalArn;
use landfall_setup::{CheckContext, CheckReport, Step};
use tokio::sync::oneshot;

use super::answer::{Answer, Refusal, ok};
use super::check_object::{CheckObject, as_of, completed, verdict_of};
use super::check_progress::CheckProgress;
use super::destination_rules::settings_of;
use super::destinations::of_id;
use super::request::Numbers;
use super::sources::find_source;
use super::state::ManageState;

/// How long a request waits for the check that it started (management-api.md §5.2).
pub const WAIT_FOR_CHECK: Duration = Duration::from_secs(10);

/// Talks to the buckets of destinations.
#[async_trait]
pub trait Checker: fmt::Debug + Send + Sync {
    /// Takes the steps of setup-flow.md §6.2. The settings have a challenge name.
    async fn check(&self, destination: DestinationId, settings: &DestinationSettings) -> CheckReport;

    /// Whom a bucket policy must name so that these settings work; none if nobody can tell.
    async fn principal(&self, settings: &DestinationSettings) -> Option<PrincipalArn>;

    /// The beginning of an object, `most` bytes of it at most.
    ///
    /// # Errors
    /// What the bucket said.
    async fn read_start(
        &self,
        settings: &DestinationSettings,
        key: &str,
        most: ByteCount,
    ) -> Result<Vec<u8>, String>;

    /// [`check`](Self::check), telling `progress` of each step.
    async fn check_live(
        &self,
        destination: DestinationId,
        settings: &DestinationSettings,
        progress: &CheckProgress,
    ) -> CheckReport {
        let _ = progress; // told of all steps when the check is over
        self.check(destination, settings).await
    }

    /// Who assumes roles here; none if nobody can tell.
    async fn host(&self, _settings: &DestinationSettings) -> Option<PrincipalArn> {
        None
    }

    /// Where bucket folders would be on this machine, if there is a good place.
    fn default_folder(&self) -> Option<PathBuf> {
        None
    }

    /// Makes the folder of a bucket that is one, and the challenge file in it. What is there stays.
    ///
    /// # Errors
    /// What to do instead. The text doesn't have the challenge name.
    async fn make_challenge_file(&self, _settings: &DestinationSettings) -> Result<(), String> {
        Err("only bucket folders can be filled from here: upload the challenge file yourself".to_owned())
    }
}

/// A check that was wished for.
pub(super) struct Wished {
    pub(super) check: ConnectionCheck,
    /// Resolves when the check is over; none if another request waits for it.
    over: Option<oneshot::Receiver<()>>,
}

impl Wished {
    /// Waits until the check is over, or for [`WAIT_FOR_CHECK`] if that takes longer.
    pub(super) async fn wait(self) {
        if let Some(over) = self.over {
            // Whether it is over or not, the catalog says what there is to say.
            let _ = tokio::time::timeout(WAIT_FOR_CHECK, over).await;
        }
    }
}

impl ManageState {
    /// Starts a check of a destination, unless one is running; either way, the check. What it finds is noted in the
    /// catalog, and whoever loads is told. A draft can't be checked: none.
    ///
    /// # Errors
    /// [`DestinationError::NotFound`].
    pub async fn start_check(&self, id: DestinationId) -> Result<Option<ConnectionCheck>, DestinationError> {
        Ok(self.wish_check(id).await?.map(|wished| wished.check))
    }

    pub(super) async fn wish_check(&self, id: DestinationId) -> Result<Option<Wished>, DestinationError> {
        let destination = self.catalog().destination(id).await?;
        let destination = destination
            .filter(|destination| destination.state.deleted_at().is_none())
            .ok_or(DestinationError::NotFound(id))?;
        if settings_of(&destination.properties, &self.parts.rules).is_none() {
            return Ok(None);
        }
        let (client, now) = (self.instance().await?.client_id, self.now());
        let name = format!("{client}.{id}.check.{}", generate_uuid(self.random16()));
        if let CheckStart::Running(check) = self.catalog().start_check(id, &name, now).await? {
            return Ok(Some(Wished { check, over: None }));
        }
        let check = ConnectionCheck {
            name,
            started_at: now,
            completed_at: None,
            errors: Vec::new(),
            warnings: Vec::new(),
        };
        let (tell_over, over) = oneshot::channel();
        let (state, begun) = (self.clone(), check.clone());
        self.spawn(async move {
            state.run_check(id, &begun).await;
            let _ = tell_over.send(()); // perhaps nobody waits
        });
        Ok(Some(Wished {
            check,
            over: Some(over),
        }))
    }

    /// Runs a check until its outcome is about what the destination is by then.
    async fn run_check(&self, id: DestinationId, begun: &ConnectionCheck) {
        loop {
            match self.check_once(id, begun).await {
                Ok(Some(CheckEnd::Outdated)) => {}
                Ok(Some(CheckEnd::Counted(_)) | None) => return self.changed(),
                Err(fault) => {
                    tracing::error!(destination.id = %id, "the outcome of a connection check was lost: {fault}");
                    return;
                }
            }
        }
    }

    /// None if there is nothing left to check.
    async fn check_once(
        &self,
        id: DestinationId,
        begun: &ConnectionCheck,
    ) -> Result<Option<CheckEnd>, DestinationError> {
        let Some(destination) = self.catalog().destination(id).await? else {
            return Ok(None);
        };
        let Some(settings) = settings_of(&destination.properties, &self.parts.rules) else {
            return Ok(None);
        };
        let progress = self.progresses.start(id, &begun.name);
        let checking = self.parts.checker.check_live(id, &settings, &progress);
        let report = match tokio::time::timeout(LONGEST_CHECK, checking).await {
            Ok(report) => report,
            Err(_) => out_of_time(&settings),
        };
        progress.settle(&report);
        let now = self.now();
        let check = completed(begun, &report, now);
        let revision = destination.access_revision;
        let end = self
            .catalog()
            .finish_check(id, revision, &check, &verdict_of(&report), now)
            .await;
        match end {
            Err(DestinationError::NotFound(_)) => Ok(None), // deleted in the meantime
            end => end.map(Some),
        }
    }
}

fn out_of_time(settings: &DestinationSettings) -> CheckReport {
    let challenge = settings
        .sentinel_key
        .as_ref()
        .expect("what is checked has a challenge name");
    let failing = Failing {
        step: Step::Credentials,
        context: &CheckContext::of_settings(settings, None),
        identity: None,
        challenge,
    };
    CheckReport::out_of_time(Vec::new(), &failing)
}

/// `POST /v4/destinations/{id}/check`.
pub(super) async fn start(State(state): State<ManageState>, Numbers([id]): Numbers<1>) -> Answer {
    match state.start_check(DestinationId::new(id)).await {
        Ok(Some(check)) => ok(&CheckObject::new(&as_of(check, state.now()))),
        Ok(None) => Err(incomplete()),
        Err(DestinationError::Store(fault)) => Err(fault.into()),
        Err(_) => Err(Refusal::text("invalid connection id")),
    }
}

/// What a draft can't do.
pub(super) fn incomplete() -> Refusal {
    Refusal::coded(
        "IncompleteDestination",
        "the destination lacks required properties: see its report_card",
    )
}

/// `GET /v4/destinations/{id}/last-connection-check`.
pub(super) async fn last_of_destination(
    State(state): State<ManageState>,
    Numbers([id]): Numbers<1>,
) -> Answer {
    let destination = of_id(&state, DestinationId::new(id)).await?;
    let check = destination.last_check.ok_or_else(Refusal::not_found)?;
    ok(&CheckObject::new(&as_of(check, state.now())))
}

/// `GET /v4/sources/{id}/last-connection-check`: sources that are pushed to are never checked.
pub(super) async fn last_of_source(State(state): State<ManageState>, Numbers([id]): Numbers<1>) -> Answer {
    let id = SourceId::new(id);
    find_source(&state, id).await?;
    Err(Refusal::not_found())
}
