//! The key that waiting records are encrypted with (operations.md §9).

use std::fmt;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use landfall_log::{LogKey, OpenError};
use secrecy::{ExposeSecret, SecretString};

use crate::environment::variable;

const KEY_BYTES: usize = 32;

/// Why a text is no key. The text is not shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LogKeyError {
    #[error("{0} is no key: give 32 bytes in hexadecimal or Base64, such as `openssl rand -hex 32` makes")]
    NoKey(KeyPlace),
    #[error("{place} can't be read ({reason}): give the path of a file with the key of the log")]
    Unreadable { place: KeyPlace, reason: String },
    #[error("there are two keys for the log: give log_key or log_key_file")]
    Both,
}

/// Where a key stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KeyPlace {
    Setting,
    File(PathBuf),
}

impl fmt::Display for KeyPlace {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setting => out.write_str("log_key (LANDFALL_LOG_KEY)"),
            Self::File(path) => write!(out, "log_key_file {}", path.display()),
        }
    }
}

/// The key that settings name, if they name one.
pub(crate) fn read(text: Option<&SecretString>, file: Option<&Path>) -> Result<Option<LogKey>, LogKeyError> {
    match (text, file) {
        (Some(_), Some(_)) => Err(LogKeyError::Both),
        (Some(text), None) => parse(text).map(Some).ok_or(LogKeyError::NoKey(KeyPlace::Setting)),
        (None, Some(path)) => {
            let place = KeyPlace::File(path.to_owned());
            match std::fs::read_to_string(path) {
                Ok(text) => parse(&text.into()).map(Some).ok_or(LogKeyError::NoKey(place)),
                Err(error) => Err(LogKeyError::Unreadable {
                    place,
                    reason: error.to_string(),
                }),
            }
        }
        (None, None) => Ok(None),
    }
}

/// The key that the environment names, unless a file is given.
pub(crate) fn of_environment(file: Option<&Path>) -> Result<Option<LogKey>, LogKeyError> {
    if file.is_some() {
        return read(None, file);
    }
    let text = variable("LANDFALL_LOG_KEY").map(SecretString::from);
    let file = variable("LANDFALL_LOG_KEY_FILE").map(PathBuf::from);
    read(text.as_ref(), file.as_deref())
}

/// Why the log in `folder` can't be opened, with the settings that matter.
pub(crate) fn explain(error: OpenError, folder: &Path) -> anyhow::Error {
    let hint = match &error {
        OpenError::KeyMissing { .. } => {
            "the log is encrypted, and there is no key: set LANDFALL_LOG_KEY or log_key_file"
        }
        OpenError::WrongKey { .. } => {
            "the log is encrypted with another key than that of LANDFALL_LOG_KEY or log_key_file"
        }
        _ => return anyhow::Error::new(error).context(format!("opening {}", folder.display())),
    };
    anyhow::Error::new(error).context(format!("opening {}: {hint}", folder.display()))
}

fn parse(text: &SecretString) -> Option<LogKey> {
    let text = text.expose_secret().trim();
    let bytes = if text.len() == 2 * KEY_BYTES {
        from_hexadecimal(text)?
    } else {
        STANDARD.decode(text).ok()?
    };
    bytes.try_into().ok().map(LogKey::new)
}

fn from_hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let pairs = text.as_bytes().chunks_exact(2);
    pairs
        .map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_32_bytes_in_hexadecimal_or_base64() {
        let cases = [
            ("00".repeat(32), true),
            (format!(" {}\n", "fF".repeat(32)), true),
            ("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".to_owned(), true),
            ("00".repeat(31), false),
            ("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".to_owned(), false),
            ("zz".repeat(32), false),
            ("a password".to_owned(), false),
        ];
        for (text, is_key) in cases {
            assert_eq!(parse(&text.clone().into()).is_some(), is_key, "{text:?}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused_without_showing_it() {
        let refusal = read(Some(&"hunter2".into()), None).unwrap_err().to_string();
        assert!(
            refusal.contains("LANDFALL_LOG_KEY") && !refusal.contains("hunter2"),
            "{refusal}"
        );
        let file = Path::new("/nowhere/key");
        assert_eq!(
            read(Some(&"x".into()), Some(file)).unwrap_err(),
            LogKeyError::Both
        );
        let refusal = read(None, Some(file)).unwrap_err().to_string();
        assert!(refusal.contains("/nowhere/key"), "{refusal}");
    }
}
