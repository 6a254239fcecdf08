//! Setting up a bucket: policies, the challenge file, and a check that says what is wrong and how to mend it.
//!
//! Everything here is a function of values, apart from the calls that a check makes through its [`Probes`]. Command
//! line, API and pages render the same values.
//!
//! - [`policy`]: from a [`Grant`](policy::Grant) the documents, commands and templates that grant it.
//! - [`principal`]: from the identity that STS answers to the principal that policies name.
//! - [`challenge`]: names of challenge files.
//! - [`catalogue`]: every way in which access can be broken, with cause and remedy ([`CheckProblem`]).
//! - [`Check`]: the five steps, told one by one, and the [`CheckReport`] at the end.
//!
//! # Errors
//! A check does not fail: what is wrong is in its report. Texts from outside are refused with errors that end with
//! the remedy.
//!
//! # Example
//! ```
//! use landfall_core::bucket_name::{BucketHost, BucketName};
//! use landfall_setup::policy::{Form, Grant, PolicyLabel};
//! use landfall_setup::principal::PrincipalArn;
//!
//! let bucket = BucketName::parse("com-test-stitch-bucket", BucketHost::Amazon).expect("a name");
//! let sts_arn = "arn:aws:sts::111122223333:assumed-role/landfall-loader/i-0123456789abcdef0";
//! let principal = PrincipalArn::derive(Some(sts_arn), None);
//! let grant = Grant::new(PolicyLabel::Destination(155582), bucket, principal, None);
//! let policy = grant.render_bucket_side(Form::Json);
//! assert!(policy.contains("\"arn:aws:iam::111122223333:role/landfall-loader\""));
//! assert!(policy.contains("\"arn:aws:s3:::com-test-stitch-bucket/*\""));
//! ```

pub mod catalogue;
pub mod challenge;
mod check;
mod context;
mod facts;
mod partition;
pub mod policy;
pub mod principal;
mod probes;
mod report;
mod step;
mod warning;

pub use catalogue::{CheckProblem, ProblemCode};
pub use check::{CHECK_LIMIT, Check, CheckEvent, SURVEY_LIMIT, Survey};
pub use context::{CheckContext, ExternalIdSetting, Place, SignIn};
pub use facts::Facts;
pub use partition::Partition;
pub use probes::{BucketProbes, Identity, Probes};
pub use report::{CheckReport, CheckStatus, Glyphs, Information};
pub use step::{Step, StepResult, StepStatus};
pub use warning::{CheckWarning, WarningCode};
