//! The stream of a user's data: lines of JSON as they come from the journal, and a last line that
//! says how many they were and what their hash is, so that a reader knows that it has all.

use std::io::{self, Write};
use std::sync::Arc;

use bytes::Bytes;
use ring::digest::{Context, SHA256};
use serde_json::json;
use smol::channel::{Receiver, Sender, bounded};

use crate::journal::Failure;
use crate::sync::lock::Lock;

/// How many bytes are sent at a time.
const PIECE: usize = 16 * 1024;

/// How many pieces wait for a caller that reads slowly. Then whoever writes waits.
const WAITING: usize = 16;

/// The pieces of a stream.
pub(crate) type Pieces = Receiver<io::Result<Bytes>>;

/// Writes the stream. Its copies write the same one.
#[derive(Debug, Clone)]
pub(crate) struct ExportWriter(Arc<Lock<State>>);

struct State {
    pieces: Sender<io::Result<Bytes>>,
    buffer: Vec<u8>,
    lines: u64,
    hash: Context,
}

/// A new stream, and where its pieces come out. There are none if nothing is written.
pub(crate) fn stream() -> (ExportWriter, Pieces) {
    let (pieces, receiver) = bounded(WAITING);
    let state = State {
        pieces,
        buffer: Vec::new(),
        lines: 0,
        hash: Context::new(&SHA256),
    };
    (ExportWriter(Arc::new(Lock::new(state))), receiver)
}

impl ExportWriter {
    /// Ends the stream: all was written, or why not.
    pub(crate) fn finish(&self, result: Result<u64, Failure>) {
        let state = &mut *self.0.lock();
        let ended = match result {
            Ok(_) if state.lines == 0 => Ok(()),
            Ok(_) => {
                let hash = hex::encode(state.hash.clone().finish());
                let end = json!({ "kind": "end", "lines": state.lines, "sha256": hash });
                state
                    .buffer
                    .extend_from_slice(format!("{end}\n").as_bytes());
                state.send()
            }
            // The caller notices that the stream has no end.
            Err(failure) => {
                let error = io::Error::other(failure.to_string());
                let sent = state.pieces.send_blocking(Err(error));
                sent.map_err(|_| io::ErrorKind::BrokenPipe.into())
            }
        };
        // Fails if nobody reads any more.
        drop(ended);
        state.pieces.close();
    }
}

impl State {
    fn send(&mut self) -> io::Result<()> {
        let piece = Bytes::from(std::mem::take(&mut self.buffer));
        let sent = self.pieces.send_blocking(Ok(piece));
        sent.map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

impl Write for ExportWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let state = &mut *self.0.lock();
        let parts = bytes.split(|byte| *byte == b'\n').count() as u64;
        state.lines += parts - 1;
        state.hash.update(bytes);
        state.buffer.extend_from_slice(bytes);
        if state.buffer.len() >= PIECE {
            state.send()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("State").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pieces that a reader of the stream gets.
    fn read(pieces: &Pieces) -> Vec<io::Result<Bytes>> {
        std::iter::from_fn(|| pieces.recv_blocking().ok()).collect()
    }

    #[test]
    fn the_last_line_counts_the_others_and_has_their_hash() {
        let (mut writer, pieces) = stream();
        writer.write_all(b"{\"a\":1}\n{}\n").unwrap();
        writer.finish(Ok(2));
        let read: Vec<u8> = read(&pieces).into_iter().flat_map(Result::unwrap).collect();
        let text = String::from_utf8(read).unwrap();
        let (before, end) = text.trim_end().rsplit_once('\n').unwrap();
        let hash = ring::digest::digest(&SHA256, format!("{before}\n").as_bytes());
        let expected = json!({ "kind": "end", "lines": 2, "sha256": hex::encode(hash) });
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(end).unwrap(),
            expected
        );
    }

    #[test]
    fn a_stream_without_lines_has_no_pieces_and_one_that_fails_has_no_end() {
        let (writer, pieces) = stream();
        writer.finish(Ok(0));
        assert!(read(&pieces).is_empty());
        let (mut writer, pieces) = stream();
        writer.write_all(b"{}\n").unwrap();
        writer.finish(Err(Failure::Closed));
        assert!(read(&pieces).pop().unwrap().is_err());
    }

    #[test]
    fn nothing_is_written_for_a_reader_that_is_gone() {
        let (mut writer, pieces) = stream();
        drop(pieces);
        assert!(writer.write_all(&[b' '; PIECE]).is_err());
        writer.finish(Ok(1));
    }
}
