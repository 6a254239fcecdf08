//! `format: date-time` (import-api.md §12).

/// Whether `text` is a date-time with seconds and zone: `2018-04-30T17:00:00Z`, `…+00:00`, `…+0000`, each also with one
/// to nine fraction digits, and a day that exists.
pub(super) fn is_date_time(text: &[u8]) -> bool {
    let Some((clock, rest)) = text.split_at_checked("yyyy-MM-ddTHH:mm:ss".len()) else {
        return false;
    };
    is_existing_second(clock) && is_zone(without_fraction(rest))
}

fn is_existing_second(clock: &[u8]) -> bool {
    let has_separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')]
        .iter()
        .all(|(at, byte)| clock[*at] == *byte);
    let fields = (number(&clock[..4]), number(&clock[5..7]), number(&clock[8..10]));
    let (Some(year), Some(month), Some(day)) = fields else {
        return false;
    };
    has_separators
        && (1..=days_of(year, month)).contains(&day)
        && is_below(&clock[11..13], 24)
        && is_below(&clock[14..16], 60)
        && is_below(&clock[17..19], 60)
}

/// Days of a month; none for a month that does not exist.
fn days_of(year: u32, month: u32) -> u32 {
    let is_leap_year = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap_year => 29,
        2 => 28,
        _ => 0,
    }
}

/// What follows a fraction of one to nine digits; all of `rest` if it has no such fraction.
fn without_fraction(rest: &[u8]) -> &[u8] {
    let Some(fraction) = rest.strip_prefix(b".") else {
        return rest;
    };
    let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if (1..=9).contains(&digits) {
        &fraction[digits..]
    } else {
        rest
    }
}

fn is_zone(zone: &[u8]) -> bool {
    match zone {
        b"Z" => true,
        [b'+' | b'-', h1, h2, b':', m1, m2] | [b'+' | b'-', h1, h2, m1, m2] => {
            is_below(&[*h1, *h2], 24) && is_below(&[*m1, *m2], 60)
        }
        _ => false,
    }
}

fn is_below(digits: &[u8], limit: u32) -> bool {
    number(digits).is_some_and(|value| value < limit)
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |value, digit| {
        digit
            .is_ascii_digit()
            .then(|| value * 10 + u32::from(digit - b'0'))
    })
}
