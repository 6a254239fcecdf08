//! Who may assume a role (setup-flow.md §6.1).

use landfall_core::settings::ExternalId;

use super::document::{Node, PolicyDocument};
use super::{Form, cloudformation, commands, statements, terraform};
use crate::principal::{PLACEHOLDER, PrincipalArn};

/// That a role may be assumed.
#[derive(Debug, Clone, Copy)]
pub struct Trust<'a> {
    /// Who assumes it; none leaves the placeholder, and the policy is incomplete.
    pub base: Option<&'a PrincipalArn>,
    /// The external ID that must be shown.
    pub external_id: Option<&'a ExternalId>,
}

impl Trust<'_> {
    /// The trust policy of the role.
    #[must_use]
    pub fn policy(&self) -> PolicyDocument {
        let base = self.base.map_or(PLACEHOLDER, PrincipalArn::as_str);
        let mut statement = vec![
            ("Effect", Node::text("Allow")),
            ("Principal", Node::map([("AWS", Node::text(base))])),
            ("Action", Node::text("sts:AssumeRole")),
        ];
        if let Some(external_id) = self.external_id {
            let equal = Node::map([("sts:ExternalId", Node::text(external_id.as_str()))]);
            statement.push(("Condition", Node::map([("StringEquals", equal)])));
        }
        statements(vec![Node::Map(statement)])
    }

    /// The trust policy of `role` in one of its forms, to be applied in the role's account. None if `role` isn't one.
    #[must_use]
    pub fn render(&self, role: &PrincipalArn, form: Form) -> Option<String> {
        let role = Role::of(role)?;
        Some(match form {
            Form::Json => self.policy().box_text(),
            Form::AwsCli => commands::trust(&self.policy(), &role),
            Form::Terraform => terraform::trust(&self.policy(), &role),
            Form::CloudFormation => cloudformation::trust(&self.policy(), &role),
        })
    }
}

/// A role as IAM names it.
pub(super) struct Role<'a> {
    pub(super) name: &'a str,
    /// `/`, or `/teams/data/`.
    pub(super) path: &'a str,
}

impl<'a> Role<'a> {
    fn of(arn: &'a PrincipalArn) -> Option<Self> {
        let (_, after) = arn.as_str().split_once(":role")?;
        let name = arn.name();
        Some(Self {
            name,
            path: after.strip_suffix(name)?,
        })
    }
}
