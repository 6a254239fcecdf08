//! What is typed into the wizard, and the properties that it amounts to.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::folder_path::{folder_of_url, folder_url};
use super::judge::suggest;
use super::names::free_name;
use super::stored::Stored;

/// The default template, which names no extension, so that changing the format needs no edit (setup-flow.md §4).
pub(crate) const DEFAULT_KEY: &str =
    "[integration_name]/[table_name]/[table_version]_[timestamp_loaded].[csv|jsonl]";
/// Where data goes that is tried out.
pub(crate) const FOLDER: &str = "folder";

/// Name and bucket to begin with.
const S3_DEFAULTS: (&str, &str) = ("Amazon S3", "");
const FOLDER_DEFAULTS: (&str, &str) = ("Folder", "landfall");

/// The fields of screens 2 and 3, as typed. Credentials are in it until they are stored, so it has no `Debug`.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Draft {
    /// [`FOLDER`], or anything else for S3.
    pub(crate) place: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) s3_bucket: String,
    pub(crate) folder: String,
    pub(crate) output_file_format: String,
    pub(crate) csv_delimiter: String,
    pub(crate) csv_force_quote: String,
    pub(crate) aws_auth_mode: String,
    pub(crate) aws_role_arn: String,
    pub(crate) aws_external_id: String,
    pub(crate) aws_access_key_id: String,
    pub(crate) aws_secret_access_key: String,
    pub(crate) aws_session_token: String,
    pub(crate) s3_region: String,
    pub(crate) s3_endpoint_url: String,
    pub(crate) s3_force_path_style: String,
    pub(crate) s3_server_side_encryption: String,
    pub(crate) s3_kms_key_id: String,
    pub(crate) s3_key_format_string: String,
}

impl Draft {
    /// The defaults of a new destination, beside those whose names are taken.
    pub(crate) fn new(external_id: String, taken: &[String]) -> Self {
        Self {
            name: free_name(S3_DEFAULTS.0, taken),
            output_file_format: "jsonl".to_owned(),
            csv_delimiter: ",".to_owned(),
            aws_external_id: external_id,
            s3_key_format_string: DEFAULT_KEY.to_owned(),
            ..Self::default()
        }
    }

    /// What is stored. Credentials stay where they are: blank means unchanged.
    pub(crate) fn of_stored(stored: &Stored, external_id: String) -> Self {
        let text = |name: &str| stored.property(name).to_owned();
        let endpoint = text("s3_endpoint_url");
        let folder = folder_of_url(&endpoint);
        let or = |value: String, default: &str| {
            if value.is_empty() {
                default.to_owned()
            } else {
                value
            }
        };
        Self {
            place: folder.as_ref().map_or(String::new(), |_| FOLDER.to_owned()),
            name: stored.name.clone(),
            description: stored.description.clone().unwrap_or_default(),
            s3_bucket: text("s3_bucket"),
            s3_endpoint_url: if folder.is_some() { String::new() } else { endpoint },
            folder: folder.unwrap_or_default(),
            output_file_format: or(text("output_file_format"), "jsonl"),
            csv_delimiter: or(text("csv_delimiter"), ","),
            csv_force_quote: text("csv_force_quote"),
            aws_auth_mode: text("aws_auth_mode"),
            aws_role_arn: text("aws_role_arn"),
            aws_external_id: or(text("aws_external_id"), &external_id),
            s3_region: text("s3_region"),
            s3_force_path_style: text("s3_force_path_style"),
            s3_server_side_encryption: text("s3_server_side_encryption"),
            s3_kms_key_id: text("s3_kms_key_id"),
            s3_key_format_string: or(text("s3_key_format_string"), DEFAULT_KEY),
            ..Self::default()
        }
    }

    pub(crate) fn is_folder(&self) -> bool {
        self.place == FOLDER
    }

    /// Chooses where data goes. Defaults that were not changed become those of the other choice.
    pub(crate) fn go_to(&mut self, place: &str, taken: &[String]) {
        let (from, to) = if place == FOLDER {
            (S3_DEFAULTS, FOLDER_DEFAULTS)
        } else {
            (FOLDER_DEFAULTS, S3_DEFAULTS)
        };
        if self.name == free_name(from.0, taken) {
            self.name = free_name(to.0, taken);
        }
        if self.s3_bucket == from.1 {
            to.1.clone_into(&mut self.s3_bucket);
        }
        if place == FOLDER { FOLDER } else { "" }.clone_into(&mut self.place);
    }

    /// Takes the settings that were sent, but for the key, which has a screen of its own. Credentials that were sent
    /// before, and are not sent back, stay.
    pub(crate) fn take_settings(&mut self, sent: Self) {
        let or_kept = |sent: String, kept: &str| {
            if sent.is_empty() { kept.to_owned() } else { sent }
        };
        *self = Self {
            s3_key_format_string: std::mem::take(&mut self.s3_key_format_string),
            aws_access_key_id: or_kept(sent.aws_access_key_id, &self.aws_access_key_id),
            aws_secret_access_key: or_kept(sent.aws_secret_access_key, &self.aws_secret_access_key),
            aws_session_token: or_kept(sent.aws_session_token, &self.aws_session_token),
            ..sent
        };
    }

    /// The properties as the management API takes them: null takes one away, what is absent stays.
    pub(crate) fn properties(&self) -> Map<String, Value> {
        let given = |text: &str| match text.trim() {
            "" => Value::Null,
            text => text.into(),
        };
        let mut properties = Map::new();
        let mut set = |name: &str, value: Value| drop(properties.insert(name.to_owned(), value));
        set("s3_bucket", self.s3_bucket.trim().into());
        set("output_file_format", self.output_file_format.as_str().into());
        set("csv_delimiter", given(&self.csv_delimiter));
        let is_quoted = self.csv_force_quote == "true";
        set("csv_force_quote", is_quoted.into());
        set("s3_key_format_string", self.s3_key_format_string.as_str().into());
        let endpoint = if self.is_folder() {
            folder_url(self.folder.trim()).into()
        } else {
            given(&self.s3_endpoint_url)
        };
        set("s3_endpoint_url", endpoint);
        for (name, text, applies) in self.of_access() {
            let is_credential = matches!(
                name,
                "aws_access_key_id" | "aws_secret_access_key" | "aws_session_token"
            );
            match given(text) {
                _ if self.is_folder() || !applies => set(name, Value::Null),
                Value::Null if is_credential => {} // unchanged
                value => set(name, value),
            }
        }
        properties
    }

    /// The properties under "Advanced", and whether they apply.
    fn of_access(&self) -> [(&'static str, &str, bool); 10] {
        let is_role = self.aws_auth_mode == "assume_role";
        let is_static = self.aws_auth_mode == "static";
        let is_kms = self.s3_server_side_encryption == "aws:kms";
        [
            ("aws_auth_mode", &self.aws_auth_mode, true),
            ("aws_role_arn", &self.aws_role_arn, is_role),
            ("aws_external_id", &self.aws_external_id, is_role),
            ("aws_access_key_id", &self.aws_access_key_id, is_static),
            ("aws_secret_access_key", &self.aws_secret_access_key, is_static),
            ("aws_session_token", &self.aws_session_token, is_static),
            ("s3_region", &self.s3_region, true),
            ("s3_force_path_style", &self.s3_force_path_style, true),
            ("s3_server_side_encryption", &self.s3_server_side_encryption, true),
            ("s3_kms_key_id", &self.s3_kms_key_id, is_kms),
        ]
    }

    /// Whether storing it would come to the same as storing `other`.
    pub(crate) fn amounts_to(&self, other: &Self) -> bool {
        let names = |draft: &Self| (draft.name.trim().to_owned(), draft.description.trim().to_owned());
        names(self) == names(other) && self.properties() == other.properties()
    }

    /// Whether keys are typed into it, which no page shows.
    pub(crate) fn has_credentials(&self) -> bool {
        let keys = [
            &self.aws_access_key_id,
            &self.aws_secret_access_key,
            &self.aws_session_token,
        ];
        keys.into_iter().any(|key| !key.is_empty())
    }

    /// Takes the name out of what was pasted in its place.
    pub(crate) fn use_suggested_name(&mut self) {
        if let Some(name) = suggest(self) {
            self.s3_bucket = name;
        }
    }

    /// Whether anything under "Advanced" differs from the defaults.
    pub(crate) fn is_advanced(&self) -> bool {
        let chosen = [
            &self.aws_auth_mode,
            &self.s3_region,
            &self.s3_endpoint_url,
            &self.s3_force_path_style,
            &self.s3_server_side_encryption,
        ];
        chosen.into_iter().any(|text| !text.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn properties_of_other_ways_to_sign_in_are_taken_away() {
        let draft = Draft {
            s3_bucket: " lake ".to_owned(),
            aws_auth_mode: "static".to_owned(),
            aws_role_arn: "arn".to_owned(),
            aws_access_key_id: "AKIA".to_owned(),
            s3_kms_key_id: "key".to_owned(),
            ..Draft::new("id".to_owned(), &[])
        };
        let properties = draft.properties();
        assert_eq!(properties["s3_bucket"], "lake");
        assert_eq!(properties["aws_access_key_id"], "AKIA");
        for name in ["aws_role_arn", "aws_external_id", "s3_kms_key_id", "s3_region"] {
            assert_eq!(properties[name], json!(null), "{name}");
        }
        for name in ["aws_secret_access_key", "aws_session_token"] {
            assert!(!properties.contains_key(name), "{name} is unchanged");
        }
    }

    #[test]
    fn another_choice_has_its_own_defaults_and_keeps_what_was_typed() {
        let mut draft = Draft::new(String::new(), &[]);
        draft.go_to("folder", &[]);
        assert_eq!(
            (draft.name.as_str(), draft.s3_bucket.as_str()),
            ("Folder", "landfall")
        );
        "My own".clone_into(&mut draft.name);
        draft.go_to("s3", &[]);
        assert_eq!((draft.name.as_str(), draft.s3_bucket.as_str()), ("My own", ""));
        assert!(!draft.is_folder());
    }

    #[test]
    fn a_folder_has_no_identity() {
        let draft = Draft {
            place: FOLDER.to_owned(),
            folder: "/my buckets".to_owned(),
            aws_auth_mode: "static".to_owned(),
            aws_secret_access_key: "secret".to_owned(),
            ..Draft::new(String::new(), &[])
        };
        let properties = draft.properties();
        assert_eq!(properties["s3_endpoint_url"], "file:///my%20buckets");
        assert_eq!(properties["aws_auth_mode"], json!(null));
        assert_eq!(properties["aws_secret_access_key"], json!(null));
    }

    #[test]
    fn credentials_that_are_not_sent_back_stay() {
        let mut draft = Draft {
            aws_secret_access_key: "secret".to_owned(),
            ..Draft::new(String::new(), &[])
        };
        draft.take_settings(Draft {
            name: "Lake".to_owned(),
            ..Draft::default()
        });
        assert_eq!(draft.aws_secret_access_key, "secret");
        assert_eq!(draft.name, "Lake");
        assert_eq!(draft.s3_key_format_string, DEFAULT_KEY);
    }
}
