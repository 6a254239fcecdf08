//! The settings as reference: JSON Schema, Markdown and plain text.

use serde_json::{Map, Value, json};

use super::{Setting, SettingDefault, SettingKind, SettingName};

/// The JSON Schema of a settings file, as `--about --format=json` prints it (singer.md §1).
#[must_use]
pub fn settings_json_schema() -> Value {
    let settings = || SettingName::ALL.iter().map(|name| name.describe());
    let required: Vec<&str> = settings()
        .filter(|setting| setting.default == SettingDefault::Required)
        .map(|setting| setting.name)
        .collect();
    let properties: Map<String, Value> = settings()
        .map(|setting| (setting.name.to_owned(), property(&setting)))
        .collect();
    json!({"type": "object", "required": required, "properties": properties})
}

/// The settings as a Markdown table.
#[must_use]
pub fn settings_markdown() -> String {
    let rows = SettingName::ALL.iter().map(|name| {
        let setting = name.describe();
        [
            format!("`{}`", setting.name),
            type_name(&setting, "`"),
            default_markdown(setting.default),
            meaning(&setting),
        ]
    });
    markdown_table(["Setting", "Type", "Default", "Meaning"], rows)
}

/// The settings as a smaller Markdown table: no types, and of each meaning the first sentence.
#[must_use]
pub fn settings_overview_markdown() -> String {
    let rows = SettingName::ALL.iter().map(|name| {
        let setting = name.describe();
        let meaning = setting.meaning.split_once(". ");
        let meaning = meaning.map_or(setting.meaning.to_owned(), |(first, _)| format!("{first}."));
        [
            format!("`{}`", setting.name),
            default_markdown(setting.default),
            meaning,
        ]
    });
    markdown_table(["Setting", "Default", "Meaning"], rows)
}

fn markdown_table<const COLUMNS: usize>(
    header: [&str; COLUMNS],
    rows: impl Iterator<Item = [String; COLUMNS]>,
) -> String {
    let mut table = format!("| {} |\n|{}\n", header.join(" | "), "---|".repeat(COLUMNS));
    for cells in rows {
        let escaped = cells.map(|cell| cell.replace('|', "\\|"));
        table.push_str(&format!("| {} |\n", escaped.join(" | ")));
    }
    table
}

fn default_markdown(default: SettingDefault) -> String {
    match default {
        SettingDefault::Required => "required".to_owned(),
        SettingDefault::Unset(meaning) => meaning.to_owned(),
        SettingDefault::Text(text) => format!("`{text}`"),
        SettingDefault::Integer(number) => format!("`{number}`"),
        SettingDefault::Boolean(value) => format!("`{value}`"),
        SettingDefault::EmptyList => "`[]`".to_owned(),
    }
}

/// The settings as plain text, two lines each.
#[must_use]
pub fn settings_text() -> String {
    let mut text = String::new();
    for setting in SettingName::ALL.iter().map(|name| name.describe()) {
        let default = match setting.default {
            SettingDefault::Required => "required".to_owned(),
            SettingDefault::Unset(meaning) => format!("default: {}", meaning.replace('`', "")),
            SettingDefault::Text(text) => format!("default: {text}"),
            SettingDefault::Integer(number) => format!("default: {number}"),
            SettingDefault::Boolean(value) => format!("default: {value}"),
            SettingDefault::EmptyList => "default: none".to_owned(),
        };
        let meaning = meaning(&setting).replace('`', "");
        text.push_str(&format!(
            "{} ({}; {default})\n    {meaning}\n",
            setting.name,
            type_name(&setting, "")
        ));
    }
    text
}

fn meaning(setting: &Setting) -> String {
    let secret = if setting.is_secret { " Secret." } else { "" };
    format!("{}{secret}", setting.meaning)
}

fn type_name(setting: &Setting, quote: &str) -> String {
    match setting.kind {
        SettingKind::Text { .. } => "text".to_owned(),
        SettingKind::Choice(choices) => {
            let quoted: Vec<String> = choices
                .iter()
                .map(|choice| format!("{quote}{choice}{quote}"))
                .collect();
            quoted.join(" or ")
        }
        SettingKind::Boolean => "true or false".to_owned(),
        SettingKind::Integer { .. } => "whole number".to_owned(),
        SettingKind::TextList { max_items } => format!("list of up to {max_items} texts"),
    }
}

fn property(setting: &Setting) -> Value {
    let mut property = Map::new();
    let type_name = match setting.kind {
        SettingKind::Text { pattern } => {
            property.extend(pattern.map(|pattern| ("pattern".to_owned(), json!(pattern))));
            "string"
        }
        SettingKind::Choice(choices) => {
            property.insert("enum".to_owned(), json!(choices));
            "string"
        }
        SettingKind::Boolean => "boolean",
        SettingKind::Integer { min, max } => {
            property.insert("minimum".to_owned(), json!(min));
            property.insert("maximum".to_owned(), json!(max));
            "integer"
        }
        SettingKind::TextList { max_items } => {
            property.insert("items".to_owned(), json!({"type": "string"}));
            property.insert("maxItems".to_owned(), json!(max_items));
            "array"
        }
    };
    property.insert("type".to_owned(), json!(type_name));
    property.insert("description".to_owned(), json!(setting.meaning));
    property.extend(default_value(setting.default).map(|value| ("default".to_owned(), value)));
    if setting.is_secret {
        property.insert("secret".to_owned(), json!(true));
        property.insert("writeOnly".to_owned(), json!(true));
    }
    Value::Object(property)
}

fn default_value(default: SettingDefault) -> Option<Value> {
    match default {
        SettingDefault::Required | SettingDefault::Unset(_) => None,
        SettingDefault::Text(text) => Some(json!(text)),
        SettingDefault::Integer(number) => Some(json!(number)),
        SettingDefault::Boolean(value) => Some(json!(value)),
        SettingDefault::EmptyList => Some(json!([])),
    }
}
