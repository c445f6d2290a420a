//! Searches and unread counts in rooms that are in memory.

use super::*;

use guildhall_protocol::{ListUnread, Search, SearchPage, UnreadList};

use crate::journal::search::scripts;
use crate::policy::{Pattern, Rule, Rules, Who};

/// A client that has said hello and is in `red`, and sends its requests one after the other.
struct Finder {
    client: Client,
    last: u64,
}

impl Finder {
    fn new(shared: &Arc<Shared>) -> Self {
        Self::on(shared, 0, "Mira")
    }

    fn on(shared: &Arc<Shared>, thread: usize, name: &str) -> Self {
        let mut finder = Self {
            client: Client::connect(shared, thread),
            last: 0,
        };
        finder.send(RequestBody::Hello(Hello {
            version: VERSION,
            name: name.into(),
            ..Hello::default()
        }));
        finder
    }

    /// A client in a room without rules.
    fn in_red() -> Self {
        let mut finder = Self::new(&Shared::new(1, RoomLimits::default()));
        finder.join("red");
        finder
    }

    fn send(&mut self, body: RequestBody) -> Option<ReplyResult> {
        self.last += 1;
        self.client.request(self.last, body);
        self.client.hub.fan_out(Instant::now());
        let written = self.client.session.connection.wire().written();
        let replies = frame::packets(&written);
        replies.into_iter().find_map(|body| match body {
            PacketBody::Reply(reply) if reply.id == self.last => reply.result,
            _ => None,
        })
    }

    fn join(&mut self, room: &str) {
        self.send(RequestBody::Join(Join {
            room: room.into(),
            ..Join::default()
        }));
    }

    fn say(&mut self, room: &str, text: &str) {
        self.send(RequestBody::Say(Say {
            room: room.into(),
            text: text.into(),
            ..Say::default()
        }));
    }

    fn search(&mut self, search: Search) -> Result<SearchPage, RequestError> {
        match self.send(RequestBody::Search(search)) {
            Some(ReplyResult::Found(page)) => Ok(page),
            Some(ReplyResult::Error(error)) => Err(error),
            other => panic!("{other:?}"),
        }
    }

    /// The texts that a search finds in all rooms.
    fn found(&mut self, text: &str) -> Vec<String> {
        let page = self.search(search("", text)).unwrap();
        assert!(page.next.is_empty());
        page.lines.into_iter().map(|line| line.text).collect()
    }

    fn unread(&mut self) -> Vec<(String, u32, u32, bool)> {
        let Some(ReplyResult::Unread(UnreadList { rooms })) =
            self.send(RequestBody::ListUnread(ListUnread {}))
        else {
            panic!("the unread lines are not listed");
        };
        let rooms = rooms.into_iter();
        rooms
            .map(|room| (room.room, room.lines, room.mentions, room.more))
            .collect()
    }
}

fn search(room: &str, text: &str) -> Search {
    Search {
        room: room.into(),
        text: text.into(),
        ..Search::default()
    }
}

#[test]
fn a_search_finds_words_in_any_script() {
    let mut finder = Finder::in_red();
    for text in scripts::TEXTS {
        finder.say("red", text);
    }
    scripts::check(|text| finder.found(text));
}

#[test]
fn a_search_goes_on_where_its_page_ends() {
    let mut finder = Finder::in_red();
    finder.join("blue");
    for number in 0..120 {
        finder.say(["red", "blue"][number % 2], &format!("line {number}"));
    }
    let mut all = Vec::new();
    let mut from = Vec::new();
    let mut sizes = Vec::new();
    loop {
        let page = finder
            .search(Search {
                from,
                ..search("", "line")
            })
            .unwrap();
        sizes.push(page.lines.len());
        all.extend(page.lines.into_iter().map(|line| (line.room, line.seq)));
        from = page.next;
        if from.is_empty() {
            break;
        }
    }
    assert_eq!(sizes, [50, 50, 20]);
    all.sort();
    all.dedup();
    assert_eq!(
        all.len(),
        120,
        "no line is missing, and none is there twice"
    );
    let limited = finder
        .search(Search {
            limit: 2,
            ..search("blue", "")
        })
        .unwrap();
    let texts: Vec<_> = limited
        .lines
        .iter()
        .map(|line| line.text.as_str())
        .collect();
    assert_eq!(texts, ["line 119", "line 117"]);
}

#[test]
fn only_rooms_whose_history_the_client_may_read_are_searched() {
    let shared = Shared::new(1, RoomLimits::default());
    shared.set_rules(Rules::new(vec![Rule {
        history: Who::Nobody,
        ..Rule::open(Pattern::new("closed"))
    }]));
    let mut finder = Finder::new(&shared);
    finder.join("open");
    finder.join("closed");
    finder.say("open", "hi there");
    finder.say("closed", "hi secret");
    assert_eq!(finder.found("hi"), ["hi there"]);
    let code = |error: RequestError| (error.code(), error.arguments);
    let refused = finder.search(search("closed", "hi")).map_err(code);
    let arguments = ["closed", "history"].map(String::from).to_vec();
    assert_eq!(refused, Err((ErrorCode::Forbidden, arguments)));
    let refused = finder.search(search("elsewhere", "hi")).map_err(code);
    assert_eq!(
        refused,
        Err((ErrorCode::NotInRoom, vec!["elsewhere".into()]))
    );
    let rooms: Vec<_> = finder.unread().into_iter().map(|unread| unread.0).collect();
    assert_eq!(rooms, ["open"]);
}

#[test]
fn a_search_that_is_not_valid_is_refused() {
    let mut finder = Finder::in_red();
    let mut code = |search| finder.search(search).unwrap_err().code();
    assert_eq!(code(search("", &"x".repeat(257))), ErrorCode::TextTooLong);
    let long = Search {
        name: "x".repeat(129),
        ..Search::default()
    };
    assert_eq!(code(long), ErrorCode::BadRequest);
    let from = Search {
        from: vec![1, 2, 3],
        ..Search::default()
    };
    assert_eq!(code(from), ErrorCode::BadRequest);
}

#[test]
fn a_user_may_search_only_so_often() {
    let shared = Shared::new(1, RoomLimits::default());
    shared.set_rates(&crate::shared::Rates::default());
    let mut finder = Finder::new(&shared);
    for _ in 0..10 {
        assert!(finder.search(search("", "")).is_ok());
    }
    let refused = finder.search(search("", "")).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::TooManyRequests);
    assert!(refused.temporary && refused.retry_after > 0);
    let unread = finder.send(RequestBody::ListUnread(ListUnread {}));
    assert!(
        matches!(unread, Some(ReplyResult::Error(_))),
        "it is the same rate"
    );
    let rooms = finder.send(RequestBody::ListRooms(guildhall_protocol::ListRooms {}));
    assert!(
        matches!(rooms, Some(ReplyResult::Rooms(_))),
        "it is another rate"
    );
}

#[test]
fn lines_of_others_and_mentions_are_unread() {
    let shared = Shared::new(2, RoomLimits::default());
    let mut finder = Finder::new(&shared);
    let mut other = Finder::on(&shared, 1, "Bob");
    finder.join("red");
    finder.join("blue");
    other.join("red");
    finder.say("red", "my own, Mira");
    for text in ["hi", "where is @mira?", "admirable", "MIRA!"] {
        other.say("red", text);
    }
    let expected = [("red".into(), 4, 2, false), ("blue".into(), 0, 0, false)];
    assert_eq!(finder.unread(), expected);
}
