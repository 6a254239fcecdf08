//! Access as AWS judges it: moto enforces signatures and IAM policies, and every call goes through the binary.

#![allow(clippy::unwrap_used, reason = "a test whose surroundings fail has failed")]

mod support;

use serde_json::{Value, json};
use support::guarded::{AccessKey, Guarded, as_moto_reads_it, policy_of, statements};
use support::place::{BUCKET, CHALLENGE};
use support::process::Ended;
use support::{Landfall, Store, record, schema, state};

/// The policy that `landfall policy --format identity` prints.
fn generated_policy(world: &Guarded, settings: &Value) -> Value {
    let call = Landfall::with(["policy", "--format", "identity"]).config(settings);
    let ended = world.call(call, &world.loader).run("").succeeded();
    assert_eq!(ended.stderr, "", "the policy is complete");
    serde_json::from_str(&ended.stdout).unwrap()
}

fn check(world: &Guarded, settings: &Value, key: &AccessKey) -> (Option<i32>, Value) {
    let ended = world
        .call(Landfall::with(["check", "--json"]).config(settings), key)
        .run("");
    let report = serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("{}", ended.stderr));
    (ended.code, report)
}

/// Code and step of the failure.
#[track_caller]
fn failure(world: &Guarded, settings: &Value, key: &AccessKey) -> (String, String, Value) {
    let (code, report) = check(world, settings, key);
    assert_eq!(code, Some(1), "{report:#}");
    assert!(!report.to_string().contains(CHALLENGE), "{report:#}");
    let problem = report["errors"][0].clone();
    let text = |name: &str| problem[name].as_str().unwrap_or_default().to_owned();
    (text("code"), text("step"), problem)
}

fn load(world: &Guarded, settings: &Value, key: &AccessKey) -> Ended {
    let input = [
        schema("orders"),
        record("orders", &json!({"id": 1})),
        state(&json!({"done": 1})),
    ]
    .concat();
    world.call(Landfall::load(settings), key).run(input)
}

#[test]
fn exactly_the_generated_policy_is_enough_for_the_whole_trip() {
    let world = Guarded::start();
    let settings = world.settings(json!({}));
    world.grant(&generated_policy(&world, &settings));
    let (code, report) = check(&world, &settings, &world.loader);
    assert_eq!(code, Some(0), "{report:#}");
    assert_eq!(
        report["steps"][0]["detail"],
        "arn:aws:iam::123456789012:user/loader"
    );
    for step in report["steps"].as_array().unwrap() {
        assert_eq!(step["status"], "passed", "{step}");
    }
    assert_eq!(report["warnings"], json!([]), "{report:#}");
    let facts = &report["facts"];
    for (fact, value) in [
        ("conditional_create", "yes"),
        ("checksums", "yes"),
        ("multipart", "yes"),
        ("versioning", "hidden"),
        ("incomplete_uploads", "hidden"),
    ] {
        assert_eq!(facts[fact], value, "{fact}: {facts}");
    }
    assert_eq!(facts["clock_ahead_ms"], 0, "{facts}");
    assert!(facts["upload_bytes_per_second"].as_u64().unwrap() > 0, "{facts}");
    let size = "print(s3.head_object(Bucket=sys.argv[4], Key=sys.argv[5])['ContentLength'])";
    let size = world.administer(size, &[BUCKET, CHALLENGE]);
    assert_eq!(size.trim(), "0", "the challenge file is what it was");
    assert_eq!(
        (world.keys().len(), world.unfinished_uploads()),
        (0, 0),
        "the check leaves nothing"
    );

    let ended = load(&world, &settings, &world.loader).succeeded();
    assert_eq!(ended.states(), [r#"{"done":1}"#]);
    let keys = world.keys();
    assert!(keys.len() == 1 && keys[0].starts_with("demo/orders/"), "{keys:?}");
}

/// What is taken away from the policy: an action, or its resource, which is another instead. Then what the check says
/// (code and step), and what its remedy names.
type Loss = (
    &'static str,
    Option<&'static str>,
    (&'static str, &'static str),
    &'static str,
);

const BUCKET_ARN: &str = "arn:aws:s3:::com-test-stitch-bucket";
const OBJECTS_ARN: &str = "arn:aws:s3:::com-test-stitch-bucket/*";
const NO_LIST: (&str, &str) = ("missing_list_bucket", "list_bucket");
const NO_GET: (&str, &str) = ("missing_get_object", "head_challenge");
const NO_PUT: (&str, &str) = ("missing_put_object", "write_probe");
const LOSSES: [Loss; 6] = [
    ("s3:ListBucket", None, NO_LIST, "s3:ListBucket"),
    ("s3:ListBucket", Some(OBJECTS_ARN), NO_LIST, BUCKET_ARN),
    ("s3:GetObject", None, NO_GET, "s3:GetObject"),
    ("s3:GetObject", Some(BUCKET_ARN), NO_GET, OBJECTS_ARN),
    ("s3:PutObject", None, NO_PUT, "s3:PutObject"),
    ("s3:PutObject", Some(BUCKET_ARN), NO_PUT, OBJECTS_ARN),
];

#[test]
fn each_action_or_resource_taken_away_is_named_at_its_step() {
    let world = Guarded::start();
    let settings = world.settings(json!({}));
    let whole = statements(&generated_policy(&world, &settings));
    assert_eq!(whole.len(), 3);
    for (action, resource, told, grants) in LOSSES {
        let name = format!("{action} on {resource:?}");
        let mut rest = whole.clone();
        rest.retain(|(other, _)| other != action);
        rest.extend(resource.map(|resource| (action.to_owned(), json!(resource))));
        world.grant(&policy_of(&rest));
        let (code, step, problem) = failure(&world, &settings, &world.loader);
        assert_eq!((code.as_str(), step.as_str()), told, "{name}: {problem:#}");
        let remedy = problem["remedy"].as_str().unwrap();
        assert!(remedy.contains(grants), "{name}: {remedy}");
        if action == "s3:ListBucket" {
            // A load asks for the challenge file only (loading.md §4), which is there and may be read.
            continue;
        }
        let ended = load(&world, &settings, &world.loader).failed(1);
        assert_eq!((ended.stdout.as_str(), world.keys().len()), ("", 0), "{name}");
        let (code, _) = told;
        let errors = ended.logged("ERROR");
        assert!(
            errors.iter().any(|line| line.starts_with(code)),
            "{name}: {errors:?}"
        );
        assert!(ended.last_log_line().starts_with("CRITICAL "), "{name}");
    }
    assert_eq!(world.unfinished_uploads(), 0);
}

#[test]
fn without_any_policy_the_bucket_is_closed() {
    let world = Guarded::start();
    let settings = world.settings(json!({}));
    let (code, step, problem) = failure(&world, &settings, &world.loader);
    assert_eq!(
        (code.as_str(), step.as_str()),
        ("bucket_access_denied", "head_bucket"),
        "{problem:#}"
    );
    let raw = "An error occurred (403) when calling the HeadBucket operation: Forbidden";
    assert_eq!(problem["message"], raw);
    let ended = load(&world, &settings, &world.loader).failed(1);
    let raw = "An error occurred (403) when calling the HeadObject operation: Forbidden";
    assert_eq!(
        ended.last_log_line(),
        format!("CRITICAL access check of bucket {BUCKET}: {raw}")
    );
    assert!(world.keys().is_empty());
}

#[test]
fn unknown_keys_and_wrong_secrets_are_told_apart() {
    let world = Guarded::start();
    let settings = world.settings(json!({}));
    world.grant(&generated_policy(&world, &settings));
    let unknown = AccessKey {
        id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
        secret: "nobody".to_owned(),
    };
    let wrong = AccessKey {
        id: world.loader.id.clone(),
        secret: "wrong".to_owned(),
    };
    for (key, expected) in [(&unknown, "invalid_access_key"), (&wrong, "bad_secret")] {
        // moto's STS asks for no valid key, so S3 is the first to refuse it. As keys of this host, and as keys of the settings.
        let kept = world.settings(json!({
            "aws_auth_mode": "static", "aws_access_key_id": key.id, "aws_secret_access_key": key.secret,
        }));
        for settings in [&settings, &kept] {
            let (code, step, problem) = failure(&world, settings, key);
            assert_eq!(
                (code.as_str(), step.as_str()),
                (expected, "head_bucket"),
                "{problem:#}"
            );
            assert!(!problem.to_string().contains(&key.secret), "{problem:#}");
            load(&world, settings, key).failed(1);
        }
    }
    assert!(world.keys().is_empty());
    let ended = world
        .lead_here(Landfall::with(["check"]).config(&settings))
        .run("")
        .failed(1);
    assert!(ended.stdout.contains("(credentials_"), "{}", ended.stdout);
}

const ROLE: &str = "arn:aws:iam::123456789012:role/lake";
const ID: &str = "3f1c0c0e-5f0e-4b0f-9a55-0f6f6b1f3a77";

/// Makes the role with the trust policy that `landfall policy --format trust` prints, and the grant.
fn make_role(world: &Guarded, settings: &Value) {
    let call = Landfall::with(["policy", "--format", "trust"]).config(settings);
    let trust = world.call(call, &world.loader).run("").succeeded().stdout;
    let call = Landfall::with(["policy", "--format", "identity"]).config(settings);
    let identity = world.call(call, &world.loader).run("").succeeded().stdout;
    let identity = as_moto_reads_it(&serde_json::from_str(&identity).unwrap()).to_string();
    let code = "
iam.create_role(RoleName='lake', AssumeRolePolicyDocument=sys.argv[4])
iam.put_role_policy(RoleName='lake', PolicyName='landfall', PolicyDocument=sys.argv[5])
may = {'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': 'sts:AssumeRole', 'Resource': sys.argv[6]}]}
iam.put_user_policy(UserName='loader', PolicyName='assume', PolicyDocument=json.dumps(may))
";
    world.administer(code, &[&trust, &identity, ROLE]);
}

#[test]
fn a_role_is_assumed_with_the_right_external_id_only() {
    let world = Guarded::start();
    let with_id = |id: Value| {
        world.settings(json!({"aws_auth_mode": "assume_role", "aws_role_arn": ROLE, "aws_external_id": id}))
    };
    let settings = with_id(json!(ID));
    make_role(&world, &settings);
    let (code, report) = check(&world, &settings, &world.loader);
    assert_eq!(code, Some(0), "{report:#}");
    assert_eq!(report["steps"][0]["detail"], ROLE);
    load(&world, &settings, &world.loader).succeeded();
    assert_eq!(world.keys().len(), 1);

    let settings = with_id(json!("another-id"));
    let (code, step, problem) = failure(&world, &settings, &world.loader);
    assert_eq!(
        (code.as_str(), step.as_str()),
        ("assume_role_denied", "credentials"),
        "{problem:#}"
    );
    assert!(
        problem["remedy"].as_str().unwrap().contains("external"),
        "{problem:#}"
    );
    load(&world, &settings, &world.loader).failed(1);
    assert_eq!(world.keys().len(), 1);
}

#[test]
fn a_role_that_nobody_allowed_is_denied() {
    let world = Guarded::start();
    let settings = world.settings(
        json!({"aws_auth_mode": "assume_role", "aws_role_arn": "arn:aws:iam::123456789012:role/none"}),
    );
    let (code, step, problem) = failure(&world, &settings, &world.loader);
    assert_eq!(
        (code.as_str(), step.as_str()),
        ("assume_role_denied", "credentials"),
        "{problem:#}"
    );
    let remedy = problem["remedy"].as_str().unwrap();
    assert!(
        remedy.contains("allow sts:AssumeRole on arn:aws:iam::123456789012:role/none"),
        "{problem:#}"
    );
    assert!(!problem.to_string().contains("no details"), "{problem:#}");
}

#[test]
fn a_role_that_wants_an_external_id_is_not_assumed_without() {
    // moto lets a missing ID pass, the simulator doesn't.
    let store = Store::new();
    let settings = json!({
        "s3_bucket": BUCKET, "integration_name": "demo", "sentinel_key": CHALLENGE,
        "aws_auth_mode": "assume_role", "aws_role_arn": ROLE,
    });
    let ended = Landfall::with(["check"])
        .config(&settings)
        .variable("AWS_ENDPOINT_URL", &store.server().endpoint_url())
        .variable("AWS_ACCESS_KEY_ID", landfall_sim::ACCESS_KEY_ID)
        .variable("AWS_SECRET_ACCESS_KEY", landfall_sim::SECRET_ACCESS_KEY)
        .run("")
        .failed(1);
    assert!(
        ended.stdout.contains("at credentials (assume_role_denied)"),
        "{}",
        ended.stdout
    );
    assert!(ended.stdout.contains("aws_external_id"), "{}", ended.stdout);
}

#[test]
fn what_the_user_did_to_the_challenge_file_is_told() {
    let world = Guarded::start();
    let settings = world.settings(json!({}));
    world.grant(&generated_policy(&world, &settings));
    let code = "
s3.delete_object(Bucket=sys.argv[4], Key=sys.argv[5])
s3.put_object(Bucket=sys.argv[4], Key=sys.argv[5] + '.txt', Body=b'')
";
    world.administer(code, &[BUCKET, CHALLENGE]);
    let (code, step, problem) = failure(&world, &settings, &world.loader);
    assert_eq!(
        (code.as_str(), step.as_str()),
        ("missing_challenge_file", "head_challenge"),
        "{problem:#}"
    );
    assert!(
        problem["remedy"].as_str().unwrap().contains(".txt"),
        "{problem:#}"
    );
    let ended = load(&world, &settings, &world.loader).failed(1);
    let raw = "An error occurred (404) when calling the HeadObject operation: Not Found";
    assert_eq!(
        ended.last_log_line(),
        format!("CRITICAL access check of bucket {BUCKET}: {raw}")
    );
    assert!(
        ended.logged("ERROR")[0].starts_with("missing_challenge_file: "),
        "{}",
        ended.stderr
    );
}
