//! Simulated surroundings for tests and benchmarks: an S3 server in this process, with faults on demand.
//!
//! [`S3Simulator`] speaks the real protocol on a loopback port: signatures, regions, conditional writes, checksums,
//! multipart uploads. [`Fault`]s are laid before or after the handling of chosen requests, and [`StoreHabits`]
//! make it one of the stores that lack a feature. What arrived can be looked at afterwards.

mod certificate;
mod fault;
mod front;
mod protocol;
mod server;
mod store;
mod sts;

pub use crate::certificate::Certificate;
pub use crate::fault::{Fault, FaultRule, Occurrence, RequestKind, SeenRequest};
pub use crate::server::{ACCESS_KEY_ID, S3Simulator, SECRET_ACCESS_KEY, SimulatorConfig};
pub use crate::store::{ChecksumHabit, ConditionalHabit, ETagHabit, StoreHabits, StoredObject};
pub use crate::sts::{ASSUME_ROLE_REFUSAL, EXTERNAL_ID};
