//! Chromium without a window, driven through chromedriver by the WebDriver protocol.
//!
//! The protocol is a few JSON requests, for which no library is needed. A part that
//! is missing (`chromedriver`, `chromium`, axe-core) fails the test: `scripts/test-deps.sh` installs them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::server::wait_until;

const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser, which ends with the value.
pub struct Chromium {
    driver: Child,
    address: String,
    session: String,
    _profile: tempfile::TempDir,
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let path = format!("/session/{}", self.session);
        let _ = exchange(&self.address, "DELETE", &path, "");
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// One request. Chromedriver leaves connections open, so its answer ends where it says.
fn exchange(address: &str, method: &str, path: &str, body: &str) -> std::io::Result<(u16, Value)> {
    let connection = TcpStream::connect(address)?;
    let length = body.len();
    write!(
        &connection,
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {length}\r\n\r\n{body}"
    )?;
    let mut reader = BufReader::new(&connection);
    let (mut status, mut length, mut line) = (0, 0, String::new());
    while reader.read_line(&mut line)? > 2 {
        if let Some(code) = line.strip_prefix("HTTP/1.1 ") {
            status = code[..3].parse().unwrap();
        } else if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        line.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok((status, serde_json::from_slice(&body)?))
}

impl Chromium {
    pub fn start() -> Self {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is missing: run scripts/test-deps.sh");
        let lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines
            .map_while(Result::ok)
            .find_map(|line| {
                let (_, port) = line.split_once("started successfully on port ")?;
                Some(port.trim_end_matches('.').to_owned())
            })
            .expect("chromedriver says its port");
        let mut browser = Self {
            driver,
            address: format!("localhost:{port}"),
            session: String::new(),
            _profile: tempfile::tempdir().unwrap(),
        };
        let profile = browser._profile.path().display().to_string();
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            &format!("--user-data-dir={profile}"),
        ];
        let wanted = json!({"capabilities": {"alwaysMatch": {"goog:chromeOptions": {"args": arguments}}}});
        let made = browser.call("POST", "/session", &wanted);
        made["sessionId"]
            .as_str()
            .unwrap()
            .clone_into(&mut browser.session);
        browser
    }

    #[track_caller]
    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if method == "GET" {
            String::new()
        } else {
            body.to_string()
        };
        let (status, mut answer) = exchange(&self.address, method, path, &body).unwrap();
        assert_eq!(status, 200, "{method} {path}: {answer}");
        answer["value"].take()
    }

    #[track_caller]
    fn command(&self, name: &str, body: &Value) -> Value {
        self.call("POST", &format!("/session/{}/{name}", self.session), body)
    }

    pub fn open(&self, url: &str) {
        self.command("url", &json!({"url": url}));
    }

    /// Runs the body of a function.
    #[track_caller]
    pub fn run(&self, script: &str) -> Value {
        self.command("execute/sync", &json!({"script": script, "args": []}))
    }

    /// The path of the page.
    pub fn path(&self) -> String {
        self.run("return location.pathname").as_str().unwrap().to_owned()
    }

    #[track_caller]
    fn element(&self, selector: &str) -> String {
        let found = self.command("element", &json!({"using": "css selector", "value": selector}));
        found[ELEMENT].as_str().unwrap().to_owned()
    }

    /// Types into what a selector finds, in the place of what is there.
    #[track_caller]
    pub fn type_into(&self, selector: &str, text: &str) {
        let element = self.element(selector);
        self.command(&format!("element/{element}/clear"), &json!({}));
        self.command(&format!("element/{element}/value"), &json!({"text": text}));
    }

    /// Clicks what a selector finds. A page with numbers that move may put a new element in its place between finding it
    /// and clicking, which then has not happened: the new one is clicked.
    #[track_caller]
    pub fn click(&self, selector: &str) {
        wait_until(selector, || {
            let element = self.element(selector);
            let path = format!("/session/{}/element/{element}/click", self.session);
            let (status, answer) = exchange(&self.address, "POST", &path, "{}").unwrap();
            let is_gone = answer["value"]["error"] == "stale element reference";
            assert!(is_gone || status == 200, "click {selector}: {answer}");
            !is_gone
        });
    }

    /// Presses keys, one after the other, wherever the focus is.
    #[allow(dead_code, reason = "each test binary uses its part")]
    #[track_caller]
    pub fn press(&self, keys: &str) {
        let strokes: Vec<Value> = keys
            .chars()
            .flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({"type": kind, "value": key})))
            .collect();
        let source = json!({"type": "key", "id": "keyboard", "actions": strokes});
        self.command("actions", &json!({"actions": [source]}));
    }

    /// Waits for a page.
    #[track_caller]
    pub fn wait_for(&self, path: &str) {
        wait_until(path, || {
            self.path() == path && self.run("return document.readyState") == "complete"
        });
    }

    /// What the reader's system is set to, `light` or `dark`; and no colours on their way from one to the other.
    pub fn prefer(&self, scheme: &str) {
        let features = json!([
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]);
        self.devtools("Emulation.setEmulatedMedia", &json!({"features": features}));
    }

    /// The size of the page on the screen, in CSS pixels.
    pub fn resize(&self, width: u32, height: u32) {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", &size);
    }

    /// Allows pages what a reader would be asked for, such as the clipboard.
    #[allow(dead_code, reason = "each test binary uses its part")]
    pub fn allow(&self, permission: &str) {
        self.devtools("Browser.grantPermissions", &json!({"permissions": [permission]}));
    }

    fn devtools(&self, command: &str, parameters: &Value) {
        self.command("goog/cdp/execute", &json!({"cmd": command, "params": parameters}));
    }

    /// Keeps a picture of the page in `target/screenshots`.
    pub fn keep_picture(&self, name: &str) {
        let picture = self.call(
            "GET",
            &format!("/session/{}/screenshot", self.session),
            &Value::Null,
        );
        let folder = root().join("target/screenshots");
        std::fs::create_dir_all(&folder).unwrap();
        let bytes = STANDARD.decode(picture.as_str().unwrap()).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), bytes).unwrap();
    }

    /// Looks at the page that is open: in both themes wide and at 360 pixels, with axe, and that nothing scrolls
    /// sideways.
    #[track_caller]
    pub fn inspect(&self, name: &str) {
        let axe = root().join(".venv/web/node_modules/axe-core/axe.min.js");
        let axe = std::fs::read_to_string(axe).expect("axe-core is missing: run scripts/test-deps.sh");
        self.run(&axe);
        for scheme in ["light", "dark"] {
            self.prefer(scheme);
            for (size, width) in [("wide", 1280), ("narrow", 360)] {
                self.resize(width, 800);
                self.keep_picture(&format!("{name}-{scheme}-{size}"));
                let page = format!("{name}, {scheme}, {size}");
                let excess = self.run("return document.documentElement.scrollWidth - innerWidth");
                assert!(
                    excess.as_i64().unwrap() <= 0,
                    "{page} scrolls sideways by {excess}"
                );
                let faults = self.run(AXE);
                assert_eq!(faults, json!([]), "{page}");
            }
        }
        self.resize(1280, 800);
        self.prefer("light");
    }
}

/// What axe finds, in a few words each.
const AXE: &str = "return axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', \
    'best-practice']}).then(found => found.violations.map(one => one.id + ': ' + \
    one.nodes.map(node => node.target + ' ' + node.failureSummary).join(' | ')))";
