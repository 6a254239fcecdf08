//! Numbers in strings, as JSON writes them.

use std::borrow::Cow;

/// The JSON of an integer of any length: `+` and zeros in front are dropped.
pub(super) fn integer(text: &str) -> Option<Cow<'_, str>> {
    let (sign, digits) = split_sign(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let significant = digits.trim_start_matches('0');
    if sign != "+" && (significant.len() == digits.len() || digits == "0") {
        return Some(Cow::Borrowed(text));
    }
    let significant = if significant.is_empty() { "0" } else { significant };
    let sign = if sign == "-" { "-" } else { "" };
    Some(Cow::Owned(format!("{sign}{significant}")))
}

/// The JSON of a decimal or a double, digits untouched; `null` for what is not finite.
pub(super) fn decimal(text: &str) -> Option<Cow<'_, str>> {
    if is_json_number(text) {
        return Some(Cow::Borrowed(text));
    }
    let (sign, rest) = split_sign(text);
    let special = rest.to_ascii_lowercase();
    if matches!(&*special, "nan" | "snan" | "inf" | "infinity") {
        return Some(Cow::Borrowed("null"));
    }
    // `+1.5`, `.5`, `5.` and `007.5` are numbers to others.
    let (mantissa, exponent) = rest.split_at(rest.find(['e', 'E']).unwrap_or(rest.len()));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let fraction = if fraction.is_empty() { "0" } else { fraction };
    let sign = if sign == "-" { "-" } else { "" };
    let mended = format!("{sign}{whole}.{fraction}{exponent}");
    is_json_number(&mended).then_some(Cow::Owned(mended))
}

fn split_sign(text: &str) -> (&str, &str) {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    (&text[..text.len() - digits.len()], digits)
}

fn is_json_number(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    is_digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(is_digits)
        && exponent.is_none_or(|exponent| is_digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `numerator / denominator`: exact where 64-bit floats are, and `null` for a division by zero.
pub(super) fn ratio(numerator: &str, denominator: &str) -> Option<String> {
    if let (Ok(numerator), Ok(denominator)) = (numerator.parse::<i128>(), denominator.parse::<i128>())
        && denominator != 0
        && numerator.checked_rem(denominator) == Some(0)
    {
        return Some((numerator / denominator).to_string());
    }
    let (numerator, denominator) = (numerator.parse::<f64>().ok()?, denominator.parse::<f64>().ok()?);
    let quotient = numerator / denominator;
    Some(if quotient.is_finite() {
        quotient.to_string()
    } else {
        "null".to_owned()
    })
}

/// A UUID as JSON, of its upper and its lower half.
pub(super) fn uuid(upper: &str, lower: &str) -> Option<String> {
    let half = |text: &str| text.parse::<i64>().ok().map(i64::cast_unsigned);
    let (upper, lower) = (half(upper)?, half(lower)?);
    let text = format!("{upper:016x}{lower:016x}");
    Some(format!(
        "\"{}-{}-{}-{}-{}\"",
        &text[..8],
        &text[8..12],
        &text[12..16],
        &text[16..20],
        &text[20..]
    ))
}
