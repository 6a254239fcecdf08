//! Reading the date-times that sources send.

use super::render::{days_from_civil, seconds};
use super::{TIMESTAMP_BYTES, Timestamp};

/// A date-time as a source sent it: an instant, and the fraction digits it came with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instant {
    seconds: i64,
    nanos: u32,
    fraction_digits: u8,
}

impl Instant {
    /// Reads an RFC 3339 date-time. Also taken: a space for `T`, an offset without colon, no offset (UTC), 1 to 9
    /// fraction digits, lower-case `t` and `z` (singer.md §4.2). `None` for anything else, impossible dates included.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let date_time = text.get(..19)?;
        let is_framed = date_time[4] == b'-'
            && date_time[7] == b'-'
            && matches!(date_time[10], b'T' | b't' | b' ')
            && date_time[13] == b':'
            && date_time[16] == b':';
        if !is_framed {
            return None;
        }
        let year = number(&date_time[0..4])?;
        let month = number(&date_time[5..7])?;
        let day = number(&date_time[8..10])?;
        let (hour, minute, second) = (
            number(&date_time[11..13])?,
            number(&date_time[14..16])?,
            number(&date_time[17..19])?,
        );
        // A leap second is read as the first second of the next minute.
        let is_time = hour <= 23 && minute <= 59 && second <= 60;
        if !is_time || !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) {
            return None;
        }
        let (nanos, fraction_digits, offset) = fraction(&text[19..])?;
        let days = days_from_civil(year, month as u8, day as u8);
        let local = days * 86_400 + hour * 3_600 + minute * 60 + second;
        let seconds = local - offset_seconds(offset)?;
        // What is before year 0 or after year 9999 in UTC can't be written back.
        let is_writable = (-62_167_219_200..=253_402_300_799).contains(&seconds);
        is_writable.then_some(Self {
            seconds,
            nanos,
            fraction_digits,
        })
    }

    /// Seconds since the epoch and nanoseconds within the second: instants compare by them.
    #[must_use]
    pub fn as_nanos(self) -> i128 {
        i128::from(self.seconds) * 1_000_000_000 + i128::from(self.nanos)
    }

    /// The instant cut to whole milliseconds.
    #[must_use]
    pub fn timestamp(self) -> Timestamp {
        Timestamp::from_millis(self.seconds * 1_000 + i64::from(self.nanos / 1_000_000))
    }

    /// Writes the instant in UTC with the digits it came with, padded to at least three (files.md §3,
    /// `_sdc_extracted_at`). At most 30 bytes.
    pub fn write_utc(self, out: &mut Vec<u8>) {
        let mut second = [0; 19];
        seconds(self.seconds, &mut second);
        out.extend_from_slice(&second);
        out.push(b'.');
        let mut divisor = 100_000_000;
        for _ in 0..self.fraction_digits.max(3) {
            out.push(b'0' + (self.nanos / divisor % 10) as u8);
            divisor /= 10;
        }
        out.push(b'Z');
    }

    /// The text [`write_utc`](Self::write_utc) writes.
    #[must_use]
    pub fn to_utc_text(self) -> String {
        let mut out = Vec::with_capacity(TIMESTAMP_BYTES + 6);
        self.write_utc(&mut out);
        String::from_utf8_lossy(&out).into_owned()
    }
}

fn number(digits: &[u8]) -> Option<i64> {
    let mut value = 0;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        value = value * 10 + i64::from(digit - b'0');
    }
    Some(value)
}

fn days_in(year: i64, month: i64) -> i64 {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 => 28 + i64::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Nanoseconds, number of digits and what follows them.
fn fraction(text: &[u8]) -> Option<(u32, u8, &[u8])> {
    let Some(digits) = text.strip_prefix(b".") else {
        return Some((0, 0, text));
    };
    let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if !(1..=9).contains(&count) {
        return None;
    }
    let mut nanos = number(&digits[..count])? as u32;
    for _ in count..9 {
        nanos *= 10;
    }
    Some((nanos, count as u8, &digits[count..]))
}

fn offset_seconds(text: &[u8]) -> Option<i64> {
    let (sign, rest) = match text {
        b"" | b"Z" | b"z" => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = match rest.len() {
        4 => (&rest[..2], &rest[2..]),
        5 if rest[2] == b':' => (&rest[..2], &rest[3..]),
        _ => return None,
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    (hours <= 23 && minutes <= 59).then_some(sign * (hours * 3_600 + minutes * 60))
}
