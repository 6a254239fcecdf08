//! The S3 Key: the template that names every object a destination receives, and the keys it renders to
//! (object-keys.md).
//!
//! ```
//! use landfall_core::object_key::{FileKind, KeyContext, ObjectKeyTemplate, OutputFormat};
//! use landfall_core::time::Timestamp;
//! use landfall_core::units::TableVersion;
//!
//! let template = ObjectKeyTemplate::parse(ObjectKeyTemplate::DEFAULT, OutputFormat::Csv).expect("the default is valid");
//! let key = template.render(&KeyContext {
//!     integration: "salesforce-prod",
//!     path: &["account"],
//!     version: TableVersion::new(1),
//!     loaded_at: Timestamp::from_millis(1_519_235_654_474),
//!     kind: FileKind::Data,
//! });
//! assert_eq!(key.as_str(), "salesforce-prod/account/1_1519235654474.csv");
//! ```

mod element;
mod output_format;
mod problem;
mod render;
mod rules;
mod scan;
mod template;

pub use element::KeyElement;
pub use output_format::OutputFormat;
pub use problem::{KeyProblem, MAX_TEMPLATE_CHARS};
pub use render::{FileKind, KeyContext, MAX_KEY_BYTES, ObjectKey, REJECTED_TABLE};
pub use template::ObjectKeyTemplate;
