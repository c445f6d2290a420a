//! The floor: the least that a relay has to do on this machine. It has one thread
//! and one epoll that is never re-armed, frames each message once, and makes one
//! `send` for each recipient. It speaks the tutorial's protocol and the part of
//! `guildhall.v1` that relays lines, so that the load tool can drive it like any
//! server. It has no limits, no deadlines and one room: it is not a chat server.

mod v1;

use std::fs::File;
use std::io::{self, IoSlice, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::ops::Range;
use std::os::fd::OwnedFd;
use std::time::Duration;

use guildhall_cli::bench::chat_text;
use guildhall_protocol::Packet;
use guildhall_protocol::Protocol;
use guildhall_server::testing::frame;
use rustix::event::epoll::{self, EventData, EventFlags};
use rustix::io::Errno;
use tungstenite::protocol::WebSocketConfig;

/// The numbers of the listener and of the stop in epoll; a member's number is its
/// index.
const LISTENER: u64 = u64::MAX;
const STOP: u64 = u64::MAX - 1;

/// How many events one round takes at most.
const EVENTS: usize = 1024;

/// How many bytes one read takes at most.
const READ: usize = 64 * 1024;

/// The index of no member. Frames without an excepted member go to all members:
/// a speaker of `guildhall.v1` gets its own line.
const NOBODY: usize = usize::MAX;

/// How many slices one vectored write takes at most (`IOV_MAX`).
const SLICES: usize = 1024;

/// How messages go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sends {
    /// One `send` for each message and recipient.
    Single,
    /// All messages of one round go out with one `send` for each recipient. A
    /// client of the tutorial does not get its own.
    Joined,
}

struct Floor {
    epoll: OwnedFd,
    members: Vec<Option<Member>>,
    /// The indices of the members that are connected.
    present: Vec<usize>,
    last_id: u64,
    /// The number of the last line of `guildhall.v1`.
    last_seq: u64,
    sends: Sends,
    /// The file in which each round is kept before it is sent, if it is kept.
    file: Option<File>,
    /// The messages of this round, framed. Of each: the index of the member that
    /// does not get it, and its place in `frames`.
    frames: bytes::BytesMut,
    parts: Vec<(usize, Range<usize>)>,
}

struct Member {
    id: u64,
    protocol: Protocol,
    stream: TcpStream,
    /// The beginning of a frame.
    rest: Vec<u8>,
    /// The bytes that the socket did not take.
    waiting: Vec<u8>,
}

/// Relays until `stop` is closed. With a `file`, what is sent is appended to it before, and is on
/// the disk: the least that a durable relay has to do.
///
/// # Errors
///
/// If epoll fails, or the file.
pub fn run(
    listener: &TcpListener,
    sends: Sends,
    file: Option<File>,
    stop: impl Into<OwnedFd>,
) -> io::Result<()> {
    let stop = stop.into();
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    epoll::add(
        &epoll,
        listener,
        EventData::new_u64(LISTENER),
        EventFlags::IN,
    )?;
    epoll::add(&epoll, &stop, EventData::new_u64(STOP), EventFlags::IN)?;
    let mut floor = Floor {
        epoll,
        members: Vec::new(),
        present: Vec::new(),
        last_id: 0,
        last_seq: 0,
        sends,
        file,
        frames: bytes::BytesMut::new(),
        parts: Vec::new(),
    };
    let mut events = Vec::with_capacity(EVENTS);
    let mut buffer = vec![0; READ];
    loop {
        events.clear();
        let spare = rustix::buffer::spare_capacity(&mut events);
        match epoll::wait(&floor.epoll, spare, None) {
            Err(Errno::INTR) => continue,
            result => result?,
        };
        for event in &events {
            match event.data.u64() {
                STOP => return Ok(()),
                LISTENER => floor.accept(listener)?,
                index => {
                    let index = usize::try_from(index).map_err(io::Error::other)?;
                    floor.serve(index, event.flags, &mut buffer)?;
                }
            }
        }
        floor.send_round()?;
    }
}

impl Floor {
    /// Adds a member. The handshake may block, because clients send their request
    /// at once.
    fn accept(&mut self, listener: &TcpListener) -> io::Result<()> {
        let (stream, _) = listener.accept()?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        let config = WebSocketConfig::default().read_buffer_size(1024);
        let mut protocol = Protocol::Tutorial;
        let choose = v1::choose(&mut protocol);
        let Ok(socket) = tungstenite::accept_hdr_with_config(stream, choose, Some(config)) else {
            return Ok(());
        };
        let mut stream = socket.get_ref().try_clone()?;
        drop(socket);
        self.last_id += 1;
        if protocol == Protocol::Tutorial {
            stream.write_all(&frame::packet(&Packet::id(self.last_id)))?;
        }
        stream.set_nonblocking(true)?;
        let index = self.members.len();
        epoll::add(
            &self.epoll,
            &stream,
            EventData::new_u64(index as u64),
            EventFlags::IN,
        )?;
        self.members.push(Some(Member {
            id: self.last_id,
            protocol,
            stream,
            rest: Vec::new(),
            waiting: Vec::new(),
        }));
        self.present.push(index);
        Ok(())
    }

    fn serve(&mut self, index: usize, flags: EventFlags, buffer: &mut [u8]) -> io::Result<()> {
        if flags.contains(EventFlags::OUT) {
            self.drain(index);
        }
        if !flags.intersects(EventFlags::IN | EventFlags::HUP | EventFlags::ERR) {
            return Ok(());
        }
        let Some(member) = &mut self.members[index] else {
            return Ok(());
        };
        match (&member.stream).read(buffer) {
            Ok(read @ 1..) => {
                let mut bytes = std::mem::take(&mut member.rest);
                if bytes.is_empty() {
                    let used = self.say_all(index, &mut buffer[..read])?;
                    bytes.extend_from_slice(&buffer[used..read]);
                } else {
                    bytes.extend_from_slice(&buffer[..read]);
                    let used = self.say_all(index, &mut bytes)?;
                    bytes.drain(..used);
                }
                if let Some(member) = &mut self.members[index] {
                    member.rest = bytes;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            _ => {
                self.members[index] = None;
                self.present.retain(|&present| present != index);
            }
        }
        Ok(())
    }

    /// Relays all whole frames in `bytes`, and returns their length.
    fn say_all(&mut self, index: usize, bytes: &mut [u8]) -> io::Result<usize> {
        let Some((id, protocol)) = self.members[index]
            .as_ref()
            .map(|member| (member.id, member.protocol))
        else {
            return Ok(bytes.len());
        };
        let mut used = 0;
        while let Some((packet, length)) = unmask(&mut bytes[used..]) {
            used += length;
            let start = self.frames.len();
            let except = match protocol {
                Protocol::Tutorial => self.say(id, packet).then_some(index),
                Protocol::V1 => self.ask(index, id, packet).then_some(NOBODY),
            };
            let Some(except) = except else {
                continue;
            };
            self.parts.push((except, start..self.frames.len()));
            if self.sends == Sends::Single {
                self.send_round()?;
            }
        }
        Ok(used)
    }

    /// Frames a chat of the tutorial. Returns false for any other packet: the floor
    /// does not answer pings and closes.
    fn say(&mut self, id: u64, packet: &[u8]) -> bool {
        let Some(text) = chat_text(packet) else {
            return false;
        };
        let text = String::from_utf8_lossy(text);
        frame::put_packet(&mut self.frames, &Packet::chat(id, text));
        true
    }

    /// Frames a line of `guildhall.v1` and returns true, or answers another request.
    fn ask(&mut self, index: usize, id: u64, packet: &[u8]) -> bool {
        match v1::answer(packet, id, self.last_seq) {
            Some(v1::Answer::Reply(answer)) => {
                self.send(index, &[IoSlice::new(&answer)]);
                false
            }
            Some(v1::Answer::Line(line)) => {
                self.last_seq = line.seq;
                frame::put_line(&mut self.frames, &line);
                true
            }
            None => false,
        }
    }

    /// Sends the messages of this round to all members. A client of the tutorial
    /// does not get its own.
    fn send_round(&mut self) -> io::Result<()> {
        if self.parts.is_empty() {
            return Ok(());
        }
        if let Some(file) = &mut self.file {
            file.write_all(&self.frames)?;
            file.sync_data()?;
        }
        let frames = std::mem::take(&mut self.frames);
        let mut parts = std::mem::take(&mut self.parts);
        // The speakers of this round, each with its own parts side by side.
        parts.sort_by_key(|(speaker, part)| (*speaker, part.start));
        let mut spoke = parts
            .chunk_by(|(one, _), (other, _)| one == other)
            .peekable();
        let mut slices = Vec::new();
        for at in 0..self.present.len() {
            let index = self.present[at];
            // A speaker that has left is not present.
            while spoke.next_if(|own| own[0].0 < index).is_some() {}
            match spoke.next_if(|own| own[0].0 == index) {
                None => self.send(index, &[IoSlice::new(&frames)]),
                Some(own) => {
                    slices.clear();
                    let mut end = 0;
                    for (_, part) in own {
                        slices.push(IoSlice::new(&frames[end..part.start]));
                        end = part.end;
                    }
                    slices.push(IoSlice::new(&frames[end..]));
                    slices.retain(|slice| !slice.is_empty());
                    for slices in slices.chunks(SLICES) {
                        self.send(index, slices);
                    }
                }
            }
        }
        self.frames = frames;
        self.frames.clear();
        self.parts = parts;
        self.parts.clear();
        Ok(())
    }

    fn send(&mut self, index: usize, slices: &[IoSlice<'_>]) {
        let Some(member) = &mut self.members[index] else {
            return;
        };
        let mut written = 0;
        if member.waiting.is_empty() {
            let result = match slices {
                [bytes] => (&member.stream).write(bytes),
                _ => (&member.stream).write_vectored(slices),
            };
            match result {
                Ok(bytes) => written = bytes,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                // The next read finds the end.
                Err(_) => return,
            }
        }
        let was_empty = member.waiting.is_empty();
        for slice in slices {
            let gone = written.min(slice.len());
            written -= gone;
            member.waiting.extend_from_slice(&slice[gone..]);
        }
        if was_empty && !member.waiting.is_empty() {
            self.watch(index, EventFlags::IN | EventFlags::OUT);
        }
    }

    fn drain(&mut self, index: usize) {
        let Some(member) = &mut self.members[index] else {
            return;
        };
        if let Ok(written) = (&member.stream).write(&member.waiting) {
            member.waiting.drain(..written);
        }
        if member.waiting.is_empty() {
            self.watch(index, EventFlags::IN);
        }
    }

    fn watch(&self, index: usize, flags: EventFlags) {
        if let Some(member) = &self.members[index] {
            let data = EventData::new_u64(index as u64);
            // Fails only if the socket is closed.
            let _ = epoll::modify(&self.epoll, &member.stream, data, flags);
        }
    }
}

/// Unmasks the frame that `bytes` begins with. Returns its payload and its length,
/// if it is whole.
fn unmask(bytes: &mut [u8]) -> Option<(&[u8], usize)> {
    let (length, start) = match bytes.get(1)? & 0x7f {
        126 => (
            usize::from(u16::from_be_bytes(*bytes[2..].first_chunk()?)),
            4,
        ),
        127 => {
            let length = u64::from_be_bytes(*bytes[2..].first_chunk()?);
            (usize::try_from(length).ok()?, 10)
        }
        short => (usize::from(short), 2),
    };
    let mask: [u8; 4] = *bytes.get(start..)?.first_chunk()?;
    let end = start + 4 + length;
    let payload = bytes.get_mut(start + 4..end)?;
    for (byte, mask) in payload.iter_mut().zip(mask.iter().cycle()) {
        *byte ^= mask;
    }
    Some((payload, end))
}

#[cfg(test)]
mod tests;
