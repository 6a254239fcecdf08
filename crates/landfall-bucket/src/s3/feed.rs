//! Object contents on their way into requests: read on a thread that may block, a few pieces ahead.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use aws_sdk_s3::primitives::{ByteStream, SdkBody};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::sync::mpsc;

use crate::body::{CACHED_PIECE_BYTES, ObjectBody};

/// Pieces that wait for the network: a mebibyte of what encoders yield.
const PIECES_AHEAD: usize = 4;

/// The content was longer or shorter than its `size_bytes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the content has not the {promised_bytes} bytes it announced: the encoder is at fault")]
pub(crate) struct WrongLength {
    pub(crate) promised_bytes: u64,
}

/// One reading of a content. Dropping it ends the reading thread at its next piece.
#[derive(Debug)]
pub(crate) struct Feed {
    pieces: mpsc::Receiver<Bytes>,
    promised_bytes: u64,
    left_bytes: u64,
    rest: Bytes,
}

impl Feed {
    /// Opens `body` from its start. Must be called within a tokio runtime.
    pub(crate) fn open(body: Arc<dyn ObjectBody>) -> Self {
        let (sender, pieces) = mpsc::channel(PIECES_AHEAD);
        let promised_bytes = body.size_bytes();
        // Ends by itself when the receiver is gone; a panic in an encoder shows as a content that is too short.
        let _reader = tokio::task::spawn_blocking(move || {
            for piece in body.open(CACHED_PIECE_BYTES) {
                if sender.blocking_send(piece).is_err() {
                    return;
                }
            }
        });
        Self {
            pieces,
            promised_bytes,
            left_bytes: promised_bytes,
            rest: Bytes::new(),
        }
    }

    fn wrong_length(&self) -> WrongLength {
        WrongLength {
            promised_bytes: self.promised_bytes,
        }
    }

    /// The next `limit_bytes` of the content, or what is left of it; empty at its end.
    pub(crate) async fn next_part(&mut self, limit_bytes: u64) -> Result<PartBytes, WrongLength> {
        let mut part = PartBytes::default();
        let wanted_bytes = limit_bytes.min(self.left_bytes);
        while part.size_bytes < wanted_bytes {
            if self.rest.is_empty() {
                self.rest = self.pieces.recv().await.ok_or_else(|| self.wrong_length())?;
            }
            let room = usize::try_from(wanted_bytes - part.size_bytes).unwrap_or(usize::MAX);
            part.push(self.rest.split_to(room.min(self.rest.len())));
        }
        self.left_bytes -= part.size_bytes;
        if self.left_bytes == 0 && (!self.rest.is_empty() || self.pieces.recv().await.is_some()) {
            return Err(self.wrong_length());
        }
        Ok(part)
    }

    pub(crate) fn into_stream(self) -> ByteStream {
        ByteStream::new(SdkBody::from_body_1_x(self))
    }
}

impl Body for Feed {
    type Data = Bytes;
    type Error = WrongLength;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, WrongLength>>> {
        match ready!(self.pieces.poll_recv(context)) {
            Some(piece) => match self.left_bytes.checked_sub(piece.len() as u64) {
                Some(left_bytes) => {
                    self.left_bytes = left_bytes;
                    Poll::Ready(Some(Ok(Frame::data(piece))))
                }
                None => Poll::Ready(Some(Err(self.wrong_length()))),
            },
            None if self.left_bytes == 0 => Poll::Ready(None),
            None => Poll::Ready(Some(Err(self.wrong_length()))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.left_bytes == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left_bytes)
    }
}

/// A part of a content, held in memory so that it can be sent again.
#[derive(Debug, Clone, Default)]
pub(crate) struct PartBytes {
    pieces: VecDeque<Bytes>,
    pub(crate) size_bytes: u64,
}

impl PartBytes {
    fn push(&mut self, piece: Bytes) {
        self.size_bytes += piece.len() as u64;
        self.pieces.push_back(piece);
    }

    pub(crate) fn pieces(&self) -> impl Iterator<Item = &Bytes> {
        self.pieces.iter()
    }

    pub(crate) fn into_stream(self) -> ByteStream {
        ByteStream::new(SdkBody::from_body_1_x(self))
    }
}

impl Body for PartBytes {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.pieces.pop_front().map(|piece| {
            self.size_bytes -= piece.len() as u64;
            Ok(Frame::data(piece))
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.size_bytes)
    }
}
