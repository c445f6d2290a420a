//! Servers with a folder for what lasts, as games run them: the real program, its store on a
//! disk, and clients over sockets.

mod changes;
mod chats;
pub(crate) mod full_disk;
mod operator;
mod searches;
mod signals;
mod threads;

use guildhall_protocol::{
    Line, ListUnread, MarkRead, ReplyResult, RequestBody, Search, SearchPage, Unread,
};
use guildhall_testing::line_log::place;
use guildhall_testing::v1_client::V1Client;
use rustix::process::Signal;

use crate::data_folder::Folder;
use crate::program::Program;

/// Both ways in which a server ends.
const ENDS: [Signal; 2] = [Signal::TERM, Signal::KILL];

/// Asks for something, and waits for the client's own copy of it.
#[track_caller]
fn own(client: &mut V1Client, ask: RequestBody) -> Line {
    let nonce = client.send(ask);
    let line = client.line();
    assert_eq!(line.nonce, nonce, "{line:?}");
    line
}

/// A search in a room; `""`: in all rooms.
fn search(room: &str, text: &str) -> Search {
    Search {
        room: room.into(),
        text: text.into(),
        ..Search::default()
    }
}

/// One page of what a search finds.
#[track_caller]
fn page(client: &mut V1Client, search: Search) -> SearchPage {
    match client.ask(RequestBody::Search(search)) {
        Ok(ReplyResult::Found(page)) => page,
        other => panic!("no page: {other:?}"),
    }
}

/// All lines that a search finds, over all its pages.
#[track_caller]
fn all_found(client: &mut V1Client, mut search: Search) -> Vec<Line> {
    let mut lines = Vec::new();
    for _ in 0..1_000 {
        let page = page(client, search.clone());
        lines.extend(page.lines);
        if page.next.is_empty() {
            return lines;
        }
        search.from = page.next;
    }
    panic!("the search never ends: {search:?}");
}

/// The texts of all lines that a search finds.
#[track_caller]
fn found(client: &mut V1Client, search: Search) -> Vec<String> {
    let lines = all_found(client, search).into_iter();
    lines.map(|line| line.text).collect()
}

/// Marks a line as read.
#[track_caller]
fn mark(client: &mut V1Client, line: &Line) {
    let marked = client.ask(RequestBody::MarkRead(MarkRead {
        room: line.room.clone(),
        line: place(line),
    }));
    assert!(matches!(marked, Ok(ReplyResult::MarkedRead(_))));
}

/// How much a user has not read, room by room.
#[track_caller]
fn unread(client: &mut V1Client) -> Vec<Unread> {
    match client.ask(RequestBody::ListUnread(ListUnread {})) {
        Ok(ReplyResult::Unread(list)) => list.rooms,
        other => panic!("no list: {other:?}"),
    }
}

/// The same in short: each room with its lines and mentions, in the order of the names.
#[track_caller]
fn unread_counts(client: &mut V1Client) -> Vec<(String, u32, u32)> {
    let rooms = unread(client).into_iter();
    let mut counts: Vec<_> = rooms
        .map(|one| (one.room, one.lines, one.mentions))
        .collect();
    counts.sort();
    counts
}
