//! `landfall setup` as a person sees it: questions, bad answers, good answers, a check.

#![allow(clippy::unwrap_used, reason = "a test whose surroundings fail has failed")]

mod support;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use rexpect::session::{PtySession, spawn_command};
use serde_json::{Value, json};
use support::guarded::Guarded;
use support::{Landfall, Store};
use tempfile::TempDir;

const PATIENCE_MS: u64 = 30_000;
const CHALLENGE_PREFIX: &str = "stitch-challenge-file-";

/// A terminal in which the set-up runs.
struct Conversation {
    session: PtySession,
    dir: TempDir,
}

impl Conversation {
    fn start(arguments: &[&str]) -> Self {
        Self::go_on(tempfile::tempdir().unwrap(), arguments)
    }

    fn go_on(dir: TempDir, arguments: &[&str]) -> Self {
        Self::within(dir, &[], arguments)
    }

    fn within(dir: TempDir, variables: &[(&str, &str)], arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_landfall"));
        command
            .arg("setup")
            .args(arguments)
            .env_clear()
            .env("HOME", dir.path())
            .envs(variables.iter().copied())
            .current_dir(dir.path());
        let session = spawn_command(command, Some(PATIENCE_MS)).unwrap();
        Self { session, dir }
    }

    /// Waits for a text and gives back what came before it.
    #[track_caller]
    fn sees(&mut self, text: &str) -> String {
        match self.session.exp_string(text) {
            Ok(before) => before,
            Err(error) => panic!("{text:?} is not shown: {error}"),
        }
    }

    /// Waits for a question and answers it.
    #[track_caller]
    fn answers(&mut self, question: &str, answer: &str) {
        self.sees(question);
        self.sees(": ");
        self.session.send_line(answer).unwrap();
    }

    /// Waits for the end.
    #[track_caller]
    fn ends(&mut self, code: i32) -> String {
        let rest = self.session.exp_eof().unwrap();
        let status = self.session.process.wait().unwrap();
        let is_code = matches!(status, rexpect::process::wait::WaitStatus::Exited(_, found) if found == code);
        assert!(is_code, "{status:?}: {rest}");
        rest
    }

    fn config(&self) -> PathBuf {
        self.dir.path().join("target.json")
    }
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn from_nothing_to_a_verified_bucket() {
    let mut person = Conversation::start(&[]);
    person.answers("Bucket name", "");
    person.sees("Bucket name is required");
    person.answers("Bucket name", "My_Lake-");
    person.sees("Bucket names may only contain lowercase letters, numbers, dots and hyphens");
    person.sees("Bucket names must begin and end with a letter or number");
    person.answers("Bucket name", "s3://com-test/raw");
    person.sees("Enter only the bucket name, without s3:// or https://");
    person.answers("Use \"com-test\"?", "");
    person.answers("Integration name", "");
    person.sees("Integration name is empty");
    person.answers("Integration name", "shop");
    person.answers("Store data in this format", "xml");
    person.sees("Type a number from 1 to 2");
    person.session.send_line("csv").unwrap();
    person.answers("Delimiter", "pipe");
    person.answers("Quote all elements", "y");
    person.answers("Where is the bucket?", "folder");
    person.answers("Folder whose sub-folders are buckets", "lakes");
    person.answers(
        "S3 Key [",
        "my data/[integration_name]/[table_name]/[table_version].csv",
    );
    person.sees("The S3 Key is missing the required element [timestamp_loaded].");
    person.sees("The S3 Key contains a space at character 3.");
    let key = "[integration_name]/[table_name]/[table_version]_[timestamp_loaded]";
    person.answers("S3 Key [", &format!("{key}.jsonl"));
    person.sees("The S3 Key ends in \".jsonl\" but the data storage format is csv.");
    person.answers(&format!("Use \"{key}.[csv|jsonl]\"?"), "n");
    person.answers("S3 Key [", "");
    person.sees("shop/account/items/1_1519235654474.csv");
    person.sees("Grant & Verify Access");
    person.answers("An empty challenge file", "new");
    person.answers("Make the bucket folder", "");
    person.answers("Make the challenge file in it?", "");
    person.sees("Success! The bucket com-test is ready.");
    person.ends(0);

    let settings = read(&person.config());
    let challenge = settings["sentinel_key"].as_str().unwrap().to_owned();
    assert!(challenge.starts_with(CHALLENGE_PREFIX), "{challenge}");
    let root = person.dir.path().canonicalize().unwrap().join("lakes");
    assert!(root.join("com-test").join(&challenge).exists());
    let expected = json!({
        "s3_bucket": "com-test",
        "integration_name": "shop",
        "output_file_format": "csv",
        "csv_delimiter": "|",
        "csv_force_quote": true,
        "s3_key_format_string": format!("{key}.[csv|jsonl]"),
        "s3_endpoint_url": settings["s3_endpoint_url"],
        "sentinel_key": challenge,
    });
    assert_eq!(settings, expected);
    let mode = person.config().metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    // What was set up loads.
    let schema = r#"{"type":"SCHEMA","stream":"orders","key_properties":["id"],"schema":{"properties":{"id":{"type":"integer"}}}}"#;
    let record = r#"{"type":"RECORD","stream":"orders","record":{"id":1}}"#;
    Landfall::with(["load"])
        .config(&settings)
        .run(format!("{schema}\n{record}\n"))
        .succeeded();
    assert!(root.join("com-test/shop/orders").is_dir());
}

#[test]
fn what_was_answered_is_kept_and_the_challenge_is_not_shown_again() {
    let mut person = Conversation::start(&[]);
    person.answers("Bucket name", "com-test");
    person.answers("Integration name", "shop");
    person.answers("Store data in this format", "");
    person.answers("Where is the bucket?", "folder");
    person.answers("Folder whose sub-folders are buckets", "");
    // Ctrl-C
    person.sees("S3 Key");
    person.session.send_control('c').unwrap();
    drop(person.session);
    let kept = read(&person.dir.path().join("target.json"));
    assert_eq!(kept["s3_bucket"], "com-test");

    let mut person = Conversation::go_on(person.dir, &[]);
    person.sees("Going on with the settings in target.json");
    person.answers("Bucket name (only the name, such as com-test) [com-test]", "");
    person.answers("Integration name (the source, such as shop) [shop]", "");
    person.answers("Store data in this format", "");
    person.answers("Where is the bucket?", "");
    person.answers("Folder whose sub-folders are buckets", "");
    person.answers("S3 Key [", "");
    person.answers("An empty challenge file", "mine");
    person.answers("Name of the file", "challenge.txt");
    person.sees("the name does not begin with stitch-challenge-file-");
    person.answers("Name of the file", "stitch-challenge-file-from-before");
    person.answers("Make the bucket folder", "y");
    person.answers("Make the challenge file in it?", "n");
    person.answers("When that is done press Enter", "");
    person.sees("The challenge file is not in the folder ");
    person.sees("Remedy: ");
    person.answers("What now?", "stop");
    person.ends(1);

    let mut person = Conversation::go_on(person.dir, &[]);
    for question in [
        "Bucket name",
        "Integration name",
        "Store data",
        "Where is",
        "Folder whose",
        "S3 Key [",
    ] {
        person.answers(question, "");
    }
    let shown = person.sees("A challenge file is set.");
    assert!(!shown.contains(CHALLENGE_PREFIX), "{shown}");
    person.answers("Choice", "keep");
    person.answers("Make the challenge file in it?", "y");
    person.sees("Success!");
    let rest = person.ends(0);
    assert!(!rest.contains(CHALLENGE_PREFIX), "{rest}");
}

#[test]
fn secrets_of_a_store_are_read_without_echo_and_mistakes_are_mended_on_the_way() {
    let store = Store::new();
    let mut person = Conversation::start(&["--endpoint", &store.server().endpoint_url()]);
    person.answers("Bucket name", support::place::BUCKET);
    person.answers("Integration name", "shop");
    person.answers("Store data in this format", "1");
    person.sees("Endpoint: http://127.0.0.1");
    person.answers("How does Landfall sign in?", "");
    person.answers("Access key ID", landfall_sim::ACCESS_KEY_ID);
    person.answers("Secret access key", "not-the-secret-of-anybody");
    person.answers("Session token", "");
    person.answers("Region", "");
    person.answers("S3 Key [", "");
    person.sees("Let the access key into the bucket");
    person.answers("An empty challenge file", "mine");
    person.answers("Name of the file", support::place::CHALLENGE);
    person.answers("When that is done press Enter", "");
    person.sees("SignatureDoesNotMatch");
    person.answers("What now?", "change");
    // What a flag gave was asked this time, because it may be what must be changed.
    person.answers("Bucket name", "");
    person.answers("Integration name", "");
    person.answers("Store data in this format", "");
    person.answers("Where is the bucket?", "");
    person.answers("Endpoint", "");
    person.answers("How does Landfall sign in?", "");
    person.answers("Access key ID [Enter keeps it]", "");
    person.answers(
        "Secret access key (not shown) [Enter keeps it]",
        landfall_sim::SECRET_ACCESS_KEY,
    );
    let shown = person.sees("Session token");
    assert!(!shown.contains(landfall_sim::SECRET_ACCESS_KEY), "{shown}");
    person.sees(": ");
    person.session.send_line("").unwrap();
    person.answers("Region", "");
    person.answers("S3 Key [", "");
    person.answers("A challenge file is set.", "");
    person.answers("When that is done press Enter", "");
    person.sees("Success!");
    person.ends(0);
    assert_eq!(
        read(&person.config())["aws_secret_access_key"],
        landfall_sim::SECRET_ACCESS_KEY
    );
}

#[test]
fn a_bucket_of_amazon_is_connected_by_doing_what_is_said() {
    let world = Guarded::start();
    let variables = [
        ("AWS_ENDPOINT_URL", world.endpoint_url()),
        ("AWS_ACCESS_KEY_ID", &world.loader.id),
        ("AWS_SECRET_ACCESS_KEY", &world.loader.secret),
        ("TERM", "xterm"),
    ];
    let mut person = Conversation::within(tempfile::tempdir().unwrap(), &variables, &[]);
    person.answers("Bucket name", support::place::BUCKET);
    person.answers("Integration name", "shop");
    for question in [
        "Store data in",
        "Where is the bucket?",
        "How does Landfall sign in?",
        "Region",
        "Which encryption",
        "S3 Key [",
    ] {
        person.answers(question, "");
    }
    person.sees("\"arn:aws:iam::123456789012:user/loader\"");
    person.answers("An empty challenge file", "");
    person.sees("--key ");
    let name = person.sees("No extension").trim().to_owned();
    assert!(name.starts_with(CHALLENGE_PREFIX), "{name}");
    person.answers("When that is done press Enter", "");
    person.sees("(bucket_access_denied)");

    // The person gives the grant, then the file.
    let policy = Landfall::with(["policy", "--format", "identity"]).config(&read(&person.config()));
    let policy = world.call(policy, &world.loader).run("").succeeded().stdout;
    world.grant(&serde_json::from_str(&policy).unwrap());
    person.answers("What now?", "check");
    person.sees("(missing_challenge_file)");
    world.administer(
        "s3.put_object(Bucket=sys.argv[4], Key=sys.argv[5], Body=b'')",
        &[support::place::BUCKET, &name],
    );
    person.answers("What now?", "");
    person.sees("Note: delivery: each load lands once, and no object is ever written over");
    person.sees("Note: clock: this host and the store have the same time");
    person.sees("Note: upload: about ");
    person.sees("Success!");
    person.ends(0);
}

/// A set-up in a terminal that can move its cursor, up to the S3 Key.
fn at_the_key() -> Conversation {
    let arguments = [
        "--bucket",
        "com-test",
        "--integration",
        "shop",
        "--format",
        "jsonl",
        "--endpoint",
        "file:///lakes",
    ];
    let mut person = Conversation::within(tempfile::tempdir().unwrap(), &[("TERM", "xterm")], &arguments);
    person.sees("S3 Key [");
    person.sees("]: ");
    person
}

#[test]
fn a_bad_key_is_told_while_it_is_typed_and_can_be_mended_before_enter() {
    let mut person = at_the_key();
    person.sees("shop/account/1_1519235654474.jsonl");
    person
        .session
        .send("[integration_name]/[table_name]/[table_version]!")
        .unwrap();
    person.session.flush().unwrap();
    person.sees("The S3 Key is missing the required element [timestamp_loaded].");
    person.sees("The S3 Key contains the special character \"!\" at character 48.");
    person.session.send("\x7f_[timestamp_loaded].jsonl").unwrap();
    person.session.flush().unwrap();
    person.sees("shop/account/1_1519235654474.jsonl");
    person.session.send_line("").unwrap();
    person.sees("Files will be named like this:");
    person.sees("Grant & Verify Access");
    assert_eq!(
        read(&person.config())["s3_key_format_string"],
        "[integration_name]/[table_name]/[table_version]_[timestamp_loaded].jsonl"
    );
}

#[test]
fn what_is_pasted_answers_the_questions_it_was_meant_for() {
    let mut person = at_the_key();
    person
        .session
        .send("raw/[integration_name]/[table_name]/[table_version]_[timestamp_loaded]\r2\rwrong\r")
        .unwrap();
    person.session.flush().unwrap();
    person.sees("raw/shop/account/1_1519235654474");
    person.sees("An empty challenge file");
    person.sees("the name does not begin with stitch-challenge-file-");
}

#[test]
fn ctrl_c_leaves_the_terminal_as_it_was() {
    let mut command = Command::new("sh");
    let script = "stty echo; \"$0\" setup --bucket com-test --integration shop --format jsonl --endpoint file:///lakes; \
                  echo \"ended with $?\"; stty -a; echo done";
    command
        .args(["-c", script, env!("CARGO_BIN_EXE_landfall")])
        .env("TERM", "xterm");
    let dir = tempfile::tempdir().unwrap();
    command.current_dir(dir.path());
    let mut session = spawn_command(command, Some(PATIENCE_MS)).unwrap();
    session.exp_string("account/1_").unwrap();
    session.send_control('c').unwrap();
    session.exp_string("ended with 130").unwrap();
    let modes = session.exp_string("done").unwrap();
    for mode in [" echo ", " icanon ", "isig "] {
        assert!(modes.contains(mode), "{mode}: {modes}");
    }
}

#[test]
fn each_answer_is_kept_even_if_the_person_leaves_at_the_next_question() {
    let mut person = Conversation::start(&[]);
    person.answers("Bucket name", "com-test");
    person.sees("Integration name");
    person.sees(": ");
    person.session.send_control('c').unwrap();
    person.session.exp_eof().unwrap();
    assert_eq!(read(&person.config()), json!({"s3_bucket": "com-test"}));
    assert_eq!(
        person.config().metadata().unwrap().permissions().mode() & 0o777,
        0o600
    );
}

#[test]
fn plain_http_is_allowed_without_asking_for_the_endpoint_again() {
    let arguments = ["--bucket", "lake", "--integration", "shop", "--format", "jsonl"];
    let mut person = Conversation::start(&arguments);
    person.answers("Where is the bucket?", "store");
    person.answers("Endpoint", "http://minio.example.com:9000");
    person.answers("Send records unencrypted over this network?", "y");
    person.sees("How does Landfall sign in?");
    assert_eq!(
        read(&person.config())["s3_endpoint_url"],
        "http://minio.example.com:9000"
    );
}
