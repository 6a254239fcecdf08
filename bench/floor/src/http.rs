//! As much of HTTP/1.1 as two programs need that know each other.

use std::io::{self, BufRead, BufReader, Read};
use std::net::TcpStream;

/// What a server said.
pub(crate) struct Answer {
    pub status: u16,
    body: Vec<u8>,
}

impl Answer {
    /// The answer as the reason why the bench can't go on.
    pub fn into_error(self) -> io::Error {
        let Self { status, body } = self;
        io::Error::other(format!("{status} {}", String::from_utf8_lossy(&body)))
    }
}

/// Reads one answer to its end, so that the next request can follow on the same connection.
pub(crate) fn read_answer(connection: &mut BufReader<TcpStream>) -> io::Result<Answer> {
    let (first, body_bytes) =
        read_head(connection)?.ok_or_else(|| io::Error::other("the server closed the connection"))?;
    let mut body = vec![0; body_bytes];
    connection.read_exact(&mut body)?;
    let status = first.split(' ').nth(1).and_then(|code| code.parse().ok());
    let status = status.ok_or_else(|| io::Error::other(format!("no HTTP answer: {first}")))?;
    Ok(Answer { status, body })
}

/// Reads the first line, and how long the body is that follows; nothing at the end of the connection.
pub(crate) fn read_head(connection: &mut BufReader<TcpStream>) -> io::Result<Option<(String, usize)>> {
    let mut first = String::new();
    if connection.read_line(&mut first)? == 0 {
        return Ok(None);
    }
    let mut body_bytes = 0;
    let mut header = String::new();
    loop {
        header.clear();
        connection.read_line(&mut header)?;
        match header.trim_end().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                body_bytes = value.trim().parse().map_err(io::Error::other)?;
            }
            Some(_) => {}
            None => return Ok(Some((first, body_bytes))),
        }
    }
}
