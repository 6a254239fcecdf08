//! The demo's folder: a bucket, its challenge file and two settings files.

use std::path::{Path, PathBuf};

use anyhow::Context;
use landfall_core::settings::ChallengeKey;
use serde_json::{Map, Value};

use crate::settings_file::{self, folder_url};

/// The demo's bucket.
pub(super) const BUCKET: &str = "demo-bucket";

/// What set-up left on disk.
#[derive(Debug)]
pub(super) struct Site {
    folder: PathBuf,
    configs: Vec<(&'static str, PathBuf)>,
    /// Whether the bucket had a challenge file from an earlier demo.
    pub(super) is_resumed: bool,
}

impl Site {
    /// Makes what is missing; an earlier demo's bucket is used again, since loads only ever append.
    pub(super) fn set_up(folder: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder).with_context(|| format!("making the folder {}", folder.display()))?;
        let folder = folder
            .canonicalize()
            .with_context(|| format!("finding the folder {}", folder.display()))?;
        let configs = vec![
            ("JSON Lines", folder.join("jsonl.json")),
            ("CSV", folder.join("csv.json")),
        ];
        let mut site = Self {
            folder,
            configs,
            is_resumed: false,
        };
        std::fs::create_dir_all(site.bucket_folder())
            .with_context(|| format!("making the bucket folder {}", site.bucket_folder().display()))?;
        let known = site.known_challenge();
        site.is_resumed = known.is_some();
        let challenge = match known {
            Some(challenge) => challenge,
            None => new_challenge()?,
        };
        let challenge_file = site.bucket_folder().join(challenge.as_str());
        std::fs::File::create(&challenge_file).context("making the challenge file in the bucket")?;
        for ((_, path), format) in site.configs.iter().zip(["jsonl", "csv"]) {
            settings_file::write(path, &site.settings(format, &challenge))?;
        }
        Ok(site)
    }

    pub(super) fn configs(&self) -> impl Iterator<Item = (&'static str, &PathBuf)> {
        self.configs.iter().map(|(title, path)| (*title, path))
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn bucket_folder(&self) -> PathBuf {
        self.folder.join("buckets").join(BUCKET)
    }

    /// The challenge file that an earlier demo's settings name.
    fn known_challenge(&self) -> Option<ChallengeKey> {
        let text = std::fs::read_to_string(&self.configs.first()?.1).ok()?;
        let settings: Value = serde_json::from_str(&text).ok()?;
        ChallengeKey::parse(settings.get("sentinel_key")?.as_str()?).ok()
    }

    fn settings(&self, format: &str, challenge: &ChallengeKey) -> Map<String, Value> {
        let settings = [
            ("s3_bucket", BUCKET),
            ("integration_name", "shop"),
            ("s3_endpoint_url", &folder_url(&self.folder.join("buckets"))),
            ("output_file_format", format),
            ("sentinel_key", challenge.as_str()),
        ];
        settings
            .into_iter()
            .map(|(name, value)| (name.to_owned(), Value::from(value)))
            .collect()
    }
}

fn new_challenge() -> anyhow::Result<ChallengeKey> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| anyhow::anyhow!("no random numbers: {error}"))?;
    Ok(landfall_setup::challenge::generate(random))
}
