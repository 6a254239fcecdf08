//! The kinds of JSON value that schemas and files tell apart.

/// What a JSON value is. Integers and other numbers differ by their text alone (singer.md §6):
/// `1` is an integer, `1.0` and `1e0` are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    /// `null`, and `NaN` or an infinity where those are read as null.
    Null = 0,
    /// `false`.
    False = 1,
    /// `true`.
    True = 2,
    /// A number without fraction and exponent.
    Integer = 3,
    /// A number with a fraction, an exponent or both.
    Decimal = 4,
    /// A string.
    String = 5,
    /// An array.
    Array = 6,
    /// An object.
    Object = 7,
}

impl Kind {
    /// The mask that holds this kind alone.
    #[must_use]
    pub const fn mask(self) -> KindMask {
        KindMask(1 << self as u8)
    }

    /// Whether a value of this kind fits one cell: everything but arrays and objects.
    #[must_use]
    pub const fn is_scalar(self) -> bool {
        !matches!(self, Self::Array | Self::Object)
    }
}

/// A set of kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KindMask(u8);

impl KindMask {
    /// No kind at all.
    pub const NONE: Self = Self(0);
    /// Every kind.
    pub const ALL: Self = Self(0xFF);
    /// Everything that fits one cell.
    pub const SCALARS: Self = Self(0x3F);
    /// `true` and `false`.
    pub const BOOLEAN: Self = Kind::False.mask().or(Kind::True.mask());
    /// Integers and all other numbers.
    pub const NUMBER: Self = Kind::Integer.mask().or(Kind::Decimal.mask());

    /// The kinds of both sets.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The kinds that are in both sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The kinds that are in this set and not in the other.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether the set holds `kind`.
    #[must_use]
    pub const fn contains(self, kind: Kind) -> bool {
        self.0 & (1 << kind as u8) != 0
    }
}
