//! Jobs begin and end.

use std::sync::Arc;

use landfall_catalog::{AccessFault, FailedAttempt, LoadFault};
use landfall_core::ids::{DestinationId, SourceId};

use super::{Conductor, ConductorError, Landed};
use crate::service::jobs::Job;
use crate::service::landing::LandingFault;
use crate::service::observer::{FailedLoad, LandedLoad};
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
        let (first, stock) = (job.first(), job.stock());
        let place = match &job {
            Job::Skip(_) => None,
            Job::Load(load) => {
                let now = self.parts.clock.elapsed();
                let place = match &load.opened {
                    Some(opened) => self.routes.find_place(opened.intent.destination, now).await?,
                    None => {
                        let route = self.routes.find(key.source, now).await?;
                        route
                            .filter(|route| load.is_for(&route.naming))
                            .map(|route| route.place)
                    }
                };
                if place.is_none() {
                    // It can't be loaded any more, or not in this way: all of it is read again when it can.
                    table.park(first.min(at));
                    if stock.rows > 0 {
                        table.leave(first, stock);
                    }
                    self.recount(key);
                    return Ok(());
                }
                place
            }
        };
        table.running = Some(RunningJob {
            first,
            bytes: job.allocated_bytes(),
            stock,
            through: job.through(),
            target: place
                .as_ref()
                .zip(job.format())
                .map(|(place, format)| (place.destination, format)),
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
                self.progress.insert(table.id, job.through);
                self.open_loads.remove(&table.id);
                if let Some((destination, format)) = job.target {
                    self.routes.wake(destination);
                    if let Some(report) = report {
                        let source = self.source_name(key.source).await?;
                        self.parts.observer.landed(&LandedLoad {
                            destination,
                            format,
                            source: &source,
                            report: &report,
                        });
                        self.parts.notices.notify_one();
                    }
                }
                self.line_up(&key);
            }
            Err(fault) => {
                // Nobody knows how far it came: the ledger is asked before it is tried again.
                self.unsure.insert(table.id);
                table.park(job.first);
                if job.stock.rows > 0 {
                    table.leave(job.first, job.stock);
                }
                let now = self.parts.clock.elapsed();
                table.rest = Some(Rest::after(table.rest, now, &self.routes.jitter));
                self.recount(&key);
                self.note_failure(&key, job, &fault).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn source_name(&self, source: SourceId) -> Result<String, ConductorError> {
        let source = self.parts.catalog.source(source).await?;
        Ok(source.map_or_else(String::new, |source| source.name))
    }

    async fn note_failure(
        &mut self,
        key: &TableKey,
        job: RunningJob,
        fault: &LandingFault,
    ) -> Result<(), ConductorError> {
        let now = self.parts.clock.closing();
        let destination = job.target.map(|(destination, _)| destination);
        let told = self.tell(destination, fault);
        if let Some(destination) = destination {
            // What fails one table's loads leaves the others alone.
            if matches!(fault, LandingFault::OutOfReach(_) | LandingFault::Refused(_)) {
                self.routes.rest(destination, self.parts.clock.elapsed());
            }
            if matches!(fault, LandingFault::Refused(_))
                && let Some(place) = self.routes.opened(destination)
            {
                let access = AccessFault {
                    code: told.code.clone(),
                    message: told.message.clone(),
                };
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
            let attempt = FailedAttempt {
                table,
                load: None,
                started_at: now,
                failed_at: now,
                fault: told.clone(),
            };
            self.parts.catalog.fail_attempts(&[attempt]).await?;
            self.step(Step::Failed).await;
        }
        self.parts.observer.failed(&FailedLoad {
            destination,
            source: &self.source_name(key.source).await?,
            table: &key.name,
            code: &told.code,
            message: &fault.to_string(),
        });
        Ok(())
    }

    /// A fault as reports and metrics show it: what the bucket said has the code of its check error.
    fn tell(&self, destination: Option<DestinationId>, fault: &LandingFault) -> LoadFault {
        let place = destination.and_then(|destination| self.routes.opened(destination));
        let told = match (fault.of_bucket(), place) {
            (Some(error), Some(place)) => {
                let access = self.parts.places.explain(&place.place, error);
                LoadFault {
                    code: access.code,
                    message: access.message,
                }
            }
            _ => LoadFault {
                code: "load_failed".to_owned(),
                message: fault.to_string(),
            },
        };
        LoadFault {
            code: fault.code().map_or(told.code, str::to_owned),
            ..told
        }
    }
}
