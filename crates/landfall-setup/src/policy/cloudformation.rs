//! The grant as a CloudFormation template.

use super::document::{Node, PolicyDocument, json_quoted};
use super::trust::Role;
use super::{Grant, InlinePolicy, PolicyOwner};

pub(super) fn bucket_side(grant: &Grant) -> String {
    let mut text = format!(
        "# A bucket has one policy. If yours has one already, add the statement to it instead.\n\
         AWSTemplateFormatVersion: \"2010-09-09\"\n\
         Resources:\n\
         \x20 LandfallBucketPolicy:\n\
         \x20   Type: AWS::S3::BucketPolicy\n\
         \x20   Properties:\n\
         \x20     Bucket: {}\n\
         \x20     PolicyDocument:",
        json_quoted(grant.bucket.as_str()),
    );
    push_node(&mut text, grant.bucket_policy().root(), 8);
    text
}

pub(super) fn inline_policy(inline: &InlinePolicy<'_>) -> String {
    let (resource, owner, name) = match inline.owner {
        PolicyOwner::Role(name) => ("AWS::IAM::RolePolicy", "RoleName", name),
        PolicyOwner::User(name) => ("AWS::IAM::UserPolicy", "UserName", name),
    };
    let mut text = format!(
        "AWSTemplateFormatVersion: \"2010-09-09\"\n\
         Resources:\n\
         \x20 {}:\n\
         \x20   Type: {resource}\n\
         \x20   Properties:\n\
         \x20     {owner}: {}\n\
         \x20     PolicyName: {}\n\
         \x20     PolicyDocument:",
        inline.logical_id,
        json_quoted(name),
        json_quoted(&inline.name),
    );
    push_node(&mut text, inline.document.root(), 8);
    text
}

pub(super) fn trust(policy: &PolicyDocument, role: &Role<'_>) -> String {
    let mut text = format!(
        "# If a template has this role already, take over AssumeRolePolicyDocument alone.\n\
         AWSTemplateFormatVersion: \"2010-09-09\"\n\
         Resources:\n\
         \x20 LandfallRole:\n\
         \x20   Type: AWS::IAM::Role\n\
         \x20   Properties:\n\
         \x20     RoleName: {}\n\
         \x20     Path: {}\n\
         \x20     AssumeRolePolicyDocument:",
        json_quoted(role.name),
        json_quoted(role.path),
    );
    push_node(&mut text, policy.root(), 8);
    text
}

/// CloudFormation can neither make grants nor add to the policy of a key that it did not make.
pub(super) fn kms_statement(grant: &Grant) -> String {
    let mut text = "# Add this statement to KeyPolicy in the template that made the key (AWS::KMS::Key). CloudFormation can't \
                    change\n# other keys: use landfall policy --side key --format aws-cli for those.\nStatement:"
        .to_owned();
    push_node(&mut text, &Node::List(vec![grant.kms_key_statement()]), 2);
    text
}

/// A value after `key:` or `-`, with the line feed that ends it. Texts are quoted as JSON does, so that no version or
/// placeholder reads as something else.
fn push_node(text: &mut String, node: &Node, indent: usize) {
    match node {
        Node::Text(value) => text.push_str(&format!(" {}\n", json_quoted(value))),
        Node::List(items) => {
            text.push('\n');
            for item in items {
                text.push_str(&format!("{:indent$}-", ""));
                push_item(text, item, indent + 2);
            }
        }
        Node::Map(entries) => {
            text.push('\n');
            for (key, value) in entries {
                text.push_str(&format!("{:indent$}{}:", "", shown_key(key)));
                push_node(text, value, indent + 2);
            }
        }
    }
}

/// The first entry of a map stands on the line of its `-`.
fn push_item(text: &mut String, item: &Node, indent: usize) {
    let Node::Map(entries) = item else {
        return push_node(text, item, indent);
    };
    for (index, (key, value)) in entries.iter().enumerate() {
        let before = if index == 0 { 1 } else { indent };
        text.push_str(&format!("{:before$}{}:", "", shown_key(key)));
        push_node(text, value, indent + 2);
    }
}

fn shown_key(key: &str) -> String {
    if key.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        key.to_owned()
    } else {
        json_quoted(key)
    }
}
