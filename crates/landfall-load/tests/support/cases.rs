//! Cases of vector files.

use std::path::Path;

use landfall_core::json::Json;
use serde_json::Value;

/// The cases of a file of vectors.
pub(crate) fn cases(text: &str) -> Vec<Value> {
    let file: Value = serde_json::from_str(text).unwrap();
    file["cases"].as_array().unwrap().clone()
}

/// The keys of each case's `expect.objects`, in the order of the file, which [`Value`] does not keep.
pub(crate) fn upload_orders(text: &str) -> Vec<Vec<String>> {
    let file = Json::parse(text.as_bytes()).unwrap();
    let keys = |case: &Json| {
        let objects = case.member("expect")?.member("objects")?.as_object()?;
        Some(objects.iter().map(|(key, _)| key.clone()).collect())
    };
    file.member("cases")
        .unwrap()
        .as_array()
        .unwrap()
        .iter()
        .map(|case| keys(case).unwrap_or_default())
        .collect()
}

/// A case's name, for messages.
pub(crate) fn name(case: &Value) -> &str {
    case["name"].as_str().unwrap()
}

/// The lines of the input, with `{dir}` replaced.
pub(crate) fn lines(case: &Value, dir: &Path) -> Vec<String> {
    let lines = case["input"]["singer"].as_array().unwrap();
    lines.iter().map(|line| in_folder(&text(line), dir)).collect()
}

/// Writes the files that BATCH manifests of the case name.
pub(crate) fn write_files(case: &Value, dir: &Path) {
    let Some(files) = case["input"]["files"].as_object() else {
        return;
    };
    for (file, content) in files {
        let path = in_folder(file, dir);
        match content.get("gzip") {
            None => std::fs::write(path, text(content)).unwrap(),
            Some(plain) => std::fs::write(path, gzip(&text(plain))).unwrap(),
        }
    }
}

fn in_folder(text: &str, dir: &Path) -> String {
    if text.contains("{dir}") {
        text.replace("{dir}", dir.to_str().unwrap())
    } else {
        text.to_owned()
    }
}

fn gzip(plain: &str) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(plain.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// The text that a generator describes.
pub(crate) fn text(generator: &Value) -> String {
    if let Some(text) = generator.as_str() {
        return text.to_owned();
    }
    let separator = generator
        .get("separator")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if let Some(parts) = generator.get("concat") {
        return parts.as_array().unwrap().iter().map(text).collect();
    }
    if let Some(repeated) = generator.get("repeat") {
        let (part, times) = (text(repeated), generator["times"].as_u64().unwrap() as usize);
        let joined = format!("{part}{separator}").repeat(times);
        return joined[..joined.len() - if times > 0 { separator.len() } else { 0 }].to_owned();
    }
    let range = generator["each"].as_array().unwrap();
    let (from, to) = (range[0].as_u64().unwrap(), range[1].as_u64().unwrap());
    let width = generator.get("width").and_then(Value::as_u64).unwrap_or(0) as usize;
    let template = generator["template"].as_str().unwrap();
    let texts: Vec<String> = (from..=to)
        .map(|number| template.replace("{i}", &format!("{number:0width$}")))
        .collect();
    texts.join(separator)
}

/// Whole numbers at `list` of the case's clock, if it has one.
pub(crate) fn readings(case: &Value, list: &str) -> Option<Vec<i64>> {
    let readings = case.get("clock")?.get(list)?.as_array()?;
    Some(readings.iter().map(|reading| reading.as_i64().unwrap()).collect())
}

/// Generated keys of the case.
pub(crate) fn uuids(case: &Value) -> Vec<String> {
    let uuids = case.get("uuids").and_then(Value::as_array);
    uuids.map_or_else(Vec::new, |uuids| {
        uuids
            .iter()
            .map(|uuid| uuid.as_str().unwrap().to_owned())
            .collect()
    })
}
