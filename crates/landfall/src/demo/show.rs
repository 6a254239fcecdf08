//! What the demo prints.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::Duration;

use landfall_core::settings::DestinationSettings;
use landfall_load::{FileReport, LoadReport, RunSummary};
use serde_json::Value;
use tokio::runtime::Runtime;

use super::site::{BUCKET, Site};
use crate::check::{self, Shown};

/// Sample lines are cut to this many characters.
const LINE_CHARACTERS: usize = 150;
/// Sample lines of each kind of file.
const LINES_SHOWN: usize = 2;

pub(super) fn set_up(site: &Site) {
    say!("1. Set-up");
    let made = if site.is_resumed { "found" } else { "made" };
    say!(
        "   {made} the bucket folder  {}",
        shown(site, &site.bucket_folder())
    );
    say!("   {made} its challenge file (an empty file that proves access; its name is in the settings)");
    for (title, path) in site.configs() {
        say!("   wrote settings        {}  ({title})", shown(site, path));
    }
}

/// Paths below the demo's folder, as a person in the parent folder would type them.
fn shown(site: &Site, path: &Path) -> String {
    let parent = site.folder().parent().unwrap_or(site.folder());
    let is_here =
        std::env::current_dir().is_ok_and(|here| here.canonicalize().is_ok_and(|here| here == parent));
    let short = path.strip_prefix(parent).ok().filter(|_| is_here);
    short.unwrap_or(path).display().to_string()
}

pub(super) fn load(
    site: &Site,
    title: &str,
    summary: &RunSummary,
    reports: &[LoadReport],
) -> anyhow::Result<()> {
    let step = if title == "CSV" { 4 } else { 3 };
    say!(
        "\n{step}. The sample as {title}: {} records read, {} rejected",
        summary.records,
        summary.rejected
    );
    let files: Vec<&FileReport> = reports.iter().flat_map(|report| &report.files).collect();
    print_tree(&files);
    for report in reports {
        for file in &report.files {
            if !file.key.contains("/_sdc_rejected/") {
                print_samples(&site.bucket_folder().join(&file.key), &file.key)?;
            }
        }
    }
    say!("\n   Rejected records, each with its reason:");
    for file in files.iter().filter(|file| file.key.contains("/_sdc_rejected/")) {
        print_rejects(&site.bucket_folder().join(&file.key))?;
    }
    Ok(())
}

/// Runs the check of set-up, and prints its steps.
pub(super) fn check(runtime: &Runtime, settings: &DestinationSettings) -> anyhow::Result<()> {
    say!("\n2. Check");
    let report = check::run_check(runtime, settings, None, &mut |shown| match shown {
        Shown::Begun(_) | Shown::LookingAround | Shown::Ended(_) => {}
        Shown::Lines(lines) => lines.lines().for_each(|line| say!("   {line}")),
    })?;
    anyhow::ensure!(
        report.is_success(),
        "the check failed: see above for cause and remedy"
    );
    Ok(())
}

/// Folders as branches, files as leaves with their rows.
#[derive(Default)]
struct Branch<'f> {
    below: BTreeMap<&'f str, Branch<'f>>,
    file: Option<&'f FileReport>,
}

fn print_tree(files: &[&FileReport]) {
    let mut root = Branch::default();
    for file in files {
        let branch = file
            .key
            .split('/')
            .fold(&mut root, |branch, part| branch.below.entry(part).or_default());
        branch.file = Some(file);
    }
    say!("   {BUCKET}/");
    print_branch(&root, "   ");
}

fn print_branch(branch: &Branch<'_>, indent: &str) {
    let last = branch.below.len().saturating_sub(1);
    for (index, (name, below)) in branch.below.iter().enumerate() {
        let (joint, bar) = if index == last {
            ("└── ", "    ")
        } else {
            ("├── ", "│   ")
        };
        match below.file {
            Some(file) => say!(
                "{indent}{joint}{name:<28} {:>6} rows {:>9} bytes",
                file.rows,
                file.size_bytes
            ),
            None => say!("{indent}{joint}{name}/"),
        }
        print_branch(below, &format!("{indent}{bar}"));
    }
}

fn print_samples(path: &Path, key: &str) -> anyhow::Result<()> {
    say!("\n   {key}");
    let header = usize::from(key.ends_with(".csv"));
    for line in BufReader::new(std::fs::File::open(path)?)
        .lines()
        .take(LINES_SHOWN + header)
    {
        say!("     {}", cut(&line?));
    }
    Ok(())
}

fn print_rejects(path: &Path) -> anyhow::Result<()> {
    for line in BufReader::new(std::fs::File::open(path)?).lines() {
        let reject: Value = serde_json::from_str(&line?)?;
        let text = |name: &str| {
            reject
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        say!("     {}: {}", text("table_name"), text("reason"));
        say!("       {}", cut(&text("record")));
    }
    Ok(())
}

fn cut(line: &str) -> String {
    if line.chars().count() <= LINE_CHARACTERS {
        return line.to_owned();
    }
    line.chars().take(LINE_CHARACTERS).chain("…".chars()).collect()
}

pub(super) fn next_steps(site: &Site, took: Duration) {
    let config = site
        .configs()
        .next()
        .map(|(_, path)| quoted(&shown(site, path)))
        .unwrap_or_default();
    let pattern = format!("{}/shop/orders/*.jsonl", shown(site, &site.bucket_folder()));
    // First for SQL, then for the shell.
    let query = quoted(&format!(
        "select * from read_json('{}')",
        pattern.replace('\'', "''")
    ));
    say!("\nDone in {:.2} s. What to try next:", took.as_secs_f64());
    say!("  your own tap:    tap-… | landfall load --config {config} >> state.json");
    say!(
        "  check a key:     landfall key '[integration_name]/[table_name]/[year_loaded]/[table_version]_[timestamp_loaded]'"
    );
    say!("  query the files: duckdb -c {query}");
    say!("  a real bucket:   landfall setup");
}

/// A word of a command as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+,:@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else if word.contains(['"', '$', '`', '\\', '!']) || !word.contains('\'') {
        format!("'{}'", word.replace('\'', r"'\''"))
    } else {
        format!("\"{word}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_commands_are_quoted_where_a_shell_needs_it() {
        let cases = [
            ("landfall-demo/jsonl.json", "landfall-demo/jsonl.json"),
            ("my demo/jsonl.json", "'my demo/jsonl.json'"),
            ("it's", "\"it's\""),
            ("it's $5", r"'it'\''s $5'"),
            ("", "''"),
        ];
        for (word, expected) in cases {
            assert_eq!(quoted(word), expected, "{word}");
        }
    }
}
