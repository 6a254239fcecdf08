//! The challenge file: an empty object at the top of the bucket whose name only its owner knows (setup-flow.md §5.2).

use landfall_core::bucket_name::BucketName;
use landfall_core::settings::ChallengeKey;
use thiserror::Error;
use uuid::Builder;

use crate::context::Place;
use crate::policy::shell_quoted;

/// A name for the file, such as `stitch-challenge-file-af295ad1-7a4b-4881-89dc-c9be27de13a5`. `random` comes from the
/// system's source of randomness. Show the name once, and keep it out of logs.
#[must_use]
pub fn generate(random: [u8; 16]) -> ChallengeKey {
    let name = format!("{}{}", ChallengeKey::PREFIX, generate_uuid(random));
    ChallengeKey::parse(&name).expect("a UUID is letters, digits and hyphens")
}

/// A random UUID in lower case, for external IDs too (setup-flow.md §6.1).
#[must_use]
pub fn generate_uuid(random: [u8; 16]) -> String {
    Builder::from_random_bytes(random).into_uuid().to_string()
}

/// Why a name that the user has already cannot be that of a challenge file. The texts do not repeat it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ChallengeNameError {
    /// Nothing was given.
    #[error("the name is empty: paste the name of the file, or generate a new one")]
    Empty,
    /// A key in a folder, or a URL.
    #[error(
        "this is more than a file name: the file must be at the top of the bucket, so enter only its name"
    )]
    NotOnlyAName,
    /// Another beginning.
    #[error("the name does not begin with stitch-challenge-file-: paste the whole name of the file")]
    OtherPrefix,
    /// Nothing after the beginning.
    #[error("the name ends after stitch-challenge-file-: paste the whole name of the file")]
    OnlyPrefix,
    /// `….txt`
    #[error(
        "the name has an extension: rename the file in the bucket so that it has none, and enter that name"
    )]
    HasExtension,
    /// Characters that are not allowed, or too many.
    #[error(
        "the name is not that of a challenge file: after stitch-challenge-file- it has 1 to 100 letters, digits, - or _"
    )]
    NotAChallengeName,
}

/// Accepts the name of a file that exists already, for example from Stitch; blanks around it don't count.
///
/// # Errors
/// [`ChallengeNameError`] with what to enter instead.
pub fn accept(typed: &str) -> Result<ChallengeKey, ChallengeNameError> {
    let name = typed.trim();
    if let Ok(key) = ChallengeKey::parse(name) {
        return Ok(key);
    }
    Err(match name.strip_prefix(ChallengeKey::PREFIX) {
        _ if name.is_empty() => ChallengeNameError::Empty,
        _ if name.contains(['/', ':']) => ChallengeNameError::NotOnlyAName,
        None => ChallengeNameError::OtherPrefix,
        Some("") => ChallengeNameError::OnlyPrefix,
        Some(rest) if rest.contains('.') => ChallengeNameError::HasExtension,
        Some(_) => ChallengeNameError::NotAChallengeName,
    })
}

/// The command that creates the empty file.
#[must_use]
pub fn upload_command(bucket: &BucketName, key: &ChallengeKey, place: &Place) -> String {
    let key = key.as_str();
    match place {
        Place::Aws => format!("aws s3api put-object --bucket {bucket} --key {key}"),
        Place::Store { endpoint_url } => format!(
            "aws s3api put-object --bucket {bucket} --key {key} --endpoint-url {}",
            shell_quoted(endpoint_url)
        ),
        Place::Folder { path } => {
            let file = path.join(bucket.as_str()).join(key);
            format!("touch {}", shell_quoted(&file.to_string_lossy()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_name_is_the_prefix_and_a_random_uuid() {
        assert_eq!(
            generate([0; 16]).as_str(),
            "stitch-challenge-file-00000000-0000-4000-8000-000000000000"
        );
        assert_eq!(
            generate([0xff; 16]).as_str(),
            "stitch-challenge-file-ffffffff-ffff-4fff-bfff-ffffffffffff"
        );
    }

    #[test]
    fn an_existing_name_is_accepted_or_the_refusal_says_why() {
        let cases = [
            ("stitch-challenge-file-af295ad1-7a4b-4881-89dc-c9be27de13a5", None),
            (" stitch-challenge-file-24CharactersFromTheForm\n", None),
            ("", Some(ChallengeNameError::Empty)),
            ("stitch-challenge-file-", Some(ChallengeNameError::OnlyPrefix)),
            (
                "stitch-challenge-file-a.txt",
                Some(ChallengeNameError::HasExtension),
            ),
            (
                "lake/stitch-challenge-file-a",
                Some(ChallengeNameError::NotOnlyAName),
            ),
            (
                "s3://lake/stitch-challenge-file-a",
                Some(ChallengeNameError::NotOnlyAName),
            ),
            ("challenge-file-a", Some(ChallengeNameError::OtherPrefix)),
            (
                "stitch-challenge-file-a b",
                Some(ChallengeNameError::NotAChallengeName),
            ),
        ];
        for (typed, refusal) in cases {
            assert_eq!(accept(typed).err(), refusal, "{typed:?}");
        }
    }

    #[test]
    fn the_upload_command_fits_the_place() {
        let bucket =
            BucketName::parse("lake", landfall_core::bucket_name::BucketHost::Amazon).expect("a name");
        let key = generate([0; 16]);
        let name = key.as_str();
        let store = Place::Store {
            endpoint_url: "https://minio.example.com:9000".to_owned(),
        };
        let folder = Place::Folder {
            path: "/my buckets".into(),
        };
        let cases = [
            (
                Place::Aws,
                format!("aws s3api put-object --bucket lake --key {name}"),
            ),
            (
                store,
                format!(
                    "aws s3api put-object --bucket lake --key {name} --endpoint-url https://minio.example.com:9000"
                ),
            ),
            (folder, format!("touch '/my buckets/lake/{name}'")),
        ];
        for (place, command) in cases {
            assert_eq!(upload_command(&bucket, &key, &place), command);
        }
    }
}
