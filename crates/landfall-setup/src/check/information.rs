//! What a survey found, in words.

use landfall_bucket::{
    BucketRules, IncompleteUploads, ObjectLock, Seen, StoreCapabilities, Support, Versioning,
};

use crate::check::survey::{Survey, UploadSpeed};
use crate::context::Place;
use crate::facts::Facts;
use crate::report::Information;

/// Clocks that differ by less are not worth a word after a failure.
const NOTABLE_SKEW_MS: u64 = 60_000;
/// From here on the limit of S3, 15 minutes, is near.
const DANGEROUS_SKEW_MS: u64 = 300_000;
const HIDDEN: &str = "not visible with the three granted actions";
const UNTOLD: &str = "the store does not tell";

/// The lines after steps that passed.
pub(crate) fn of_success(place: &Place, facts: &Facts, survey: &Survey) -> Vec<Information> {
    let mut lines = Vec::new();
    if let Some(capabilities) = survey.capabilities {
        lines.push(line("store", store_text(capabilities)));
        let delivery = delivery_text(capabilities.conditional_create);
        lines.push(line("delivery", delivery.to_owned()));
    }
    if matches!(place, Place::Folder { .. }) {
        return lines;
    }
    match &survey.rules {
        Some(rules) => lines.extend(rules_lines(rules)),
        None => lines.push(line(
            "bucket_settings",
            "not looked at: no answer in time".to_owned(),
        )),
    }
    lines.push(line("clock", clock_text(facts.clock_ahead_ms)));
    if let Some(latency_ms) = facts.latency_ms {
        lines.push(line(
            "latency",
            format!("the fastest answer took {latency_ms} ms"),
        ));
    }
    lines.push(line("upload", upload_text(&survey.upload)));
    lines
}

/// The lines after a failure: only what may be the reason for it.
pub(crate) fn of_failure(facts: &Facts) -> Vec<Information> {
    let is_notable = |ahead_ms: &i64| ahead_ms.unsigned_abs() >= NOTABLE_SKEW_MS;
    let skew = facts.clock_ahead_ms.filter(is_notable);
    skew.map(|ahead_ms| line("clock", clock_text(Some(ahead_ms))))
        .into_iter()
        .collect()
}

fn line(topic: &'static str, text: String) -> Information {
    Information { topic, text }
}

fn store_text(capabilities: StoreCapabilities) -> String {
    let said = |name: &str, support: Support| match support {
        Support::Present => format!("{name}: yes"),
        Support::Absent => format!("{name}: no"),
        Support::Unknown => format!("{name}: shows with the first load"),
    };
    [
        said("conditional create", capabilities.conditional_create),
        said("checksums", capabilities.checksums),
        said("multipart uploads", capabilities.multipart),
    ]
    .join(", ")
}

/// loading.md §6, "Upload only if absent".
fn delivery_text(conditional_create: Support) -> &'static str {
    match conditional_create {
        Support::Present => {
            "each load lands once, and no object is ever written over, whoever else writes here"
        }
        Support::Absent => {
            "each load lands once; because the store cannot create objects conditionally, Landfall looks before it \
             writes, so let nothing else write under its keys"
        }
        Support::Unknown => {
            "each load lands once; until the store has shown that it can create objects conditionally, Landfall looks \
             before it writes"
        }
    }
}

fn rules_lines(rules: &BucketRules) -> Vec<Information> {
    let all = (&rules.versioning, &rules.object_lock, &rules.incomplete_uploads);
    match all {
        (Seen::Hidden, Seen::Hidden, Seen::Hidden) => vec![line(
            "bucket_settings",
            format!(
                "versioning, Object Lock and lifecycle rules are {HIDDEN}; see for yourself that a lifecycle rule \
                 ends incomplete multipart uploads, or the parts of interrupted loads stay and cost"
            ),
        )],
        (Seen::Untold, Seen::Untold, Seen::Untold) => vec![line(
            "bucket_settings",
            format!("versioning, Object Lock and lifecycle rules: {UNTOLD}"),
        )],
        (versioning, object_lock, incomplete_uploads) => vec![
            line(
                "versioning",
                seen_text(versioning, |found| versioning_text(*found)),
            ),
            line("object_lock", seen_text(object_lock, |found| lock_text(*found))),
            line("incomplete_uploads", seen_text(incomplete_uploads, uploads_text)),
        ],
    }
}

fn seen_text<T>(seen: &Seen<T>, shown: impl Fn(&T) -> String) -> String {
    match seen {
        Seen::Shown(found) => shown(found),
        Seen::Hidden => HIDDEN.to_owned(),
        Seen::Untold => UNTOLD.to_owned(),
    }
}

fn versioning_text(versioning: Versioning) -> String {
    match versioning {
        Versioning::Enabled => "on; Landfall makes one version of each object",
        Versioning::Suspended => "suspended; Landfall makes one version of each object",
        Versioning::Off => "off; Landfall never writes over an object, so it needs none",
    }
    .to_owned()
}

fn lock_text(lock: ObjectLock) -> String {
    match lock {
        ObjectLock::Enabled => "on; uploads carry the checksums that it demands",
        ObjectLock::Off => "off",
    }
    .to_owned()
}

fn uploads_text(uploads: &IncompleteUploads) -> String {
    match uploads {
        IncompleteUploads::Stay => "no lifecycle rule ends incomplete multipart uploads: add one \
             (AbortIncompleteMultipartUpload after 7 days), or the parts of interrupted loads stay and cost"
            .to_owned(),
        IncompleteUploads::EndAfter { days, prefix } if prefix.is_empty() => {
            format!("a lifecycle rule ends incomplete multipart uploads after {days} days")
        }
        IncompleteUploads::EndAfter { days, prefix } => format!(
            "a lifecycle rule ends incomplete multipart uploads after {days} days, but only those of keys that begin \
             with {prefix}"
        ),
    }
}

fn clock_text(ahead_ms: Option<i64>) -> String {
    let Some(ahead_ms) = ahead_ms else {
        return "not compared: the store's answers have no Date".to_owned();
    };
    if ahead_ms == 0 {
        return "this host and the store have the same time".to_owned();
    }
    let side = if ahead_ms > 0 { "ahead of" } else { "behind" };
    let away = duration_text(ahead_ms.unsigned_abs());
    let advice = if ahead_ms.unsigned_abs() >= DANGEROUS_SKEW_MS {
        "; S3 refuses requests when it is 15 min or more, so switch on time synchronisation (NTP) on this host"
    } else {
        "; object keys and _sdc_ times are made with this host's clock"
    };
    format!("this host's clock is {away} {side} the store's{advice}")
}

fn duration_text(millis: u64) -> String {
    match (millis / 60_000, millis % 60_000) {
        (0, rest) if rest < 1000 => "less than a second".to_owned(),
        (0, rest) => format!("{} s", rest / 1000),
        (minutes, rest) => format!("{minutes} min {} s", rest / 1000),
    }
}

fn upload_text(upload: &UploadSpeed) -> String {
    match upload {
        UploadSpeed::OutOfTime => "not measured: no answer in time".to_owned(),
        UploadSpeed::NotMeasured { why } => format!("not measured: {why}"),
        UploadSpeed::Measured {
            bytes_per_second,
            sent_bytes,
        } => format!(
            "about {} over one connection (from up to {} MiB that the store refused, so nothing is left there)",
            speed_text(*bytes_per_second),
            sent_bytes >> 20
        ),
    }
}

fn speed_text(bytes_per_second: u64) -> String {
    match bytes_per_second {
        0..1_000_000 => format!("{} kB/s", bytes_per_second / 1000),
        1_000_000..10_000_000 => {
            let tenths = bytes_per_second / 100_000;
            format!("{}.{} MB/s", tenths / 10, tenths % 10)
        }
        10_000_000.. => format!("{} MB/s", bytes_per_second / 1_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_are_compared_in_plain_words() {
        let cases = [
            (None, "not compared"),
            (Some(0), "the same time"),
            (Some(400), "less than a second ahead of"),
            (Some(-12_300), "12 s behind the store's; object keys"),
            (Some(250_000), "4 min 10 s ahead of"),
            (Some(600_000), "10 min 0 s ahead of the store's; S3 refuses"),
        ];
        for (ahead_ms, part) in cases {
            let text = clock_text(ahead_ms);
            assert!(text.contains(part), "{ahead_ms:?}: {text}");
        }
        assert_eq!(of_failure(&Facts::default()), []);
        let skewed = Facts {
            clock_ahead_ms: Some(-900_000),
            ..Facts::default()
        };
        assert_eq!(of_failure(&skewed).len(), 1);
    }

    #[test]
    fn speeds_have_two_or_three_digits() {
        let cases = [
            (999, "0 kB/s"),
            (64_000, "64 kB/s"),
            (1_250_000, "1.2 MB/s"),
            (95_400_000, "95 MB/s"),
        ];
        for (speed, text) in cases {
            assert_eq!(speed_text(speed), text);
        }
    }

    #[test]
    fn each_setting_of_the_bucket_has_its_words() {
        let hidden = BucketRules {
            versioning: Seen::Hidden,
            object_lock: Seen::Hidden,
            incomplete_uploads: Seen::Hidden,
        };
        let topics = |rules: &BucketRules| -> Vec<&str> {
            rules_lines(rules).into_iter().map(|line| line.topic).collect()
        };
        assert_eq!(topics(&hidden), ["bucket_settings"]);
        let mixed = BucketRules {
            versioning: Seen::Shown(Versioning::Enabled),
            ..hidden
        };
        assert_eq!(
            topics(&mixed),
            ["versioning", "object_lock", "incomplete_uploads"]
        );
        let after = |prefix: &str| IncompleteUploads::EndAfter {
            days: 7,
            prefix: prefix.to_owned(),
        };
        assert!(uploads_text(&after("")).ends_with("after 7 days"));
        assert!(uploads_text(&after("raw/")).ends_with("begin with raw/"));
    }
}
