//! Names of buckets (setup-flow.md §3.2).

mod suggestion;

use std::fmt;

use thiserror::Error;

/// Beginnings that Amazon S3 keeps for itself.
const RESERVED_PREFIXES: [&str; 3] = ["xn--", "sthree-", "amzn-s3-demo-"];
/// Endings that Amazon S3 keeps for itself.
const RESERVED_SUFFIXES: [&str; 5] = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];

/// The name of a bucket, and nothing but the name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BucketName(String);

/// Who keeps the bucket, and so whose reserved names apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BucketHost {
    /// Amazon S3.
    Amazon,
    /// Whatever answers at the endpoint that is set.
    Endpoint,
}

/// One rule that a name breaks. The texts are shown unchanged by the set-up pages, the API and the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the texts say what each problem is")]
pub enum BucketNameProblem {
    #[error("Bucket name is required")]
    Missing,
    #[error("Enter only the bucket name, without s3:// or https://")]
    NotOnlyAName,
    #[error("Bucket names have 3 to 63 characters")]
    Length,
    #[error("Bucket names may only contain lowercase letters, numbers, dots and hyphens")]
    Characters,
    #[error("Bucket names must begin and end with a letter or number")]
    Ends,
    #[error("Bucket names must not contain two adjacent dots")]
    AdjacentDots,
    #[error("Bucket names must not look like an IP address")]
    IpAddress,
    #[error("Bucket names must not begin with {0}")]
    ReservedPrefix(&'static str),
    #[error("Bucket names must not end with {0}")]
    ReservedSuffix(&'static str),
}

impl BucketName {
    /// Reads a name as typed; blanks around it don't count.
    ///
    /// # Errors
    /// Every rule that it breaks, in the order of setup-flow.md §3.2.
    pub fn parse(typed: &str, host: BucketHost) -> Result<Self, Vec<BucketNameProblem>> {
        let name = typed.trim();
        let problems = problems(name, host);
        if problems.is_empty() {
            Ok(Self(name.to_owned()))
        } else {
            Err(problems)
        }
    }

    /// The name that a pasted URL, ARN or path is about, for the one-click fix; none if `typed` is a name already, or
    /// if no usable name can be told from it.
    #[must_use]
    pub fn suggest(typed: &str) -> Option<String> {
        suggestion::bucket_in(typed.trim())
            .filter(|name| Self::parse(name, BucketHost::Amazon).is_ok())
            .map(str::to_owned)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the name has dots, which wildcard TLS certificates don't match: such buckets are addressed in the path.
    #[must_use]
    pub fn has_dots(&self) -> bool {
        self.0.contains('.')
    }
}

impl fmt::Display for BucketName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

fn problems(name: &str, host: BucketHost) -> Vec<BucketNameProblem> {
    if name.is_empty() {
        return vec![BucketNameProblem::Missing];
    }
    if is_more_than_a_name(name) {
        return vec![BucketNameProblem::NotOnlyAName];
    }
    let rules = [
        (
            !(3..=63).contains(&name.chars().count()),
            BucketNameProblem::Length,
        ),
        (!name.chars().all(is_allowed), BucketNameProblem::Characters),
        (
            !(name.starts_with(is_letter_or_digit) && name.ends_with(is_letter_or_digit)),
            BucketNameProblem::Ends,
        ),
        (name.contains(".."), BucketNameProblem::AdjacentDots),
        (looks_like_ip_address(name), BucketNameProblem::IpAddress),
    ];
    let broken = rules
        .into_iter()
        .filter(|(is_broken, _)| *is_broken)
        .map(|(_, problem)| problem);
    match host {
        BucketHost::Endpoint => broken.collect(),
        BucketHost::Amazon => broken.chain(reserved(name)).collect(),
    }
}

fn is_more_than_a_name(name: &str) -> bool {
    name.contains(['/', ':']) || name.contains("amazonaws.com") || name.starts_with("www.")
}

fn is_allowed(c: char) -> bool {
    matches!(c, 'a'..='z' | '0'..='9' | '.' | '-')
}

/// Capitals are letters here: that they aren't allowed is said by another rule.
fn is_letter_or_digit(c: char) -> bool {
    c.is_ascii_alphanumeric()
}

fn looks_like_ip_address(name: &str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    name.split('.').count() == 4 && name.split('.').all(is_number)
}

fn reserved(name: &str) -> impl Iterator<Item = BucketNameProblem> {
    let prefixes = RESERVED_PREFIXES
        .into_iter()
        .filter(move |prefix| name.starts_with(prefix))
        .map(BucketNameProblem::ReservedPrefix);
    let suffixes = RESERVED_SUFFIXES
        .into_iter()
        .filter(move |suffix| name.ends_with(suffix))
        .map(BucketNameProblem::ReservedSuffix);
    prefixes.chain(suffixes)
}
