//! Properties of a destination, as the management API knows them: names and texts.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};

use crate::error::StoreError;
use crate::secrets::Vault;
use crate::stored::{StoredDestination, StoredSecrets, from_json, to_json};

/// Properties that are written and never read (management-api.md §4.1).
pub const SECRET_PROPERTIES: [&str; 4] = [
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "sentinel_key",
];

/// The properties of a destination; the secret ones are encrypted at rest.
#[derive(Debug, Clone, Default)]
pub struct DestinationProperties {
    open: BTreeMap<String, String>,
    secret: BTreeMap<String, SecretString>,
}

impl DestinationProperties {
    /// Sets a property.
    pub fn set(&mut self, name: &str, value: &str) {
        if SECRET_PROPERTIES.contains(&name) {
            self.secret.insert(name.to_owned(), value.into());
        } else {
            self.open.insert(name.to_owned(), value.to_owned());
        }
    }

    /// Takes a property away.
    pub fn unset(&mut self, name: &str) {
        self.open.remove(name);
        self.secret.remove(name);
    }

    /// Whether a property is set, secret or not.
    #[must_use]
    pub fn is_set(&self, name: &str) -> bool {
        self.open.contains_key(name) || self.secret.contains_key(name)
    }

    /// The properties that may be shown.
    #[must_use]
    pub fn open(&self) -> &BTreeMap<String, String> {
        &self.open
    }

    /// A secret property, for use.
    #[must_use]
    pub fn secret(&self, name: &str) -> Option<&SecretString> {
        self.secret.get(name)
    }

    /// All of them, secrets in clear: for the settings parser alone.
    #[must_use]
    pub fn to_raw(&self) -> serde_json::Map<String, serde_json::Value> {
        let open = self.open.iter().map(|(name, value)| (name, value.as_str()));
        let secret = self
            .secret
            .iter()
            .map(|(name, value)| (name, value.expose_secret()));
        open.chain(secret)
            .map(|(name, value)| (name.clone(), value.into()))
            .collect()
    }

    pub(crate) fn to_stored(&self) -> String {
        to_json(&StoredDestination::V1 {
            properties: self.open.clone(),
        })
    }

    pub(crate) fn seal(&self, vault: &Vault, place: &str) -> Vec<u8> {
        let in_clear =
            |(name, value): (&String, &SecretString)| (name.clone(), value.expose_secret().to_owned());
        let stored = StoredSecrets::V1 {
            properties: self.secret.iter().map(in_clear).collect(),
        };
        vault.seal(place, to_json(&stored).as_bytes())
    }

    pub(crate) fn from_stored(
        stored: &str,
        sealed: Option<&[u8]>,
        vault: &Vault,
        place: &str,
    ) -> Result<Self, StoreError> {
        let StoredDestination::V1 { properties: open } = from_json(stored, place)?;
        let secret = match sealed {
            Some(sealed) => {
                let StoredSecrets::V1 { properties } = from_json(&vault.open_text(place, sealed)?, place)?;
                let keep = |(name, value): (String, String)| (name, SecretString::from(value));
                properties.into_iter().map(keep).collect()
            }
            None => BTreeMap::new(),
        };
        Ok(Self { open, secret })
    }
}
