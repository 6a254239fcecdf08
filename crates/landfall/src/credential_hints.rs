//! Half-finished credentials in this host's environment, which the SDK passes over in silence.

use std::path::PathBuf;

use landfall_core::settings::AuthMode;

use crate::environment::variable;

/// What is wrong with the credentials that the environment names, where settings use them.
pub(crate) fn hints(auth: &AuthMode) -> Vec<String> {
    match auth {
        AuthMode::Static { .. } => Vec::new(),
        AuthMode::Ambient | AuthMode::AssumeRole { .. } => half_pair(&variable)
            .into_iter()
            .chain(missing_profile(&variable))
            .collect(),
    }
}

fn half_pair(variable: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    const PAIR: [&str; 2] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
    let (set, unset) = match PAIR.map(|name| variable(name).is_some()) {
        [true, false] => (PAIR[0], PAIR[1]),
        [false, true] => (PAIR[1], PAIR[0]),
        [true, true] | [false, false] => return None,
    };
    Some(format!("{set} is set, but {unset} is not: set both, or neither"))
}

/// `AWS_PROFILE`, if it is in none of the files. Files that can't be read are the SDK's to complain of.
fn missing_profile(variable: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let profile = variable("AWS_PROFILE")?;
    let has_keys = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]
        .iter()
        .all(|name| variable(name).is_some());
    if has_keys {
        return None;
    }
    let in_home = |name: &str| Some(PathBuf::from(variable("HOME")?).join(".aws").join(name));
    let place = |name: &str, usual: &str| variable(name).map(PathBuf::from).or_else(|| in_home(usual));
    let files = [
        place("AWS_CONFIG_FILE", "config")?,
        place("AWS_SHARED_CREDENTIALS_FILE", "credentials")?,
    ];
    let is_there = files
        .iter()
        .filter_map(|path| std::fs::read_to_string(path).ok())
        .any(|text| has_profile(&text, &profile));
    let [config, credentials] = files.map(|path| path.display().to_string());
    (!is_there).then(|| {
        format!(
            "AWS_PROFILE names the profile {profile}, which is neither in {config} nor in {credentials}: correct the \
             name, or unset AWS_PROFILE"
        )
    })
}

/// Whether a file of AWS's tools has the section `[profile]` or `[profile profile]`.
fn has_profile(text: &str, profile: &str) -> bool {
    text.lines().any(|line| {
        let line = line.trim();
        let section = line.strip_prefix('[').and_then(|rest| rest.split(']').next());
        section.is_some_and(|section| {
            let section = section.trim();
            let name = section.strip_prefix("profile ").map_or(section, str::trim);
            name.trim_matches(['"', '\'']) == profile
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_key_pair_is_told_by_the_names_of_both_variables() {
        let only = |set: &'static str| move |name: &str| (name == set).then(|| "x".to_owned());
        assert_eq!(
            half_pair(&only("AWS_ACCESS_KEY_ID")).unwrap(),
            "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not: set both, or neither"
        );
        assert!(
            half_pair(&only("AWS_SECRET_ACCESS_KEY"))
                .unwrap()
                .starts_with("AWS_SECRET")
        );
        assert_eq!(half_pair(&only("AWS_PROFILE")), None);
    }

    #[test]
    fn a_profile_that_is_in_no_file_is_told_by_name() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".aws")).unwrap();
        std::fs::write(
            home.path().join(".aws/config"),
            "[default]\n[ profile lake ] # mine\n",
        )
        .unwrap();
        let named = |profile: &'static str| {
            let home = home.path().display().to_string();
            missing_profile(&move |name: &str| match name {
                "AWS_PROFILE" => Some(profile.to_owned()),
                "HOME" => Some(home.clone()),
                _ => None,
            })
        };
        assert_eq!(named("lake"), None);
        assert_eq!(named("default"), None);
        assert!(
            named("nosuch")
                .unwrap()
                .starts_with("AWS_PROFILE names the profile nosuch, which is neither in ")
        );
    }
}
