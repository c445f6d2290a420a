//! A stream that gives its bytes in pieces and keeps what is written to it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use smol::io::{AsyncRead, AsyncWrite};

use crate::input::Input;

/// The stream. It ends behind its last byte.
#[derive(Debug, Clone)]
pub(crate) struct Pieces<'a> {
    left: &'a [u8],
    /// The most bytes of each piece, again and again; empty: there is one piece.
    sizes: &'a [u8],
    reads: usize,
    /// The bytes that were written.
    pub(crate) written: Vec<u8>,
}

impl<'a> Pieces<'a> {
    /// The bytes behind a list of sizes, in pieces of those sizes; and the same as one piece.
    pub(crate) fn and_whole(data: &'a [u8]) -> (Self, Self) {
        let mut input = Input(data);
        let count = usize::from(input.byte().unwrap_or_default() % 16).min(input.0.len());
        let (sizes, left) = input.0.split_at(count);
        let pieces = Self {
            left,
            sizes,
            reads: 0,
            written: Vec::new(),
        };
        let whole = Self {
            sizes: &[],
            ..pieces.clone()
        };
        (pieces, whole)
    }

    /// The first piece.
    pub(crate) fn take_first(&mut self) -> Vec<u8> {
        let (first, left) = self.left.split_at(self.next_size());
        self.left = left;
        first.to_vec()
    }

    /// The bytes that were not read.
    pub(crate) fn left(&self) -> &'a [u8] {
        self.left
    }

    fn next_size(&mut self) -> usize {
        let index = self.reads.checked_rem(self.sizes.len());
        self.reads += 1;
        let size = index.map_or(usize::MAX, |index| 1 + usize::from(self.sizes[index]));
        size.min(self.left.len())
    }
}

impl AsyncRead for Pieces<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let size = self.next_size().min(buffer.len());
        let (piece, left) = self.left.split_at(size);
        buffer[..size].copy_from_slice(piece);
        self.left = left;
        Poll::Ready(Ok(size))
    }
}

impl AsyncWrite for Pieces<'_> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.written.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
