//! Jobs begin and end.

use std::sync::Arc;

use super::{Conductor, ConductorError, Landed};
use crate::service::jobs::Job;
use crate::service::landing::LandingFault;
use crate::service::places::{OpenPlace, Rest};
use crate::service::steps::Step;
use crate::service::tables::{RunningJob, TableKey};

impl Conductor {
    /// Starts what is ready, as far as loads may run side by side. Jobs of a table follow each other.
    pub(super) async fn start_jobs(&mut self) -> Result<(), ConductorError> {
        while self.running < self.parts.settings.loads_at_once {
            let Some(key) = self.queue.pop_front() else {
                return Ok(());
            };
            if let Some(table) = self.tables.get_mut(&key) {
                table.is_queued = false;
            }
            self.start_job(&key).await?;
        }
        Ok(())
    }

    async fn start_job(&mut self, key: &TableKey) -> Result<(), ConductorError> {
        let at = self.at;
        let Some(table) = self.tables.get_mut(key) else {
            return Ok(());
        };
        let Some(job) = table.gatherer().and_then(|gatherer| gatherer.ready.pop_front()) else {
            return Ok(());
        };
        let first = job.first();
        let place = match &job {
            Job::Skip(_) => None,
            Job::Load(load) => {
                let now = self.parts.clock.elapsed();
                let place = match &load.opened {
                    Some(opened) => self.routes.find_place(opened.intent.destination, now).await?,
                    None => self.routes.find(key.source, now).await?.map(|route| route.place),
                };
                if place.is_none() {
                    // It can't be loaded any more: all of it is read again when it can.
                    table.park(first.min(at));
                    return Ok(());
                }
                place
            }
        };
        table.running = Some(RunningJob {
            first,
            bytes: job.allocated_bytes(),
            destination: place.as_ref().map(|place| place.destination),
        });
        self.running += 1;
        self.spawn(key.clone(), job, place);
        Ok(())
    }

    fn spawn(&self, key: TableKey, job: Job, place: Option<Arc<OpenPlace>>) {
        let Some(table) = self.tables.get(&key).map(|table| table.id) else {
            return;
        };
        let lander = self.lander.clone();
        let answer = self.landed_in.clone();
        // Owned by the conductor, which waits for the answer: tasks run to their end or die with the process.
        tokio::spawn(async move {
            let work = tokio::spawn(async move {
                match (job, place) {
                    (Job::Load(load), Some(place)) => lander.land(table, &place, &load).await.map(Some),
                    (Job::Skip(skip), _) => lander.skip(table, skip).await.map(|()| None),
                    (Job::Load(_), None) => {
                        Err(LandingFault::Outdated("it has no destination now".to_owned()))
                    }
                }
            });
            let outcome = work.await.unwrap_or_else(|panic| {
                Err(LandingFault::Transient(format!(
                    "a fault of Landfall, please report it: {panic}"
                )))
            });
            let _ = answer.send(Landed { table: key, outcome });
        });
    }

    /// Takes in what came of a job.
    pub(super) async fn take(&mut self, landed: Landed) -> Result<(), ConductorError> {
        let Landed { table: key, outcome } = landed;
        self.running = self.running.saturating_sub(1);
        let Some(table) = self.tables.get_mut(&key) else {
            return Ok(());
        };
        let Some(job) = table.running.take() else {
            return Ok(());
        };
        match outcome {
            Ok(report) => {
                table.rest = None;
                if let Some(destination) = job.destination {
                    self.routes.wake(destination);
                }
                if let Some(report) = report {
                    let source = self.parts.catalog.source(key.source).await?;
                    let name = source.map_or_else(String::new, |source| source.name);
                    self.parts.observer.landed(&name, &report);
                    self.parts.notices.notify_one();
                }
                self.line_up(&key);
            }
            Err(fault) => {
                table.park(job.first);
                table.rest = Some(Rest::after(table.rest, self.parts.clock.elapsed()));
                self.note_failure(&key, job, &fault).await?;
            }
        }
        Ok(())
    }

    async fn note_failure(
        &mut self,
        key: &TableKey,
        job: RunningJob,
        fault: &LandingFault,
    ) -> Result<(), ConductorError> {
        let source = self.parts.catalog.source(key.source).await?;
        let name = source.map_or_else(String::new, |source| source.name);
        self.parts.observer.failed(&name, &key.name, &fault.to_string());
        let now = self.parts.clock.closing();
        let mut told = landfall_catalog::LoadFault {
            code: "load_failed".to_owned(),
            message: fault.to_string(),
        };
        if let Some(destination) = job.destination {
            // What fails one table's loads leaves the others alone.
            if matches!(fault, LandingFault::OutOfReach(_) | LandingFault::Refused(_)) {
                self.routes.rest(destination, self.parts.clock.elapsed());
            }
            if let LandingFault::Refused(error) = fault
                && let Some(place) = self.routes.opened(destination)
            {
                let access = self.parts.places.explain(&place.place, error);
                told.code.clone_from(&access.code);
                told.message.clone_from(&access.message);
                let refused =
                    self.parts
                        .catalog
                        .load_refused(destination, place.access_revision, access, now);
                if let Err(fault) = refused.await {
                    tracing::warn!("destination {destination} could not be marked as failing: {fault}");
                }
            }
        }
        let table = self.tables.get(key).map(|table| table.id);
        if let Some(table) = table {
            let attempt = landfall_catalog::FailedAttempt {
                table,
                load: None,
                started_at: now,
                failed_at: now,
                fault: told,
            };
            self.parts.catalog.fail_attempts(&[attempt]).await?;
            self.step(Step::Failed).await;
        }
        Ok(())
    }
}
