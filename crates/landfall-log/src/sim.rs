//! A disk in memory, for tests: it counts, fails on command, fills up, and forgets on a power cut what was not synced.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::disk::{Disk, DiskFile};

/// What reaches the disk as a whole or not at all.
const SECTOR_BYTES: usize = 512;

/// What can be made to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SimOperation {
    /// Making a file.
    Create,
    /// Writing to a file: the first half is written.
    Write,
    /// Cutting a file.
    Cut,
    /// Syncing a file: what it should have made durable is given up.
    Sync,
    /// Syncing the names.
    SyncNames,
    /// Deleting a file.
    Remove,
}

#[derive(Debug, Default, Clone)]
struct Content {
    /// What reading shows.
    cached: Vec<u8>,
    /// What a power cut leaves.
    durable: Vec<u8>,
    /// What the next sync makes durable.
    dirty: Vec<Range<usize>>,
}

#[derive(Debug, Default)]
struct State {
    contents: Vec<Content>,
    names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
    faults: BTreeMap<SimOperation, io::ErrorKind>,
    capacity: Option<u64>,
    claimed_free: Option<u64>,
    most_at_once: Option<usize>,
    syncs: u64,
    are_syncs_held: bool,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

/// The disk. Clones are the same disk.
#[derive(Debug, Clone, Default)]
pub struct SimDisk {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct SimFile {
    shared: Arc<Shared>,
    index: usize,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn check(&mut self, operation: SimOperation) -> io::Result<()> {
        self.faults
            .remove(&operation)
            .map_or(Ok(()), |kind| Err(kind.into()))
    }

    fn used(&self) -> u64 {
        self.names
            .values()
            .map(|index| self.contents[*index].cached.len() as u64)
            .sum()
    }

    fn find(&self, name: &str) -> io::Result<usize> {
        self.names
            .get(name)
            .copied()
            .ok_or(io::ErrorKind::NotFound.into())
    }
}

impl SimDisk {
    /// An empty disk without faults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the next such operation fail.
    pub fn fail_next(&self, operation: SimOperation, kind: io::ErrorKind) {
        self.shared.lock().faults.insert(operation, kind);
    }

    /// Takes back every fault that has not happened yet.
    pub fn heal(&self) {
        self.shared.lock().faults.clear();
    }

    /// Limits how much all files together can hold.
    pub fn set_capacity(&self, bytes: Option<u64>) {
        self.shared.lock().capacity = bytes;
    }

    /// Makes the disk claim that it has that much left, whatever is true.
    pub fn claim_free(&self, bytes: Option<u64>) {
        self.shared.lock().claimed_free = bytes;
    }

    /// Makes every write end after so many bytes.
    pub fn write_at_most(&self, bytes: usize) {
        self.shared.lock().most_at_once = Some(bytes);
    }

    /// How often a file was synced.
    #[must_use]
    pub fn syncs(&self) -> u64 {
        self.shared.lock().syncs
    }

    /// Makes syncs wait until [`SimDisk::release_syncs`].
    pub fn hold_syncs(&self) {
        self.shared.lock().are_syncs_held = true;
    }

    /// Lets syncs go on.
    pub fn release_syncs(&self) {
        self.shared.lock().are_syncs_held = false;
        self.shared.changed.notify_all();
    }

    /// Changes what is in a file, now and after a power cut.
    ///
    /// # Panics
    /// If there is no such file.
    pub fn edit(&self, name: &str, edit: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.shared.lock();
        let index = state.find(name).expect("there is such a file");
        let content = &mut state.contents[index];
        edit(&mut content.cached);
        content.durable = content.cached.clone();
        content.dirty.clear();
    }

    /// What a file holds, as reading shows it.
    ///
    /// # Panics
    /// If there is no such file.
    #[must_use]
    pub fn content(&self, name: &str) -> Vec<u8> {
        let state = self.shared.lock();
        let index = state.find(name).expect("there is such a file");
        state.contents[index].cached.clone()
    }

    /// A copy that goes its own way, without faults.
    #[must_use]
    pub fn copy(&self) -> Self {
        let state = self.shared.lock();
        Self::of(
            state.contents.clone(),
            state.names.clone(),
            state.durable_names.clone(),
        )
    }

    /// The disk after a power cut: of what was not synced, some sectors have been written and some have not, and
    /// either all names are as they were last or all are as they were synced. `seed` decides.
    #[must_use]
    pub fn after_power_cut(&self, seed: u64) -> Self {
        let mut chance = Chance(seed);
        let state = self.shared.lock();
        let names = if chance.toss() {
            &state.names
        } else {
            &state.durable_names
        };
        let contents = state.contents.iter().map(|content| {
            let left = content.after_power_cut(&mut chance);
            Content {
                cached: left.clone(),
                durable: left,
                dirty: Vec::new(),
            }
        });
        Self::of(contents.collect(), names.clone(), names.clone())
    }

    fn of(
        contents: Vec<Content>,
        names: BTreeMap<String, usize>,
        durable_names: BTreeMap<String, usize>,
    ) -> Self {
        let state = State {
            contents,
            names,
            durable_names,
            ..State::default()
        };
        Self {
            shared: Arc::new(Shared {
                state: Mutex::new(state),
                changed: Condvar::new(),
            }),
        }
    }

    fn file(&self, index: usize) -> Arc<dyn DiskFile> {
        let shared = Arc::clone(&self.shared);
        Arc::new(SimFile { shared, index })
    }
}

impl Content {
    fn after_power_cut(&self, chance: &mut Chance) -> Vec<u8> {
        let mut left = self.durable.clone();
        if self.cached.len() < left.len() && chance.toss() {
            left.truncate(self.cached.len());
        }
        for dirty in &self.dirty {
            let end = dirty.end.min(self.cached.len());
            let mut start = dirty.start;
            while start < end {
                let stop = end.min((start / SECTOR_BYTES + 1) * SECTOR_BYTES);
                if chance.toss() {
                    left.resize(left.len().max(stop), 0);
                    left[start..stop].copy_from_slice(&self.cached[start..stop]);
                }
                start = stop;
            }
        }
        left
    }
}

impl Disk for SimDisk {
    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.shared.lock().names.keys().cloned().collect())
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.shared.lock();
        state.check(SimOperation::Create)?;
        let index = state.contents.len();
        state.contents.push(Content::default());
        state.names.insert(name.to_owned(), index);
        Ok(self.file(index))
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let index = self.shared.lock().find(name)?;
        Ok(self.file(index))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.shared.lock();
        let index = state.find(from)?;
        state.names.remove(from);
        state.names.insert(to.to_owned(), index);
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = self.shared.lock();
        state.check(SimOperation::Remove)?;
        state.find(name)?;
        state.names.remove(name);
        Ok(())
    }

    fn sync_names(&self) -> io::Result<()> {
        let mut state = self.shared.lock();
        state.check(SimOperation::SyncNames)?;
        state.durable_names = state.names.clone();
        Ok(())
    }

    fn free_bytes(&self) -> io::Result<u64> {
        let state = self.shared.lock();
        let left = state
            .capacity
            .map(|capacity| capacity.saturating_sub(state.used()));
        Ok(state.claimed_free.or(left).unwrap_or(u64::MAX))
    }
}

impl DiskFile for SimFile {
    fn size_bytes(&self) -> io::Result<u64> {
        Ok(self.shared.lock().contents[self.index].cached.len() as u64)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let state = self.shared.lock();
        let cached = &state.contents[self.index].cached;
        let start = to_usize(offset).min(cached.len());
        let read = buffer.len().min(cached.len() - start);
        buffer[..read].copy_from_slice(&cached[start..start + read]);
        Ok(read)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let mut state = self.shared.lock();
        let mut accepted = bytes.len().min(state.most_at_once.unwrap_or(usize::MAX));
        let fault = state.check(SimOperation::Write);
        if fault.is_err() {
            accepted /= 2;
        }
        let start = to_usize(offset);
        let grown = (start + accepted).saturating_sub(state.contents[self.index].cached.len());
        let left = state.capacity.map_or(usize::MAX, |capacity| {
            to_usize(capacity.saturating_sub(state.used()))
        });
        if grown > left {
            accepted = accepted.saturating_sub(grown - left);
            if accepted == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
        }
        let content = &mut state.contents[self.index];
        let end = start + accepted;
        content.cached.resize(content.cached.len().max(end), 0);
        content.cached[start..end].copy_from_slice(&bytes[..accepted]);
        content.dirty.push(start..end);
        fault.map(|()| accepted)
    }

    fn cut(&self, size_bytes: u64) -> io::Result<()> {
        let mut state = self.shared.lock();
        state.check(SimOperation::Cut)?;
        state.contents[self.index].cached.resize(to_usize(size_bytes), 0);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.shared.lock();
        state.syncs += 1;
        while state.are_syncs_held {
            state = self
                .shared
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        let fault = state.check(SimOperation::Sync);
        let content = &mut state.contents[self.index];
        let dirty = std::mem::take(&mut content.dirty);
        fault?;
        content.durable.resize(content.cached.len(), 0);
        for range in dirty {
            let range = range.start.min(content.cached.len())..range.end.min(content.cached.len());
            content.durable[range.clone()].copy_from_slice(&content.cached[range]);
        }
        Ok(())
    }
}

/// SplitMix64: enough for coin tosses.
#[derive(Debug)]
struct Chance(u64);

impl Chance {
    fn toss(&mut self) -> bool {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) & 1 == 1
    }
}

fn to_usize(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}
