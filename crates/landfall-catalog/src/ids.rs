//! Numbers and names of what only the catalog knows.

use std::fmt;

macro_rules! number {
    ($(#[$meta:meta])* $name:ident($inner:ty)) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name($inner);

        impl $name {
            /// The one with that number.
            #[must_use]
            pub const fn new(number: $inner) -> Self {
                Self(number)
            }

            /// The number.
            #[must_use]
            pub const fn number(self) -> $inner {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(out)
            }
        }
    };
}

number! {
    /// A key of the management API.
    AccessKeyId(u32)
}
number! {
    /// An access token or a webhook URL of a source.
    TokenId(u32)
}
number! {
    /// A post-load webhook of a destination.
    HookId(u32)
}
number! {
    /// Someone who uses the web pages.
    UserId(u32)
}
number! {
    /// A table of a source.
    TableId(u32)
}
number! {
    /// A load's place in the ledger, in the order of opening.
    LoadSeq(i64)
}
number! {
    /// A request to a hook.
    NoticeId(i64)
}
number! {
    /// An address that all mail goes to.
    EmailId(u32)
}
number! {
    /// A webhook that is told of events.
    EventHookId(u32)
}
number! {
    /// Something that people are told of.
    ConditionId(i64)
}
number! {
    /// A part of the log with an order of its own.
    Partition(u32)
}

/// Names a load for ever, chosen by whoever opens it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LoadId(String);

impl LoadId {
    /// The load of that name.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LoadId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}
