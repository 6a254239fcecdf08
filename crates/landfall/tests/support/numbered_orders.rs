//! Numbered records with sub-rows, and the account of what became of them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::server::{Server, Site};

const ROWS: u64 = 3;
const TABLES: [&str; 2] = ["orders", "returns"];

/// Pushes records whose numbers are never sent twice, and knows which of them were acknowledged.
#[derive(Debug, Default)]
pub struct NumberedOrders {
    pushes: u64,
    acknowledged: BTreeSet<u64>,
}

impl NumberedOrders {
    /// Pushes the next ones, into two tables by turns, with an activation before those of the first table. False if
    /// nobody knows what became of them, since the server died.
    pub fn push(&mut self, server: &Server, token: &str) -> bool {
        let ids: Vec<u64> = (self.pushes * ROWS..(self.pushes + 1) * ROWS).collect();
        let table = TABLES[self.pushes as usize % TABLES.len()];
        self.pushes += 1;
        let activation = json!({"action": "activate_version", "sequence": 1});
        let records = ids.iter().map(|id| {
            let data = json!({"id": id, "lines": [{"n": 1}, {"n": 2}]});
            json!({"action": "upsert", "sequence": id, "data": data})
        });
        let is_first = table == TABLES[0];
        let messages: Vec<Value> = is_first
            .then_some(activation)
            .into_iter()
            .chain(records)
            .collect();
        let body = json!({
            "table_name": table,
            "table_version": 1,
            "schema": {"properties": {"id": {"type": "integer"}, "lines": {"type": "array"}}},
            "messages": messages,
            "key_names": ["id"],
        });
        match server.push(token, &body.to_string()) {
            Ok(answer) => {
                answer.ok();
                self.acknowledged.extend(ids);
                true
            }
            Err(_) => false,
        }
    }

    /// Pushes so many times, or until the server dies.
    pub fn push_some(&mut self, pushes: usize, server: &Server, token: &str) {
        for _ in 0..pushes {
            if !self.push(server, token) {
                return;
            }
        }
    }

    /// Whether all that was acknowledged is in the bucket.
    pub fn are_landed(&self, site: &Site) -> bool {
        let landed = landed(site);
        self.acknowledged.iter().all(|id| landed.contains_key(id))
    }

    /// All that was acknowledged is in the bucket once, with its sub-rows; what was not, at most once; and
    /// `landfall verify --read` says so too. Returns what that says.
    #[track_caller]
    pub fn assert_landed_once(&self, site: &Site, name: &str) -> Value {
        let landed = landed(site);
        let lost: Vec<_> = self
            .acknowledged
            .iter()
            .filter(|id| !landed.contains_key(id))
            .collect();
        assert!(lost.is_empty(), "{name}: acknowledged and lost: {lost:?}");
        for (id, rows) in &landed {
            assert!(*id < self.pushes * ROWS, "{name}: nobody sent {id}");
            assert_eq!(*rows, Rows { root: 1, sub: 2 }, "{name}: rows of {id}");
        }
        let report = site.verify();
        assert_eq!(report["clean"], true, "{name}: {report}");
        let count = |what: &str| -> u64 {
            let tables = report["tables"].as_array().unwrap();
            tables.iter().map(|table| table[what].as_u64().unwrap()).sum()
        };
        assert_eq!(count("landed"), landed.len() as u64, "{name}: {report}");
        assert_eq!(count("accepted"), landed.len() as u64, "{name}: {report}");
        report
    }
}

/// How often a record is in the bucket.
#[derive(Debug, Default, PartialEq, Eq)]
struct Rows {
    root: u32,
    sub: u32,
}

fn landed(site: &Site) -> BTreeMap<u64, Rows> {
    let mut landed: BTreeMap<u64, Rows> = BTreeMap::new();
    for (key, text) in site.objects().iter().filter(|(key, _)| key.ends_with(".csv")) {
        let is_sub_table = key.contains("/lines/");
        let column = if is_sub_table { "_sdc_source_key_id" } else { "id" };
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let headers = reader.headers().unwrap().clone();
        let Some(place) = headers.iter().position(|header| header == column) else {
            continue;
        };
        for row in reader.records() {
            let id: u64 = row.unwrap()[place].parse().unwrap();
            let rows = landed.entry(id).or_default();
            let count = if is_sub_table {
                &mut rows.sub
            } else {
                &mut rows.root
            };
            *count += 1;
        }
    }
    landed
}
