//! What the Import API needs to be told.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use landfall_core::buffers::Buffers;
use landfall_core::ids::ClientId;
use landfall_core::units::ByteCount;

use crate::hosts::AllowedHosts;
use crate::import::answer::Identity;
use crate::import::limits::MAX_BODY;

/// Settings of the Import API.
#[derive(Debug, Clone)]
pub struct ImportSettings {
    /// The only client there is (import-api.md §3).
    pub client: ClientId,
    /// Host names under which requests are served.
    pub allowed_hosts: AllowedHosts,
    /// The largest body, compressed and expanded.
    pub max_body: ByteCount,
    /// Bytes of all bodies that are held at the same time; at least `max_body`. What is more waits, then gets 503.
    pub max_bodies: ByteCount,
    /// Where bodies get their memory from.
    pub buffers: Arc<Buffers>,
    /// How long a request waits for room in memory, at most.
    pub room_timeout: Duration,
    /// How long a client may take between two pieces of its body.
    pub idle_timeout: Duration,
    /// How long a client may take to send its whole body.
    pub body_timeout: Duration,
    /// Bodies that are parsed at the same time: about one for each core.
    pub readers: NonZeroUsize,
    /// What `/v2/import/status` says.
    pub identity: Identity,
}

impl ImportSettings {
    /// The defaults, for a client and a version of Landfall.
    #[must_use]
    pub fn new(client: ClientId, identity: Identity) -> Self {
        Self {
            client,
            allowed_hosts: AllowedHosts::default(),
            max_body: MAX_BODY,
            max_bodies: ByteCount::new(96 << 20),
            buffers: Arc::default(),
            room_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(300),
            readers: NonZeroUsize::MIN,
            identity,
        }
    }
}
