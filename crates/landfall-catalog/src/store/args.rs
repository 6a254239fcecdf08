//! What goes into statements.

use landfall_core::ids::{ClientId, DestinationId, SourceId};
use landfall_core::time::Timestamp;
use landfall_core::units::TableVersion;
use sqlx::Sqlite;
use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;

use crate::ids::{
    AccessKeyId, ConditionId, EmailId, EventHookId, HookId, LoadId, LoadSeq, NoticeId, Partition, TableId,
    TokenId, UserId,
};
use crate::position::Position;
use crate::secrets::Digest;

/// A value for a placeholder. Absent values keep their kind, which databases other than SQLite ask for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Arg<'a> {
    Int(Option<i64>),
    Text(Option<&'a str>),
    Bytes(Option<&'a [u8]>),
}

/// `args![a, b]`: values for the placeholders `$1`, `$2`.
macro_rules! args {
    ($($value:expr),* $(,)?) => {
        &[$($crate::store::Arg::from($value)),*]
    };
}
pub(crate) use args;

pub(super) fn bind<'a>(sql: &'a str, args: &[Arg<'a>]) -> Query<'a, Sqlite, SqliteArguments<'a>> {
    args.iter().fold(sqlx::query(sql), |query, arg| match *arg {
        Arg::Int(value) => query.bind(value),
        Arg::Text(value) => query.bind(value),
        Arg::Bytes(value) => query.bind(value),
    })
}

impl<'a> From<&'a str> for Arg<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Some(text))
    }
}

impl<'a> From<&'a String> for Arg<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(Some(text))
    }
}

impl<'a> From<Option<&'a str>> for Arg<'a> {
    fn from(text: Option<&'a str>) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a LoadId> for Arg<'a> {
    fn from(id: &'a LoadId) -> Self {
        Self::Text(Some(id.as_str()))
    }
}

impl<'a> From<&'a [u8]> for Arg<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(Some(bytes))
    }
}

impl<'a> From<Option<&'a [u8]>> for Arg<'a> {
    fn from(bytes: Option<&'a [u8]>) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'a> From<&'a Digest> for Arg<'a> {
    fn from(digest: &'a Digest) -> Self {
        Self::Bytes(Some(digest.as_bytes()))
    }
}

impl From<i64> for Arg<'_> {
    fn from(number: i64) -> Self {
        Self::Int(Some(number))
    }
}

impl From<u32> for Arg<'_> {
    fn from(number: u32) -> Self {
        Self::Int(Some(i64::from(number)))
    }
}

/// Counts of rows and bytes, which do not reach 2⁶³.
impl From<u64> for Arg<'_> {
    fn from(number: u64) -> Self {
        Self::Int(Some(i64::try_from(number).unwrap_or(i64::MAX)))
    }
}

impl From<bool> for Arg<'_> {
    fn from(is: bool) -> Self {
        Self::Int(Some(i64::from(is)))
    }
}

impl<T> From<Option<T>> for Arg<'_>
where
    T: AsNumber,
{
    fn from(value: Option<T>) -> Self {
        Self::Int(value.map(|value| value.as_number()))
    }
}

/// Types that are stored as a number.
pub(crate) trait AsNumber {
    fn as_number(&self) -> i64;
}

macro_rules! as_number {
    ($($name:ty => |$value:ident| $number:expr;)*) => {
        $(
            impl AsNumber for $name {
                fn as_number(&self) -> i64 {
                    let $value = *self;
                    $number
                }
            }

            impl From<$name> for Arg<'_> {
                fn from(value: $name) -> Self {
                    Self::Int(Some(value.as_number()))
                }
            }
        )*
    };
}

as_number! {
    Timestamp => |at| at.as_millis();
    TableVersion => |version| version.as_i64();
    Position => |position| position.as_i64();
    SourceId => |id| i64::from(id.as_u32());
    DestinationId => |id| i64::from(id.as_u32());
    ClientId => |id| i64::from(id.as_u32());
    AccessKeyId => |id| i64::from(id.number());
    TokenId => |id| i64::from(id.number());
    UserId => |id| i64::from(id.number());
    EmailId => |id| i64::from(id.number());
    EventHookId => |id| i64::from(id.number());
    ConditionId => |id| id.number();
    HookId => |id| i64::from(id.number());
    TableId => |id| i64::from(id.number());
    Partition => |id| i64::from(id.number());
    LoadSeq => |seq| seq.number();
    NoticeId => |id| id.number();
}

impl AsNumber for i64 {
    fn as_number(&self) -> i64 {
        *self
    }
}

impl AsNumber for u32 {
    fn as_number(&self) -> i64 {
        i64::from(*self)
    }
}
