//! Decimal numbers by their text: exact comparison and exact division, whatever the number of digits or the exponent.
//!
//! Nothing goes through a binary float and no exponent is ever written out, so `1e999999999` costs no more than `1`.

use std::cmp::Ordering;
use std::iter;

use num_bigint::BigUint;

/// A number as its significant digits and the place of the decimal point; borrows the text it was read from.
///
/// Numbers that are equal by value are equal, however they are written: `1`, `1.0` and `10e-1`.
#[derive(Debug, Clone, Copy)]
pub struct Decimal<'a> {
    is_negative: bool,
    /// Significant digits before the point of the text, then those after it. The first and the last digit of the
    /// whole are not `0`; zero has no digits.
    whole: &'a [u8],
    fraction: &'a [u8],
    /// The value is `0.<digits>` × 10 to this power.
    magnitude: i128,
}

/// Exponents are read exactly up to this size; what is beyond counts as this.
const MAX_EXPONENT: i128 = 10_i128.pow(36);

impl<'a> Decimal<'a> {
    /// Reads the text of a JSON number.
    #[must_use]
    pub fn parse(text: &'a [u8]) -> Option<Self> {
        let (is_negative, unsigned) = match text {
            [b'-', unsigned @ ..] => (true, unsigned),
            unsigned => (false, unsigned),
        };
        let (mantissa, exponent) = match unsigned.iter().position(|byte| matches!(byte, b'e' | b'E')) {
            Some(at) => (&unsigned[..at], parse_exponent(&unsigned[at + 1..])?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = match mantissa.iter().position(|byte| *byte == b'.') {
            Some(at) => (&mantissa[..at], digits_only(&mantissa[at + 1..])?),
            None => (mantissa, &[][..]),
        };
        Some(Self::normalize(
            is_negative,
            digits_only(whole)?,
            fraction,
            exponent,
        ))
    }

    fn normalize(is_negative: bool, whole: &'a [u8], fraction: &'a [u8], exponent: i128) -> Self {
        let mut whole = without_leading_zeros(whole);
        let mut fraction = without_trailing_zeros(fraction);
        let mut magnitude = exponent + whole.len() as i128;
        if whole.is_empty() {
            let significant = without_leading_zeros(fraction);
            magnitude -= (fraction.len() - significant.len()) as i128;
            fraction = significant;
        }
        if fraction.is_empty() {
            whole = without_trailing_zeros(whole);
        }
        let is_zero = whole.is_empty() && fraction.is_empty();
        Self {
            is_negative: is_negative && !is_zero,
            whole,
            fraction,
            magnitude: if is_zero { 0 } else { magnitude },
        }
    }

    /// Whether this is zero.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.whole.is_empty() && self.fraction.is_empty()
    }

    /// Whether this is below zero.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        self.is_negative
    }

    /// The value as a count, if it is a whole number of 0 or more. Counts beyond 64 bits are the largest one.
    #[must_use]
    pub fn to_count(&self) -> Option<u64> {
        if self.is_negative || self.unit_exponent() < 0 {
            return None;
        }
        let zeros = usize::try_from(self.unit_exponent().min(20)).unwrap_or(20);
        let digits = self.digits().chain(iter::repeat_n(b'0', zeros));
        let count = digits.fold(0_u64, |count, digit| {
            count.saturating_mul(10).saturating_add(u64::from(digit - b'0'))
        });
        Some(count)
    }

    /// Appends a text that is the same for all numbers of this value, and for no others.
    pub fn write_canonical(&self, out: &mut Vec<u8>) {
        if self.is_negative {
            out.push(b'-');
        }
        out.extend(self.digits());
        out.push(b'e');
        out.extend_from_slice(self.unit_exponent().to_string().as_bytes());
    }

    fn digits(&self) -> impl Iterator<Item = u8> + 'a {
        self.whole.iter().chain(self.fraction).copied()
    }

    fn digit_count(&self) -> usize {
        self.whole.len() + self.fraction.len()
    }

    /// The power of ten that the last digit counts: the value is `<digits>` × 10 to this power.
    fn unit_exponent(&self) -> i128 {
        self.magnitude - self.digit_count() as i128
    }

    fn compare_size(&self, other: &Self) -> Ordering {
        match (self.is_zero(), other.is_zero()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            // No first digit is 0, so the magnitudes decide; no last digit is 0, so a longer text is a larger number.
            (false, false) => self
                .magnitude
                .cmp(&other.magnitude)
                .then_with(|| self.digits().cmp(other.digits())),
        }
    }
}

impl Ord for Decimal<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.is_negative, other.is_negative) {
            (false, false) => self.compare_size(other),
            (true, true) => other.compare_size(self),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Decimal<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Decimal<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal<'_> {}

/// A number above zero of which other numbers may be multiples, prepared for asking often.
#[derive(Debug, Clone)]
pub struct Divisor {
    digits: DivisorDigits,
    unit_exponent: i128,
}

#[derive(Debug, Clone)]
enum DivisorDigits {
    Small(u64),
    Large(BigUint),
}

impl Divisor {
    /// Significant digits a divisor may have; more would make each division slow. No binary float has more than 767.
    pub const MAX_DIGITS: usize = 1000;

    /// Prepares `number`; `None` if it is not above zero or has more than [`Self::MAX_DIGITS`] significant digits.
    #[must_use]
    pub fn new(number: Decimal<'_>) -> Option<Self> {
        if number.is_negative || number.is_zero() || number.digit_count() > Self::MAX_DIGITS {
            return None;
        }
        let digits: Vec<u8> = number.digits().collect();
        let large = BigUint::parse_bytes(&digits, 10)?;
        let digits = match u64::try_from(&large) {
            Ok(small) => DivisorDigits::Small(small),
            Err(_) => DivisorDigits::Large(large),
        };
        Some(Self {
            digits,
            unit_exponent: number.unit_exponent(),
        })
    }

    /// Whether `number` is a whole multiple of this, exactly.
    #[must_use]
    pub fn divides(&self, number: Decimal<'_>) -> bool {
        if number.is_zero() {
            return true;
        }
        let zeros = number.unit_exponent() - self.unit_exponent;
        if zeros < 0 {
            return false; // the last digit of `number` is not 0, so this has no multiple that ends there
        }
        match &self.digits {
            DivisorDigits::Small(divisor) => {
                let zeros = zeros_that_matter(zeros, u64::from(u64::BITS - divisor.leading_zeros()));
                let divisor = u128::from(*divisor);
                let mut remainder = 0_u128;
                for_each_chunk(&number, zeros, |scale, chunk| {
                    remainder = (remainder * u128::from(scale) + u128::from(chunk)) % divisor;
                });
                remainder == 0
            }
            DivisorDigits::Large(divisor) => {
                let mut remainder = BigUint::ZERO;
                for_each_chunk(
                    &number,
                    zeros_that_matter(zeros, divisor.bits()),
                    |scale, chunk| {
                        remainder = (&remainder * scale + chunk) % divisor;
                    },
                );
                remainder == BigUint::ZERO
            }
        }
    }
}

/// A divisor of `bits` bits has at most that many factors 2 or 5, so further zeros can't make a number divisible.
fn zeros_that_matter(zeros: i128, bits: u64) -> usize {
    usize::try_from(zeros.min(i128::from(bits))).unwrap_or(usize::MAX)
}

/// Digits that always fit a `u64`.
const CHUNK_DIGITS: usize = 18;

/// Calls `take(scale, chunk)` for the digits of `number` with `zeros` zeros behind, so many at a time:
/// the value of what was seen so far is that of the previous call × `scale` + `chunk`.
fn for_each_chunk(number: &Decimal<'_>, zeros: usize, mut take: impl FnMut(u64, u64)) {
    let mut digits = number.digits().chain(iter::repeat_n(b'0', zeros));
    loop {
        let (mut scale, mut chunk) = (1, 0);
        for digit in digits.by_ref().take(CHUNK_DIGITS) {
            scale *= 10;
            chunk = chunk * 10 + u64::from(digit - b'0');
        }
        if scale == 1 {
            return;
        }
        take(scale, chunk);
    }
}

fn parse_exponent(text: &[u8]) -> Option<i128> {
    let (sign, digits) = match text {
        [b'-', digits @ ..] => (-1, digits),
        [b'+', digits @ ..] => (1, digits),
        digits => (1, digits),
    };
    let size = digits_only(digits)?.iter().fold(0_i128, |size, digit| {
        (size * 10 + i128::from(digit - b'0')).min(MAX_EXPONENT)
    });
    Some(sign * size)
}

fn digits_only(text: &[u8]) -> Option<&[u8]> {
    (!text.is_empty() && text.iter().all(u8::is_ascii_digit)).then_some(text)
}

fn without_leading_zeros(digits: &[u8]) -> &[u8] {
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    &digits[zeros..]
}

fn without_trailing_zeros(digits: &[u8]) -> &[u8] {
    let zeros = digits.iter().rev().take_while(|digit| **digit == b'0').count();
    &digits[..digits.len() - zeros]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal<'_> {
        Decimal::parse(text.as_bytes()).unwrap_or_else(|| panic!("{text} is no number"))
    }

    #[test]
    fn numbers_compare_by_value_and_not_by_text() {
        let cases = [
            ("1", "1.0", Ordering::Equal),
            ("10e-1", "1", Ordering::Equal),
            ("-0", "0.000e99", Ordering::Equal),
            ("0", "1e-999999999999", Ordering::Less),
            ("-1e999999999", "0", Ordering::Less),
            ("-2", "-1", Ordering::Less),
            ("-0.1", "-0.11", Ordering::Greater),
            ("1e999999999", "9e999999998", Ordering::Greater),
            (
                "1e999999999999999999999999999999999",
                "1e999999999999999999999999999999998",
                Ordering::Greater,
            ),
            ("9007199254740993", "9007199254740992", Ordering::Greater),
            ("0.30000000000000000001", "0.3", Ordering::Greater),
            ("100", "99.999", Ordering::Greater),
            ("0.001", "0.0009", Ordering::Greater),
            ("1200e-2", "12", Ordering::Equal),
            ("0.00120e4", "12", Ordering::Equal),
        ];
        for (left, right, expected) in cases {
            assert_eq!(decimal(left).cmp(&decimal(right)), expected, "{left} and {right}");
            assert_eq!(
                decimal(right).cmp(&decimal(left)),
                expected.reverse(),
                "{right} and {left}"
            );
        }
    }

    #[test]
    fn multiples_are_exact() {
        let cases = [
            ("0.07", "0.01", true),
            ("0.075", "0.01", false),
            ("123456789012345678.99", "0.01", true),
            ("0", "7", true),
            ("1e400", "1e-38", true),
            ("1e-39", "1e-38", false),
            ("1e999999999999", "8", true),
            ("1e2", "8", false),
            ("1e3", "8", true),
            ("1e999999999999", "3", false),
            ("3e999999999999", "3", true),
            ("3e999999999999", "9", false),
            ("-21", "7", true),
            ("18446744073709551616", "18446744073709551616", true),
            ("18446744073709551617e5", "18446744073709551616", false),
            ("36893488147419103232000", "18446744073709551616", true),
            ("1e64", "18446744073709551616", true),
            ("1e63", "18446744073709551616", false),
            ("4.5", "1.5", true),
            ("100", "1e2", true),
            ("150", "1e2", false),
        ];
        for (number, divisor, expected) in cases {
            let prepared = Divisor::new(decimal(divisor)).expect("all divisors are above zero");
            assert_eq!(
                prepared.divides(decimal(number)),
                expected,
                "{number} by {divisor}"
            );
        }
    }

    #[test]
    fn counts_are_whole_numbers() {
        let cases = [
            ("0", Some(0)),
            ("255", Some(255)),
            ("255.0", Some(255)),
            ("1e2", Some(100)),
            ("1.5", None),
            ("-1", None),
            ("1e999999999", Some(u64::MAX)),
        ];
        for (text, count) in cases {
            assert_eq!(decimal(text).to_count(), count, "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "-", "1.", ".5", "1e", "1e+", "x", "1x", "1e5x", "+1"] {
            assert!(Decimal::parse(text.as_bytes()).is_none(), "{text}");
        }
    }
}
