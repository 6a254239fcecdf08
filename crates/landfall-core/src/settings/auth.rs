//! Whose identity is used towards AWS (management-api.md §4.2).

use secrecy::SecretString;

use super::SettingName;
use super::draft::Draft;
use super::problem::SettingFault;

/// Whose identity is used towards AWS.
#[derive(Debug, Clone)]
pub enum AuthMode {
    /// That of the environment: instance profile, container role, profile, variables.
    Ambient,
    /// That of a role, assumed with the identity of the environment.
    AssumeRole {
        /// The role.
        role_arn: RoleArn,
        /// The external ID that the role asks for.
        external_id: Option<ExternalId>,
    },
    /// That of an access key.
    Static {
        /// Access key ID.
        access_key_id: SecretString,
        /// Secret access key.
        secret_access_key: SecretString,
        /// Session token of temporary keys.
        session_token: Option<SecretString>,
    },
}

/// The ARN of an IAM role: `arn:aws[a-z-]*:iam::[0-9]{12}:role/.+`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleArn(String);

/// An external ID, 2 to 1224 letters, digits and `+=,.@:/_-`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalId(String);

impl RoleArn {
    fn parse(text: &str) -> Result<Self, SettingFault> {
        if is_role_arn(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(SettingFault::NotARoleArn {
                found: text.to_owned(),
            })
        }
    }

    /// The ARN.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_role_arn(text: &str) -> bool {
    let mut fields = text.strip_prefix("arn:aws").unwrap_or_default().splitn(5, ':');
    let (Some(partition), Some("iam"), Some(""), Some(account), Some(role)) = (
        fields.next(),
        fields.next(),
        fields.next(),
        fields.next(),
        fields.next(),
    ) else {
        return false;
    };
    let name = role.strip_prefix("role/").unwrap_or_default();
    partition
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
        && account.len() == 12
        && account.bytes().all(|byte| byte.is_ascii_digit())
        && !name.is_empty()
        && !name.contains(char::is_control)
}

impl ExternalId {
    fn parse(text: &str) -> Result<Self, SettingFault> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@:/_-".contains(&byte);
        if (2..=1224).contains(&text.len()) && text.bytes().all(is_allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(SettingFault::NotAnExternalId)
        }
    }

    /// The ID.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum AuthKind {
    Ambient,
    AssumeRole,
    Static,
}

impl AuthKind {
    fn from_spelling(spelling: &str) -> Option<Self> {
        match spelling {
            "ambient" => Some(Self::Ambient),
            "assume_role" => Some(Self::AssumeRole),
            "static" => Some(Self::Static),
            _ => None,
        }
    }
}

impl AuthMode {
    pub(super) fn read(draft: &mut Draft) -> Option<Self> {
        let kind = draft.choice(SettingName::AwsAuthMode, AuthKind::from_spelling);
        let role_arn = draft.parsed(SettingName::AwsRoleArn, RoleArn::parse);
        let external_id = draft.parsed(SettingName::AwsExternalId, ExternalId::parse);
        let access_key_id = draft.secret(SettingName::AwsAccessKeyId);
        let secret_access_key = draft.secret(SettingName::AwsSecretAccessKey);
        let session_token = draft.secret(SettingName::AwsSessionToken);
        let kind = kind?;
        check_auth(draft, kind);
        match kind {
            AuthKind::Ambient => Some(Self::Ambient),
            AuthKind::AssumeRole => Some(Self::AssumeRole {
                role_arn: role_arn?,
                external_id,
            }),
            AuthKind::Static => Some(Self::Static {
                access_key_id: access_key_id?,
                secret_access_key: secret_access_key?,
                session_token,
            }),
        }
    }
}

/// Reports settings that the way of signing in lacks or doesn't know.
fn check_auth(draft: &mut Draft, kind: AuthKind) {
    use SettingName::{AwsAccessKeyId, AwsExternalId, AwsRoleArn, AwsSecretAccessKey, AwsSessionToken};
    let with = SettingName::AwsAuthMode.as_str();
    let (needed, value): (&[SettingName], _) = match kind {
        AuthKind::Ambient => (&[], "ambient"),
        AuthKind::AssumeRole => (&[AwsRoleArn], "assume_role"),
        AuthKind::Static => (&[AwsAccessKeyId, AwsSecretAccessKey], "static"),
    };
    for setting in needed.iter().copied() {
        if !draft.is_set(setting) {
            draft.report(setting, SettingFault::NeededWith { with, value });
        }
    }
    for setting in [AwsAccessKeyId, AwsSecretAccessKey, AwsSessionToken] {
        if kind != AuthKind::Static && draft.is_set(setting) {
            draft.report(
                setting,
                SettingFault::OnlyWith {
                    with,
                    value: "static",
                },
            );
        }
    }
    for setting in [AwsRoleArn, AwsExternalId] {
        if kind != AuthKind::AssumeRole && draft.is_set(setting) {
            draft.warn(setting, "it counts only when aws_auth_mode is assume_role");
        }
    }
}
