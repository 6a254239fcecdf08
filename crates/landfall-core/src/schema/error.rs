//! Why a schema can't be used.

use super::value_type::type_name;
use crate::decimal::Divisor;
use crate::json::Json;

/// Why a schema was refused. The messages are those the Import API answers with and Singer prints after `Line <n>: `
/// (import-api.md §12, singer.md §4.1).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// A `type` that Draft 4 does not know.
    #[error("Invalid JSON schema: unknown type: [{0}]")]
    UnknownType(String),
    /// A `$ref` to another document, to nothing, or in a circle.
    #[error("Invalid JSON schema: could not resolve reference {0}")]
    UnresolvedReference(String),
    /// A keyword with a value of the wrong type.
    #[error("Invalid JSON schema: key {keyword}: expected type is one of {expected}, found: {found}")]
    WrongType {
        /// The keyword; `schema` for the schema itself.
        keyword: &'static str,
        /// The type names it may have, joined by ` or `.
        expected: &'static str,
        /// The type name it has.
        found: &'static str,
    },
    /// A `pattern`, or a name in `patternProperties`, that is no regular expression.
    #[error("Invalid JSON schema: key {keyword}: [{pattern}] is not a valid regular expression")]
    InvalidPattern {
        /// The keyword.
        keyword: &'static str,
        /// The pattern, as sent.
        pattern: String,
    },
    /// A `multipleOf` of absurd length.
    #[error(
        "Invalid JSON schema: key multipleOf: expected at most {} significant digits",
        Divisor::MAX_DIGITS
    )]
    TooManyDigits,
}

impl SchemaError {
    pub(super) fn wrong_type(keyword: &'static str, expected: &'static str, found: &Json) -> Self {
        Self::WrongType {
            keyword,
            expected,
            found: type_name(found),
        }
    }
}
