//! What fixes the bytes of a load besides its records, as the ledger keeps it.

use std::sync::Arc;

use landfall_core::object_key::ObjectKeyTemplate;
use landfall_core::settings::{Delimiter, FileFormat};
use landfall_format::Naming;
use serde::{Deserialize, Serialize};

/// A load of the ledger that this version can't make again.
#[derive(Debug, thiserror::Error)]
#[error(
    "the ledger describes a load in a way this version can't read ({0}): start the version that opened it"
)]
pub struct EncodingError(String);

/// How the objects of a load are named and written, whatever its destination is told meanwhile.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "version")]
enum StoredEncoding {
    #[serde(rename = "1")]
    V1 {
        integration: String,
        template: String,
        format: String,
        delimiter: Option<char>,
        force_quote: bool,
        max_key_part_bytes: Option<usize>,
    },
}

/// The stored form of `naming`.
pub(super) fn to_stored(naming: &Naming) -> String {
    let (format, delimiter, force_quote) = match naming.format {
        FileFormat::Jsonl => ("jsonl", None, false),
        FileFormat::Csv {
            delimiter,
            force_quote,
        } => ("csv", Some(char::from(delimiter.as_byte())), force_quote),
    };
    let stored = StoredEncoding::V1 {
        integration: naming.integration.clone(),
        template: naming.template.to_string(),
        format: format.to_owned(),
        delimiter,
        force_quote,
        max_key_part_bytes: naming.max_key_part_bytes,
    };
    serde_json::to_string(&stored).expect("texts and numbers are always JSON")
}

/// The naming that `stored` stands for.
pub(super) fn from_stored(stored: &str) -> Result<Arc<Naming>, EncodingError> {
    let StoredEncoding::V1 {
        integration,
        template,
        format,
        delimiter,
        force_quote,
        max_key_part_bytes,
    } = serde_json::from_str(stored).map_err(|fault| EncodingError(fault.to_string()))?;
    let unknown = || EncodingError(format!("format {format}"));
    let format = match (format.as_str(), delimiter) {
        ("jsonl", None) => FileFormat::Jsonl,
        ("csv", Some(delimiter)) => FileFormat::Csv {
            delimiter: Delimiter::from_spelling(&delimiter.to_string()).ok_or_else(unknown)?,
            force_quote,
        },
        _ => return Err(unknown()),
    };
    let template = ObjectKeyTemplate::parse(&template, format.output_format())
        .map_err(|_| EncodingError(format!("template {template}")))?;
    Ok(Arc::new(Naming {
        integration,
        template,
        format,
        max_key_part_bytes,
    }))
}
