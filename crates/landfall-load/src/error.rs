//! What ends a run, or a load.

use landfall_bucket::BucketError;
use landfall_format::Reason;
use landfall_singer::LineError;

/// The bucket does not let us in (loading.md §4).
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// The challenge file is missing from a bucket that exists.
    #[error("{0}")]
    ChallengeMissing(BucketError),
    /// Another fault.
    #[error("{0}")]
    Bucket(BucketError),
}

/// Why a load failed. Its records are still where they came from.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The access check failed; nothing was written.
    #[error("access check of bucket {bucket}: {source}")]
    Access {
        /// The bucket.
        bucket: String,
        /// What it said.
        source: AccessError,
    },
    /// An object could not be written.
    #[error("writing {bucket}/{key}: {source}")]
    Put {
        /// The bucket.
        bucket: String,
        /// The object's key.
        key: String,
        /// What the bucket said.
        source: BucketError,
    },
    /// The ledger of loads failed.
    #[error("the ledger of loads: {0}")]
    Ledger(LedgerFault),
    /// Every instant tried was taken by objects that are not ours.
    #[error(
        "the key {key} and its neighbours in bucket {bucket} are taken by objects of somebody else: use another S3 Key or integration name"
    )]
    Crowded {
        /// The bucket.
        bucket: String,
        /// The last key tried.
        key: String,
    },
}

/// Why the ledger could not note what a load does next.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct LedgerFault(pub String);

/// Why a run of the target ends early (singer.md §8).
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A line of the input is faulty.
    #[error("{0}")]
    Line(#[from] LineError),
    /// A record is invalid and `on_invalid_record` is `fail`.
    #[error("{reason}")]
    InvalidRecord {
        /// Its stream.
        stream: String,
        /// Its line, or that of the BATCH message it came with.
        line: u64,
        /// Why it can't be landed.
        reason: Reason,
    },
    /// A load failed.
    #[error("{0}")]
    Load(#[from] LoadError),
    /// Input could not be read.
    #[error("reading the input: {0}")]
    Input(std::io::Error),
    /// A state could not be handed back.
    #[error("writing a STATE to stdout: {}{}", .0, remedy_of_size(.0))]
    Output(std::io::Error),
    /// Nobody wanted to wait for the loads that were left.
    #[error("stopped by a second signal before all was loaded: run it again from the last STATE")]
    GivenUp,
    /// A worker ended without an answer.
    #[error("a worker thread died: this is a fault of Landfall, please report it")]
    WorkerDied,
}

/// What to do about a limit on the size of files, which stdout may lead to.
fn remedy_of_size(fault: &std::io::Error) -> &'static str {
    match fault.kind() {
        std::io::ErrorKind::FileTooLarge => {
            ": a limit on file sizes is in the way: raise it (ulimit -f), or send states elsewhere"
        }
        _ => "",
    }
}
