//! stub
use landfall_core::time::Timestamp;
use landfall_format::ClosedBatch;
/// x
#[derive(Debug)]
pub struct LoadFacts;
impl LoadFacts {
    /// x
    pub fn of(_b: &ClosedBatch, _bucket: &str, _t: Timestamp, _n: bool) -> Self { Self }
}
/// x
pub fn hook_body(_: &LoadFacts) -> String { String::new() }
/// x
pub struct Hooks;
/// x
pub struct HookSender;
