//! Who is told what the loader does.

use landfall_core::ids::DestinationId;
use landfall_core::settings::FileFormat;
use landfall_core::time::Timestamp;

use crate::report::LoadReport;

/// A load that is done.
#[derive(Debug, Clone, Copy)]
pub struct LandedLoad<'a> {
    /// Where to.
    pub destination: DestinationId,
    /// What its objects hold.
    pub format: FileFormat,
    /// The source's stored name.
    pub source: &'a str,
    /// What was landed.
    pub report: &'a LoadReport,
}

/// A load that failed. Its records are still in the log.
#[derive(Debug, Clone, Copy)]
pub struct FailedLoad<'a> {
    /// Where to; none for what needs no bucket.
    pub destination: Option<DestinationId>,
    /// The source's stored name.
    pub source: &'a str,
    /// The table, as received.
    pub table: &'a str,
    /// Code of setup-flow.md §6.3; `load_unsupported` for what can never be landed; `load_failed` for what else is not
    /// the bucket's fault.
    pub code: &'a str,
    /// Why.
    pub message: &'a str,
}

/// Records that wait, and are deleted unless they can be loaded in time (operations.md §9).
#[derive(Debug, Clone, Copy)]
pub struct ExpiringRecords<'a> {
    /// The source's stored name.
    pub source: &'a str,
    /// The table, as received.
    pub table: &'a str,
    /// When the first of them was received.
    pub since: Timestamp,
    /// When that one is deleted.
    pub deleted_at: Timestamp,
}

/// Records that waited too long, and are deleted.
#[derive(Debug, Clone, Copy)]
pub struct LostRecords<'a> {
    /// The source's stored name.
    pub source: &'a str,
    /// The table, as received.
    pub table: &'a str,
    /// How many.
    pub records: u64,
}

/// Who is told what the loader does.
pub trait ServiceObserver: Send + Sync {
    /// A load is done.
    fn landed(&self, load: &LandedLoad<'_>);
    /// One failed.
    fn failed(&self, load: &FailedLoad<'_>);
    /// Records are going to be deleted unloaded.
    fn expiring(&self, records: &ExpiringRecords<'_>);
    /// Records were deleted unloaded.
    fn lost(&self, records: &LostRecords<'_>);
}
