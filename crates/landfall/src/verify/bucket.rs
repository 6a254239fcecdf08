//! The ledger against a bucket.

use std::collections::HashSet;

use futures_util::StreamExt;
use landfall_bucket::Bucket;
use landfall_catalog::{Catalog, Destination, LandedObject};
use landfall_http::manage::{InstanceRules, settings_of};
use serde_json::{Value, json};

use crate::cli::VerifyOptions;
use crate::wiring::{aws_options, open_bucket};

/// Objects looked at for each source, beyond which it is not searched for foreign ones.
const MOST_LISTED: usize = 1_000_000;

/// What was found in the bucket of a destination.
#[derive(Debug)]
pub(super) struct BucketFindings {
    bucket: String,
    objects: u64,
    missing: Vec<String>,
    different: Vec<String>,
    /// Objects in the folders of the sources that no load of the ledger wrote. Not a fault: others may write there.
    foreign: Vec<String>,
    /// Why it could not be looked into to the end.
    unreached: Option<Unreached>,
}

/// A bucket that could not be looked into.
#[derive(Debug)]
struct Unreached {
    reason: String,
    /// Whether the ledger says that something has landed there.
    holds_objects: bool,
}

impl BucketFindings {
    fn of(bucket: &dyn Bucket) -> Self {
        Self {
            bucket: bucket.name().to_owned(),
            objects: 0,
            missing: Vec::new(),
            different: Vec::new(),
            foreign: Vec::new(),
            unreached: None,
        }
    }

    pub(super) fn problems(&self) -> Vec<String> {
        let bucket = &self.bucket;
        let unreached = self.unreached.iter().filter(|unreached| unreached.holds_objects);
        let unreached = unreached.map(|unreached| {
            let reason = &unreached.reason;
            format!("{bucket} could not be looked into: {reason}: mend the access to it and run this again")
        });
        let missing = self
            .missing
            .iter()
            .map(|key| format!("{bucket}/{key} is missing"));
        let different = self.different.iter().map(|what| format!("{bucket}/{what}"));
        unreached.chain(missing).chain(different).collect()
    }

    pub(super) fn summary(&self) -> String {
        if let Some(Unreached {
            reason,
            holds_objects,
        }) = &self.unreached
        {
            let landed = if *holds_objects {
                ""
            } else {
                ", and nothing has landed there"
            };
            return format!(
                "bucket {}: could not be looked into{landed} ({reason})",
                self.bucket
            );
        }
        let mut summary = format!(
            "bucket {}: {} object(s) in the ledger, {} missing, {} different, {} foreign",
            self.bucket,
            self.objects,
            self.missing.len(),
            self.different.len(),
            self.foreign.len()
        );
        for key in self.foreign.iter().take(10) {
            summary.push_str(&format!("\n  foreign: {key}"));
        }
        summary
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
            "bucket": self.bucket,
            "objects": self.objects,
            "missing": self.missing,
            "different": self.different,
            "foreign": self.foreign,
            "unreached": self.unreached.as_ref().map(|unreached| &unreached.reason),
        })
    }
}

/// Looks into the bucket of every destination that is not deleted.
pub(super) async fn check(catalog: &Catalog, options: &VerifyOptions) -> anyhow::Result<Vec<BucketFindings>> {
    // Whatever this instance allowed when they were saved.
    let rules = InstanceRules {
        allow_insecure_endpoint: true,
        ..InstanceRules::default()
    };
    let mut findings = Vec::new();
    for destination in catalog.destinations().await? {
        if destination.state.deleted_at().is_some() {
            continue;
        }
        let Some(settings) = settings_of(&destination.properties, &rules) else {
            continue; // A draft has nothing in a bucket.
        };
        let bucket = open_bucket(&settings.access, settings.bucket.as_str(), aws_options()).await;
        let found = match check_destination(catalog, &destination, &*bucket, options).await {
            Ok(found) => found,
            // The others are looked into all the same.
            Err(fault) => BucketFindings {
                unreached: Some(Unreached {
                    reason: format!("{fault:#}"),
                    holds_objects: !catalog.landed_objects(destination.id, None, 1).await?.is_empty(),
                }),
                ..BucketFindings::of(&*bucket)
            },
        };
        findings.push(found);
    }
    Ok(findings)
}

async fn check_destination(
    catalog: &Catalog,
    destination: &Destination,
    bucket: &dyn Bucket,
    options: &VerifyOptions,
) -> anyhow::Result<BucketFindings> {
    let mut findings = BucketFindings::of(bucket);
    let mut known = HashSet::new();
    let mut after = None;
    loop {
        let page = catalog.landed_objects(destination.id, after, 500).await?;
        let Some(last) = page.last() else { break };
        after = Some((last.load, last.number));
        for line in page {
            findings.objects += 1;
            check_object(bucket, &line.object, options, &mut findings).await?;
            known.insert(line.object.key);
        }
    }
    // What an open load has written already is ours too.
    for load in catalog.open_loads().await? {
        known.extend(load.objects.into_iter().map(|object| object.key));
    }
    for source in catalog.sources().await? {
        if source.destination != Some(destination.id) {
            continue;
        }
        let listed = bucket.list(&format!("{}/", source.name), MOST_LISTED).await?;
        let foreign = listed
            .into_iter()
            .map(|object| object.key)
            .filter(|key| !known.contains(key));
        findings.foreign.extend(foreign);
    }
    Ok(findings)
}

async fn check_object(
    bucket: &dyn Bucket,
    object: &LandedObject,
    options: &VerifyOptions,
    findings: &mut BucketFindings,
) -> anyhow::Result<()> {
    let key = &object.key;
    let Some(found) = bucket.head(key).await? else {
        findings.missing.push(key.clone());
        return Ok(());
    };
    if found.size_bytes != object.size.as_u64() {
        findings.different.push(format!(
            "{key} has {} bytes, the ledger says {}",
            found.size_bytes,
            object.size.as_u64()
        ));
        return Ok(());
    }
    if options.read {
        let mut hasher = crc32fast::Hasher::new();
        let mut content = bucket.read(key).await?;
        while let Some(piece) = content.next().await {
            hasher.update(&piece?);
        }
        let checksum = format!("crc32:{:08x}", hasher.finalize());
        if checksum != object.checksum {
            findings.different.push(format!(
                "{key} has {checksum}, the ledger says {}",
                object.checksum
            ));
        }
    }
    Ok(())
}
