//! What the Import API needs of the rest of Landfall.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use landfall_core::ids::SourceId;
use landfall_core::intake::AcceptedRequest;
use landfall_core::time::Timestamp;

/// The SHA-256 digest of a token; the token itself is not kept anywhere (import-api.md §3).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenDigest([u8; 32]);

impl TokenDigest {
    /// The digest of a token as it was presented.
    #[must_use]
    pub fn of(token: &[u8]) -> Self {
        let digest = ring::digest::digest(&ring::digest::SHA256, token);
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest.as_ref());
        Self(bytes)
    }

    /// The digest's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for TokenDigest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("TokenDigest")
    }
}

/// Who a token or a webhook URL belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder<Source> {
    /// Nobody: it was never given out, or was revoked.
    Nobody,
    /// A source that was paused or deleted.
    Inactive,
    /// A source that takes data.
    Active(Source),
}

/// An active source of type `import_api`. Tokens of sources of other types belong to [`Holder::Nobody`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportSource {
    /// The source.
    pub id: SourceId,
    /// Whether its data can be loaded now.
    pub loading: Loading,
}

/// An active source of type `webhook`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookSource {
    /// The source.
    pub id: SourceId,
    /// `webhookz_primary_key`, if it is set.
    pub key_name: Option<String>,
}

/// Whether the data of a source can be loaded at this time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loading {
    /// Its destination is active: 201.
    Now,
    /// It has no destination, or one that is unverified, paused or failing: 202.
    Later,
}

/// The instant at which a request was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceiptInstant {
    /// Nanoseconds since the epoch.
    pub nanos: i64,
}

impl ReceiptInstant {
    /// Cut to whole milliseconds: `_sdc_received_at`.
    #[must_use]
    pub fn timestamp(self) -> Timestamp {
        Timestamp::from_millis(self.nanos.div_euclid(1_000_000))
    }
}

/// Why a request could not be made durable. None of it is the client's fault, and nothing of the request was kept
/// unless it timed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// The journal has no room left.
    #[error("the journal is full: free disk space, or let its destinations load again")]
    Full,
    /// More is coming in than can be written.
    #[error("the journal is busy: send more slowly, or give it a faster disk")]
    Busy,
    /// The journal can't be written.
    #[error("the journal is read-only: see the log for the disk's error")]
    ReadOnly,
    /// This process is ending.
    #[error("the service is shutting down: send the request again to its successor")]
    ShuttingDown,
    /// The write has not ended in time; it may still succeed.
    #[error("the journal took too long: send the request again")]
    TimedOut,
}

impl AppendError {
    /// When it is worth trying again.
    pub(crate) fn retry_after(self) -> Duration {
        Duration::from_secs(match self {
            Self::Busy | Self::TimedOut => 1,
            Self::ShuttingDown => 5,
            Self::Full | Self::ReadOnly => 30,
        })
    }
}

/// Control state could not be read, so nobody can be told apart from anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the catalog can't be read: see the log for its error")]
pub struct LookupError;

/// Whether the journal takes writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JournalHealth {
    /// It does.
    Writable,
    /// It does not.
    NotWritable,
}

/// The catalog and the journal, as far as intake needs them.
#[async_trait]
pub trait Gate: Send + Sync + 'static {
    /// Who holds the Import API token with that digest.
    async fn token_holder(&self, token: TokenDigest) -> Result<Holder<ImportSource>, LookupError>;

    /// Who holds the incoming webhook URL whose token has that digest.
    async fn hook_holder(&self, token: TokenDigest) -> Result<Holder<HookSource>, LookupError>;

    /// Makes `request` durable, whole, and returns only when it would survive a power cut. Requests of one source are
    /// kept in the order in which their calls return.
    async fn append(&self, request: AcceptedRequest) -> Result<(), AppendError>;

    /// Takes note that a request to a webhook of `source` was refused since it has more bytes than may be read. Whoever
    /// sends to webhooks seldom looks at the answer: somebody else has to.
    fn note_too_large(&self, source: SourceId);

    /// Whether [`append`](Self::append) can succeed at all.
    fn journal_health(&self) -> JournalHealth;

    /// What the time is.
    fn now(&self) -> ReceiptInstant;
}
