//! Clients that push as fast as they are answered.

use std::fs;
use std::io::{self, BufReader, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use crate::http::read_answer;

/// What one connection saw.
#[derive(Default)]
struct Seen {
    /// Microseconds from the first byte of a request to the last of its answer, of accepted ones.
    waits: Vec<u32>,
    /// Answers 503.
    refused: u64,
}

/// POSTs the batch in `body` over `clients` connections for `seconds`. Each waits for its answer before it goes on, and
/// none stops before its last answer, so that what is counted is all that was accepted.
pub(crate) fn push(address: &str, token: &str, body: &str, clients: u32, seconds: u32) -> io::Result<String> {
    let body = fs::read(body)?;
    let mut request = format!(
        "POST /v2/import/batch HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(&body);
    let connections: Vec<TcpStream> = (0..clients)
        .map(|_| TcpStream::connect(address))
        .collect::<io::Result<_>>()?;
    let started = Instant::now();
    let end = started + Duration::from_secs(seconds.into());
    let seen = thread::scope(|scope| {
        let running: Vec<_> = connections
            .into_iter()
            .map(|connection| scope.spawn(|| one_client(connection, &request, end)))
            .collect();
        let join = |client: thread::ScopedJoinHandle<'_, _>| {
            client
                .join()
                .unwrap_or_else(|_| Err(io::Error::other("a client panicked")))
        };
        running.into_iter().map(join).collect::<io::Result<Vec<Seen>>>()
    })?;
    Ok(tell(seen, started.elapsed(), body.len()))
}

fn one_client(connection: TcpStream, request: &[u8], end: Instant) -> io::Result<Seen> {
    connection.set_nodelay(true)?;
    let mut connection = BufReader::with_capacity(4096, connection);
    let mut seen = Seen::default();
    loop {
        let sent = Instant::now();
        if sent >= end {
            return Ok(seen);
        }
        connection.get_mut().write_all(request)?;
        let answer = read_answer(&mut connection)?;
        match answer.status {
            201 | 202 => seen
                .waits
                .push(u32::try_from(sent.elapsed().as_micros()).unwrap_or(u32::MAX)),
            503 => {
                seen.refused += 1;
                thread::sleep(Duration::from_millis(10));
            }
            _ => return Err(answer.into_error()),
        }
    }
}

fn tell(seen: Vec<Seen>, took: Duration, body_bytes: usize) -> String {
    let refused: u64 = seen.iter().map(|client| client.refused).sum();
    let mut waits: Vec<u32> = seen.into_iter().flat_map(|client| client.waits).collect();
    waits.sort_unstable();
    let milliseconds = |percent: usize| {
        let at = waits.len().saturating_sub(1) * percent / 100;
        f64::from(waits.get(at).copied().unwrap_or(0)) / 1000.0
    };
    format!(
        r#"{{"count": {}, "refused": {refused}, "bytes": {}, "seconds": {:.6}, "p50_ms": {:.3}, "p99_ms": {:.3}}}"#,
        waits.len(),
        waits.len() * body_bytes,
        took.as_secs_f64(),
        milliseconds(50),
        milliseconds(99),
    )
}
