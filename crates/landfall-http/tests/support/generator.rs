//! Long texts that vectors describe instead of spelling them out.

use serde_json::Value;

/// The text that a generator stands for: itself, or `concat`, `repeat` or `each`.
pub fn text(generator: &Value) -> String {
    if let Some(text) = generator.as_str() {
        return text.to_owned();
    }
    let separator = generator["separator"].as_str().unwrap_or("");
    if let Some(parts) = generator["concat"].as_array() {
        return parts.iter().map(text).collect();
    }
    if let Some(times) = generator["times"].as_u64() {
        let repeated = text(&generator["repeat"]);
        return vec![repeated; usize::try_from(times).unwrap()].join(separator);
    }
    let (from, to) = (&generator["each"][0], &generator["each"][1]);
    let template = generator["template"].as_str().unwrap();
    let width = usize::try_from(generator["width"].as_u64().unwrap_or(0)).unwrap();
    let one = |number: u64| template.replace("{i}", &format!("{number:0width$}"));
    let all: Vec<String> = (from.as_u64().unwrap()..=to.as_u64().unwrap()).map(one).collect();
    all.join(separator)
}
