//! Whether source, S3 Key and place go together: what a run would otherwise find out after reading its input.

use super::draft::Draft;
use super::problem::SettingFault;
use super::{DestinationSettings, Endpoint, IntegrationName, SettingName};
use crate::object_key::{FileKind, KeyContext, MAX_KEY_BYTES, ObjectKey};
use crate::time::Timestamp;
use crate::units::TableVersion;

/// The folder within a folder bucket that objects are written in before they have their names. Nothing else may be
/// put there.
pub const FOLDER_BUCKET_RESERVED: &str = ".landfall-tmp";
/// The longest file name of the usual file systems, in bytes.
pub const FOLDER_BUCKET_MAX_NAME_BYTES: usize = 255;

/// An integration name that is surely not to blame.
const BLAMELESS: &str = "x";

/// Reports what is wrong with the keys of rejected records: these must always be writable, because records whose own
/// key isn't end up there (rejects.md T3).
pub(super) fn report_misfits(
    draft: &mut Draft,
    destination: &DestinationSettings,
    integration: &IntegrationName,
) {
    let mut judge = |find: &dyn Fn(&ObjectKey) -> Option<SettingFault>| {
        let Some(fault) = find(&rejects_key(destination, integration.as_str())) else {
            return;
        };
        let is_the_templates = find(&rejects_key(destination, BLAMELESS)).is_some();
        draft.report(
            if is_the_templates {
                SettingName::S3KeyFormatString
            } else {
                SettingName::IntegrationName
            },
            fault,
        );
    };
    if matches!(destination.access.endpoint, Some(Endpoint::Folder(_))) {
        judge(&reserved_folder);
        judge(&long_part);
    }
    judge(&long_key);
}

/// The longest key of rejected records there can be.
fn rejects_key(destination: &DestinationSettings, integration: &str) -> ObjectKey {
    destination.key_template.render(&KeyContext {
        integration,
        path: &[BLAMELESS],
        version: TableVersion::new(i64::MIN),
        loaded_at: Timestamp::from_millis(1_000_000_000_000),
        kind: FileKind::Rejects,
    })
}

fn reserved_folder(key: &ObjectKey) -> Option<SettingFault> {
    let first = key.as_str().split('/').next();
    (first == Some(FOLDER_BUCKET_RESERVED)).then_some(SettingFault::ReservedFolder)
}

fn long_part(key: &ObjectKey) -> Option<SettingFault> {
    let bytes = key.as_str().split('/').map(str::len).max()?;
    (bytes > FOLDER_BUCKET_MAX_NAME_BYTES).then_some(SettingFault::LongKeyPart { bytes })
}

fn long_key(key: &ObjectKey) -> Option<SettingFault> {
    let bytes = key.byte_len();
    (bytes > MAX_KEY_BYTES).then_some(SettingFault::LongKey { bytes })
}
