//! What Landfall is held against in `make bench`, as bare as it can be.
//!
//! ```text
//! floor parse INPUT                  one core reads each line into a value with sonic-rs, and drops it
//! floor put http://HOST:PORT/PATH F… one connection PUTs the files, one after the other, and waits for each answer
//! ```

use std::fs::{self, File};
use std::hint::black_box;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        ["parse", input] => parse(input).map(|lines| println!("{lines} lines")),
        ["put", url, files @ ..] if !files.is_empty() => {
            put_all(url, files).map(|bytes| println!("{bytes} bytes"))
        }
        _ => Err(io::Error::other("usage: floor parse INPUT | floor put URL FILE…")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("floor: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Parses every line of `input` into a [`sonic_rs::Value`]; one value lives at a time.
fn parse(input: &str) -> io::Result<u64> {
    let mut reader = BufReader::with_capacity(1 << 20, File::open(input)?);
    let mut line = Vec::new();
    let mut lines = 0;
    loop {
        line.clear();
        if reader.read_until(b'\n', &mut line)? == 0 {
            return Ok(lines);
        }
        let value: sonic_rs::Value = sonic_rs::from_slice(&line).map_err(io::Error::other)?;
        black_box(&value);
        lines += 1;
    }
}

/// PUTs `files` below `url` over one kept-alive connection, and returns how many bytes of them were sent.
fn put_all(url: &str, files: &[&str]) -> io::Result<u64> {
    let rest = url
        .strip_prefix("http://")
        .ok_or_else(|| io::Error::other("the URL must begin with http://"))?;
    let (host, prefix) = rest
        .split_once('/')
        .ok_or_else(|| io::Error::other("the URL lacks a path"))?;
    let mut connection = BufReader::new(TcpStream::connect(host)?);
    connection.get_ref().set_nodelay(true)?;
    let mut sent = 0;
    for (number, path) in files.iter().enumerate() {
        let body = fs::read(path)?;
        let head = format!(
            "PUT /{prefix}/{number} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {}\r\n\
             x-amz-content-sha256: UNSIGNED-PAYLOAD\r\n\r\n",
            body.len()
        );
        connection.get_mut().write_all(head.as_bytes())?;
        connection.get_mut().write_all(&body)?;
        read_answer(&mut connection)?;
        sent += body.len() as u64;
    }
    Ok(sent)
}

/// Reads one answer to its end, so that the next request can follow on the same connection.
fn read_answer(connection: &mut BufReader<TcpStream>) -> io::Result<()> {
    let mut status = String::new();
    connection.read_line(&mut status)?;
    let mut body_bytes = 0;
    loop {
        let mut header = String::new();
        connection.read_line(&mut header)?;
        let header = header.trim_end().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(length) = header.strip_prefix("content-length:") {
            body_bytes = length.trim().parse().map_err(io::Error::other)?;
        }
    }
    let mut body = vec![0; body_bytes];
    connection.read_exact(&mut body)?;
    match status.split_whitespace().nth(1) {
        Some("200" | "201" | "204") => Ok(()),
        _ => Err(io::Error::other(format!(
            "{} {}",
            status.trim_end(),
            String::from_utf8_lossy(&body)
        ))),
    }
}
