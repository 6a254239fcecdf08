//! Parked tables are read again when their destination can be loaded to.

use std::collections::HashSet;
use std::time::Duration;

use landfall_catalog::TableId;
use landfall_log::Position;

use super::{CatchUp, Conductor, ConductorError};
use crate::service::encoding;
use crate::service::gather::Gatherer;
use crate::service::point::PARTITION;
use crate::service::tables::{Flow, Parked, TableKey, TableWork};

impl Conductor {
    /// Asks the ledger how far a table is, if it may know more than this.
    pub(super) async fn look_up(&mut self, id: TableId) -> Result<(), ConductorError> {
        if !self.unsure.contains(&id) {
            return Ok(());
        }
        let progress = self.parts.catalog.progress(id).await?;
        if let Some(progress) = progress.iter().find(|progress| progress.partition == PARTITION) {
            self.progress.insert(id, progress.landed_through);
        }
        match self.parts.catalog.open_load_of(id).await? {
            Some(load) => self.open_loads.insert(id, load),
            None => self.open_loads.remove(&id),
        };
        self.unsure.remove(&id);
        Ok(())
    }

    /// Has the parked tables that can be loaded again catch up, all of them together.
    pub(super) async fn unpark(&mut self, now: Duration) -> Result<(), ConductorError> {
        if self.catch_up.is_some() {
            return Ok(());
        }
        let parked: Vec<(TableKey, Position)> = self
            .tables
            .iter()
            .filter(|(_, table)| table.running.is_none())
            .filter(|(_, table)| table.rest.is_none_or(|rest| !rest.lasts(now)))
            .filter_map(|(key, table)| match table.flow {
                Flow::Parked { from } => Some((key.clone(), from.unwrap_or(self.at))),
                Flow::Live(_) | Flow::CatchingUp(_) => None,
            })
            .collect();
        let mut catch_up = CatchUp {
            at: self.at,
            tables: HashSet::new(),
        };
        for (key, from) in parked {
            let Some(gatherer) = self.revive(&key, now).await? else {
                continue;
            };
            if let Some(table) = self.tables.get_mut(&key) {
                table.flow = Flow::CatchingUp(gatherer);
                table.parked.is_announced = false;
                catch_up.at = catch_up.at.min(from);
                catch_up.tables.insert(key);
            }
        }
        if !catch_up.tables.is_empty() {
            self.catch_up = Some(catch_up);
        }
        Ok(())
    }

    /// A gatherer for a parked table, if its records can be loaded now.
    async fn revive(&mut self, key: &TableKey, now: Duration) -> Result<Option<Gatherer>, ConductorError> {
        let Some(route) = self.routes.find(key.source, now).await? else {
            return Ok(None);
        };
        let Some(table) = self.tables.get(key) else {
            return Ok(None);
        };
        let (id, problem) = (table.id, table.problem.clone());
        self.look_up(id).await?;
        let mut naming = route.naming;
        let again = self.open_loads.get(&id).cloned();
        if let Some(load) = &again {
            if self
                .routes
                .find_place(load.intent.destination, now)
                .await?
                .is_none()
            {
                return Ok(None);
            }
            naming = match encoding::from_stored(&load.intent.encoding) {
                Ok(naming) => naming,
                Err(fault) => {
                    tracing::error!(table.name = %key.name, "load {}: {fault}", load.intent.id);
                    return Ok(None);
                }
            };
        }
        let seen = self.progress.get(&id).copied();
        Ok(Some(Gatherer::new(&key.name, problem, naming, seen, again)))
    }

    /// Whether memory is full of loads that are made again and not yet whole, which nothing but reading on can end. All
    /// but the one that began first let go of what they hold: that one may be read on for.
    pub(super) fn is_stuck(&mut self) -> bool {
        if self.running > 0 || !self.queue.is_empty() {
            return false;
        }
        let is_unfinished = |table: &mut TableWork| {
            table
                .gatherer()
                .filter(|gatherer| gatherer.again.is_some())
                .and_then(|gatherer| gatherer.open.as_ref().map(|open| open.first))
        };
        let unfinished = self.tables.iter_mut().filter_map(|(key, table)| {
            let first = is_unfinished(table)?;
            Some((first, key.clone()))
        });
        let mut unfinished: Vec<(Position, TableKey)> = unfinished.collect();
        unfinished.sort_unstable();
        for (first, key) in unfinished.iter().skip(1) {
            if let Some(table) = self.tables.get_mut(key) {
                table.park(*first);
            }
            self.recount(key);
        }
        !unfinished.is_empty()
    }

    /// Tables that have caught up go on with the others.
    pub(super) fn join_readers(&mut self) {
        let Some(catch_up) = self.catch_up.take_if(|catch_up| catch_up.at >= self.at) else {
            return;
        };
        for key in catch_up.tables {
            let Some(table) = self.tables.get_mut(&key) else {
                continue;
            };
            let flow = std::mem::replace(&mut table.flow, Flow::Parked { from: None });
            table.flow = match flow {
                Flow::CatchingUp(gatherer) => {
                    table.parked = Parked::default();
                    Flow::Live(gatherer)
                }
                other => other,
            };
        }
    }
}
