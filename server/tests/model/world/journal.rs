//! Steps of a world with a journal, which decides late, fails for a while, and begins again.

use std::sync::Arc;

use guildhall_protocol::{Protocol, Request, RequestBody};
use guildhall_server::testing::{Failure, Found, Hub, MemoryJournal, Read, Shared};

use super::{World, settings};
use crate::limits::durable_limits;
use crate::model::Model;
use crate::pipe::Pipe;
use crate::step::JournalStep;

/// The journal of a world.
#[derive(Debug)]
pub(super) struct WorldJournal {
    journal: Arc<MemoryJournal>,
    is_failing: bool,
}

impl WorldJournal {
    /// Returns what the journal finds at once for a request. A client that resumes gets nothing
    /// beyond memory: how much that would be depends on what waits for it.
    pub(super) fn find(&self, read: &Read, request: &Request) -> Result<Found, Failure> {
        match (read, &request.ask) {
            (Read::Lines(_), Some(RequestBody::Join(_))) => Ok(Found::no_lines()),
            _ => self.journal.find(read),
        }
    }
}

impl World {
    /// A world with a journal, in which all rooms are durable.
    pub(crate) fn durable(threads: usize) -> Self {
        let journal = MemoryJournal::new();
        journal.set_edit_within(durable_limits().edit_within);
        let shared = Shared::with_memory_journal(threads, durable_limits(), &journal);
        Self {
            model: Model::durable(),
            journal: Some(WorldJournal {
                journal,
                is_failing: false,
            }),
            ..Self::with(shared, threads)
        }
    }

    pub(super) fn journal_step(&mut self, step: JournalStep) {
        let Some(WorldJournal {
            journal,
            is_failing,
        }) = &mut self.journal
        else {
            return;
        };
        match step {
            JournalStep::Decide { count } => self.decide(count),
            JournalStep::Fail => {
                journal.fail();
                *is_failing = true;
            }
            JournalStep::Heal => {
                journal.heal();
                *is_failing = false;
            }
            JournalStep::Restart => self.restart(),
        }
    }

    /// The journal decides at most this many lines.
    pub(super) fn decide(&mut self, count: usize) {
        if let Some(WorldJournal {
            journal,
            is_failing,
        }) = &self.journal
        {
            journal.decide_lines(count);
            self.model.decide(count, *is_failing);
        }
    }

    /// The server is killed, and begins again.
    fn restart(&mut self) {
        let threads = self.hubs.len();
        let Some(WorldJournal { journal, .. }) = &mut self.journal else {
            return;
        };
        *journal = journal.restarted();
        self.shared = Shared::with_memory_journal(threads, durable_limits(), journal);
        settings(&self.shared);
        self.shared.set_rules(self.model.rule.rules());
        let hub = |thread| Hub::new(Arc::clone(&self.shared), thread);
        self.hubs = (0..threads).map(hub).collect();
        self.journal_step(JournalStep::Heal);
        // No number is used twice.
        for _ in 0..self.connected {
            let now = self.now();
            let connection = self.hubs[0].connect(Protocol::V1, Pipe::default(), 1, now);
            self.hubs[0].disconnect(connection.id());
        }
        self.connections.clear();
        self.vanished.clear();
        self.needs_drain.clear();
        for player in &mut self.players {
            player.link = None;
        }
        self.said = 0;
        self.model.restart(threads);
    }
}
