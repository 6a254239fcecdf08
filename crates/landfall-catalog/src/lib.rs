//! Control state: destinations, sources, tokens, tables, the ledger of loads, the outbox of webhooks.
//!
//! [`Catalog`] is one file, kept by SQLite so that a call that changed something returns only when the change would
//! survive a power cut. Each call is one transaction: it happens as a whole or not at all, also when its caller goes
//! away in the middle. There is no clock in here: every instant is passed in.
//!
//! - What people set up: [`Catalog::create_destination`], [`Catalog::create_source`], [`Catalog::create_token`] and
//!   their like. They take an [`Act`] and leave a line in the audit log.
//! - What browsers need: [`Catalog::ask_sign_in`], [`Catalog::open_session`] and [`Catalog::session`].
//! - What requests need: [`Catalog::authenticate`], and [`Catalog::access_generation`] to remember its answers.
//! - What loading needs: [`Catalog::open_load`] and [`Catalog::commit_load`], see [`LedgerError`] for their rules.
//! - What hooks need: [`Catalog::claim_notices`] and [`Catalog::record_delivery`].
//! - What proves it all: [`Catalog::accounts`], [`Catalog::check_chain`], [`Catalog::landed_objects`] and
//!   [`Catalog::log_losses`].
//!
//! ```
//! # use landfall_catalog::*;
//! # use landfall_core::{ids::ClientId, time::Timestamp};
//! # use std::path::Path;
//! async fn first_load(
//!     catalog: &Catalog,
//!     intent: &Intent,
//!     outcome: impl AsyncFnOnce(&OpenLoad) -> Outcome,
//!     now: Timestamp,
//! ) -> Result<(), LedgerError> {
//!     let root = |at: Timestamp| PlannedObject {
//!         kind: ObjectKind::Root,
//!         key: format!("shop/orders/0_{}.jsonl", at.as_millis()),
//!     };
//!     let load = catalog.open_load(intent, &|at| vec![root(at)], now).await?;
//!     let outcome = outcome(&load).await; // writes the objects; may be done again after a crash
//!     let id = load.intent.id.clone();
//!     catalog.commit_load(&Commit { id, outcome }).await?;
//!     Ok(())
//! }
//! ```
//!
//! Every call may fail with a [`StoreError`], whose [`StoreError::reaction`] says what to do about it. Secrets that
//! Landfall uses itself are encrypted, of the others only a [`Digest`] is kept.

mod access_keys;
mod announcements;
mod audit;
mod catalog;
mod checks;
mod conditions;
mod custom_emails;
mod destination_state;
mod destinations;
mod error;
mod event_hooks;
mod events;
mod hooks;
mod ids;
mod ledger;
mod log_losses;
mod notification_settings;
mod outbox;
mod position;
mod properties;
mod rejects;
mod reports;
mod retention;
mod secrets;
mod series;
mod sessions;
mod sources;
mod store;
mod stored;
mod tables;
mod tokens;
mod users;
mod verify;

pub use access_keys::{AccessKey, AccessKeyError, MOST_ACCESS_KEYS, NewAccessKey, Switch};
pub use announcements::{Announcement, AnnouncementEnd, Recipient};
pub use audit::{Altered, AuditEntry, FieldChange};
pub use catalog::{Act, Catalog, Instance};
pub use checks::{CheckEnd, CheckError, CheckStart, CheckWarning, ConnectionCheck, LONGEST_CHECK, Verdict};
pub use conditions::{Condition, Finding};
pub use custom_emails::{CustomEmail, CustomEmailError, MOST_CUSTOM_EMAILS};
pub use destination_state::{
    AccessFault, DestinationEvent, DestinationState, Failing, Standing, wait_before_check,
};
pub use destinations::{
    AccessEffect, Destination, DestinationChange, DestinationError, Form, MappedSources, NewDestination,
    Pause, PropertiesChange, UnmappedSources,
};
pub use error::{Reaction, StoreError};
pub use event_hooks::{EventHook, EventHookError, MOST_EVENT_HOOKS, NewEventHook};
pub use events::{Event, EventLevel};
pub use hooks::{Hook, HookError, MOST_HOOKS};
pub use ids::{
    AccessKeyId, ConditionId, EmailId, EventHookId, HookId, LoadId, LoadSeq, NoticeId, Partition, TableId,
    TokenId, UserId,
};
pub use ledger::{
    Activation, BookmarkRange, Commit, Committed, FailedAttempt, Intent, LandedObject, LedgerError,
    LoadFacts, LoadFilter, LoadRecord, LoadState, ObjectKind, OpenLoad, Outcome, PlanObjects, PlannedObject,
    Skip, SkipReason,
};
pub use log_losses::LogLoss;
pub use notification_settings::{NotificationSettings, Smtp, SmtpSecurity};
pub use outbox::{Delivery, DeliveryRecord, MOST_AT_ONCE, Notice};
pub use position::{LogRange, Point, Position};
pub use properties::{DestinationProperties, SECRET_PROPERTIES};
pub use rejects::{RejectedLoad, RejectedLoads};
pub use reports::{Attempt, StreamLoad, StreamLoadPage, TableReport, TableStatus, Usage};
pub use retention::{Forgotten, Retention};
pub use secrets::{Digest, Entropy, SecretKey};
pub use series::{SeriesStep, SourceBacklog};
pub use sessions::{SessionLife, SignInTurn, Throttle};
pub use sources::{Mapping, NewSource, Source, SourceChange, SourceError, SourceType};
pub use tables::{Bookmark, EnsuredTable, LoadFault, Progress, Table};
pub use tokens::{Authentication, Caller, Loading, MOST_TOKENS, Token, TokenError};
pub use users::{MOST_USERS, NewUser, Role, User, UserError, UserName, UserNameError};
pub use verify::{Account, Chain, LedgerObject, Link};
