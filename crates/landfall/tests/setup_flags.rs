//! `landfall setup` without a terminal: flags, environment, exit codes.

#![allow(clippy::unwrap_used, reason = "a test whose surroundings fail has failed")]

mod support;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Value, json};
use support::guarded::{Guarded, as_moto_reads_it};
use support::place::{BUCKET, CHALLENGE};
use support::{Landfall, Store};

const PREFIX: &str = "stitch-challenge-file-";

fn setup(config: &Path, arguments: &[&str]) -> Landfall {
    let call = Landfall::with(["setup", "--config"]).argument(config);
    arguments
        .iter()
        .fold(call, |call, argument| call.argument(*argument))
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The name of the challenge file that was shown.
fn shown_challenge(stdout: &str) -> Option<&str> {
    stdout
        .lines()
        .map(str::trim)
        .find(|line| line.starts_with(PREFIX))
}

#[test]
fn a_folder_bucket_is_set_up_in_one_call() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("target.json");
    let endpoint = format!("file://{}", dir.path().display());
    let flags = [
        "--bucket",
        "com-test",
        "--integration",
        "shop",
        "--endpoint",
        &endpoint,
        "--yes",
    ];
    let ended = setup(&config, &flags).run("").succeeded();
    assert!(
        ended.stdout.contains("Success! The bucket com-test is ready."),
        "{}",
        ended.stdout
    );
    assert_eq!(config.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let settings = read(&config);
    let challenge = settings["sentinel_key"].as_str().unwrap();
    assert!(dir.path().join("com-test").join(challenge).exists());

    // Once more, with another format: everything else stays, and the name is not shown again.
    let csv = ["--format", "csv", "--delimiter", "tab", "--quote-all", "--yes"];
    let ended = setup(&config, &csv).run("").succeeded();
    assert!(!ended.stdout.contains(PREFIX), "{}", ended.stdout);
    let changed = read(&config);
    for (name, value) in [
        ("csv_delimiter", json!("\\t")),
        ("csv_force_quote", json!(true)),
        ("output_file_format", json!("csv")),
    ] {
        assert_eq!(changed[name], value);
    }
    assert_eq!(changed["sentinel_key"], settings["sentinel_key"]);
}

#[test]
fn every_problem_is_said_at_once_and_nothing_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("target.json");
    let key = "my data/[integration_name]/[table_name]/[table_version]";
    let flags = [
        "--bucket",
        "https://lake.s3.amazonaws.com",
        "--key",
        key,
        "--auth",
        "assume-role",
        "--region",
        "EU",
    ];
    let ended = setup(&config, &flags).run("").failed(2);
    let expected = [
        "s3_bucket: Enter only the bucket name, without s3:// or https://",
        "integration_name: is required: add it to the settings",
        "s3_key_format_string: The S3 Key is missing the required element [timestamp_loaded]. Add [timestamp_loaded] anywhere in the key.",
        "s3_key_format_string: The S3 Key contains a space at character 3. Remove it, or use \"_\" or \"-\" instead.",
        "aws_role_arn: is needed when aws_auth_mode is assume_role: add it, or change aws_auth_mode",
        "s3_region: \"EU\" is not a region: write it as eu-central-1",
    ];
    let logged = ended.logged("ERROR");
    for problem in expected {
        assert!(logged.contains(&problem), "{problem}: {}", ended.stderr);
    }
    assert!(!config.exists());
    for (flags, problem) in [
        (
            ["--challenge-file", "challenge.txt"],
            "does not begin with stitch-challenge-file-",
        ),
        (["--principal", "me"], "is not the ARN of a role or user"),
        (["--format", "parquet"], "invalid value"),
    ] {
        let ended = setup(&config, &flags).run("").failed(2);
        assert!(ended.stderr.contains(problem), "{}", ended.stderr);
    }
    std::fs::write(&config, "[1]").unwrap();
    let ended = setup(&config, &["--bucket", "lake"]).run("").failed(2);
    assert!(
        ended.stderr.contains("it is not a JSON object"),
        "{}",
        ended.stderr
    );
    assert_eq!(std::fs::read_to_string(&config).unwrap(), "[1]");
}

#[test]
fn secrets_come_from_the_environment_and_never_from_flags() {
    let store = Store::new();
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("target.json");
    let endpoint = store.server().endpoint_url();
    let flags = [
        "--bucket",
        BUCKET,
        "--integration",
        "shop",
        "--endpoint",
        &endpoint,
        "--auth",
        "static",
        "--challenge-file",
        CHALLENGE,
    ];
    let ended = setup(&config, &flags).run("").failed(2);
    assert!(
        ended
            .stderr
            .contains("aws_secret_access_key: is needed when aws_auth_mode is static"),
        "{}",
        ended.stderr
    );

    let ended = setup(&config, &flags)
        .variable("AWS_ACCESS_KEY_ID", landfall_sim::ACCESS_KEY_ID)
        .variable("AWS_SECRET_ACCESS_KEY", "wrong")
        .run("")
        .failed(1);
    assert!(ended.stdout.contains("(bad_secret)"), "{}", ended.stdout);

    // The names of the settings count before those of AWS.
    let ended = setup(&config, &[])
        .variable("AWS_ACCESS_KEY_ID", "wrong")
        .variable("AWS_SECRET_ACCESS_KEY", "wrong")
        .variable("TARGET_LANDFALL_AWS_ACCESS_KEY_ID", landfall_sim::ACCESS_KEY_ID)
        .variable(
            "TARGET_LANDFALL_AWS_SECRET_ACCESS_KEY",
            landfall_sim::SECRET_ACCESS_KEY,
        )
        .run("")
        .succeeded();
    for text in [&ended.stdout, &ended.stderr] {
        assert!(
            !text.contains(landfall_sim::SECRET_ACCESS_KEY) && !text.contains(CHALLENGE),
            "{text}"
        );
    }
    assert_eq!(
        read(&config)["aws_secret_access_key"],
        landfall_sim::SECRET_ACCESS_KEY
    );
    assert!(ended.stdout.contains("\"s3:PutObject\""), "{}", ended.stdout);

    // Another way to sign in needs no keys.
    setup(&config, &["--auth", "ambient", "--no-check"])
        .run("")
        .succeeded();
    assert!(read(&config).get("aws_secret_access_key").is_none());
    let ended = Landfall::with(["setup", "--aws-secret-access-key", "x"])
        .run("")
        .failed(2);
    assert!(ended.stderr.contains("unexpected argument"), "{}", ended.stderr);
}

/// The trip of a new user: set up, do what is said, check, load.
#[test]
fn from_nothing_to_a_verified_bucket_of_amazon() {
    let world = Guarded::start();
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("target.json");
    let call = setup(&config, &["--bucket", BUCKET, "--integration", "shop"]);
    let ended = world.call(call, &world.loader).run("").succeeded();
    let principal = "\"arn:aws:iam::123456789012:user/loader\"";
    assert!(ended.stdout.contains(principal), "{}", ended.stdout);
    let name = shown_challenge(&ended.stdout).unwrap();
    let command = format!("aws s3api put-object --bucket {BUCKET} --key {name}");
    assert!(ended.stdout.contains(&command), "{}", ended.stdout);
    assert!(
        ended.stdout.contains("4. ") || ended.stdout.contains("3. Run: landfall check"),
        "{}",
        ended.stdout
    );

    // The file is missing, then the policy.
    let again = || setup(&config, &[]);
    let policy = Landfall::with(["policy", "--format", "identity", "--config"]).argument(&config);
    let policy = world.call(policy, &world.loader).run("").succeeded().stdout;
    world.grant(&serde_json::from_str(&policy).unwrap());
    let ended = world.call(again(), &world.loader).run("").failed(1);
    assert!(
        ended.stdout.contains("(missing_challenge_file)"),
        "{}",
        ended.stdout
    );
    assert!(!ended.stdout.contains(name), "{}", ended.stdout);
    world.administer(
        "s3.put_object(Bucket=sys.argv[4], Key=sys.argv[5], Body=b'')",
        &[BUCKET, name],
    );
    let ended = world.call(again(), &world.loader).run("").succeeded();
    assert!(ended.stdout.contains("Success!"), "{}", ended.stdout);
}

#[test]
fn a_role_gets_an_external_id_and_a_trust_policy() {
    let world = Guarded::start();
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("target.json");
    let role = "arn:aws:iam::123456789012:role/lake";
    let flags = [
        "--bucket",
        BUCKET,
        "--integration",
        "shop",
        "--role-arn",
        role,
        "--challenge-file",
        CHALLENGE,
        "--no-check",
    ];
    let ended = world
        .call(setup(&config, &flags), &world.loader)
        .run("")
        .succeeded();
    let settings = read(&config);
    assert_eq!(settings["aws_auth_mode"], "assume_role");
    let id = settings["aws_external_id"].as_str().unwrap();
    assert!(
        ended.stdout.contains(&format!("\"sts:ExternalId\": \"{id}\"")),
        "{}",
        ended.stdout
    );
    assert!(ended.stdout.contains(&format!("\"{role}\"")), "{}", ended.stdout);

    let document = |form: &str| {
        let call = Landfall::with(["policy", "--format", form, "--config"]).argument(&config);
        world.call(call, &world.loader).run("").succeeded().stdout
    };
    let identity = as_moto_reads_it(&serde_json::from_str(&document("identity")).unwrap());
    let code = "
iam.create_role(RoleName='lake', AssumeRolePolicyDocument=sys.argv[4])
iam.put_role_policy(RoleName='lake', PolicyName='landfall', PolicyDocument=sys.argv[5])
";
    world.administer(code, &[&document("trust"), &identity.to_string()]);
    world.grant(&json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["sts:AssumeRole"], "Resource": role},
    ]}));
    let ended = world.call(setup(&config, &[]), &world.loader).run("").succeeded();
    assert!(ended.stdout.contains("Success!"), "{}", ended.stdout);
    assert_eq!(read(&config)["aws_external_id"], id);
}

#[test]
fn plain_http_is_allowed_and_a_lost_challenge_name_replaced_by_flags() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("target.json");
    let flags = [
        "--bucket",
        "lake",
        "--integration",
        "shop",
        "--endpoint",
        "http://minio.example.com:9000",
    ];
    let ended = setup(&config, &flags).run("").failed(2);
    assert!(ended.stderr.contains("s3_endpoint_url"), "{}", ended.stderr);
    let flags = [&flags[..], &["--allow-insecure-endpoint", "--no-check"]].concat();
    let ended = setup(&config, &flags).run("").succeeded();
    let lost = shown_challenge(&ended.stdout).unwrap().to_owned();
    assert_eq!(read(&config)["allow_insecure_endpoint"], true);

    let ended = setup(&config, &["--new-challenge"]).run("").succeeded();
    let made = shown_challenge(&ended.stdout).unwrap();
    assert_ne!(made, lost);
    assert_eq!(read(&config)["sentinel_key"], made);
}

#[test]
fn an_endpoint_of_the_environment_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let ended = setup(
        &dir.path().join("target.json"),
        &["--bucket", "lake", "--integration", "shop"],
    )
    .variable("AWS_ENDPOINT_URL_S3", "http://localhost:9")
    .variable("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    .variable("AWS_EC2_METADATA_DISABLED", "true")
    .run("")
    .succeeded();
    let line = "AWS_ENDPOINT_URL_S3 is set: Amazon S3 is asked at http://localhost:9, with the name of the bucket in the path.";
    assert!(ended.stdout.contains(line), "{}", ended.stdout);
}
