//! What Landfall is held against in `make bench`, as bare as it can be.
//!
//! ```text
//! floor parse INPUT                  one core reads each line into a value with sonic-rs, and drops it
//! floor put http://HOST:PORT/PATH F… one connection PUTs the files, one after the other, and waits for each answer
//! floor push ADDRESS TOKEN BODY CLIENTS SECONDS  as many connections POST a batch again and again
//! floor swallow ADDRESS              a server that reads bodies and answers 201, until it is killed
//! floor sync FILE BODY SECONDS       one thread appends the body and syncs, again and again
//! floor parse-body BODY SECONDS      one core reads the body into a value with sonic-rs, again and again
//! ```
//!
//! The last four belong to the intake bench; all but the server print one line of JSON.

mod http;
mod push;
mod repeat;
mod swallow;

use std::fs::{self, File};
use std::hint::black_box;
use std::io::{self, BufRead, BufReader, Write};
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
        ["push", address, token, body, clients, seconds] => {
            push::push(address, token, body, number(clients), number(seconds)).map(|told| println!("{told}"))
        }
        ["swallow", address] => swallow::serve(address),
        ["sync", file, body, seconds] => {
            repeat::sync(file, body, number(seconds)).map(|told| println!("{told}"))
        }
        ["parse-body", body, seconds] => {
            repeat::parse_body(body, number(seconds)).map(|told| println!("{told}"))
        }
        _ => Err(io::Error::other(
            "usage: floor parse INPUT | put URL FILE… | push ADDRESS TOKEN BODY CLIENTS SECONDS | \
             swallow ADDRESS | sync FILE BODY SECONDS | parse-body BODY SECONDS",
        )),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("floor: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A whole number from 1 that the driver gave; anything else counts as 1.
fn number(text: &str) -> u32 {
    text.parse().unwrap_or(1).max(1)
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
        let answer = http::read_answer(&mut connection)?;
        if !matches!(answer.status, 200 | 201 | 204) {
            return Err(answer.into_error());
        }
        sent += body.len() as u64;
    }
    Ok(sent)
}
