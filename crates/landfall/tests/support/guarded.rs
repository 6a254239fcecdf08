//! moto with its guards on: signatures and IAM policies are enforced, and STS knows who asks.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::place::{BUCKET, CHALLENGE};
use super::process::Landfall;
use super::python;

/// An access key of moto.
#[derive(Debug, Clone)]
pub struct AccessKey {
    pub id: String,
    pub secret: String,
}

/// moto's server with an empty bucket, its challenge file, and the user `loader`, who may do nothing yet.
#[derive(Debug)]
pub struct Guarded {
    server: Child,
    endpoint_url: String,
    admin: AccessKey,
    pub loader: AccessKey,
}

impl Drop for Guarded {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Every script starts with this: the address of the server, and an administrator if there is one.
const CLIENTS: &str = "
import boto3, json, sys, urllib.request
endpoint, key_id, secret = sys.argv[1:4]
def client(service):
    return boto3.client(service, endpoint_url=endpoint, aws_access_key_id=key_id, aws_secret_access_key=secret, region_name='us-east-1')
s3, iam = client('s3'), client('iam')
";

const PREPARE: &str = "
bucket, challenge = sys.argv[4:6]
s3.create_bucket(Bucket=bucket)
s3.put_object(Bucket=bucket, Key=challenge, Body=b'')
def user(name):
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)['AccessKey']
    return {'id': key['AccessKeyId'], 'secret': key['SecretAccessKey']}
everything = {'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': '*', 'Resource': '*'}]}
keys = {name: user(name) for name in ['admin', 'loader']}
iam.put_user_policy(UserName='admin', PolicyName='all', PolicyDocument=json.dumps(everything))
urllib.request.urlopen(urllib.request.Request(endpoint + '/moto-api/reset-auth', data=b'0', headers={'Content-Type': 'text/plain'}))
print(json.dumps(keys))
";

impl Guarded {
    /// Starts it on a free port.
    #[track_caller]
    pub fn start() -> Self {
        let mut command = Command::new(python::program("moto_server"));
        command
            .args(["-H", "127.0.0.1", "-p", "0"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut server = command.spawn().unwrap();
        let mut log = BufReader::new(server.stderr.take().unwrap()).lines();
        let says_where = |line: String| Some(line.split_once("http://")?.1.to_owned());
        let address = log.by_ref().map_while(Result::ok).find_map(says_where);
        let endpoint_url = format!("http://{}", address.expect("moto_server starts").trim());
        // Its log must not fill up.
        std::thread::spawn(move || log.map_while(Result::ok).for_each(drop));
        let anybody = AccessKey {
            id: "any".to_owned(),
            secret: "any".to_owned(),
        };
        let prepared = script(&endpoint_url, &anybody, PREPARE, &[BUCKET, CHALLENGE]);
        let keys: Value = serde_json::from_str(&prepared).unwrap();
        let text = |user: &str, part: &str| keys[user][part].as_str().unwrap().to_owned();
        let key = |user: &str| AccessKey {
            id: text(user, "id"),
            secret: text(user, "secret"),
        };
        Self {
            admin: key("admin"),
            loader: key("loader"),
            server,
            endpoint_url,
        }
    }

    /// Runs Python as administrator, with the clients `s3` and `iam`; arguments begin at `sys.argv[4]`.
    #[track_caller]
    pub fn administer(&self, code: &str, arguments: &[&str]) -> String {
        script(&self.endpoint_url, &self.admin, code, arguments)
    }

    /// Gives the user `loader` this identity policy and no other.
    #[track_caller]
    pub fn grant(&self, policy: &Value) {
        let code =
            "iam.put_user_policy(UserName='loader', PolicyName='landfall', PolicyDocument=sys.argv[4])";
        self.administer(code, &[&as_moto_reads_it(policy).to_string()]);
    }

    /// The keys of all objects but the challenge file.
    #[track_caller]
    pub fn keys(&self) -> Vec<String> {
        let code = "
found = s3.list_objects_v2(Bucket=sys.argv[4]).get('Contents', [])
print(json.dumps([object['Key'] for object in found if object['Key'] != sys.argv[5]]))
";
        serde_json::from_str(&self.administer(code, &[BUCKET, CHALLENGE])).unwrap()
    }

    /// Uploads in parts that were begun and not ended.
    #[track_caller]
    pub fn unfinished_uploads(&self) -> usize {
        let code = "print(len(s3.list_multipart_uploads(Bucket=sys.argv[4]).get('Uploads', [])))";
        self.administer(code, &[BUCKET]).trim().parse().unwrap()
    }

    /// Settings of the bucket, as if it were Amazon's: the environment says where that is.
    pub fn settings(&self, more: Value) -> Value {
        let mut settings =
            json!({"s3_bucket": BUCKET, "integration_name": "demo", "sentinel_key": CHALLENGE});
        settings
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        settings
    }

    /// A call whose environment leads here, with this key.
    pub fn call(&self, landfall: Landfall, key: &AccessKey) -> Landfall {
        self.lead_here(landfall)
            .variable("AWS_ACCESS_KEY_ID", &key.id)
            .variable("AWS_SECRET_ACCESS_KEY", &key.secret)
    }

    /// A call whose environment leads here, without credentials.
    pub fn lead_here(&self, landfall: Landfall) -> Landfall {
        landfall
            .variable("AWS_ENDPOINT_URL", &self.endpoint_url)
            .variable("AWS_EC2_METADATA_DISABLED", "true")
    }

    pub fn endpoint_url(&self) -> &str {
        &self.endpoint_url
    }
}

/// moto asks for two actions where AWS doesn't: for `HeadBucket` AWS asks for `s3:ListBucket`, and whoever began an
/// upload may always abort it. So they go with the actions that they belong to, and with their resources.
pub fn as_moto_reads_it(policy: &Value) -> Value {
    let mut policy = policy.clone();
    for statement in policy["Statement"].as_array_mut().unwrap() {
        let mut actions = match statement["Action"].take() {
            Value::Array(actions) => actions,
            action => vec![action],
        };
        for (action, with_it) in [
            ("s3:ListBucket", "s3:HeadBucket"),
            ("s3:PutObject", "s3:AbortMultipartUpload"),
        ] {
            if actions.contains(&json!(action)) {
                actions.push(json!(with_it));
            }
        }
        statement["Action"] = Value::Array(actions);
    }
    policy
}

/// One statement for each action, so that each can be taken away.
pub fn statements(policy: &Value) -> Vec<(String, Value)> {
    let mut statements = Vec::new();
    for statement in policy["Statement"].as_array().unwrap() {
        let actions = match &statement["Action"] {
            Value::Array(actions) => actions.clone(),
            action => vec![action.clone()],
        };
        for action in actions {
            statements.push((action.as_str().unwrap().to_owned(), statement["Resource"].clone()));
        }
    }
    statements
}

/// A policy of such statements.
pub fn policy_of(statements: &[(String, Value)]) -> Value {
    let allow = |(action, resource): &(String, Value)| json!({"Effect": "Allow", "Action": action, "Resource": resource});
    json!({"Version": "2012-10-17", "Statement": statements.iter().map(allow).collect::<Vec<_>>()})
}

#[track_caller]
fn script(endpoint_url: &str, key: &AccessKey, code: &str, arguments: &[&str]) -> String {
    let first = [endpoint_url, key.id.as_str(), key.secret.as_str()];
    let arguments: Vec<&str> = first.iter().chain(arguments).copied().collect();
    python::run(&format!("{CLIENTS}{code}"), &arguments)
}
