//! A user who was away, and comes back to a room whose lines have changed, has what a user has who
//! was there all the time.

use std::collections::BTreeSet;

use guildhall_client::conversations::{Conversation, Conversations, KnownLine, Layout};
use guildhall_client::session::{Action, Session};
use guildhall_protocol::{
    Change, ChangeKind, Joined, Line, Message as _, Packet, PacketBody, Reaction, Reply,
    ReplyResult, Request, RequestBody, Welcome, decode,
};
use proptest::prelude::*;

/// One event of a test. A number means a line by its remainder after dividing.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Somebody says something: one of two.
    Say(u64),
    Edit(usize),
    Remove(usize),
    React(usize, u8, u8),
    /// All that was said is removed, or all of one of the two.
    Clear,
    Purge(u64),
    /// The one who goes away does so, or comes back.
    Away,
    Back,
}

pub(crate) fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (9..11_u64).prop_map(Step::Say),
        2 => (0..9_usize).prop_map(Step::Edit),
        1 => (0..9_usize).prop_map(Step::Remove),
        4 => (0..9_usize, 0..3_u8, 0..3_u8).prop_map(|(at, user, what)| Step::React(at, user, what)),
        1 => Just(Step::Clear),
        1 => (9..11_u64).prop_map(Step::Purge),
        1 => Just(Step::Away),
        1 => Just(Step::Back),
    ]
}

/// The one of the two whom a user blocks.
const BLOCKED: u64 = 10;

/// A room: its lines as they were said, as they are now, and who has which reaction.
#[derive(Default)]
struct Room {
    said: Vec<Line>,
    now: Vec<Line>,
    have: BTreeSet<(u64, u8, u8)>,
}

impl Room {
    fn push(&mut self, sender: u64, text: &str, change: Option<Change>) -> Line {
        let seq = self.said.len() as u64 + 1;
        let line = Line {
            room: "hall".into(),
            epoch: 5,
            seq,
            time: seq,
            sender,
            name: sender.to_string(),
            text: text.into(),
            change,
            ..Line::default()
        };
        self.said.push(line.clone());
        self.now.push(line.clone());
        line
    }

    /// A line that can change.
    fn line(&mut self, at: usize) -> Option<&mut Line> {
        let is_it = |line: &&mut Line| line.change.is_none() && !line.removed;
        let count = self.now.iter_mut().filter(is_it).count();
        self.now
            .iter_mut()
            .filter(is_it)
            .nth(at.checked_rem(count)?)
    }

    fn change(&mut self, seq: u64, kind: ChangeKind, text: &str, to: Option<Reaction>) -> Line {
        let change = Change {
            user: 0,
            seq,
            kind: kind.into(),
            reaction: to,
        };
        self.push(9, text, Some(change))
    }

    /// Removes lines without a trace.
    fn remove_all(&mut self, kind: ChangeKind, of: impl Fn(&Line) -> bool, user: u64) -> Line {
        let is_it = |line: &&mut Line| line.change.is_none() && of(line);
        for line in self.now.iter_mut().filter(is_it) {
            line.removed = true;
            line.text.clear();
            line.reactions.clear();
        }
        let change = Change {
            user,
            seq: self.now.len() as u64,
            kind: kind.into(),
            reaction: None,
        };
        self.push(9, "", Some(change))
    }

    /// The line as a user gets it who blocks one of the two.
    fn hidden(&self, line: &Line) -> Line {
        let changed = line.change.as_ref().map(|change| change.seq);
        let about = changed.and_then(|seq| self.said.iter().find(|it| it.seq == seq));
        let is_about_many = line.change.as_ref().is_some_and(|it| it.kind >= 5);
        if is_about_many || about.unwrap_or(line).sender != BLOCKED {
            return line.clone();
        }
        Line {
            room: line.room.clone(),
            epoch: line.epoch,
            seq: line.seq,
            hidden: true,
            ..Line::default()
        }
    }

    /// Does a step; returns the line that comes of it.
    fn step(&mut self, step: &Step) -> Option<Line> {
        let time = self.said.len() as u64 + 1;
        Some(match *step {
            Step::Say(sender) => self.push(sender, "hi", None),
            Step::Clear | Step::Purge(_) if self.now.is_empty() => return None,
            Step::Clear => self.remove_all(ChangeKind::Cleared, |_| true, 0),
            Step::Purge(user) => {
                self.remove_all(ChangeKind::Purged, |line| line.sender == user, user)
            }
            Step::Edit(at) => {
                let text = format!("edited {time}");
                let line = self.line(at)?;
                line.text.clone_from(&text);
                line.edited = time;
                let seq = line.seq;
                self.change(seq, ChangeKind::Edited, &text, None)
            }
            Step::Remove(at) => {
                let line = self.line(at)?;
                line.removed = true;
                line.text.clear();
                line.reactions.clear();
                let seq = line.seq;
                self.change(seq, ChangeKind::Removed, "", None)
            }
            Step::React(at, user, what) => {
                let seq = self.line(at)?.seq;
                let kind = if self.have.insert((seq, what, user)) {
                    ChangeKind::Reacted
                } else {
                    self.have.remove(&(seq, what, user));
                    ChangeKind::TookBack
                };
                let range = (seq, what, 0)..=(seq, what, u8::MAX);
                let count = u32::try_from(self.have.range(range).count()).expect("a few");
                let reaction = Reaction {
                    reaction: what.to_string(),
                    count,
                };
                let all = &mut self.line(at)?.reactions;
                match all.iter().position(|it| it.reaction == reaction.reaction) {
                    Some(index) if count == 0 => drop(all.remove(index)),
                    Some(index) => all[index].count = count,
                    None => all.push(reaction.clone()),
                }
                self.change(seq, kind, "", Some(reaction))
            }
            Step::Away | Step::Back => return None,
        })
    }
}

/// A user with its conversations.
struct User {
    session: Session,
    conversations: Conversations,
}

impl User {
    fn new(room: &Room) -> Self {
        let mut user = Self {
            session: Session::new("ann"),
            conversations: Conversations::new(Layout::Tabs),
        };
        user.conversations.join(&mut user.session, "hall");
        user.connect(room);
        user
    }

    fn receive(&mut self, body: PacketBody) {
        self.session
            .received(&Packet::from(body).encode_to_vec(), 0);
        while let Some(event) = self.session.next_event() {
            self.conversations.apply(&self.session, &event, true);
        }
    }

    /// Answers the last request with this.
    fn answer(&mut self, result: impl FnOnce(RequestBody) -> ReplyResult) {
        let mut last = None;
        while let Some(action) = self.session.next_action() {
            if let Action::Send(bytes) = action
                && let Some(PacketBody::Request(request)) = decode(&bytes).expect("a packet").msg
            {
                last = Some(request);
            }
        }
        let Request { id, ask } = last.expect("a request");
        let result = Some(result(ask.expect("a request")));
        self.receive(PacketBody::Reply(Reply { id, result }));
    }

    fn is_online(&self) -> bool {
        self.session.room("hall").is_some_and(|room| room.joined)
    }

    /// Connects, and gets what it has missed: lines as they are now, and all changes.
    fn connect(&mut self, room: &Room) {
        if self.is_online() {
            return;
        }
        self.session.connect(0);
        self.session.opened(0);
        self.answer(|_| {
            ReplyResult::Welcome(Welcome {
                id: 7,
                name: "ann".into(),
                session: vec![1],
                resumed: true,
                ..Welcome::default()
            })
        });
        let (mut first, last) = (1, room.now.len() as u64);
        self.answer(|ask| {
            let RequestBody::Join(join) = ask else {
                panic!("{ask:?}");
            };
            first = join.seq + 1;
            ReplyResult::Joined(Joined {
                room: "hall".into(),
                epoch: 5,
                first_seq: first,
                last_seq: last,
                resumed: join.epoch == 5,
                ..Joined::default()
            })
        });
        for line in room.now.iter().filter(|line| line.seq >= first) {
            self.receive(PacketBody::Line(line.clone()));
        }
    }

    fn lines(&self) -> Vec<KnownLine> {
        let hall = self.conversations.of_room("hall");
        let lines = hall.into_iter().flat_map(Conversation::lines);
        lines.cloned().collect()
    }
}

/// Plays all steps for a user who is there, and for one who is away now and then.
pub(crate) fn play(steps: &[Step]) -> Result<(), TestCaseError> {
    let mut room = Room::default();
    let (mut there, mut away) = (User::new(&room), User::new(&room));
    let mut blocking = User::new(&room);
    for step in steps {
        match step {
            Step::Away => away.session.closed(1006, "", 0, 0.0),
            Step::Back => away.connect(&room),
            step => {
                if let Some(line) = room.step(step) {
                    there.receive(PacketBody::Line(line.clone()));
                    blocking.receive(PacketBody::Line(room.hidden(&line)));
                    if away.is_online() {
                        away.receive(PacketBody::Line(line));
                    }
                }
            }
        }
    }
    away.connect(&room);
    let late = User::new(&room);
    let is_there = |line: &KnownLine| !line.removed;
    let left = |user: &User| -> Vec<_> { user.lines().into_iter().filter(is_there).collect() };
    prop_assert_eq!(&left(&away), &left(&there));
    // A removed line leaves a trace only for a user who had it.
    prop_assert_eq!(&late.lines(), &left(&there));
    let traces = there.lines();
    prop_assert!(away.lines().iter().all(|line| traces.contains(line)));
    let of_others = |line: &KnownLine| line.sender.0 != BLOCKED;
    let seen: Vec<_> = there.lines().into_iter().filter(of_others).collect();
    prop_assert_eq!(&blocking.lines(), &seen);
    for user in [&there, &away, &late, &blocking] {
        let position = user.session.room("hall").expect("the room").last_seq;
        prop_assert_eq!(position, room.said.len() as u64, "no hole");
    }
    // And all have what holds now.
    let is_message = |line: &&Line| line.change.is_none() && !line.removed;
    let messages: Vec<_> = room.now.iter().filter(is_message).collect();
    prop_assert_eq!(messages.len(), left(&there).len());
    for (line, known) in messages.into_iter().zip(left(&there)) {
        prop_assert_eq!((&line.text, line.edited), (&known.text, known.edited));
        let counts = |it: &Reaction| (it.reaction.clone(), it.count);
        let reactions = known
            .reactions
            .iter()
            .map(|it| (it.reaction.clone(), it.count));
        prop_assert!(line.reactions.iter().map(counts).eq(reactions));
    }
    Ok(())
}
