//! The server's hubs and sessions, driven step by step.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use guildhall_protocol::{
    CloseCode, ErrorCode, Hello, Impose, Join, Lift, ListRooms, PacketBody, Protocol, ReplyResult,
    Request, RequestBody, RequestError, SanctionKind, Say,
};
use guildhall_server::accounts::{Accounts, AccountsConfig, Guests};
use guildhall_server::testing::{Handled, Hub, Moment, Network, Shared, V1Session};
use guildhall_server::{Rates, RoomLimits};

use crate::model::{Client, Held, Link, claims, kind};
use crate::pipe::Pipe;
use crate::step::{DEVICES, LISTENER, MODERATOR, ROOMS, STAFF, Step};

pub(crate) struct World {
    hubs: Vec<Hub<Pipe>>,
    clients: Vec<Client>,
    held: Vec<Held>,
    start: Instant,
    millis: u64,
    texts: u64,
    /// The texts that everybody has to get, by room.
    said: [Vec<String>; 2],
    heard: [Vec<String>; 2],
}

impl World {
    pub(crate) fn new() -> Self {
        let shared = Shared::new(2, RoomLimits::default());
        shared.set_rates(&Rates::OFF);
        shared.set_accounts(AccountsConfig {
            accounts: Some(Accounts::default()),
            guests: Guests::Allow,
            ..AccountsConfig::default()
        });
        let client = |(account, address): (&str, &str)| Client {
            account: account.into(),
            network: Some(Network::of(address.parse().unwrap())),
            ..Client::default()
        };
        let staff = STAFF.map(|account| (account, "10.0.0.9"));
        let mut world = Self {
            hubs: (0..2)
                .map(|thread| Hub::new(Arc::clone(&shared), thread))
                .collect(),
            clients: DEVICES.into_iter().chain(staff).map(client).collect(),
            held: Vec::new(),
            start: Instant::now(),
            millis: 1_000,
            texts: 0,
            said: Default::default(),
            heard: Default::default(),
        };
        world.connect(MODERATOR, 0, false);
        world.connect(LISTENER, 1, false);
        for room in 0..2 {
            world.join(LISTENER, room);
        }
        world
    }

    fn at(&self) -> Moment {
        Moment {
            now: self.start + Duration::from_millis(self.millis),
            unix_millis: self.millis,
        }
    }

    pub(crate) fn step(&mut self, step: &Step) {
        self.millis += 1;
        match *step {
            Step::Impose {
                device,
                is_ban,
                room,
                seconds,
                address,
            } => self.impose(device, kind(is_ban), ROOMS[room], seconds, address),
            Step::Lift {
                device,
                is_ban,
                room,
            } => self.lift(device, kind(is_ban), ROOMS[room]),
            Step::Connect {
                device,
                thread,
                is_new,
            } => self.connect(device, thread, is_new),
            Step::Lose { device } => self.lose(device),
            Step::Join { device, room } => self.join(device, room),
            Step::Say { device, room } => self.say(device, room),
            Step::FanOut { thread } => self.fan_out(thread),
            Step::Pass { seconds } => self.millis += seconds * 1_000,
        }
    }

    /// The sanction of this kind that holds against a client in this room, or everywhere.
    fn holds(&self, client: usize, kind: SanctionKind, room: &str) -> bool {
        self.held.iter().any(|held| {
            let is_here = held.room.is_empty() || held.room == room;
            held.kind == kind
                && is_here
                && held.until.is_none_or(|until| self.millis < until)
                && held.is_against(&self.clients[client])
        })
    }

    /// Sends a request, and returns the answer; `None`: the own copy of a line.
    fn ask(
        &mut self,
        client: usize,
        ask: RequestBody,
    ) -> Option<Result<ReplyResult, RequestError>> {
        let at = self.at();
        let one = &mut self.clients[client];
        one.last_request += 1;
        let id = one.last_request;
        let account = one.account.clone();
        let link = one.link.as_mut().expect("it is connected");
        let hub = &mut self.hubs[link.thread];
        link.connection.wire().take();
        let request = Request { id, ask: Some(ask) };
        match link.session.handle(hub, request, at) {
            Handled::Done => {}
            Handled::Verify(request) => {
                let verified = Ok(claims(&account));
                link.session.handle_verified(hub, &request, verified, at);
            }
            other => panic!("nothing has to wait: {other:?}"),
        }
        let packets = link.connection.wire().take();
        let mut answers = packets.into_iter().filter_map(|packet| match packet {
            PacketBody::Reply(reply) if reply.id == id => reply.result,
            _ => None,
        });
        answers.next().map(|result| match result {
            ReplyResult::Error(error) => Err(error),
            result => Ok(result),
        })
    }

    /// Checks that a client is refused with this code. If it is banned from the server, its
    /// connection has to end.
    #[track_caller]
    fn check_refused(
        &mut self,
        client: usize,
        answer: Option<Result<ReplyResult, RequestError>>,
        code: ErrorCode,
    ) {
        let refused = answer.expect("an answer").expect_err("a sanction holds");
        assert_eq!(refused.code(), code, "{refused:?}");
        if self.holds(client, SanctionKind::Ban, "") {
            self.check_closed(client);
        }
    }

    #[track_caller]
    fn check_closed(&mut self, client: usize) {
        let link = self.clients[client]
            .link
            .as_ref()
            .expect("it was connected");
        let close = link.connection.closed().expect("it is closed");
        assert_eq!(close.code, CloseCode::Banned);
        self.lose(client);
    }

    /// Whether a client is connected. One that the server has closed notices that here.
    fn is_connected(&mut self, client: usize) -> bool {
        let link = self.clients[client].link.as_ref();
        if link.is_some_and(|link| link.connection.is_closed()) {
            self.lose(client);
        }
        self.clients[client].link.is_some()
    }

    fn connect(&mut self, client: usize, thread: usize, is_new: bool) {
        let at = self.at();
        if self.is_connected(client) {
            return;
        }
        let one = &mut self.clients[client];
        let is_guest = one.account.is_empty();
        if is_new && is_guest {
            (one.secret, one.user, one.last_request) = (Vec::new(), 0, 0);
        }
        let wire = Pipe {
            network: one.network.unwrap(),
            written: RefCell::default(),
        };
        let connection = self.hubs[thread].connect(Protocol::V1, wire, 1 << 20, at.now);
        one.link = Some(Link {
            thread,
            session: V1Session::new(Rc::clone(&connection), 25),
            connection,
        });
        let hello = Hello {
            version: 1,
            session: one.secret.clone(),
            token: if is_guest {
                String::new()
            } else {
                "signed".into()
            },
            ..Hello::default()
        };
        let answer = self.ask(client, RequestBody::Hello(hello));
        if self.holds(client, SanctionKind::Ban, "") {
            return self.check_refused(client, answer, ErrorCode::Banned);
        }
        let Some(Ok(ReplyResult::Welcome(welcome))) = answer else {
            panic!("no welcome: {answer:?}");
        };
        let one = &mut self.clients[client];
        (one.user, one.secret, one.was_there) = (welcome.id, welcome.session, true);
        let now = self.millis;
        let holding = self.held.iter().filter(|held| {
            held.until.is_none_or(|until| now < until) && held.is_against(&self.clients[client])
        });
        assert_eq!(welcome.sanctions.len(), holding.count());
        // So that the session outlives its connection.
        let listed = self.ask(client, RequestBody::ListRooms(ListRooms {}));
        assert!(
            matches!(listed, Some(Ok(ReplyResult::Rooms(_)))),
            "{listed:?}"
        );
    }

    fn lose(&mut self, client: usize) {
        let at = self.at();
        if let Some(mut link) = self.clients[client].link.take() {
            let hub = &mut self.hubs[link.thread];
            link.session.end(hub, at.now);
            link.connection.abandon();
            hub.disconnect(link.connection.id());
        }
    }

    fn impose(
        &mut self,
        device: usize,
        kind: SanctionKind,
        room: &'static str,
        seconds: u32,
        address: bool,
    ) {
        let one = &self.clients[device];
        if one.user == 0 {
            return;
        }
        let (account, user) = (one.account.clone(), one.user);
        // Also clients of the user that left: sessions can be resumed for as long as nobody sweeps.
        let its = |client: &&Client| {
            client.was_there
                && client.account == account
                && (!account.is_empty() || client.user == user)
        };
        let networks = self
            .clients
            .iter()
            .filter(its)
            .filter_map(|one| one.network);
        let mut networks: BTreeSet<Network> = networks.filter(|_| address).collect();
        let is_same =
            |held: &Held| held.kind == kind && held.room == room && held.is_of(&account, user);
        let answer = self.ask(
            MODERATOR,
            RequestBody::Impose(Impose {
                kind: kind.into(),
                room: room.into(),
                user,
                seconds,
                address,
                ..Impose::default()
            }),
        );
        assert!(
            matches!(answer, Some(Ok(ReplyResult::Imposed(_)))),
            "{answer:?}"
        );
        if let Some(before) = self.held.iter().position(is_same) {
            let before = self.held.remove(before);
            let is_over = before.until.is_some_and(|until| until <= self.millis);
            let kept = before.networks.into_iter().filter(|_| address && !is_over);
            networks.extend(kept);
        }
        self.held.push(Held {
            kind,
            room,
            until: (seconds > 0).then(|| self.millis + u64::from(seconds) * 1_000),
            account,
            user,
            networks,
        });
    }

    fn lift(&mut self, device: usize, kind: SanctionKind, room: &'static str) {
        let (account, user) = {
            let one = &self.clients[device];
            (one.account.clone(), one.user)
        };
        if user == 0 {
            return;
        }
        let now = self.millis;
        let holding = self.held.iter().position(|held| {
            let is_over = held.until.is_some_and(|until| until <= now);
            held.kind == kind && held.room == room && held.is_of(&account, user) && !is_over
        });
        let lift = Lift {
            kind: kind.into(),
            room: room.into(),
            user,
            ..Lift::default()
        };
        let answer = self
            .ask(MODERATOR, RequestBody::Lift(lift))
            .expect("an answer");
        match holding {
            Some(index) => {
                assert!(matches!(answer, Ok(ReplyResult::Lifted(_))), "{answer:?}");
                self.held.remove(index);
            }
            None => assert_eq!(answer.unwrap_err().code(), ErrorCode::NoSuchSanction),
        }
    }

    fn join(&mut self, client: usize, room: usize) {
        if !self.is_connected(client) {
            return;
        }
        let join = Join {
            room: ROOMS[room].into(),
            ..Join::default()
        };
        let answer = self.ask(client, RequestBody::Join(join));
        if self.holds(client, SanctionKind::Ban, ROOMS[room]) {
            self.check_refused(client, answer, ErrorCode::Banned);
        } else {
            assert!(
                matches!(answer, Some(Ok(ReplyResult::Joined(_)))),
                "{answer:?}"
            );
        }
    }

    fn say(&mut self, client: usize, room: usize) {
        if !self.is_connected(client) {
            return;
        }
        let name = ROOMS[room];
        let link = self.clients[client].link.as_ref().unwrap();
        let is_member = self.hubs[link.thread].has_member(name, link.connection.id());
        self.texts += 1;
        let text = self.texts.to_string();
        let say = Say {
            room: name.into(),
            text: text.clone(),
            ..Say::default()
        };
        let answer = self.ask(client, RequestBody::Say(say));
        let holds = |kind, room| self.holds(client, kind, room);
        if holds(SanctionKind::Ban, "") || (is_member && holds(SanctionKind::Ban, name)) {
            self.check_refused(client, answer, ErrorCode::Banned);
        } else if !is_member {
            self.check_refused(client, answer, ErrorCode::NotInRoom);
        } else if holds(SanctionKind::Mute, name) {
            self.check_refused(client, answer, ErrorCode::Muted);
        } else {
            assert!(answer.is_none(), "it may speak: {answer:?}");
            self.said[room].push(text);
        }
    }

    fn fan_out(&mut self, thread: usize) {
        let now = self.at().now;
        self.hubs[thread].fan_out(now);
        let link = self.clients[LISTENER].link.as_ref().expect("it stays");
        for packet in link.connection.wire().take() {
            if let PacketBody::Line(line) = packet {
                let room = ROOMS.iter().position(|room| *room == line.room).unwrap();
                self.heard[room].push(line.text);
            }
        }
        self.check_members(thread);
    }

    /// Nobody of this thread is where it may not be, now that it knows of all sanctions.
    fn check_members(&mut self, thread: usize) {
        for client in 0..DEVICES.len() {
            let Some(link) = self.clients[client].link.as_ref() else {
                continue;
            };
            if link.thread != thread {
                continue;
            }
            let (id, is_closed) = (link.connection.id(), link.connection.is_closed());
            for room in &ROOMS[..2] {
                let is_member = self.hubs[thread].has_member(room, id);
                assert!(!is_member || !self.holds(client, SanctionKind::Ban, room));
            }
            assert!(is_closed || !self.holds(client, SanctionKind::Ban, ""));
        }
    }

    pub(crate) fn settle(&mut self) {
        for _ in 0..3 {
            (0..2).for_each(|thread| self.fan_out(thread));
        }
        assert_eq!(self.heard, self.said);
        self.check_audit();
    }

    /// Whatever holds against anybody now follows from the audit log, and nothing else does.
    fn check_audit(&self) {
        let now = self.millis;
        let holding = (self.held.iter()).filter(|held| held.until.is_none_or(|until| until > now));
        let holding = holding.map(|held| {
            let kind = if held.kind == SanctionKind::Ban {
                "ban"
            } else {
                "mute"
            };
            let user = match &*held.account {
                "" => format!("guest {}", held.user),
                account => account.to_owned(),
            };
            let key = [kind.to_owned(), held.room.to_owned(), user];
            (key, held.until.unwrap_or_default())
        });
        let explained = self.hubs[0].shared().audited_sanctions(now);
        assert_eq!(holding.collect::<BTreeMap<_, _>>(), explained);
    }
}
