//! AWS partitions: separate worlds of accounts, each with its own spelling of ARNs (setup-flow.md §5.1).

use std::fmt;

use landfall_core::bucket_name::BucketName;

/// The part of AWS that an account belongs to. The default is the one that nearly everyone uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Partition {
    /// The commercial regions.
    #[default]
    Aws,
    /// The regions in China.
    AwsCn,
    /// AWS GovCloud (US).
    AwsUsGov,
}

impl Partition {
    /// Every partition, in the order of the selector.
    pub const ALL: [Self; 3] = [Self::Aws, Self::AwsCn, Self::AwsUsGov];

    /// As ARNs spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::AwsCn => "aws-cn",
            Self::AwsUsGov => "aws-us-gov",
        }
    }

    /// The partition with that spelling.
    #[must_use]
    pub fn from_spelling(spelling: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|partition| partition.as_str() == spelling)
    }

    /// The partition that a region is in.
    #[must_use]
    pub fn of_region(region: &str) -> Self {
        if region.starts_with("cn-") {
            Self::AwsCn
        } else if region.starts_with("us-gov-") {
            Self::AwsUsGov
        } else {
            Self::Aws
        }
    }

    /// The bucket itself, as policies name it.
    #[must_use]
    pub fn bucket_arn(self, bucket: &BucketName) -> String {
        format!("arn:{self}:s3:::{bucket}")
    }

    /// Everything in the bucket, as policies name it.
    #[must_use]
    pub fn objects_arn(self, bucket: &BucketName) -> String {
        format!("arn:{self}:s3:::{bucket}/*")
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}
