//! Any text as a template, for both formats: a refusal names a problem, and whatever is accepted makes sound keys of
//! any names. The input is the template, then the integration, the table and its arrays, each on a line of its own.
#![no_main]

use landfall_core::object_key::{FileKind, KeyContext, ObjectKeyTemplate, OutputFormat};
use landfall_core::time::Timestamp;
use landfall_core::units::TableVersion;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut lines = text.split('\n');
    let template = lines.next().unwrap_or_default();
    let integration = lines.next().unwrap_or_default();
    let path: Vec<&str> = lines.take(8).collect();
    for format in [OutputFormat::Jsonl, OutputFormat::Csv] {
        match ObjectKeyTemplate::parse(template, format) {
            Ok(template) => render(&template, integration, &path),
            Err(problems) => {
                assert!(!problems.is_empty());
                for problem in problems {
                    assert!(problem.to_string().starts_with("The "), "{problem}");
                    if let Some(mended) = problem.suggestion() {
                        let left = ObjectKeyTemplate::parse(mended, format).err().unwrap_or_default();
                        assert!(!left.contains(&problem), "{mended} is no better");
                    }
                }
            }
        }
    }
});

fn render(template: &ObjectKeyTemplate, integration: &str, path: &[&str]) {
    for kind in [FileKind::Data, FileKind::Rejects] {
        let context = KeyContext {
            integration,
            path,
            version: TableVersion::new(7),
            loaded_at: Timestamp::from_millis(1_563_294_550_038),
            kind,
        };
        let key = template.render(&context);
        assert_eq!(key, template.render(&context), "rendered twice");
        let is_sound =
            |part: &str| !matches!(part, "" | "." | "..") && !part.contains([' ', '\\', '[', ']', '\0']);
        assert!(key.as_str().split('/').all(is_sound), "{key}");
        let extension = key.as_str().rsplit_once('.').map(|(_, extension)| extension);
        let is_expected = match kind {
            FileKind::Rejects => extension == Some("jsonl"),
            FileKind::Data if template.format() == OutputFormat::Csv => extension == Some("csv"),
            FileKind::Data => matches!(extension, Some("jsonl" | "json")),
        };
        assert!(is_expected, "{key}");
        assert!(key.as_str().contains("1563294550038"), "{key}");
    }
}
