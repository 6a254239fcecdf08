//! What to grant to whom, as a box with tabs (setup-flow.md §5.1, §6.1).

use askama::Template;
use axum::http::StatusCode;
use serde::Deserialize;

use crate::api::ApiError;
use crate::components::CodeBox;
use crate::frame::Page;

/// One document in all its forms, as the management API has it.
#[derive(Deserialize)]
struct Forms {
    json: String,
    aws_cli: String,
    terraform: String,
    cloudformation: String,
}

/// What `GET /v4/destinations/{id}/grant` answers.
#[derive(Deserialize)]
pub(crate) struct Grant {
    pub(crate) place: String,
    pub(crate) location: Option<String>,
    partition: String,
    principal_arn: Option<String>,
    caveat: Option<String>,
    bucket: Forms,
    principal: Option<Forms>,
    trust: Option<Forms>,
    kms: Option<Forms>,
    kms_key: Option<Forms>,
}

/// Which form of which partition is looked at.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    form: String,
    #[serde(default)]
    partition: String,
}

/// The forms: as addresses spell them, and as tabs do.
const FORMS: [(&str, &str); 4] = [
    ("json", "Bucket policy"),
    ("aws-cli", "AWS CLI"),
    ("terraform", "Terraform"),
    ("cloudformation", "CloudFormation"),
];
const PARTITIONS: [(&str, &str); 3] = [
    ("aws", "AWS (aws)"),
    ("aws-cn", "China (aws-cn)"),
    ("aws-us-gov", "GovCloud (aws-us-gov)"),
];

struct Tab {
    text: &'static str,
    href: String,
    is_current: bool,
}

struct PartitionOption {
    value: &'static str,
    text: &'static str,
    is_chosen: bool,
}

/// The box, and what else must be granted besides.
#[derive(Template)]
#[template(path = "wizard/policy.html")]
pub(crate) struct PolicyBoxes {
    path: String,
    form: &'static str,
    tabs: Vec<Tab>,
    partitions: Vec<PartitionOption>,
    is_json: bool,
    is_store: bool,
    location: String,
    bucket_name: String,
    principal_arn: Option<String>,
    caveat: Option<String>,
    trust: Option<CodeBox>,
    bucket: CodeBox,
    principal: Option<CodeBox>,
    kms: Option<CodeBox>,
    kms_key: Option<CodeBox>,
}

impl askama::filters::HtmlSafe for PolicyBoxes {}

/// What the API says of the grant; none for drafts, which name no bucket yet.
pub(crate) async fn read(page: &Page, id: u32, wanted: &Wanted) -> Result<Option<Grant>, ApiError> {
    let known = PARTITIONS.iter().find(|(value, _)| *value == wanted.partition);
    let query = known.map_or(String::new(), |(value, _)| format!("?partition={value}"));
    match page.api.get(&format!("/v4/destinations/{id}/grant{query}")).await {
        Ok(grant) => Ok(Some(grant)),
        Err(error) if error.status == StatusCode::BAD_REQUEST => Ok(None),
        Err(error) => Err(error),
    }
}

/// The box at `path`; none for folders, which have no policy.
pub(crate) fn policy_boxes(
    grant: &Grant,
    bucket_name: &str,
    path: &str,
    wanted: &Wanted,
) -> Option<PolicyBoxes> {
    if grant.place == "folder" {
        return None;
    }
    let form = FORMS.iter().find(|(form, _)| *form == wanted.form);
    let (form, _) = *form.unwrap_or(&FORMS[0]);
    let partition = &grant.partition;
    let tab = |(name, text): &(&'static str, &'static str)| Tab {
        text,
        href: format!("{path}?form={name}&partition={partition}#policy"),
        is_current: *name == form,
    };
    let option = |(value, text): &(&'static str, &'static str)| PartitionOption {
        value,
        text,
        is_chosen: *value == partition.as_str(),
    };
    let code = |id: &str, label: &str, forms: &Forms| CodeBox {
        id: id.to_owned(),
        label: label.to_owned(),
        text: text_of(forms, form).trim_end().to_owned(),
    };
    let of =
        |id: &str, label: &str, forms: &Option<Forms>| forms.as_ref().map(|forms| code(id, label, forms));
    Some(PolicyBoxes {
        path: path.to_owned(),
        form,
        tabs: FORMS.iter().map(tab).collect(),
        partitions: PARTITIONS.iter().map(option).collect(),
        is_json: form == "json",
        is_store: grant.place == "store",
        location: grant.location.clone().unwrap_or_default(),
        bucket_name: bucket_name.to_owned(),
        principal_arn: grant.principal_arn.clone(),
        caveat: grant.caveat.clone(),
        trust: of("trust-policy", "trust policy of the role", &grant.trust),
        bucket: code("bucket-policy", "bucket policy", &grant.bucket),
        principal: of("principal-policy", "policy of the identity", &grant.principal),
        kms: of("kms-policy", "policy for the KMS key", &grant.kms),
        kms_key: of("kms-key-policy", "the KMS key's side", &grant.kms_key),
    })
}

fn text_of<'a>(forms: &'a Forms, form: &str) -> &'a str {
    match form {
        "aws-cli" => &forms.aws_cli,
        "terraform" => &forms.terraform,
        "cloudformation" => &forms.cloudformation,
        _ => &forms.json,
    }
}
