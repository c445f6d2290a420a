//! In which rate a request is counted.

use crate::metrics::Limited;

use super::{
    Asked, Hub, Instant, Moment, RequestBody, RequestError, Welcomed, Wire, too_many_requests,
};

impl<W: Wire> Welcomed<W> {
    /// Counts a request that is not a say, a whisper or a change.
    ///
    /// # Errors
    ///
    /// The user, or the guests of its address, have asked for this too often.
    pub(super) fn count(&self, hub: &Hub<W>, asked: Asked, at: Moment) -> Result<(), RequestError> {
        let own = self.session.user.used.of(asked);
        let address = self.address.as_deref();
        let taken = hub.shared().rates().take(asked, own, address, at.now);
        taken.map_err(|wait| {
            hub.metrics().count_limited(asked.limited());
            too_many_requests(wait)
        })
    }

    /// Counts a report.
    ///
    /// # Errors
    ///
    /// The user, or the guests of its address, have reported too much.
    pub(in crate::session::v1) fn count_report(
        &self,
        hub: &Hub<W>,
        at: Moment,
    ) -> Result<(), RequestError> {
        let rates = hub.shared().rates();
        let taken = rates.take_report(self.id(), self.address.as_deref(), at.now);
        taken.map_err(|wait| {
            hub.metrics().count_limited(Limited::Report);
            too_many_requests(wait)
        })
    }

    /// Counts a request that was refused. Returns whether the client may go on.
    pub(in crate::session::v1) fn may_be_refused(&self, hub: &Hub<W>, now: Instant) -> bool {
        hub.shared().rates().may_be_refused(&self.refused, now)
    }
}

/// The rate that a request is counted in when it comes. `None` for a hello, which is refused,
/// for a say, a whisper and a change, which are counted when they are valid, and for a report,
/// which has a rate of its own.
pub(super) fn asked(body: &RequestBody) -> Option<Asked> {
    match body {
        RequestBody::Hello(_)
        | RequestBody::Say(_)
        | RequestBody::Whisper(_)
        | RequestBody::Edit(_)
        | RequestBody::Remove(_)
        | RequestBody::React(_)
        | RequestBody::Report(_) => None,
        RequestBody::Join(_) => Some(Asked::Join),
        RequestBody::Rename(_) => Some(Asked::Rename),
        RequestBody::Search(_) | RequestBody::ListUnread(_) => Some(Asked::Search),
        RequestBody::Leave(_)
        | RequestBody::ListRooms(_)
        | RequestBody::ListMembers(_)
        | RequestBody::Refresh(_)
        | RequestBody::FetchHistory(_)
        | RequestBody::MarkRead(_)
        | RequestBody::Block(_)
        | RequestBody::ListBlocks(_)
        | RequestBody::Impose(_)
        | RequestBody::Lift(_)
        | RequestBody::ListSanctions(_)
        | RequestBody::SetRole(_)
        | RequestBody::ListModerators(_)
        | RequestBody::ChangeRoom(_)
        | RequestBody::Clear(_)
        | RequestBody::Purge(_) => Some(Asked::Request),
    }
}
