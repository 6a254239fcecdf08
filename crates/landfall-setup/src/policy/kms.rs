//! What a bucket needs besides whose objects are encrypted with a customer's KMS key (setup-flow.md §6.1).

use super::document::{Node, PolicyDocument};
use super::{
    Form, Grant, InlinePolicy, KMS_ACTIONS, KMS_KEY_PLACEHOLDER, PolicyOwner, allow, cloudformation,
    commands, statements, terraform,
};

impl Grant {
    /// What the principal's identity policy needs besides, where objects are encrypted with the KMS key `key_arn`.
    #[must_use]
    pub fn kms_identity_policy(&self, key_arn: Option<&str>) -> PolicyDocument {
        let key = key_arn
            .filter(|key| key.starts_with("arn:"))
            .unwrap_or(KMS_KEY_PLACEHOLDER);
        statements(vec![allow(Node::texts(KMS_ACTIONS), key)])
    }

    /// The statement to add to the policy of the KMS key, where the key is in another account or its policy names
    /// its users one by one.
    #[must_use]
    pub fn kms_key_policy(&self) -> PolicyDocument {
        statements(vec![self.kms_key_statement()])
    }

    pub(super) fn kms_key_statement(&self) -> Node {
        Node::map([
            ("Sid", Node::text(self.statement_id())),
            ("Effect", Node::text("Allow")),
            (
                "Principal",
                Node::map([("AWS", Node::texts([self.principal_text()]))]),
            ),
            ("Action", Node::texts(KMS_ACTIONS)),
            ("Resource", Node::text("*")),
        ])
    }

    /// [`Grant::kms_identity_policy`] in one of its forms. None for principals that have no policies of their own.
    #[must_use]
    pub fn render_kms_identity(&self, key_arn: Option<&str>, form: Form) -> Option<String> {
        let inline = InlinePolicy {
            owner: PolicyOwner::of(self.principal.as_ref()?)?,
            name: format!("{}-kms", self.identity_policy_name()),
            label: "landfall_kms",
            logical_id: "LandfallKmsPolicy",
            document: self.kms_identity_policy(key_arn),
        };
        Some(inline.render(form))
    }

    /// The key's side in one of its forms. Commands and Terraform make a grant of KMS, which gives the same and leaves
    /// the key's policy alone: a policy set by mistake can lock everybody out of the key.
    #[must_use]
    pub fn render_kms_key(&self, key_id: Option<&str>, form: Form) -> String {
        // Grants cannot be made by alias.
        let key = key_id
            .filter(|key| !key.contains("alias/"))
            .unwrap_or(KMS_KEY_PLACEHOLDER);
        match form {
            Form::Json => self.kms_key_policy().box_text(),
            Form::AwsCli => commands::kms_grant(self, key),
            Form::Terraform => terraform::kms_grant(self, key),
            Form::CloudFormation => cloudformation::kms_statement(self),
        }
    }
}
