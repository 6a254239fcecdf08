//! Reading from and writing to descriptors that may not block.
//!
//! Whether a pipe or terminal blocks is a property of the open file, which is shared with those who handed it on: where
//! one of them works without blocking, so does the end that Landfall has. What can't be done yet is waited for.

use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};

use rustix::buffer::spare_capacity;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

/// Appends what there is to `block`, as far as it has room, and waits until there is something; 0 at the end.
///
/// # Errors
/// If reading fails otherwise than by a signal or for now.
pub(crate) fn read(file: impl AsFd, block: &mut Vec<u8>) -> io::Result<usize> {
    loop {
        match rustix::io::read(&file, spare_capacity(block)) {
            Err(fault) => wait_out(fault, file.as_fd(), PollFlags::IN)?,
            read => return Ok(read?),
        }
    }
}

/// Writes at once, without a buffer in between, and waits where the descriptor takes nothing for now.
#[derive(Debug)]
pub(crate) struct Patient<F>(pub(crate) F);

impl<F: AsFd> Write for Patient<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match rustix::io::write(&self.0, bytes) {
                Err(fault) => wait_out(fault, self.0.as_fd(), PollFlags::OUT)?,
                written => return Ok(written?),
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Returns when it is worth trying again.
///
/// # Errors
/// The fault, if it does not pass.
fn wait_out(fault: Errno, file: BorrowedFd<'_>, until: PollFlags) -> io::Result<()> {
    match fault {
        Errno::INTR => Ok(()),
        Errno::AGAIN => match poll(&mut [PollFd::from_borrowed_fd(file, until)], None) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(fault) => Err(fault.into()),
        },
        fault => Err(fault.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::thread;

    use rustix::io::ioctl_fionbio;

    use super::*;

    #[test]
    fn an_end_of_a_pipe_that_does_not_block_is_waited_for() {
        let (reader, writer) = io::pipe().unwrap();
        ioctl_fionbio(&reader, true).unwrap();
        ioctl_fionbio(&writer, true).unwrap();
        // More than a pipe holds: the writer has to wait for the reader, who waits for the first bytes.
        let text: Vec<u8> = (0..1 << 20).map(|number: u32| number as u8).collect();
        let written = text.clone();
        let writing = thread::spawn(move || Patient(writer).write_all(&written));
        let mut found = Vec::new();
        loop {
            found.reserve(4096);
            if read(&reader, &mut found).unwrap() == 0 {
                break;
            }
        }
        writing.join().unwrap().unwrap();
        assert!(found == text);
    }

    #[test]
    fn other_faults_are_not_waited_for() {
        let (reader, writer) = io::pipe().unwrap();
        ioctl_fionbio(&writer, true).unwrap();
        drop(reader);
        let fault = Patient(writer).write_all(b"x").unwrap_err();
        assert_eq!(fault.kind(), io::ErrorKind::BrokenPipe);
        let mut nothing = Vec::with_capacity(1);
        let folder = std::fs::File::open("/").unwrap();
        assert!(read(&folder, &mut nothing).is_err());
        assert_eq!(
            (&folder).read(&mut [0]).unwrap_err().kind(),
            io::ErrorKind::IsADirectory
        );
    }
}
