//! HTTP/1.1, spoken by hand.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

/// A request; what is not in `headers` is not sent, but for `Host`, `Connection` and `Content-Length`.
pub struct Request<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl<'a> Request<'a> {
    pub fn new(method: &'a str, path: &'a str) -> Self {
        Self {
            method,
            path,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// A good JSON request to an endpoint of the Import API.
    pub fn post(path: &'a str, body: impl Into<Vec<u8>>) -> Self {
        let mut request = Self::new("POST", path)
            .header("Authorization", "Bearer at_S1")
            .header("Content-Type", "application/json");
        request.body = body.into();
        request
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    fn has(&self, name: &str) -> bool {
        self.headers
            .iter()
            .any(|(found, _)| found.eq_ignore_ascii_case(name))
    }

    /// The request line and the headers.
    pub fn head(&self) -> String {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.path);
        if !self.has("host") {
            head.push_str("Host: localhost\r\n");
        }
        if !self.has("connection") {
            head.push_str("Connection: close\r\n");
        }
        if !self.has("content-length") && !self.has("transfer-encoding") && self.method != "GET" {
            head.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        }
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        head
    }

    pub fn send(&self, to: SocketAddr) -> Response {
        let mut stream = TcpStream::connect(to).unwrap();
        stream.write_all(self.head().as_bytes()).unwrap();
        // A refusal may come before all of the body was sent.
        let _ = stream.write_all(&self.body);
        Response::read(&mut stream)
    }
}

#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Response {
    /// Reads an answer and the end of the connection.
    pub fn read(stream: &mut TcpStream) -> Self {
        let mut bytes = Vec::new();
        // A connection that is reset after the answer was read has told all it had to.
        let mut piece = [0; 4096];
        while let Ok(length @ 1..) = stream.read(&mut piece) {
            bytes.extend_from_slice(&piece[..length]);
        }
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").expect("an answer");
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let header = |line: &str| {
            let (name, value) = line.split_once(':').unwrap();
            (name.to_ascii_lowercase(), value.trim().to_owned())
        };
        Self {
            status,
            headers: lines.map(header).collect(),
            body: body.to_owned(),
        }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(found, _)| found.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}
