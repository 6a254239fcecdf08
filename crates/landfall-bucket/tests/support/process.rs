//! Tests that run in a process with an environment of their own.

use std::process::Command;

/// Set in the processes that have the environment of a case.
const MARK: &str = "LANDFALL_TEST_ENVIRONMENT";

/// Runs `test` in a process with nothing but `variables`; `true` in that process itself.
#[allow(clippy::disallowed_methods, reason = "the environment is what is tested")]
pub fn is_within(test: &str, variables: &[(&str, &str)]) -> bool {
    if std::env::var_os(MARK).is_some() {
        return true;
    }
    let itself = std::env::current_exe().expect("the path of this test");
    let nowhere = [
        ("HOME", "/nonexistent"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        (MARK, "1"),
    ];
    let variables = nowhere.iter().chain(variables).copied();
    let run = Command::new(itself)
        .args(["--exact", test])
        .env_clear()
        .envs(variables)
        .output();
    let run = run.expect("the test runs again");
    let report = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && report.contains("1 passed"), "{report}");
    false
}
