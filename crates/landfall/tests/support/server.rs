//! `landfall serve` as a process, and the plainest of HTTP clients.
#![allow(dead_code, reason = "each test file takes what it needs")]

use std::collections::BTreeMap;
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

    /// Starts the server where one has been before.
    pub fn start_at(&self, address: &str) -> Server {
        let mut command = self.command(&["serve", "--listen", address, "--quiet"]);
        command.env("LANDFALL_ADMIN_KEY", ADMIN_KEY);
        Self::started(command)
    }

    /// As [`Site::start`], with variables in the environment.
    pub fn start_with(&self, more: &[&str], variables: &[(&str, &str)]) -> Server {
        let mut command = self.serve(more);
        command.envs(variables.iter().copied());
        Self::started(command)
    }

    /// As [`Site::start`], where no file may become larger than so many KiB.
    pub fn start_with_small_files(&self, most_kib: u32, more: &[&str]) -> Server {
        let inner = self.serve(more);
        let mut command = Command::new("bash");
        // A write that is too much fails, as one on a full disk does.
        let limited = format!("ulimit -f {most_kib}; exec \"$@\"");
        command.args(["-c", &limited, "bash"]).arg(inner.get_program());
        command.args(inner.get_args()).env_clear();
        let variables = inner.get_envs().filter_map(|(name, value)| Some((name, value?)));
        command.envs(variables).env("PATH", "/usr/bin:/bin");
        Self::started(command)
    }

    /// Starts a server that does not go on, and returns what it said about that.
    pub fn start_in_vain(&self, more: &[&str]) -> String {
        let mut command = self.serve(more);
        let ended = command.stdin(Stdio::null()).output().unwrap();
        assert_eq!(ended.status.code(), Some(1), "{ended:?}");
        String::from_utf8(ended.stderr).unwrap()
    }

    fn serve(&self, more: &[&str]) -> Command {
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0", "--quiet"]);
        command.args(more).env("LANDFALL_ADMIN_KEY", ADMIN_KEY);
        command
    }

    fn started(mut command: Command) -> Server {
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

    /// All objects by their keys, the challenge file among them.
    pub fn objects(&self) -> BTreeMap<String, String> {
        let mut objects = BTreeMap::new();
        read_objects(&self.bucket(), "", &mut objects);
        objects
    }

    /// The lines of all objects below a folder of the bucket.
    pub fn lines(&self, folder: &str) -> Vec<Value> {
        let mut lines = Vec::new();
        read_folder(&self.bucket().join(folder), &mut lines);
        lines
    }
}

fn read_objects(folder: &Path, prefix: &str, objects: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let key = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        if key == ".landfall-tmp" {
            continue;
        }
        if entry.path().is_dir() {
            read_objects(&entry.path(), &format!("{key}/"), objects);
        } else {
            objects.insert(key, std::fs::read_to_string(entry.path()).unwrap());
        }
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

    /// Connects the site's bucket for JSONL.
    pub fn set_up_destination(&self, site: &Site) {
        self.set_up_destination_for(site, "jsonl");
    }

    /// Connects the site's bucket.
    pub fn set_up_destination_for(&self, site: &Site, format: &str) {
        self.connect(site, format, 1);
    }

    /// Connects the site's bucket by a destination that gets this number.
    pub fn connect(&self, site: &Site, format: &str, number: u32) {
        let root = site.bucket().parent().unwrap().to_str().unwrap().to_owned();
        let challenge = self.create_destination(&json!({
            "s3_bucket": "lake",
            "output_file_format": format,
            "s3_key_format_string": format!("[integration_name]/[table_name]/[table_version]_[timestamp_loaded].{format}"),
            "s3_endpoint_url": format!("file://{root}"),
        }));
        std::fs::write(site.bucket().join(challenge), "").unwrap();
        self.check(number);
    }

    /// Makes a destination, and returns the key of its challenge file.
    pub fn create_destination(&self, properties: &Value) -> String {
        let destination = json!({"type": "s3", "properties": properties});
        let made = self.manage("POST", "/v4/destinations", Some(&destination));
        let made = made.ok().json();
        made["generated_sentinel_key"].as_str().unwrap().to_owned()
    }

    /// Has the first destination checked until it is active.
    #[track_caller]
    pub fn check_destination(&self) {
        self.check(1);
    }

    #[track_caller]
    fn check(&self, number: u32) {
        let path = format!("/v4/destinations/{number}/check");
        self.manage("POST", &path, Some(&json!({}))).ok();
        wait_until("the destination is active", || self.status_of(number) == "active");
    }

    /// How the first destination is doing.
    pub fn destination_status(&self) -> String {
        self.status_of(1)
    }

    fn status_of(&self, number: u32) -> String {
        let now = self.manage("GET", &format!("/v4/destinations/{number}"), None);
        let now = now.ok().json();
        now["landfall_status"].as_str().unwrap_or_default().to_owned()
    }

    /// Connects the site's bucket, and returns the token of a source named `shop`.
    pub fn set_up(&self, site: &Site) -> String {
        self.set_up_destination(site);
        self.set_up_source()
    }

    /// Makes the source `shop`, and returns a token of it.
    pub fn set_up_source(&self) -> String {
        let source = json!({"type": "import_api", "display_name": "Shop"});
        self.manage("POST", "/v4/sources", Some(&source)).ok();
        let token = self.manage("POST", "/v4/sources/1/tokens", None).ok().json();
        token["access_token"].as_str().unwrap().to_owned()
    }

    /// Pushes a batch.
    pub fn push(&self, token: &str, body: &str) -> std::io::Result<Answer> {
        request(&self.address, "POST", "/v2/import/batch", token, body)
    }

    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// The number of its process.
    pub fn process_id(&self) -> u32 {
        self.child.id()
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

/// Waits for something that other processes do, half a minute at most.
#[track_caller]
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
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
