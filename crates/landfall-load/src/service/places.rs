//! Where the data of a source goes now.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use landfall_bucket::Bucket;
use landfall_catalog::{AccessFault, Catalog, Destination, StoreError};
use landfall_core::ids::{DestinationId, SourceId};
use landfall_core::object_key::ObjectKeyTemplate;
use landfall_core::settings::FileFormat;
use landfall_format::Naming;

use crate::error::LoadError;
use crate::jitter::Jitter;
use crate::loader::AccessCheck;

/// A destination, ready to be written to.
#[derive(Debug, Clone)]
pub struct Place {
    /// Its bucket.
    pub bucket: Arc<dyn Bucket>,
    /// Its challenge file.
    pub challenge: Option<String>,
    /// The template of its keys.
    pub template: ObjectKeyTemplate,
    /// What its objects hold.
    pub format: FileFormat,
    /// The most bytes between two `/` of a key, where that is limited.
    pub max_key_part_bytes: Option<usize>,
}

/// Opens destinations.
#[async_trait]
pub trait Places: Send + Sync {
    /// Makes of a destination's properties what loads need. Nothing is sent yet.
    ///
    /// # Errors
    /// What is wrong with the properties.
    async fn open(&self, destination: &Destination) -> Result<Place, AccessFault>;

    /// What a refusal means, in the words of the catalogue of check errors (setup-flow.md §6.3).
    fn explain(&self, place: &Place, error: &LoadError) -> AccessFault;
}

/// A [`Place`] as long as its destination is not changed.
#[derive(Debug)]
pub struct OpenPlace {
    /// The destination.
    pub destination: DestinationId,
    /// Which change of it this is.
    pub(super) revision: u64,
    pub(super) access_revision: u64,
    /// What it is.
    pub place: Place,
    /// Its checks, shared by all loads.
    pub(super) access: Arc<AccessCheck>,
}

/// Where a source's records go.
#[derive(Debug, Clone)]
pub(super) struct Route {
    pub(super) place: Arc<OpenPlace>,
    pub(super) naming: Arc<Naming>,
}

/// Routes as they are known now.
pub(super) struct Routes {
    catalog: Arc<Catalog>,
    places: Arc<dyn Places>,
    generation: Option<u64>,
    open: HashMap<DestinationId, Arc<OpenPlace>>,
    by_source: HashMap<SourceId, Option<Route>>,
    resting: HashMap<DestinationId, Rest>,
    pub(super) jitter: Jitter,
}

/// Time in which a destination that is out of reach, or a table that can't be loaded, is left alone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rest {
    until: Duration,
    wait: Duration,
}

impl Rest {
    /// The rest that begins at `now`, longer than the `last` one.
    pub(super) fn after(last: Option<Self>, now: Duration, jitter: &Jitter) -> Self {
        let wait = last.map_or(FIRST_WAIT, |last| (last.wait * 2).min(LONGEST_WAIT));
        Self {
            until: now + jitter.at_most(wait),
            wait,
        }
    }

    pub(super) fn lasts(&self, now: Duration) -> bool {
        now < self.until
    }
}

const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

impl Routes {
    pub(super) fn new(catalog: Arc<Catalog>, places: Arc<dyn Places>) -> Self {
        Self {
            catalog,
            places,
            generation: None,
            open: HashMap::new(),
            by_source: HashMap::new(),
            resting: HashMap::new(),
            jitter: Jitter::seeded(0),
        }
    }

    /// Whether something has changed that is not known yet.
    pub(super) fn are_stale(&self) -> bool {
        self.generation != Some(self.catalog.access_generation())
    }

    /// Forgets what may have changed. True if it did.
    pub(super) fn refresh(&mut self) -> bool {
        let generation = self.catalog.access_generation();
        let is_same = self.generation == Some(generation);
        if !is_same {
            self.generation = Some(generation);
            self.by_source.clear();
            // Perhaps what was in the way is gone: nobody who has mended it waits for that to be tried.
            self.resting.clear();
        }
        !is_same
    }

    /// Where the records of `source` can be loaded to at `now`, if they can.
    pub(super) async fn find(
        &mut self,
        source: SourceId,
        now: Duration,
    ) -> Result<Option<Route>, StoreError> {
        if !self.by_source.contains_key(&source) {
            let route = self.look_up(source).await?;
            self.by_source.insert(source, route);
        }
        let route = self.by_source.get(&source).cloned().flatten();
        Ok(route.filter(|route| !self.is_resting(route.place.destination, now)))
    }

    /// The destination of an open load, if it can be loaded to at `now`.
    pub(super) async fn find_place(
        &mut self,
        destination: DestinationId,
        now: Duration,
    ) -> Result<Option<Arc<OpenPlace>>, StoreError> {
        if self.is_resting(destination, now) {
            return Ok(None);
        }
        let found = self.catalog.destination(destination).await?;
        match found.filter(|destination| destination.state.can_load()) {
            Some(destination) => Ok(self.place(&destination).await),
            None => Ok(None),
        }
    }

    /// Whether the destination of `source` was out of reach when it was last tried.
    pub(super) fn is_out_of_reach(&self, source: SourceId) -> bool {
        let route = self.by_source.get(&source).and_then(Option::as_ref);
        route.is_some_and(|route| self.resting.contains_key(&route.place.destination))
    }

    fn is_resting(&self, destination: DestinationId, now: Duration) -> bool {
        self.resting.get(&destination).is_some_and(|rest| rest.lasts(now))
    }

    /// A destination was out of reach: it is left alone for a while, longer each time.
    pub(super) fn rest(&mut self, destination: DestinationId, now: Duration) {
        if self.is_resting(destination, now) {
            return;
        }
        let last = self.resting.get(&destination).copied();
        self.resting
            .insert(destination, Rest::after(last, now, &self.jitter));
    }

    /// A destination that was opened before.
    pub(super) fn opened(&self, destination: DestinationId) -> Option<Arc<OpenPlace>> {
        self.open.get(&destination).cloned()
    }

    /// A load landed there.
    pub(super) fn wake(&mut self, destination: DestinationId) {
        self.resting.remove(&destination);
    }

    async fn look_up(&mut self, source: SourceId) -> Result<Option<Route>, StoreError> {
        let Some(destination) = self.catalog.destination_of(source).await? else {
            return Ok(None);
        };
        let Some(source) = self.catalog.source(source).await? else {
            return Ok(None);
        };
        if !destination.state.can_load() {
            return Ok(None);
        }
        let Some(place) = self.place(&destination).await else {
            return Ok(None);
        };
        let naming = Naming {
            integration: source.name,
            template: place.place.template.clone(),
            format: place.place.format,
            max_key_part_bytes: place.place.max_key_part_bytes,
        };
        Ok(Some(Route {
            place,
            naming: Arc::new(naming),
        }))
    }

    async fn place(&mut self, destination: &Destination) -> Option<Arc<OpenPlace>> {
        if let Some(open) = self.open.get(&destination.id)
            && open.revision == destination.revision
        {
            return Some(open.clone());
        }
        let place = match self.places.open(destination).await {
            Ok(place) => place,
            Err(fault) => {
                tracing::error!(
                    destination.id = destination.id.as_u32(),
                    "destination {}: {}",
                    destination.name,
                    fault.message
                );
                return None;
            }
        };
        let open = Arc::new(OpenPlace {
            destination: destination.id,
            revision: destination.revision,
            access_revision: destination.access_revision,
            access: Arc::new(AccessCheck::new(place.bucket.clone(), place.challenge.clone())),
            place,
        });
        self.open.insert(destination.id, open.clone());
        Some(open)
    }
}
