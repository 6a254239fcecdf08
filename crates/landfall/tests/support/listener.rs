//! An HTTP server that keeps what it is told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};

use serde_json::Value;

/// A request.
#[derive(Debug)]
pub struct Posted {
    /// Request line and headers, in lower case.
    pub head: Vec<String>,
    pub body: Value,
}

/// Answers every request with 204.
#[derive(Debug)]
pub struct Listener {
    address: std::net::SocketAddr,
    posted: Receiver<Posted>,
}

impl Listener {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, posted) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let sender = sender.clone();
                std::thread::spawn(move || serve(stream, &sender));
            }
        });
        Self { address, posted }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What was posted so far.
    pub fn posted(&self) -> Vec<Posted> {
        self.posted.try_iter().collect()
    }
}

fn serve(stream: TcpStream, posted: &Sender<Posted>) {
    let mut answers = stream.try_clone().unwrap();
    let mut stream = BufReader::new(stream);
    loop {
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            match stream.read_line(&mut line) {
                Ok(read) if read > 0 => {}
                _ => return,
            }
            match line.trim_end() {
                "" => break,
                line => head.push(line.to_lowercase()),
            }
        }
        let length = head.iter().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        if stream.read_exact(&mut body).is_err() {
            return;
        }
        // The test may be over.
        let _ = posted.send(Posted {
            head,
            body: serde_json::from_slice(&body).unwrap_or_default(),
        });
        if answers.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").is_err() {
            return;
        }
    }
}
