//! The grant as Terraform, which OpenTofu reads too.

use super::document::{Node, PolicyDocument};
use super::trust::Role;
use super::{Grant, InlinePolicy, PolicyOwner, kms_operations};

pub(super) fn bucket_side(grant: &Grant) -> String {
    let mut text = format!(
        "# A bucket has one policy. If yours has one already, add the statement to it instead.\n\
         resource \"aws_s3_bucket_policy\" \"landfall\" {{\n  bucket = {}\n  policy = jsonencode(",
        quoted(grant.bucket.as_str())
    );
    push_node(&mut text, grant.bucket_policy().root(), 2);
    text.push_str(")\n}\n");
    text
}

pub(super) fn inline_policy(inline: &InlinePolicy<'_>) -> String {
    let (resource, owner, name) = match inline.owner {
        PolicyOwner::Role(name) => ("aws_iam_role_policy", "role", name),
        PolicyOwner::User(name) => ("aws_iam_user_policy", "user", name),
    };
    let label = inline.label;
    let mut text = format!(
        "resource \"{resource}\" \"{label}\" {{\n  name = {}\n  {owner} = {}\n  policy = jsonencode(",
        quoted(&inline.name),
        quoted(name),
    );
    push_node(&mut text, inline.document.root(), 2);
    text.push_str(")\n}\n");
    text
}

pub(super) fn trust(policy: &PolicyDocument, role: &Role<'_>) -> String {
    let mut text = format!(
        "# If Terraform has this role already, take over assume_role_policy alone.\n\
         resource \"aws_iam_role\" \"landfall\" {{\n  name = {}\n  path = {}\n  assume_role_policy = jsonencode(",
        quoted(role.name),
        quoted(role.path),
    );
    push_node(&mut text, policy.root(), 2);
    text.push_str(")\n}\n");
    text
}

/// A grant, which leaves the key's policy as it is.
pub(super) fn kms_grant(grant: &Grant, key: &str) -> String {
    format!(
        "resource \"aws_kms_grant\" \"landfall\" {{\n  key_id            = {}\n  grantee_principal = {}\n  \
         operations        = [{}]\n}}\n",
        quoted(key),
        quoted(grant.principal_text()),
        kms_operations().map(quoted).join(", ")
    )
}

/// A value as an expression, formatted as `terraform fmt` does.
fn push_node(text: &mut String, node: &Node, indent: usize) {
    let inner = indent + 2;
    match node {
        Node::Text(value) => text.push_str(&quoted(value)),
        Node::List(items) if items.len() > 1 && !is_one_line(node) => {
            text.push_str("[\n");
            for item in items {
                text.push_str(&format!("{:inner$}", ""));
                push_node(text, item, inner);
                text.push_str(",\n");
            }
            text.push_str(&format!("{:indent$}]", ""));
        }
        Node::List(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { ", " });
                push_node(text, item, indent);
            }
            text.push(']');
        }
        Node::Map(entries) => {
            text.push_str("{\n");
            push_entries(text, entries, inner);
            text.push_str(&format!("{:indent$}}}", ""));
        }
    }
}

/// The signs `=` stand below each other in neighbouring lines; a value of several lines stands apart.
fn push_entries(text: &mut String, entries: &[(&'static str, Node)], indent: usize) {
    for run in entries.chunk_by(|(_, before), (_, after)| is_one_line(before) && is_one_line(after)) {
        let width = run.iter().map(|(key, _)| shown_key(key).len()).max().unwrap_or(0);
        for (key, value) in run {
            text.push_str(&format!("{:indent$}{:width$} = ", "", shown_key(key)));
            push_node(text, value, indent);
            text.push('\n');
        }
    }
}

fn is_one_line(node: &Node) -> bool {
    match node {
        Node::Text(_) => true,
        Node::List(items) => items.iter().all(is_one_line),
        Node::Map(_) => false,
    }
}

/// Names stand alone; others, such as `sts:ExternalId`, are quoted.
fn shown_key(key: &str) -> String {
    if key.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        key.to_owned()
    } else {
        quoted(key)
    }
}

/// A text as a quoted template without interpolation.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '$' | '%' if rest.peek() == Some(&'{') => quoted.extend([c, c]),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
