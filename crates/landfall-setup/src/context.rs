//! What is checked: the bucket, the place that keeps it, and the identity that is used.

use std::path::PathBuf;

use landfall_core::bucket_name::BucketName;
use landfall_core::settings::{AuthMode, DestinationSettings, Endpoint, ServerSideEncryption};

use crate::partition::Partition;
use crate::principal::PrincipalArn;

/// Who keeps the bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Amazon S3.
    Aws,
    /// A store that speaks S3's protocol; its own access rules apply (setup-flow.md §6.1).
    Store {
        /// `s3_endpoint_url`.
        endpoint_url: String,
    },
    /// A local folder whose sub-folders are buckets; the permissions of its files apply.
    Folder {
        /// The folder that `s3_endpoint_url` names.
        path: PathBuf,
    },
}

/// How Landfall signs in, without the secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignIn {
    /// With what the host offers.
    Ambient,
    /// As a role.
    AssumeRole {
        /// `aws_role_arn`.
        role_arn: String,
        /// Whether `aws_external_id` is set.
        external_id: ExternalIdSetting,
    },
    /// With a key pair that lasts.
    StaticKeys,
    /// With a key pair that ends with its session token.
    TemporaryKeys,
}

/// Whether the role is asked for with an external ID.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExternalIdSetting {
    /// `aws_external_id` is set.
    Given,
    /// It isn't.
    Unset,
}

/// Everything that the check and the texts of its errors need to know. Holds no secret and not the challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckContext {
    /// The bucket.
    pub bucket: BucketName,
    /// Who keeps it.
    pub place: Place,
    /// How Landfall signs in.
    pub sign_in: SignIn,
    /// `s3_region`, if it is fixed.
    pub fixed_region: Option<String>,
    /// Which encryption is asked for.
    pub encryption: ServerSideEncryption,
    /// The principal in the bucket policy that was shown: the setting `principal_arn`, or what was derived then.
    pub shown_principal: Option<PrincipalArn>,
}

impl CheckContext {
    /// The context of a destination's settings.
    #[must_use]
    pub fn of_settings(settings: &DestinationSettings, shown_principal: Option<PrincipalArn>) -> Self {
        let access = &settings.access;
        Self {
            bucket: settings.bucket.clone(),
            place: match &access.endpoint {
                None => Place::Aws,
                Some(Endpoint::Url(url)) => Place::Store {
                    endpoint_url: url.as_str().to_owned(),
                },
                Some(Endpoint::Folder(folder)) => Place::Folder {
                    path: folder.as_path().to_owned(),
                },
            },
            sign_in: SignIn::of_settings(&access.auth),
            fixed_region: access.region.as_ref().map(|region| region.as_str().to_owned()),
            encryption: access.encryption.clone(),
            shown_principal,
        }
    }

    /// How ARNs are spelled: as the principal's, the role's, or as it is usual in the region.
    #[must_use]
    pub fn partition(&self) -> Partition {
        let of_principal = self.shown_principal.as_ref().map(PrincipalArn::partition);
        let of_role = || match &self.sign_in {
            SignIn::AssumeRole { role_arn, .. } => {
                role_arn.split(':').nth(1).and_then(Partition::from_spelling)
            }
            SignIn::Ambient | SignIn::StaticKeys | SignIn::TemporaryKeys => None,
        };
        let of_region = || self.fixed_region.as_deref().map(Partition::of_region);
        of_principal
            .or_else(of_role)
            .or_else(of_region)
            .unwrap_or_default()
    }

    /// What is wrong if the bucket's region and the principal are in different partitions, between which nothing can be
    /// granted.
    #[must_use]
    pub fn partition_mismatch(&self, principal: &PrincipalArn) -> Option<String> {
        let region = self
            .fixed_region
            .as_deref()
            .filter(|_| self.place == Place::Aws)?;
        let (here, there) = (Partition::of_region(region), principal.partition());
        (here != there).then(|| {
            format!(
                "{principal} is in the partition {there}, but the region {region} is in {here}, and nothing can be \
                 granted from one to the other: correct s3_region, or sign in as a principal of {here}"
            )
        })
    }
}

impl SignIn {
    fn of_settings(auth: &AuthMode) -> Self {
        match auth {
            AuthMode::Ambient => Self::Ambient,
            AuthMode::AssumeRole {
                role_arn,
                external_id,
            } => Self::AssumeRole {
                role_arn: role_arn.as_str().to_owned(),
                external_id: match external_id {
                    Some(_) => ExternalIdSetting::Given,
                    None => ExternalIdSetting::Unset,
                },
            },
            AuthMode::Static {
                session_token: None, ..
            } => Self::StaticKeys,
            AuthMode::Static {
                session_token: Some(_),
                ..
            } => Self::TemporaryKeys,
        }
    }
}
