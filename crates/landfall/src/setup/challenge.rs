//! The name of the challenge file: made or accepted, and shown once (setup-flow.md §5.2).

use landfall_core::settings::ChallengeKey;

/// A new name.
pub(super) fn make() -> anyhow::Result<ChallengeKey> {
    Ok(landfall_setup::challenge::generate(random()?))
}

/// A new external ID.
pub(super) fn make_external_id() -> anyhow::Result<String> {
    Ok(landfall_setup::challenge::generate_uuid(random()?))
}

fn random() -> anyhow::Result<[u8; 16]> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| anyhow::anyhow!("no random numbers: {error}"))?;
    Ok(random)
}

/// How to upload the file, with its name.
pub(super) fn instructions(number: usize, name: &str, command: &str) -> String {
    format!(
        "\n{number}. Upload an EMPTY file with exactly this name to the top level of the bucket (shown only once):\n\n     \
         {name}\n\n   for example with\n\n     {command}\n\n   No extension such as .txt or .csv, no folder. It must \
         stay there: Landfall looks for it before it loads."
    )
}
