//! `landfall serve` as a process, and the plainest of HTTP clients.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

pub const ADMIN_KEY: &str = "a key for tests that is long enough";

/// The folders of a server, which outlive its processes.
pub struct Site {
    dir: tempfile::TempDir,
}

/// A running server.
pub struct Server {
    child: Child,
    pub address: String,
    /// What creating the administrator takes, if there is none.
    #[allow(dead_code, reason = "each test binary uses its part")]
    pub setup_code: Option<String>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    #[track_caller]
    pub fn ok(self) -> Self {
        assert!((200..300).contains(&self.status), "{self:?}");
        self
    }
}

impl Site {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("buckets/lake")).unwrap();
        Self { dir }
    }

    pub fn bucket(&self) -> PathBuf {
        self.dir.path().join("buckets/lake")
    }

    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_landfall"));
        command.args(arguments).env_clear().env("HOME", self.dir.path());
        command.arg("--data-dir").arg(self.data());
        command
    }

    /// Starts the server, and waits until it says where it is.
    pub fn start(&self, more: &[&str]) -> Server {
        self.start_with(more, &[])
    }

    /// The same, with more in the environment.
    pub fn start_with(&self, more: &[&str], environment: &[(&str, &str)]) -> Server {
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0", "--quiet"]);
        command.args(more).env("LANDFALL_ADMIN_KEY", ADMIN_KEY);
        command.envs(environment.iter().copied());
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut said = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut said).unwrap();
        // All is said at once.
        let more = String::from_utf8_lossy(stdout.buffer()).into_owned();
        let setup_code = more
            .split("/setup?code=")
            .nth(1)
            .and_then(|code| code.split(' ').next());
        let address = said.split("://").nth(1).and_then(|rest| rest.split(' ').next());
        Server {
            address: address
                .unwrap_or_else(|| panic!("the server said {said:?}"))
                .to_owned(),
            setup_code: setup_code.map(str::to_owned),
            child,
        }
    }

    /// Puts a file beside the data, and returns its path.
    pub fn write(&self, name: &str, text: &str) -> String {
        let path = self.dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// `landfall verify --read --json`.
    pub fn verify(&self) -> Value {
        let output = self.command(&["verify", "--read", "--json"]).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        serde_json::from_str(&text)
            .unwrap_or_else(|_| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)))
    }

    /// The lines of all objects below a folder of the bucket.
    pub fn lines(&self, folder: &str) -> Vec<Value> {
        let mut lines = Vec::new();
        read_folder(&self.bucket().join(folder), &mut lines);
        lines
    }
}

fn read_folder(folder: &Path, lines: &mut Vec<Value>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_folder(&path, lines);
        } else {
            let text = std::fs::read_to_string(path).unwrap();
            lines.extend(
                text.lines()
                    .map(|line| serde_json::from_str::<Value>(line).unwrap()),
            );
        }
    }
}

/// A test that fails leaves no server behind.
impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Sends a request with the admin key.
    pub fn manage(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let body = body.map(Value::to_string).unwrap_or_default();
        request(&self.address, method, path, ADMIN_KEY, &body).unwrap()
    }

    /// Connects the site's bucket.
    pub fn set_up_destination(&self, site: &Site) {
        let root = site.bucket().parent().unwrap().to_str().unwrap().to_owned();
        let destination = json!({"type": "s3", "properties": {
            "s3_bucket": "lake",
            "output_file_format": "jsonl",
            "s3_key_format_string": "[integration_name]/[table_name]/[table_version]_[timestamp_loaded].jsonl",
            "s3_endpoint_url": format!("file://{root}"),
        }});
        let made = self
            .manage("POST", "/v4/destinations", Some(&destination))
            .ok()
            .json();
        let challenge = made["generated_sentinel_key"].as_str().unwrap();
        std::fs::write(site.bucket().join(challenge), "").unwrap();
        self.manage("POST", "/v4/destinations/1/check", Some(&json!({})))
            .ok();
        wait_until("the destination is active", || {
            let now = self.manage("GET", "/v4/destinations/1", None).json();
            now["landfall_status"] == "active"
        });
    }

    /// Connects the site's bucket, and returns the token of a source named `shop`.
    pub fn set_up(&self, site: &Site) -> String {
        self.set_up_destination(site);
        let source = json!({"type": "import_api", "display_name": "Shop"});
        self.manage("POST", "/v4/sources", Some(&source)).ok();
        let token = self.manage("POST", "/v4/sources/1/tokens", None).ok().json();
        token["access_token"].as_str().unwrap().to_owned()
    }

    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Ends it in order, and returns how that went.
    pub fn end(mut self) -> ExitStatus {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .unwrap()
                .success()
        );
        self.child.wait().unwrap()
    }
}

/// Waits for something that other processes do, ten seconds at most.
#[track_caller]
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !is_so() {
        assert!(Instant::now() < deadline, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// One request over a connection of its own.
pub fn request(address: &str, method: &str, path: &str, token: &str, body: &str) -> std::io::Result<Answer> {
    let connection = TcpStream::connect(address)?;
    connection.set_nodelay(true)?;
    request_over(connection, address, (method, path), token, body)
}

/// One request over a connection that is there.
pub fn request_over(
    mut connection: impl Read + Write,
    address: &str,
    (method, path): (&str, &str),
    token: &str,
    body: &str,
) -> std::io::Result<Answer> {
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    connection.write_all(head.as_bytes())?;
    connection.write_all(body.as_bytes())?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    let cut_off = || std::io::Error::other("the answer is cut off");
    let status = answer
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .ok_or_else(cut_off)?;
    let (_, body) = answer.split_once("\r\n\r\n").ok_or_else(cut_off)?;
    Ok(Answer {
        status,
        body: body.to_owned(),
    })
}

/// A batch of records `{"id":n}`.
pub fn batch(table: &str, ids: std::ops::Range<u64>) -> String {
    let messages: Vec<Value> = ids
        .map(|id| json!({"action": "upsert", "sequence": id, "data": {"id": id}}))
        .collect();
    json!({
        "table_name": table,
        "schema": {"properties": {"id": {"type": "integer"}}},
        "messages": messages,
        "key_names": ["id"],
    })
    .to_string()
}
