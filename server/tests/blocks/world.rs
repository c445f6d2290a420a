//! The server's hubs and sessions, driven by hand. [`asks`] has the requests of devices.

mod asks;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use guildhall_protocol::{Hello, ListBlocks, Protocol, Request, RequestBody};
use guildhall_server::accounts::{Accounts, AccountsConfig, Claims};
use guildhall_server::testing::{
    Cell, Connection, Handled, Hub, MemoryJournal, Moment, Shared, UserId, V1Session,
};
use guildhall_server::{Rate, Rates, RoomLimits};

use crate::device::{Device, Known};
use crate::pipe::Pipe;
use crate::step::{ACCOUNTS, Command, DEVICES, NEAR, ROOMS, Step, USERS};

/// How many bytes may wait for a client: so little that lines are left out, but what a room keeps
/// and a flood fit into half of it, so that no client is closed.
const MAX_WAITING: usize = 168 * 1024;

/// The server and its users.
pub(crate) struct World {
    shared: Arc<Shared>,
    journal: Option<Arc<MemoryJournal>>,
    hubs: Vec<Hub<Pipe>>,
    devices: Vec<Device>,
    links: BTreeMap<usize, Link>,
    needs_drain: Vec<Rc<Connection<Pipe>>>,
    known: Known,
    /// The users that each user blocks.
    blocks: [BTreeSet<usize>; USERS],
    /// Those that it has ever blocked.
    ever_blocked: [BTreeSet<usize>; USERS],
    cells: [Option<i32>; USERS],
    hearers: [BTreeSet<usize>; USERS],
    start: Instant,
    millis: u64,
    texts: u64,
}

/// The server's end of a device's connection.
struct Link {
    thread: usize,
    connection: Rc<Connection<Pipe>>,
    session: V1Session<Pipe>,
}

impl World {
    pub(crate) fn new(threads: usize) -> Self {
        Self::with(Shared::new(threads, limits()), threads, None)
    }

    /// The same with a journal: all rooms are durable.
    pub(crate) fn durable(threads: usize) -> Self {
        let journal = MemoryJournal::new();
        let shared = Shared::with_memory_journal(threads, limits(), &journal);
        Self::with(shared, threads, Some(journal))
    }

    fn with(shared: Arc<Shared>, threads: usize, journal: Option<Arc<MemoryJournal>>) -> Self {
        shared.set_rates(&Rates::OFF);
        shared.set_accounts(AccountsConfig {
            accounts: Some(Accounts::default()),
            ..AccountsConfig::default()
        });
        let at = Moment {
            now: Instant::now(),
            unix_millis: 1,
        };
        shared.begin_proximity(NEAR, false, at).unwrap();
        let hub = |thread| Hub::new(Arc::clone(&shared), thread);
        let device = |user| Device {
            user,
            ..Device::default()
        };
        Self {
            hubs: (0..threads).map(hub).collect(),
            shared,
            journal,
            devices: DEVICES.into_iter().map(device).collect(),
            links: BTreeMap::new(),
            needs_drain: Vec::new(),
            known: Known::default(),
            blocks: Default::default(),
            ever_blocked: Default::default(),
            cells: [None; USERS],
            hearers: Default::default(),
            start: at.now,
            millis: 1_000,
            texts: 0,
        }
    }

    pub(crate) fn run(mut self, steps: Vec<Step>) {
        // So that all users are known.
        (0..DEVICES.len()).for_each(|device| self.connect(device));
        for step in steps {
            self.millis += 1;
            self.step(step);
            self.drain();
        }
        self.settle();
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Connect { device } => self.connect(device),
            Step::Cut { device } => self.cut(device),
            Step::Ask { device, command } => self.command(device, &command),
            Step::Read { device, count } => drop(self.read(device, count)),
            Step::Stall { device, is_stalled } => {
                if let Some(link) = self.links.get(&device) {
                    link.connection.wire().stall(is_stalled);
                }
            }
            Step::FanOut { thread } => self.fan_out(thread % self.hubs.len()),
            Step::TellChanges => self.hubs.iter_mut().for_each(Hub::tell_changes),
            Step::Sweep => self.sweep(),
            Step::Decide { count } => {
                if let Some(journal) = &self.journal {
                    journal.decide_next(count);
                }
            }
            Step::Walk { user, x } => {
                self.fan_out_all();
                if let Some(id) = self.id_of(user) {
                    let cell = x.map(|x| Cell { x, y: 0 });
                    self.shared.set_cells(NEAR, &[(id, cell)]).unwrap();
                    self.cells[user] = x;
                }
            }
            Step::Hear { speaker, hearers } => {
                self.fan_out_all();
                let ids: Option<Vec<_>> = hearers.iter().map(|&user| self.id_of(user)).collect();
                if let Some((speaking, ids)) = self.id_of(speaker).zip(ids) {
                    self.shared.set_hearers(NEAR, speaking, ids).unwrap();
                    self.hearers[speaker] = hearers.into_iter().collect();
                }
            }
        }
    }

    /// The users that hear what a user says in the room with proximity.
    fn hearers_of(&self, speaker: usize) -> String {
        let is_near = |user: &usize| {
            *user == speaker
                || self.hearers[speaker].contains(user)
                || (self.cells[speaker].zip(self.cells[*user]))
                    .is_some_and(|(one, other)| one.abs_diff(other) <= 1)
        };
        let hearers = (0..USERS).filter(is_near);
        hearers.fold(" ".to_owned(), |all, user| format!("{all}{user} "))
    }

    fn connect(&mut self, device: usize) {
        if self.links.contains_key(&device) {
            return;
        }
        let thread = device % self.hubs.len();
        let now = self.at().now;
        let connection = self.hubs[thread].connect(Protocol::V1, Pipe::default(), MAX_WAITING, now);
        let link = Link {
            thread,
            session: V1Session::new(Rc::clone(&connection), 25),
            connection,
        };
        self.links.insert(device, link);
        let user = self.devices[device].user;
        (self.devices[device].at_hello).clone_from(&self.blocks[user]);
        let hello = Hello {
            version: 1,
            session: self.devices[device].secret.clone(),
            whisper_seq: self.devices[device].whisper_seq,
            token: if user < ACCOUNTS {
                user.to_string()
            } else {
                String::new()
            },
            ..Hello::default()
        };
        self.ask(device, RequestBody::Hello(hello));
        // Its client has the secret, so that the session does not end with the connection.
        self.ask(device, RequestBody::ListBlocks(ListBlocks {}));
        // Its IDs are known before anybody hears of it.
        self.read(device, usize::MAX);
    }

    fn cut(&mut self, device: usize) {
        if let Some(mut link) = self.links.remove(&device) {
            let now = self.at().now;
            let hub = &mut self.hubs[link.thread];
            link.session.end(hub, now);
            link.connection.abandon();
            hub.disconnect(link.connection.id());
            self.devices[device].disconnect();
        }
    }

    /// Sends a request, and has it carried out.
    fn ask(&mut self, device: usize, body: RequestBody) {
        let at = self.at();
        self.devices[device].last_request += 1;
        let mut request = Request {
            id: self.devices[device].last_request,
            ask: Some(body),
        };
        loop {
            let link = self.links.get_mut(&device).expect("it is connected");
            let hub = &mut self.hubs[link.thread];
            let mut handled = link.session.handle(hub, request, at);
            while let Handled::Read(read, waiting) = handled {
                let journal = self.journal.as_ref().expect("there is one to be read");
                let found = journal.find(&read);
                handled = link.session.handle_found(hub, waiting, found, at);
            }
            self.needs_drain.extend(hub.take_needs_drain());
            match handled {
                Handled::Done => return,
                Handled::Verify(waiting) => {
                    let claims = claims(self.devices[device].user);
                    (link.session).handle_verified(hub, &waiting, Ok(claims), at);
                    return;
                }
                Handled::After(_, waiting) | Handled::Later(waiting) => {
                    self.fan_out_all();
                    request = waiting;
                }
                Handled::Read(..) | Handled::Act(..) | Handled::Ask(..) | Handled::Dropped(_) => {
                    panic!("{handled:?}")
                }
            }
        }
    }

    fn read(&mut self, device: usize, count: usize) -> bool {
        let Some(link) = self.links.get(&device) else {
            return false;
        };
        let mut is_any = false;
        for _ in 0..count {
            let Some(packet) = link.connection.wire().next() else {
                break;
            };
            is_any = true;
            self.devices[device].receive(packet, &mut self.known);
        }
        is_any
    }

    /// Has everything sent and read.
    fn read_all(&mut self) {
        for link in self.links.values() {
            link.connection.wire().stall(false);
        }
        loop {
            self.fan_out_all();
            self.sweep();
            self.fan_out_all();
            self.drain();
            let read = |world: &mut Self, device| world.read(device, usize::MAX);
            let all = (0..DEVICES.len()).map(|device| read(self, device));
            if all.filter(|is_any| *is_any).count() == 0 {
                return;
            }
        }
    }

    /// At last, each line is hidden from whoever blocks its speaker, and from nobody else.
    fn settle(mut self) {
        (0..DEVICES.len()).for_each(|device| self.connect(device));
        self.read_all();
        for (user, place) in std::mem::take(&mut self.known.hidden) {
            if let Some(speaker) = self.known.speakers.get(&place)
                && place.0 != NEAR
            {
                assert!(
                    self.ever_blocked[user].contains(speaker),
                    "{user}: {place:?}"
                );
            }
        }
        self.known.shown.clear();
        for device in 0..DEVICES.len() {
            for (room, name) in ROOMS.iter().enumerate().filter(|(_, name)| **name != NEAR) {
                if self.devices[device].is_in(name) {
                    self.command(device, &Command::Leave { room });
                }
                let has_position = false;
                self.command(device, &Command::Join { room, has_position });
            }
        }
        self.read_all();
        for (user, place) in &self.known.hidden {
            // Its speaker sees it.
            let speaker = self.known.speakers[place];
            assert!(self.blocks[*user].contains(&speaker), "{user}: {place:?}");
        }
        for (user, place) in &self.known.shown {
            let speaker = self.known.speakers[place];
            assert!(!self.blocks[*user].contains(&speaker), "{user}: {place:?}");
        }
    }

    fn fan_out(&mut self, thread: usize) {
        let now = self.at().now;
        self.hubs[thread].fan_out(now);
        self.needs_drain
            .extend(self.hubs[thread].take_needs_drain());
    }

    fn fan_out_all(&mut self) {
        self.decide_all();
        while let Some(thread) = self.hubs.iter().position(Hub::has_pending) {
            self.fan_out(thread);
        }
    }

    fn decide_all(&mut self) {
        if let Some(journal) = &self.journal {
            journal.decide_next(usize::MAX);
        }
    }

    fn sweep(&mut self) {
        let now = self.at().now;
        for hub in &mut self.hubs {
            hub.catch_up(now);
            self.needs_drain.extend(hub.take_needs_drain());
        }
    }

    fn drain(&mut self) {
        let now = self.at().now;
        self.needs_drain.retain(|connection| !connection.drain(now));
    }

    fn id_of(&self, user: usize) -> Option<UserId> {
        let mut users = self.known.users.iter();
        let (id, _) = users.find(|(_, known)| **known == user)?;
        Some(UserId(*id))
    }

    fn at(&self) -> Moment {
        Moment {
            now: self.start + Duration::from_millis(self.millis),
            unix_millis: self.millis,
        }
    }
}

fn limits() -> RoomLimits {
    RoomLimits {
        replay: 500,
        client_rate: Rate::UNBOUNDED,
        room_rate: Rate::UNBOUNDED,
        ..RoomLimits::default()
    }
}

fn claims(user: usize) -> Claims {
    Claims {
        user: format!("account-{user}"),
        name: None,
        info: None,
        rooms: Vec::new(),
        caps: Vec::new(),
        expires: 1_000_000,
        issued: None,
    }
}
