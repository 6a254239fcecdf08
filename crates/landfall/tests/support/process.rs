//! The binary as a process.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;

use serde_json::Value;
use tempfile::TempDir;

/// A call of the binary. The environment is empty but for what a test puts there.
#[derive(Debug)]
pub struct Landfall {
    program: OsString,
    arguments: Vec<OsString>,
    environment: Vec<(String, String)>,
    /// Settings files and home.
    dir: TempDir,
}

/// How a call ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    /// The lines of stdout: states, after a load.
    pub fn states(&self) -> Vec<&str> {
        self.stdout.lines().collect()
    }

    pub fn last_log_line(&self) -> &str {
        self.stderr.lines().last().unwrap_or_default()
    }

    /// Lines of one level, without the level.
    pub fn logged(&self, level: &str) -> Vec<&str> {
        self.stderr
            .lines()
            .filter_map(|line| line.strip_prefix(level)?.strip_prefix(' '))
            .collect()
    }

    /// Fails unless the call succeeded.
    #[track_caller]
    pub fn succeeded(self) -> Self {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        self
    }

    /// Fails unless the call ended with this code and no panic.
    #[track_caller]
    pub fn failed(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}", self.stderr);
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        self
    }
}

impl Landfall {
    /// `landfall` with arguments.
    pub fn with<A: Into<OsString>>(arguments: impl IntoIterator<Item = A>) -> Self {
        Self {
            program: env!("CARGO_BIN_EXE_landfall").into(),
            arguments: arguments.into_iter().map(Into::into).collect(),
            environment: Vec::new(),
            dir: tempfile::tempdir().unwrap(),
        }
    }

    /// `landfall load --config FILE`
    pub fn load(settings: &Value) -> Self {
        Self::with(["load"]).config(settings)
    }

    /// One more settings file.
    pub fn config(mut self, settings: &Value) -> Self {
        let path = self
            .dir
            .path()
            .join(format!("settings-{}.json", self.arguments.len()));
        std::fs::write(&path, settings.to_string()).unwrap();
        self.arguments.extend(["--config".into(), path.into()]);
        self
    }

    pub fn argument(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same binary by another name.
    pub fn program(mut self, program: impl Into<OsString>) -> Self {
        self.program = program.into();
        self
    }

    /// A folder that lasts as long as this.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .env_clear()
            .env("HOME", self.dir.path())
            .current_dir(self.dir.path());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Starts it.
    pub fn start(self) -> Running {
        Running::new(self.command().spawn().unwrap(), self.dir)
    }

    /// Starts it with its input from elsewhere.
    pub fn start_from(self, stdin: impl Into<Stdio>) -> Running {
        Running::new(self.command().stdin(stdin).spawn().unwrap(), self.dir)
    }

    /// Starts it with its states going elsewhere.
    pub fn start_telling(self, stdout: impl Into<Stdio>) -> Running {
        Running::new(self.command().stdout(stdout).spawn().unwrap(), self.dir)
    }

    /// Runs it over an input.
    pub fn run(self, input: impl AsRef<[u8]>) -> Ended {
        let mut running = self.start();
        running.feed_to_the_end(input);
        running.end()
    }
}

/// A process under way. It ends with this.
pub struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    feeder: Option<JoinHandle<()>>,
    stdout: Option<Lines<BufReader<ChildStdout>>>,
    stderr: Option<Lines<BufReader<ChildStderr>>>,
    stdout_read: String,
    stderr_read: String,
    _dir: TempDir,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    fn new(mut child: Child, dir: TempDir) -> Self {
        Self {
            stdin: child.stdin.take(),
            feeder: None,
            stdout: child.stdout.take().map(|stdout| BufReader::new(stdout).lines()),
            stderr: child.stderr.take().map(|stderr| BufReader::new(stderr).lines()),
            stdout_read: String::new(),
            stderr_read: String::new(),
            child,
            _dir: dir,
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Writes input; a process that has ended reads none.
    pub fn feed(&mut self, input: impl AsRef<[u8]>) {
        let _ = self.stdin.as_mut().unwrap().write_all(input.as_ref());
    }

    /// Writes input from a thread, so that output can be read meanwhile, and closes it.
    pub fn feed_to_the_end(&mut self, input: impl AsRef<[u8]>) {
        let (mut stdin, input) = (self.stdin.take().unwrap(), input.as_ref().to_owned());
        self.feeder = Some(std::thread::spawn(move || {
            let _ = stdin.write_all(&input);
        }));
    }

    /// Takes stdin, to be written elsewhere.
    pub fn take_stdin(&mut self) -> ChildStdin {
        self.stdin.take().unwrap()
    }

    /// Stops reading stdout.
    pub fn close_stdout(&mut self) {
        self.stdout = None;
    }

    /// The next line of stdout; `None` at its end.
    pub fn next_state(&mut self) -> Option<String> {
        let line = self.stdout.as_mut()?.next()?.ok()?;
        self.stdout_read.push_str(&line);
        self.stdout_read.push('\n');
        Some(line)
    }

    /// Waits until a line of the log contains `text`.
    #[track_caller]
    pub fn wait_for_log(&mut self, text: &str) {
        while let Some(Ok(line)) = self.stderr.as_mut().and_then(Iterator::next) {
            self.stderr_read.push_str(&line);
            self.stderr_read.push('\n');
            if line.contains(text) {
                return;
            }
        }
        panic!("{text:?} is not in the log:\n{}", self.stderr_read);
    }

    /// Sends a signal, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("sh")
            .args(["-c", "kill -s \"$0\" \"$1\"", name, &id])
            .status()
            .unwrap();
        assert!(sent.success(), "signal {name}");
    }

    /// `kill -9`
    pub fn kill(&mut self) {
        let _ = self.child.kill();
    }

    /// Waits for the end, without closing stdin.
    pub fn end_with_open_input(mut self) -> Ended {
        let open = self.stdin.take();
        let ended = self.end();
        drop(open);
        ended
    }

    /// Closes stdin and waits for the end.
    pub fn end(mut self) -> Ended {
        self.stdin = None;
        let stderr = self.stderr.take();
        let mut log = std::mem::take(&mut self.stderr_read);
        let reader = std::thread::spawn(move || {
            read_rest(stderr, &mut log);
            log
        });
        let mut stdout = std::mem::take(&mut self.stdout_read);
        read_rest(self.stdout.take(), &mut stdout);
        let status: ExitStatus = self.child.wait().unwrap();
        if let Some(feeder) = self.feeder.take() {
            feeder.join().unwrap();
        }
        Ended {
            code: status.code(),
            stdout,
            stderr: reader.join().unwrap(),
        }
    }
}

fn read_rest<R: Read>(lines: Option<Lines<BufReader<R>>>, all: &mut String) {
    for line in lines.into_iter().flatten().map_while(Result::ok) {
        all.push_str(&line);
        all.push('\n');
    }
}
