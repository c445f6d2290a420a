//! Requests that were carried out, by their `Idempotency-Key`: a request that is sent again,
//! because its response was lost, gets the same response and is not carried out twice.
//! (draft-ietf-httpapi-idempotency-key-header says what callers expect.)
//!
//! Bounded in number, bytes and time. No clock: the caller passes in `now`.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::StatusCode;
use ring::digest::{Context, SHA256};

use crate::sync::lock::Lock;

use super::problem::Problem;

/// How long a response is kept.
pub(crate) const KEPT_FOR: Duration = Duration::from_mins(5);

/// The longest key.
pub(crate) const MAX_KEY_BYTES: usize = 255;

/// The most responses. If there are more, the oldest is forgotten before its time.
const MOST: usize = 65_536;

/// The most bytes of their bodies.
const MOST_BYTES: usize = 32 * 1024 * 1024;

/// A hash: equal for equal parts alone.
pub(crate) type Digest = [u8; 32];

/// The requests that were carried out, and those that are being.
#[derive(Debug, Default)]
pub(crate) struct Idempotency {
    inner: Lock<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    requests: HashMap<Digest, Entry>,
    /// Those that have a response, the oldest first.
    done: VecDeque<(Instant, Digest)>,
    bytes: usize,
}

#[derive(Debug)]
struct Entry {
    /// The hash of the request.
    request: Digest,
    /// `None`: it is being carried out.
    response: Option<KeptResponse>,
}

/// A response that was given: also the problem of a request that was carried out, and is not kept
/// yet.
pub(crate) type KeptResponse = Result<KeptReply, Problem>;

/// A reply that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeptReply {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
}

/// The state of a request that has a key, which says what to do with it.
#[derive(Debug)]
pub(crate) enum Begun {
    /// To carry it out.
    New(Claim),
    /// It was carried out, with this response.
    Repeated(KeptResponse),
    /// It is being carried out.
    InProgress,
    /// The key is that of another request.
    Reused,
}

/// A request that is being carried out. If this is dropped without a response, it was not.
#[derive(Debug)]
pub(crate) struct Claim {
    idempotency: Arc<Idempotency>,
    key: Digest,
    is_done: bool,
}

impl Idempotency {
    /// Begins a request.
    pub(crate) fn begin(self: &Arc<Self>, key: Digest, request: Digest, now: Instant) -> Begun {
        let inner = &mut *self.inner.lock();
        inner.forget(now);
        if let Some(entry) = inner.requests.get(&key) {
            return match &entry.response {
                _ if entry.request != request => Begun::Reused,
                Some(response) => Begun::Repeated(response.clone()),
                None => Begun::InProgress,
            };
        }
        let entry = Entry {
            request,
            response: None,
        };
        inner.requests.insert(key, entry);
        Begun::New(Claim {
            idempotency: Arc::clone(self),
            key,
            is_done: false,
        })
    }
}

impl Inner {
    /// Forgets what is too old, and the oldest of what is too much.
    fn forget(&mut self, now: Instant) {
        while let Some(&(since, key)) = self.done.front()
            && (now.saturating_duration_since(since) >= KEPT_FOR
                || self.done.len() > MOST
                || self.bytes > MOST_BYTES)
        {
            self.done.pop_front();
            if let Some(Entry { response, .. }) = self.requests.remove(&key) {
                self.bytes -= response.as_ref().map_or(0, size);
            }
        }
    }
}

impl Claim {
    /// The request was carried out, and this is its response.
    pub(crate) fn keep(mut self, response: KeptResponse, now: Instant) {
        self.is_done = true;
        let inner = &mut *self.idempotency.inner.lock();
        if let Some(entry) = inner.requests.get_mut(&self.key) {
            inner.bytes += size(&response);
            entry.response = Some(response);
            inner.done.push_back((now, self.key));
        }
        inner.forget(now);
    }
}

/// How much memory a response takes, in bytes.
fn size(response: &KeptResponse) -> usize {
    match response {
        Ok(reply) => reply.body.len(),
        Err(problem) => problem.detail.len(),
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if !self.is_done {
            self.idempotency.inner.lock().requests.remove(&self.key);
        }
    }
}

/// The hash of these parts. Parts that are cut in other places have another one.
pub(crate) fn digest(parts: &[&[u8]]) -> Digest {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut digest = Digest::default();
    digest.copy_from_slice(context.finish().as_ref());
    digest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::problem::ProblemKind;

    fn key(name: &str) -> Digest {
        digest(&[name.as_bytes()])
    }

    fn reply(bytes: usize) -> KeptReply {
        KeptReply {
            status: StatusCode::OK,
            body: vec![b' '; bytes].into(),
        }
    }

    /// Carries a request out, which has to be new.
    #[track_caller]
    fn carry_out(requests: &Arc<Idempotency>, name: &str, bytes: usize, now: Instant) {
        match requests.begin(key(name), key("request"), now) {
            Begun::New(claim) => claim.keep(Ok(reply(bytes)), now),
            other => panic!("{name}: {other:?}"),
        }
    }

    #[test]
    fn a_request_is_carried_out_once_in_five_minutes() {
        let (requests, start) = (Arc::new(Idempotency::default()), Instant::now());
        let begin = |request: &str, now| requests.begin(key("a"), key(request), now);
        let Begun::New(claim) = begin("one", start) else {
            panic!("it is new");
        };
        assert!(matches!(begin("one", start), Begun::InProgress));
        assert!(matches!(begin("two", start), Begun::Reused));
        claim.keep(Ok(reply(3)), start);
        let late = (start + KEPT_FOR)
            .checked_sub(Duration::from_millis(1))
            .unwrap();
        match begin("one", late) {
            Begun::Repeated(kept) => assert_eq!(kept, Ok(reply(3))),
            other => panic!("{other:?}"),
        }
        assert!(matches!(begin("two", late), Begun::Reused));
        assert!(matches!(begin("two", start + KEPT_FOR), Begun::New(_)));
        assert!(requests.inner.lock().requests.is_empty());
    }

    #[test]
    fn a_request_that_was_carried_out_and_is_not_kept_is_not_carried_out_again() {
        let (requests, now) = (Arc::new(Idempotency::default()), Instant::now());
        let problem = Problem::new(ProblemKind::NotKept, "it holds, and is not kept yet");
        match requests.begin(key("a"), key("one"), now) {
            Begun::New(claim) => claim.keep(Err(problem.clone()), now),
            other => panic!("{other:?}"),
        }
        match requests.begin(key("a"), key("one"), now) {
            Begun::Repeated(Err(told)) => assert_eq!(told, problem),
            other => panic!("{other:?}"),
        }
        assert!(matches!(
            requests.begin(key("a"), key("two"), now + KEPT_FOR),
            Begun::New(_)
        ));
        assert_eq!(requests.inner.lock().bytes, 0);
    }

    #[test]
    fn a_request_that_was_not_carried_out_can_be_sent_again() {
        let (requests, now) = (Arc::new(Idempotency::default()), Instant::now());
        drop(requests.begin(key("a"), key("one"), now));
        assert!(matches!(
            requests.begin(key("a"), key("two"), now),
            Begun::New(_)
        ));
    }

    #[test]
    fn the_oldest_are_forgotten_if_there_are_too_many_or_they_are_too_large() {
        let (requests, now) = (Arc::new(Idempotency::default()), Instant::now());
        carry_out(&requests, "first", 1, now);
        carry_out(&requests, "large", MOST_BYTES, now);
        assert!(requests.inner.lock().bytes <= MOST_BYTES);
        carry_out(&requests, "first", 1, now);
        for number in 0..=MOST {
            carry_out(&requests, &number.to_string(), 0, now);
        }
        let inner = requests.inner.lock();
        assert_eq!((inner.requests.len(), inner.done.len()), (MOST, MOST));
        assert!(inner.bytes <= MOST_BYTES);
    }

    #[test]
    fn a_hash_depends_on_where_its_parts_are_cut() {
        assert_ne!(digest(&[b"ab", b"c"]), digest(&[b"a", b"bc"]));
        assert_ne!(digest(&[b"a"]), digest(&[b"a", b""]));
    }
}
