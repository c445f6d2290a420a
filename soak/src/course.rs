//! The course of a soak: what happens in which order, and what has to be so in the end.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use guildhall_testing::data_folder::DataFolder;
use guildhall_testing::stored_room::StoredRoom;
use guildhall_testing::v1_client::V1Client;
use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};

use crate::arguments::Arguments;
use crate::check::check;
use crate::clients::{self, Clients, FLOODS, LOBBY};
use crate::clock::Clock;
use crate::disk::{self, Disk};
use crate::faults::{Fault, OTHERS, RESTARTS};
use crate::measure::Measure;
use crate::run::{PROGRESS_EVERY, Run};
use crate::server::Server;
use crate::shared::{Mode, Shared, locked};

/// How much more memory there may be in the end than behind the warm-up: a tenth of it, so many KiB,
/// and so many for each room, whose history fills up meanwhile.
const MORE_MEMORY: u64 = 8 * 1024;
const HISTORY: u64 = 256;

/// How many files more there may be in the end: each of two readers of the store opens the index and
/// its log when it is first asked to search.
const INDEX_FILES: usize = 4;

/// Runs a soak.
///
/// # Errors
///
/// If something was not as it should be.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let may_mount = disk::enter_namespace()?;
    let folder = DataFolder::pick();
    fs::create_dir(folder.path())?;
    let seed = arguments.seed.unwrap_or_else(|| fastrand::u64(..1 << 32));
    fastrand::seed(seed);
    let clients = arguments.clients;
    let time = Duration::from_secs_f64(arguments.minutes * 60.0);
    println!("{clients} clients for {time:?}, with --seed {seed}");
    let files = getrlimit(Resource::Nofile).maximum;
    let most = Rlimit {
        current: files,
        maximum: files,
    };
    setrlimit(Resource::Nofile, most)?;

    let data: PathBuf = folder.path().join("data");
    let disk = if may_mount {
        // As much as an hour of so many clients needs, and some room.
        let megabytes = 64 + usize::try_from(time.as_secs())? / 60 * clients / 100;
        Some(Disk::mount(&data, megabytes)?)
    } else {
        println!("left out: a full disk, because nothing can be mounted here");
        None
    };
    let clock = Clock::new(folder.path())?;
    let resume_seconds = time.as_secs().div_ceil(60) + 18;
    let server = Server::start(
        &arguments.server,
        folder.path(),
        &data,
        resume_seconds.min(60),
        Some(clock.clone()),
    )?;
    let mut run = Run {
        shared: Arc::new(Shared::new(server.address)),
        server,
        clock,
        disk,
        clients,
        observers: clients::observers(clients),
        lasts: (time / 40).clamp(Duration::from_secs(2), Duration::from_secs(15)),
        started: Instant::now(),
        next_progress: Instant::now() + PROGRESS_EVERY,
        now: "starting",
    };
    run.wait_for("a server that is ready", |run| Ok(run.server.is_ready()))?;
    let idle = run.idle()?;
    let clients = Clients::start(&run.shared, clients, seed)?;
    run.soak(time)?;
    run.end(clients, idle)?;
    run.stop(&data)
}

impl Run {
    /// The state of a server that nobody uses, once it has done a little of everything.
    fn idle(&mut self) -> Result<Measure> {
        let (mut ann, _) = V1Client::in_room(self.server.address, "Ann", "first");
        ann.say("first", "hello");
        ann.fetch("first", 0, 0, 0);
        ann.client.say_goodbye();
        self.wait_for("nobody", |run| {
            run.is_at_zero("guildhall_clients_connected")
        })?;
        let measure = Measure::of(self.server.pid())?;
        println!("idle: {measure:?}");
        Ok(measure)
    }

    /// All faults, while clients talk.
    fn soak(&mut self, time: Duration) -> Result<()> {
        self.now = "connecting";
        let most = self.clients * 8 / 10;
        self.wait_for("most clients", |run| Ok(run.online() >= most))?;
        self.wait_until_well()?;
        let calm = time / 15;
        self.talk(calm)?;
        for fault in RESTARTS {
            self.carry_out(fault)?;
            self.wait_for("most clients", |run| Ok(run.online() >= most))?;
            self.talk(calm)?;
        }
        // From here on it is one process.
        self.talk(calm)?;
        let before = self.memory()?;
        println!("memory behind the warm-up: {} MiB", before / 1024);
        let mut faults = Vec::new();
        let mut count = 0;
        while count < OTHERS.len() || self.started.elapsed() < time * 8 / 10 {
            if faults.is_empty() {
                faults = OTHERS.to_vec();
                fastrand::shuffle(&mut faults);
            }
            count += 1;
            let fault = faults.pop().expect("there are some");
            if fault != Fault::FullDisk || self.disk.is_some() {
                self.carry_out(fault)?;
            }
            self.talk(calm / 2)?;
        }
        self.shared.set_mode(Mode::Calm);
        self.now = "calm";
        self.wait_until_well()?;
        self.wait_for("most clients", |run| Ok(run.online() >= most))?;
        let rooms = clients::rooms(self.clients).len() as u64 + 2;
        let most = before + before / 10 + MORE_MEMORY + rooms * HISTORY;
        let mut last = 0;
        let is_back = self.wait_for("memory where it was", |run| {
            last = run.memory()?;
            Ok(last <= most)
        });
        println!("memory in the end: {} MiB", last / 1024);
        is_back
    }

    /// All clients leave. What they have heard is what the server has, and nothing of them is
    /// left.
    fn end(&mut self, clients: Clients, idle: Measure) -> Result<()> {
        self.now = "leaving";
        self.shared.set_mode(Mode::Leaving);
        let observers = self.observers;
        self.wait_for("all clients to leave", |run| {
            let answered = run.shared.answered.load(Ordering::SeqCst);
            Ok(answered == observers && run.online() <= observers)
        })?;
        // The server still reads what some have sent at last.
        self.wait_for("the end of all other connections", |run| {
            let metrics = run.server.metrics()?;
            let connected = metrics.count("guildhall_clients_connected");
            Ok(connected == observers as u64 && metrics.count("guildhall_store_waiting") == 0)
        })?;
        let rooms = clients::rooms(self.clients);
        let rooms = rooms.iter().map(String::as_str).chain([LOBBY, FLOODS]);
        let stored: BTreeMap<String, StoredRoom> = {
            let (mut reader, _) = V1Client::hello(self.server.address, "Reader");
            let read = |room: &str| {
                reader.join(room);
                let stored = StoredRoom::read(&mut reader, room);
                reader.leave(room);
                (room.to_owned(), stored)
            };
            rooms.map(read).collect()
        };
        for (room, stored) in &stored {
            let last = stored.lines.keys().chain(stored.changes.keys()).max();
            let last = last.copied().unwrap_or_default();
            locked(&self.shared.ends).insert(room.clone(), last);
        }
        self.shared.set_mode(Mode::Ending);
        let observers = clients.end();
        println!("{}", check(&self.shared, &stored, &observers)?);
        println!("connections ended with {}", self.shared.closes());

        self.now = "ending";
        for gauge in [
            "guildhall_clients_connected",
            "guildhall_sockets",
            "guildhall_sessions{state=\"here\"}",
            "guildhall_sessions{state=\"away\"}",
            "guildhall_users",
            "guildhall_rooms{state=\"members\"}",
            "guildhall_queued_bytes",
            "guildhall_store_waiting",
        ] {
            self.wait_for(gauge, |run| run.is_at_zero(gauge))?;
        }
        // The lobby is always there.
        self.wait_for("no room but the lobby", |run| {
            Ok(run
                .server
                .metrics()?
                .count("guildhall_rooms{state=\"empty\"}")
                <= 1)
        })?;
        let mut last = idle;
        let is_back = self.wait_for("as many files and threads as at first", |run| {
            last = Measure::of(run.server.pid())?;
            Ok(last.files <= idle.files + INDEX_FILES && last.threads <= idle.threads)
        });
        println!("idle in the end: {last:?}");
        is_back?;
        ensure!(self.server.is_ready(), "the server is not ready in the end");
        Ok(())
    }

    /// The server stops, and its store and its log are in order.
    fn stop(&mut self, data: &Path) -> Result<()> {
        self.server.signal(Signal::TERM)?;
        self.wait_for("the server's end", |run| {
            let end = run.server.end()?;
            ensure!(end.is_none_or(|it| it.success()), "a bad end: {end:?}");
            Ok(end.is_some())
        })?;
        self.server.check_store(data)?;
        for (complaint, count) in self.server.complaints() {
            println!("logged {count} times: {complaint}");
        }
        let strays = self.server.strays();
        ensure!(strays.is_empty(), "the server has written {strays:?}");
        println!("the soak has passed in {:?}", self.started.elapsed());
        Ok(())
    }

    fn carry_out(&mut self, fault: Fault) -> Result<()> {
        self.now = fault.words();
        let since = Instant::now();
        fault.carry_out(self)?;
        let took = since.elapsed().as_secs_f32();
        println!(
            "{:>5} s: {}: well again after {took:.1} s",
            self.seconds(),
            fault.words()
        );
        self.now = "talking";
        Ok(())
    }
}
