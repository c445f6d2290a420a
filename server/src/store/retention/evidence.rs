//! Forgets reports with their evidence, and the audit log, when their time is over: in small pieces,
//! as lines. Each report that is forgotten is noted in the audit log.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, TransactionBehavior};

use crate::moderation::KeepEvidence;
use crate::store::records::{audit, reports};
use crate::sync::lock::Lock;

/// How often old reports and entries are looked for.
const EVERY: Duration = Duration::from_mins(10);

/// The most that one piece forgets.
const PIECE: u64 = 64;

/// Forgets reports and acts.
#[derive(Debug)]
pub(crate) struct EvidenceRetention {
    keep: Arc<Lock<KeepEvidence>>,
    /// When they are looked for again.
    next: Instant,
}

impl EvidenceRetention {
    pub(crate) fn new(keep: Arc<Lock<KeepEvidence>>) -> Self {
        Self {
            keep,
            next: Instant::now(),
        }
    }

    /// For how long there is nothing to do. `None`: for ever.
    pub(crate) fn idle(&self) -> Option<Duration> {
        let KeepEvidence { reports, audit } = *self.keep.lock();
        let is_limited = reports.is_some() || audit.is_some();
        is_limited.then(|| self.next.saturating_duration_since(Instant::now()))
    }

    /// They may be kept for another time now.
    pub(crate) fn begin_again(&mut self) {
        self.next = Instant::now();
    }

    /// Does a piece of it, if it is time.
    pub(crate) fn piece(&mut self, connection: &mut Connection) -> rusqlite::Result<()> {
        if self.idle().is_none_or(|idle| !idle.is_zero()) {
            return Ok(());
        }
        // Also behind an error: it comes again in its time.
        self.next = Instant::now() + EVERY;
        let keep = *self.keep.lock();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.unwrap_or_default();
        let before = |age: Duration| millis(now.saturating_sub(age));
        let mut more = false;
        if let Some(age) = keep.reports {
            more |= reports::forget(&transaction, before(age), millis(now), PIECE)?;
        }
        if let Some(age) = keep.audit {
            more |= audit::forget(&transaction, before(age), PIECE)?;
        }
        transaction.commit()?;
        if more {
            self.next = Instant::now();
        }
        Ok(())
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
