//! The grant as commands of the AWS CLI, for a POSIX shell.

use super::{Grant, PolicyOwner};

pub(super) fn bucket_side(grant: &Grant) -> String {
    let bucket = &grant.bucket;
    let policy = shell_quoted(&grant.bucket_policy().box_text());
    format!(
        "# A bucket has one policy, and the second command sets it. If the first shows one, add the statement to that.\n\
         aws s3api get-bucket-policy --bucket {bucket} --query Policy --output text\n\
         aws s3api put-bucket-policy --bucket {bucket} --policy {policy}\n"
    )
}

pub(super) fn principal_side(grant: &Grant, owner: &PolicyOwner<'_>) -> String {
    let owner = match owner {
        PolicyOwner::Role(name) => format!("put-role-policy --role-name {}", shell_quoted(name)),
        PolicyOwner::User(name) => format!("put-user-policy --user-name {}", shell_quoted(name)),
    };
    format!(
        "aws iam {owner} --policy-name {} --policy-document {}\n",
        grant.identity_policy_name(),
        shell_quoted(&grant.identity_policy().box_text())
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
