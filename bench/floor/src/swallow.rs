//! The least that a server can do with a body: read it.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use crate::http::read_head;

/// As long as what Landfall answers.
const ANSWER: &[u8] = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 44\r\n\r\n\
    {\"status\":\"OK\",\"message\":\"Batch Accepted!!\"}";

/// Answers all that come to `address`, each connection on a thread of its own. Prints where it listens.
pub(crate) fn serve(address: &str) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    println!("{}", listener.local_addr()?);
    for connection in listener.incoming() {
        let connection = connection?;
        // A client that goes away is no fault.
        thread::spawn(move || answer_all(connection));
    }
    Ok(())
}

fn answer_all(connection: TcpStream) -> io::Result<()> {
    connection.set_nodelay(true)?;
    let mut connection = BufReader::with_capacity(64 << 10, connection);
    while let Some((_, mut left)) = read_head(&mut connection)? {
        while left > 0 {
            let here = connection.fill_buf()?.len().min(left);
            if here == 0 {
                return Ok(());
            }
            connection.consume(here);
            left -= here;
        }
        connection.get_mut().write_all(ANSWER)?;
    }
    Ok(())
}
