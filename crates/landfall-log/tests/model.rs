//! The embedded log does the same as a list, whatever is done to it in whatever order.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use std::collections::BTreeMap;

use landfall_core::units::ByteCount;
use landfall_log::sim::{SimDisk, SimOperation};
use landfall_log::{EmbeddedLog, EmbeddedLogSettings, Log, LogKey, Position, ReadError};
use proptest::prelude::*;
use support::{ONE, append, noise, open, small};

#[derive(Debug, Clone)]
enum Step {
    Append { bytes: usize },
    Read { place: u64, most: u64 },
    Free { place: u64 },
    Reopen,
    CrashProcess,
    CutPower { seed: u64 },
    FailWrite,
    FailSync,
    FillUp,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0_usize..6000).prop_map(|bytes| Step::Append { bytes }),
        8 => (0_usize..100).prop_map(|bytes| Step::Append { bytes }),
        6 => (0_u64..=110, 0_u64..9000).prop_map(|(place, most)| Step::Read { place, most }),
        2 => (0_u64..=100).prop_map(|place| Step::Free { place }),
        1 => Just(Step::Reopen),
        1 => Just(Step::CrashProcess),
        1 => any::<u64>().prop_map(|seed| Step::CutPower { seed }),
        1 => Just(Step::FailWrite),
        1 => Just(Step::FailSync),
        1 => Just(Step::FillUp),
    ]
}

struct World {
    disk: SimDisk,
    log: EmbeddedLog,
    settings: EmbeddedLogSettings,
    /// What was acknowledged, and what may be there because its sync failed.
    model: BTreeMap<u64, Vec<u8>>,
    unsure: Option<Vec<u8>>,
    appended: u64,
}

impl World {
    async fn take(&mut self, step: Step) {
        match step {
            Step::Append { bytes } => self.append(bytes).await,
            Step::Read { place, most } => self.read(place, most).await,
            Step::Free { place } => {
                let bounds = self.log.bounds(ONE).await.unwrap();
                let before = place_in(bounds.first, bounds.next, place.min(100));
                self.log.free(ONE, before).await.unwrap();
                let first = self.log.bounds(ONE).await.unwrap().first;
                assert!(bounds.first <= first && first <= before.max(bounds.first));
                self.model.retain(|position, _| *position >= first.as_u64());
            }
            Step::Reopen => {
                self.log.close().await;
                self.restart(self.disk.clone()).await;
            }
            Step::CrashProcess => self.restart(self.disk.copy()).await,
            Step::CutPower { seed } => self.restart(self.disk.after_power_cut(seed)).await,
            Step::FailWrite => {
                self.disk
                    .fail_next(SimOperation::Write, std::io::ErrorKind::Other);
                self.append(100).await;
            }
            Step::FailSync => {
                self.disk.fail_next(SimOperation::Sync, std::io::ErrorKind::Other);
                self.append(100).await;
            }
            Step::FillUp => {
                self.disk.claim_free(Some(u64::MAX));
                self.disk.set_capacity(Some(0));
                self.append(100).await;
                self.disk.set_capacity(None);
            }
        }
    }

    async fn append(&mut self, bytes: usize) {
        let content = noise(self.appended, bytes);
        self.appended += 1;
        let next = self.log.bounds(ONE).await.unwrap().next;
        match append(&self.log, content.clone()).await {
            Ok(position) => {
                assert_eq!(position, next);
                self.model.insert(position.as_u64(), content);
            }
            Err(landfall_log::AppendError::Io(_)) => self.unsure = Some(content),
            Err(_) => {}
        }
    }

    async fn read(&self, place: u64, most: u64) {
        let bounds = self.log.bounds(ONE).await.unwrap();
        let from = place_in(Position::FIRST, bounds.next, place);
        match self.log.read(ONE, from, ByteCount::new(most)).await {
            Ok(read) => {
                assert!(from >= bounds.first && from <= bounds.next);
                assert_eq!(read.is_empty(), from == bounds.next);
                let bytes: usize = read.iter().map(|entry| entry.bytes.len()).sum();
                assert!(read.len() <= 1 || bytes as u64 <= most);
                for (index, entry) in read.iter().enumerate() {
                    assert_eq!(entry.position, from.plus(index as u64));
                    assert_eq!(entry.bytes, self.model[&entry.position.as_u64()]);
                }
            }
            Err(ReadError::Freed { first, .. }) => assert!(from < first && first == bounds.first),
            Err(ReadError::Beyond { next, .. }) => assert!(from > next && next == bounds.next),
            Err(other) => panic!("{other}"),
        }
    }

    async fn restart(&mut self, disk: SimDisk) {
        self.log = open(&SimDisk::new(), small());
        self.disk = disk;
        self.disk.heal();
        self.log = open(&self.disk, self.settings.clone());
        let (entries, lost) = support::read_all(&self.log).await;
        assert!(lost.is_empty(), "{lost:?}");
        let found: BTreeMap<u64, Vec<u8>> = entries
            .into_iter()
            .map(|entry| (entry.position.as_u64(), entry.bytes.to_vec()))
            .collect();
        // Freed segments may come back after a power cut, an unsure entry may have come through.
        let first = self.model.keys().next().copied().unwrap_or_default();
        let mut expected = self.model.clone();
        if let Some(unsure) = self.unsure.take()
            && let Some((position, last)) = found.last_key_value()
            && *last == unsure
        {
            expected.insert(*position, unsure);
        }
        let kept: BTreeMap<_, _> = found
            .iter()
            .filter(|(at, _)| **at >= first)
            .map(|(k, v)| (*k, v.clone()))
            .collect();
        assert_eq!(kept, expected);
        self.model = found;
    }
}

fn place_in(first: Position, next: Position, percent: u64) -> Position {
    Position::new(first.as_u64() + (next.as_u64() - first.as_u64() + 1) * percent / 101)
}

fn run(steps: Vec<Step>, settings: EmbeddedLogSettings) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let disk = SimDisk::new();
        let mut world = World {
            log: open(&disk, settings.clone()),
            disk,
            settings,
            model: BTreeMap::new(),
            unsure: None,
            appended: 0,
        };
        for step in steps {
            world.take(step).await;
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_log_does_the_same_as_a_list(steps in prop::collection::vec(step(), 1..120), is_encrypted: bool) {
        let key = is_encrypted.then(|| LogKey::new([9; 32]));
        run(steps, EmbeddedLogSettings { key, ..small() });
    }
}
