//! The work of a fan-out, for the metrics.

use std::ops::AddAssign;

use crate::metrics::ThreadMetrics;

/// How much a fan-out has sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sent {
    /// How often a line was sent to a member.
    pub(super) deliveries: u64,
    /// How many members are left out from now on.
    pub(super) left_out: u64,
}

impl Sent {
    /// Counts it.
    pub(super) fn add_to(self, metrics: &ThreadMetrics) {
        metrics.deliveries.add(self.deliveries);
        metrics.left_out.add(self.left_out);
    }
}

impl AddAssign for Sent {
    fn add_assign(&mut self, other: Self) {
        self.deliveries += other.deliveries;
        self.left_out += other.left_out;
    }
}
