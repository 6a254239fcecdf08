//! Calendar arithmetic and the fixed-width text of timestamps.

/// Length of `YYYY-MM-DDTHH:MM:SS.mmmZ`.
pub const TIMESTAMP_BYTES: usize = 24;

pub(super) const DAY_MILLIS: i64 = 86_400_000;

/// Year, month and day of a day number counted from 1970-01-01 (Howard Hinnant's `civil_from_days`).
pub(super) fn civil_from_days(days: i64) -> (i64, u8, u8) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month as u8, day as u8)
}

/// The inverse of [`civil_from_days`].
pub(super) fn days_from_civil(year: i64, month: u8, day: u8) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month = i64::from(month);
    let shifted_month = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * shifted_month + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Writes `value` with as many digits as `out` has room for.
fn digits(out: &mut [u8], mut value: i64) {
    for digit in out.iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

/// `YYYY-MM-DDTHH:MM:SS` of a second within the years 0000 to 9999.
pub(super) fn seconds(seconds: i64, out: &mut [u8; 19]) {
    let (year, month, day) = civil_from_days(seconds.div_euclid(86_400));
    let of_day = seconds.rem_euclid(86_400);
    *out = *b"0000-00-00T00:00:00";
    digits(&mut out[0..4], year);
    digits(&mut out[5..7], i64::from(month));
    digits(&mut out[8..10], i64::from(day));
    digits(&mut out[11..13], of_day / 3_600);
    digits(&mut out[14..16], of_day / 60 % 60);
    digits(&mut out[17..19], of_day % 60);
}

pub(super) fn millis(millis: i64) -> [u8; TIMESTAMP_BYTES] {
    let mut second = [0; 19];
    seconds(millis.div_euclid(1_000), &mut second);
    let mut out = *b"0000-00-00T00:00:00.000Z";
    out[..19].copy_from_slice(&second);
    digits(&mut out[20..23], millis.rem_euclid(1_000));
    out
}
