//! Numbers that name things: positive, unique per kind, never reused (management-api.md §1).

use std::fmt;

macro_rules! id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u32);

        impl $name {
            /// The one with that number.
            #[must_use]
            pub const fn new(number: u32) -> Self {
                Self(number)
            }

            /// The number.
            #[must_use]
            pub const fn as_u32(self) -> u32 {
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

id! {
    /// A source: one configured integration, whose name is the folder its data lands in.
    SourceId
}
id! {
    /// A destination: a bucket with its settings.
    DestinationId
}
id! {
    /// The instance's account number, which push clients send with every record (import-api.md §3).
    ClientId
}
