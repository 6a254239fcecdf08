//! From the identity that STS answers to the principal that a policy names (setup-flow.md §6.1).

use std::fmt;

use thiserror::Error;

use crate::partition::Partition;

/// What stands in a policy as long as the identity is not known.
pub const PLACEHOLDER: &str = "<YOUR-PRINCIPAL-ARN>";

/// What the path of a role begins with that IAM Identity Center made.
const SINGLE_SIGN_ON_ROLE: &str = "AWSReservedSSO_";

/// The ARN of whoever may use the bucket: a role, a user, a federated user or a whole account.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PrincipalArn {
    text: String,
    partition: Partition,
}

/// Why a text is not the ARN of a principal.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ParsePrincipalError {
    /// Another form.
    #[error(
        "{found:?} is not the ARN of a role or user: write it as arn:aws:iam::<account of 12 digits>:role/<name>"
    )]
    NotAPrincipal {
        /// What was given.
        found: String,
    },
    /// A session instead of its role.
    #[error("{found:?} is a session: write the ARN of its role, such as {role}")]
    Session {
        /// What was given.
        found: String,
        /// The role, as far as the session tells it.
        role: String,
    },
    /// A partition that policies are not made for.
    #[error("{found:?} is in the partition {partition:?}: use one of aws, aws-cn, aws-us-gov")]
    UnknownPartition {
        /// What was given.
        found: String,
        /// Its partition.
        partition: String,
    },
}

/// The fields of `arn:<partition>:<service>::<account>:<resource>`.
struct ArnFields<'a> {
    partition: Partition,
    service: &'a str,
    account: &'a str,
    resource: &'a str,
}

impl PrincipalArn {
    /// Reads the setting `principal_arn`; blanks around it don't count.
    ///
    /// # Errors
    /// [`ParsePrincipalError`], also for the ARN of a session, which a policy should not name.
    pub fn parse(typed: &str) -> Result<Self, ParsePrincipalError> {
        let text = typed.trim();
        let found = || text.to_owned();
        let fields = fields_of(text)?;
        if let Some(role) = role_of_session(&fields) {
            return Err(ParsePrincipalError::Session { found: found(), role });
        }
        if !is_principal(&fields) {
            return Err(ParsePrincipalError::NotAPrincipal { found: found() });
        }
        Ok(Self {
            text: found(),
            partition: fields.partition,
        })
    }

    /// The principal to grant access to: `chosen` if the operator set one, otherwise the one behind the ARN that STS
    /// `GetCallerIdentity` answered. None if neither tells it, and the policy is incomplete.
    ///
    /// The session of a role does not tell the role's path, see [`PrincipalArn::caveat`].
    #[must_use]
    pub fn derive(sts_arn: Option<&str>, chosen: Option<&Self>) -> Option<Self> {
        chosen.cloned().or_else(|| Self::behind(sts_arn?))
    }

    fn behind(sts_arn: &str) -> Option<Self> {
        let fields = fields_of(sts_arn).ok()?;
        let text = match role_of_session(&fields) {
            Some(role) => role,
            None if is_principal(&fields) => sts_arn.to_owned(),
            None => return None,
        };
        Some(Self {
            text,
            partition: fields.partition,
        })
    }

    /// The ARN.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Where the account is.
    #[must_use]
    pub fn partition(&self) -> Partition {
        self.partition
    }

    /// The account number.
    #[must_use]
    pub fn account(&self) -> &str {
        self.text.split(':').nth(4).unwrap_or_default()
    }

    /// `role`, `user`, `root` or `federated-user`.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.resource().split('/').next().unwrap_or_default()
    }

    /// The name without its path; that of an account is `root`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.resource().rsplit('/').next().unwrap_or_default()
    }

    /// Whether both may be the same, as far as can be told: a session does not tell the path of its role.
    #[must_use]
    pub fn may_be(&self, other: &Self) -> bool {
        let is_whole_account = self.kind() == "root" || other.kind() == "root";
        let same_account = self.partition == other.partition && self.account() == other.account();
        same_account && (is_whole_account || (self.kind() == other.kind() && self.name() == other.name()))
    }

    /// What to look at before the policy is saved, where the ARN was told from a session.
    #[must_use]
    pub fn caveat(&self) -> Option<String> {
        let has_no_path = self.kind() == "role" && self.resource().matches('/').count() == 1;
        if !has_no_path {
            return None;
        }
        let name = self.name();
        Some(if name.starts_with(SINGLE_SIGN_ON_ROLE) {
            format!(
                "roles of IAM Identity Center have a path: look up the ARN of {name} in IAM (it begins with \
                 arn:{}:iam::{}:role/aws-reserved/) and set principal_arn to it",
                self.partition,
                self.account()
            )
        } else {
            format!(
                "if the role {name} has a path, S3 refuses this principal: set principal_arn to the role's ARN"
            )
        })
    }

    fn resource(&self) -> &str {
        self.text.splitn(6, ':').nth(5).unwrap_or_default()
    }
}

impl fmt::Display for PrincipalArn {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

fn fields_of(text: &str) -> Result<ArnFields<'_>, ParsePrincipalError> {
    let not_a_principal = || ParsePrincipalError::NotAPrincipal {
        found: text.to_owned(),
    };
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let ["arn", partition, service, "", account, resource] = parts[..] else {
        return Err(not_a_principal());
    };
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    let is_printable = resource.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_account || !is_printable {
        return Err(not_a_principal());
    }
    let known = Partition::from_spelling(partition);
    Ok(ArnFields {
        partition: known.ok_or_else(|| ParsePrincipalError::UnknownPartition {
            found: text.to_owned(),
            partition: partition.to_owned(),
        })?,
        service,
        account,
        resource,
    })
}

/// The role of `arn:…:sts::<account>:assumed-role/<name>/<session>`.
fn role_of_session(fields: &ArnFields<'_>) -> Option<String> {
    let ArnFields {
        partition, account, ..
    } = fields;
    let session = fields.resource.strip_prefix("assumed-role/")?;
    let (name, _session) = session.split_once('/')?;
    let is_session = fields.service == "sts" && !name.is_empty();
    is_session.then(|| format!("arn:{partition}:iam::{account}:role/{name}"))
}

fn is_principal(fields: &ArnFields<'_>) -> bool {
    let is_named = |prefix: &str| {
        let name = fields.resource.strip_prefix(prefix).unwrap_or_default();
        !name.is_empty() && !name.ends_with('/')
    };
    match fields.service {
        "iam" => fields.resource == "root" || is_named("role/") || is_named("user/"),
        "sts" => is_named("federated-user/"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_principal_says_what_to_write() {
        let cases = [
            (
                "landfall-loader",
                "\"landfall-loader\" is not the ARN of a role or user: write it as \
                 arn:aws:iam::<account of 12 digits>:role/<name>",
            ),
            (
                "arn:aws:sts::111122223333:assumed-role/loader/i-0",
                "\"arn:aws:sts::111122223333:assumed-role/loader/i-0\" is a session: write the ARN of its role, \
                 such as arn:aws:iam::111122223333:role/loader",
            ),
            (
                "arn:aws-iso:iam::111122223333:role/loader",
                "\"arn:aws-iso:iam::111122223333:role/loader\" is in the partition \"aws-iso\": use one of aws, \
                 aws-cn, aws-us-gov",
            ),
            (
                "arn:aws:iam::1111:role/loader",
                "\"arn:aws:iam::1111:role/loader\" is not the ARN of a role or user: write it as \
                 arn:aws:iam::<account of 12 digits>:role/<name>",
            ),
            (
                "arn:aws:iam::111122223333:role/",
                "\"arn:aws:iam::111122223333:role/\" is not the ARN of a role or user: write it as \
                 arn:aws:iam::<account of 12 digits>:role/<name>",
            ),
        ];
        for (typed, message) in cases {
            let refusal = PrincipalArn::parse(typed).expect_err(typed);
            assert_eq!(refusal.to_string(), message, "{typed}");
        }
    }

    #[test]
    fn a_role_told_from_a_session_may_have_a_path() {
        let role = |text| PrincipalArn::parse(text).expect(text);
        let told = role("arn:aws:iam::111122223333:role/loader");
        let cases = [
            ("arn:aws:iam::111122223333:role/team/loader", true),
            ("arn:aws:iam::111122223333:root", true),
            ("arn:aws:iam::111122223333:role/other", false),
            ("arn:aws:iam::444455556666:role/loader", false),
            ("arn:aws:iam::111122223333:user/loader", false),
            ("arn:aws-cn:iam::111122223333:role/loader", false),
        ];
        for (shown, may_be) in cases {
            assert_eq!(told.may_be(&role(shown)), may_be, "{shown}");
        }
        assert!(told.caveat().is_some());
        assert_eq!(role("arn:aws:iam::111122223333:role/team/loader").caveat(), None);
        let single = role("arn:aws:iam::111122223333:role/AWSReservedSSO_Admin_0f1e");
        assert!(single.caveat().expect("no path").contains("role/aws-reserved/"));
    }
}
