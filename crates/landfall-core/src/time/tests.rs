use super::*;

#[test]
fn timestamps_are_written_with_three_fraction_digits() {
    let cases = [
        (1_519_235_654_474, "2018-02-21T17:54:14.474Z"),
        (1_704_067_199_999, "2023-12-31T23:59:59.999Z"),
        (0, "1970-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (i64::MAX, "9999-12-31T23:59:59.999Z"),
        (i64::MIN, "0000-01-01T00:00:00.000Z"),
    ];
    for (millis, text) in cases {
        assert_eq!(Timestamp::from_millis(millis).to_string(), text, "{millis}");
    }
}

#[test]
fn source_date_times_become_utc_and_keep_their_digits() {
    let cases = [
        ("2018-11-02T22:57:04.841020Z", Some("2018-11-02T22:57:04.841020Z")),
        ("2018-11-02T17:57:04.8-05:00", Some("2018-11-02T22:57:04.800Z")),
        ("2018-11-02 17:57:04-0500", Some("2018-11-02T22:57:04.000Z")),
        ("2018-11-02T17:57:04", Some("2018-11-02T17:57:04.000Z")),
        (
            "2018-11-02T17:57:04.123456789+00:00",
            Some("2018-11-02T17:57:04.123456789Z"),
        ),
        ("2016-12-31T23:59:60Z", Some("2017-01-01T00:00:00.000Z")),
        ("2018-02-29T00:00:00Z", None),
        ("2018-02-28T24:00:00Z", None),
        ("2018-02-28T23:00:00.Z", None),
        ("2018-02-28T23:00:00.1234567890Z", None),
        ("9999-12-31T23:59:59-01:00", None),
        ("soon", None),
        ("", None),
    ];
    for (text, expected) in cases {
        let found = Instant::parse(text.as_bytes()).map(Instant::to_utc_text);
        assert_eq!(found.as_deref(), expected, "{text}");
    }
}
