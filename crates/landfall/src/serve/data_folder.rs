//! What an instance keeps on disk.
//!
//! ```text
//! landfall-data/          mode 0700
//!   catalog.sqlite        control state
//!   secret.key            what secrets in it are encrypted with, mode 0600: keep a copy elsewhere
//!   log/                  accepted records that are not in a bucket yet
//! ```

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::Context;
use landfall_catalog::{Catalog, Entropy, Instance, SecretKey};
use landfall_core::ids::ClientId;
use landfall_core::time::Timestamp;

use crate::environment::variable;

/// Where a server keeps everything if it is not told otherwise.
pub(crate) const DEFAULT_FOLDER: &str = "landfall-data";

/// The folder of an instance.
#[derive(Debug)]
pub(crate) struct DataFolder {
    path: PathBuf,
}

/// Random bytes of the operating system.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        if getrandom::fill(bytes).is_err() {
            // Without random numbers no secret is one; the system is broken beyond what a server can mend.
            std::process::abort();
        }
    }
}

impl DataFolder {
    /// Opens the folder, or makes it.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let mut builder = DirBuilder::new();
        let made = builder.recursive(true).mode(0o700).create(path);
        made.with_context(|| format!("data folder {}: give another one with --data-dir", path.display()))?;
        Ok(Self {
            path: path.to_owned(),
        })
    }

    /// The catalog of a server that was started before, in the folder given, or in that of `LANDFALL_DATA_DIR`. The
    /// server may be running.
    pub(crate) async fn existing_catalog(path: Option<&Path>) -> anyhow::Result<Catalog> {
        let folder = Self {
            path: Self::chosen(path),
        };
        if !folder.catalog().exists() {
            anyhow::bail!(
                "there is no {}: give the server's data folder with --data-dir",
                folder.catalog().display()
            );
        }
        let unused = Instance {
            id: String::new(),
            client_id: ClientId::new(0),
            created_at: Timestamp::from_millis(0),
        };
        let key = folder.secret_key()?;
        let opened = Catalog::open(&folder.catalog(), &key, Box::new(SystemEntropy), &unused).await;
        opened.with_context(|| format!("opening {}", folder.catalog().display()))
    }

    /// The folder given, or that of the environment, or the one that servers take by themselves.
    pub(crate) fn chosen(path: Option<&Path>) -> PathBuf {
        path.map(Path::to_owned)
            .or_else(|| variable("LANDFALL_DATA_DIR").map(PathBuf::from))
            .unwrap_or_else(|| PathBuf::from(DEFAULT_FOLDER))
    }

    pub(crate) fn catalog(&self) -> PathBuf {
        self.path.join("catalog.sqlite")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.path.join("log")
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The key that secrets are encrypted with; made when there is none.
    pub(crate) fn secret_key(&self) -> anyhow::Result<SecretKey> {
        let path = self.path.join("secret.key");
        let shown = path.display();
        match read_key(&path) {
            Ok(Some(key)) => return Ok(SecretKey::new(key)),
            Ok(None) => anyhow::bail!("{shown} has not 32 bytes: restore it from a backup"),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error).with_context(|| format!("reading {shown}")),
        }
        if self.catalog().exists() {
            anyhow::bail!(
                "{shown} is missing, and the secrets of this instance can't be read without it: restore it from a backup"
            );
        }
        let mut key = [0; 32];
        SystemEntropy.fill(&mut key);
        write_key(&path, &key).with_context(|| format!("writing {shown}"))?;
        Ok(SecretKey::new(key))
    }
}

fn read_key(path: &Path) -> io::Result<Option<[u8; 32]>> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(64).read_to_end(&mut bytes)?;
    Ok(bytes.try_into().ok())
}

fn write_key(path: &Path, key: &[u8; 32]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(key)?;
    file.sync_all()?;
    path.parent()
        .map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
}
