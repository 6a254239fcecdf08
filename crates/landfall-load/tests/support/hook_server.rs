//! A receiver of post-load webhooks on this machine.
#![allow(dead_code, unreachable_pub, reason = "each test file takes what it needs")]

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

/// A request, as the server met it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

pub(crate) type Reply = Pin<Box<dyn Future<Output = Option<&'static str>> + Send>>;

/// A server that answers as its script says: a status line and headers, or never.
pub(crate) struct Server {
    pub(crate) address: std::net::SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    accepting: AbortHandle,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Server {
    /// `script` is asked with each request and the number of requests before it.
    pub(crate) async fn start(script: impl Fn(Seen, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let (all, script) = (seen.clone(), Arc::new(script));
        let accepting = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (all, script) = (all.clone(), script.clone());
                tokio::spawn(async move { serve(stream, &all, &*script).await });
            }
        });
        Self {
            address,
            seen,
            accepting: accepting.abort_handle(),
        }
    }

    /// Answers by these status lines in turn, the last one again and again.
    pub(crate) async fn answering(answers: &'static [&'static str]) -> Self {
        Self::start(move |_, before| {
            let answer = answers[before.min(answers.len() - 1)];
            Box::pin(async move { Some(answer) })
        })
        .await
    }

    pub(crate) fn url(&self, rest: &str) -> String {
        format!("http://{}{rest}", self.address)
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn bodies(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.body).collect()
    }
}

async fn serve(
    stream: TcpStream,
    all: &Mutex<Vec<Seen>>,
    script: &(dyn Fn(Seen, usize) -> Reply + Send + Sync),
) {
    let mut stream = BufReader::new(stream);
    let Some(seen) = read_request(&mut stream).await else {
        return;
    };
    let before = {
        let mut all = all.lock().unwrap();
        all.push(seen.clone());
        all.len() - 1
    };
    let Some(answer) = script(seen, before).await else {
        return std::future::pending().await;
    };
    let answer = format!("HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n");
    // A client that gave up does not listen any more.
    let _ = stream.write_all(answer.as_bytes()).await;
}

async fn read_request(stream: &mut BufReader<TcpStream>) -> Option<Seen> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        stream
            .read_line(&mut line)
            .await
            .ok()
            .filter(|bytes| *bytes > 0)?;
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let line = lines.remove(0);
    let header = |line: &String| {
        line.split_once(": ")
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    let headers: Vec<(String, String)> = lines.iter().filter_map(header).collect();
    let length = headers
        .iter()
        .find(|(name, _)| name == "Content-Length")?
        .1
        .parse()
        .ok()?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Seen {
        line,
        headers,
        body: String::from_utf8(body).unwrap(),
    })
}
