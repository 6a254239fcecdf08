//! What Landfall must be granted, as one model, and the documents and commands that grant it (setup-flow.md §5.1, §6.1).
//!
//! [`Grant`] says who may do what to which bucket. From it come the bucket policy, the identity policy for buckets of
//! other accounts, the statements for KMS keys, and the same grant as commands and templates ([`Form`]).

mod cloudformation;
mod commands;
mod document;
mod kms;
mod terraform;
mod trust;

use landfall_core::bucket_name::BucketName;

pub(crate) use self::commands::shell_quoted;
use self::document::Node;
pub use self::document::PolicyDocument;
pub use self::trust::Trust;
use crate::partition::Partition;
use crate::principal::{PLACEHOLDER, PrincipalArn};

/// All that Landfall ever does to a bucket, in the order of the policy. It never deletes.
pub const ACTIONS: [&str; 3] = ["s3:PutObject", "s3:GetObject", "s3:ListBucket"];
/// What buckets that are encrypted with a customer's KMS key need on that key.
pub const KMS_ACTIONS: [&str; 2] = ["kms:GenerateDataKey", "kms:Decrypt"];
/// What stands for a KMS key that is not known by its ARN; policies cannot name keys by alias.
pub const KMS_KEY_PLACEHOLDER: &str = "<YOUR-KMS-KEY-ARN>";

const VERSION: &str = "2012-10-17";

/// What the policy is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyLabel {
    /// `Landfall-155582`, after the destination's number.
    Destination(u64),
    /// `Landfall`, where destinations have no numbers.
    StandAlone,
}

/// Whom a bucket is granted to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The bucket.
    pub bucket: BucketName,
    /// The identity; none leaves the placeholder, and the policy is incomplete.
    pub principal: Option<PrincipalArn>,
    /// How ARNs are spelled.
    pub partition: Partition,
    /// What the policy is called.
    pub label: PolicyLabel,
}

/// How a grant is handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// The bucket policy, to paste into the console.
    Json,
    /// Commands of the AWS CLI.
    AwsCli,
    /// Terraform, or OpenTofu.
    Terraform,
    /// A CloudFormation template.
    CloudFormation,
}

impl Form {
    /// Every form.
    pub const ALL: [Self; 4] = [Self::Json, Self::AwsCli, Self::Terraform, Self::CloudFormation];

    /// As options spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::AwsCli => "aws-cli",
            Self::Terraform => "terraform",
            Self::CloudFormation => "cloudformation",
        }
    }

    /// The form with that spelling.
    #[must_use]
    pub fn from_spelling(spelling: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.as_str() == spelling)
    }
}

impl Grant {
    /// The grant of `bucket`; without a `partition` the principal's, or else `aws`.
    #[must_use]
    pub fn new(
        label: PolicyLabel,
        bucket: BucketName,
        principal: Option<PrincipalArn>,
        partition: Option<Partition>,
    ) -> Self {
        let of_principal = principal.as_ref().map(PrincipalArn::partition);
        Self {
            bucket,
            principal,
            partition: partition.or(of_principal).unwrap_or_default(),
            label,
        }
    }

    /// Whether nothing has to be filled in by hand.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.principal.is_some()
    }

    /// The bucket's side, enough where bucket and principal are in one account (setup-flow.md §5.1).
    #[must_use]
    pub fn bucket_policy(&self) -> PolicyDocument {
        let id = match self.label {
            PolicyLabel::Destination(number) => format!("Landfall-{number}"),
            PolicyLabel::StandAlone => "Landfall".to_owned(),
        };
        let statement = Node::map([
            ("Sid", Node::text(self.statement_id())),
            ("Effect", Node::text("Allow")),
            (
                "Principal",
                Node::map([("AWS", Node::texts([self.principal_text()]))]),
            ),
            ("Action", Node::texts(ACTIONS)),
            (
                "Resource",
                Node::texts([
                    self.partition.bucket_arn(&self.bucket),
                    self.partition.objects_arn(&self.bucket),
                ]),
            ),
        ]);
        PolicyDocument::new([
            ("Version", Node::text(VERSION)),
            ("Id", Node::text(id)),
            ("Statement", Node::List(vec![statement])),
        ])
    }

    /// The principal's side, needed too where the bucket is in another account (setup-flow.md §6.1).
    #[must_use]
    pub fn identity_policy(&self) -> PolicyDocument {
        let [put, get, list] = ACTIONS;
        let objects = allow(Node::texts([put, get]), self.partition.objects_arn(&self.bucket));
        let bucket = allow(Node::text(list), self.partition.bucket_arn(&self.bucket));
        statements(vec![objects, bucket])
    }

    /// The bucket's side in one of its forms, to be applied in the bucket's account.
    #[must_use]
    pub fn render_bucket_side(&self, form: Form) -> String {
        match form {
            Form::Json => self.bucket_policy().box_text(),
            Form::AwsCli => commands::bucket_side(self),
            Form::Terraform => terraform::bucket_side(self),
            Form::CloudFormation => cloudformation::bucket_side(self),
        }
    }

    /// The principal's side in one of its forms, to be applied in the principal's account where that is not the
    /// bucket's. None while the principal is not known, and for accounts and federated users, which have no
    /// policies of their own.
    #[must_use]
    pub fn render_principal_side(&self, form: Form) -> Option<String> {
        let inline = InlinePolicy {
            owner: PolicyOwner::of(self.principal.as_ref()?)?,
            name: self.identity_policy_name(),
            label: "landfall",
            logical_id: "LandfallIdentityPolicy",
            document: self.identity_policy(),
        };
        Some(inline.render(form))
    }

    /// What the principal's policy is called.
    fn identity_policy_name(&self) -> String {
        format!("landfall-{}", self.bucket)
    }

    fn principal_text(&self) -> &str {
        self.principal.as_ref().map_or(PLACEHOLDER, PrincipalArn::as_str)
    }

    /// Letters and digits only, as S3 wants it.
    fn statement_id(&self) -> String {
        match self.label {
            PolicyLabel::Destination(number) => format!("LandfallLoader{number}"),
            PolicyLabel::StandAlone => "LandfallLoader".to_owned(),
        }
    }
}

/// A policy that is written into a role or user.
struct InlinePolicy<'a> {
    owner: PolicyOwner<'a>,
    name: String,
    /// What it is called in Terraform.
    label: &'static str,
    /// What it is called in CloudFormation.
    logical_id: &'static str,
    document: PolicyDocument,
}

impl InlinePolicy<'_> {
    fn render(&self, form: Form) -> String {
        match form {
            Form::Json => self.document.box_text(),
            Form::AwsCli => commands::inline_policy(self),
            Form::Terraform => terraform::inline_policy(self),
            Form::CloudFormation => cloudformation::inline_policy(self),
        }
    }
}

/// Whose inline policy it is.
enum PolicyOwner<'a> {
    Role(&'a str),
    User(&'a str),
}

impl<'a> PolicyOwner<'a> {
    fn of(principal: &'a PrincipalArn) -> Option<Self> {
        match principal.kind() {
            "role" => Some(Self::Role(principal.name())),
            "user" => Some(Self::User(principal.name())),
            _ => None,
        }
    }
}

/// [`KMS_ACTIONS`] as grants of KMS spell them.
fn kms_operations() -> [&'static str; 2] {
    KMS_ACTIONS.map(|action| action.trim_start_matches("kms:"))
}

fn statements(statements: Vec<Node>) -> PolicyDocument {
    PolicyDocument::new([
        ("Version", Node::text(VERSION)),
        ("Statement", Node::List(statements)),
    ])
}

fn allow(actions: Node, resource: impl Into<String>) -> Node {
    Node::map([
        ("Effect", Node::text("Allow")),
        ("Action", actions),
        ("Resource", Node::text(resource)),
    ])
}
