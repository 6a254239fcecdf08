//! The grant as commands of the AWS CLI, for a POSIX shell.

use super::document::PolicyDocument;
use super::trust::Role;
use super::{Grant, InlinePolicy, PolicyOwner, kms_operations};

pub(super) fn bucket_side(grant: &Grant) -> String {
    let bucket = &grant.bucket;
    let policy = shell_quoted(&grant.bucket_policy().box_text());
    format!(
        "# A bucket has one policy, and the second command sets it. If the first shows one, add the statement to that.\n\
         aws s3api get-bucket-policy --bucket {bucket} --query Policy --output text\n\
         aws s3api put-bucket-policy --bucket {bucket} --policy {policy}\n"
    )
}

pub(super) fn inline_policy(inline: &InlinePolicy<'_>) -> String {
    let owner = match inline.owner {
        PolicyOwner::Role(name) => format!("put-role-policy --role-name {}", shell_quoted(name)),
        PolicyOwner::User(name) => format!("put-user-policy --user-name {}", shell_quoted(name)),
    };
    format!(
        "aws iam {owner} --policy-name {} --policy-document {}\n",
        inline.name,
        shell_quoted(&inline.document.box_text())
    )
}

pub(super) fn trust(policy: &PolicyDocument, role: &Role<'_>) -> String {
    let name = shell_quoted(role.name);
    format!(
        "# A role has one trust policy, and the second command sets it. If the first shows one that others need, add the\n\
         # statement to that.\n\
         aws iam get-role --role-name {name} --query Role.AssumeRolePolicyDocument\n\
         aws iam update-assume-role-policy --role-name {name} --policy-document {}\n",
        shell_quoted(&policy.box_text())
    )
}

/// A grant, which leaves the key's policy as it is.
pub(super) fn kms_grant(grant: &Grant, key: &str) -> String {
    format!(
        "aws kms create-grant --key-id {} --grantee-principal {} --operations {}\n",
        shell_quoted(key),
        shell_quoted(grant.principal_text()),
        kms_operations().join(" ")
    )
}

/// `text` as one word of a POSIX shell.
pub(crate) fn shell_quoted(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=@%+,".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}
