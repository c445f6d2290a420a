//! Who is known to the server by name: the sessions of `guildhall.v1` clients,
//! which outlive a lost connection for a while.
//!
//! Shared by all network threads. No runtime and no clock. The lock of all people
//! is never taken while a person's own is held.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::lock::{Lock, MutexGuard};
use crate::names;
use crate::person::{Name, Person, Place, Token};

/// Everyone with a session.
#[derive(Debug)]
pub struct People {
    inner: Lock<Inner>,
    /// How long a session can be resumed.
    resume_within: Duration,
    /// How many sessions without a connection are kept.
    max_away: usize,
}

#[derive(Debug, Default)]
struct Inner {
    sessions: HashMap<u64, Session>,
    tokens: HashMap<Token, u64>,
    /// Who has a name that looks like this.
    looks: HashMap<String, u64>,
    /// Who is away since when, oldest first. Some may be back by now.
    away: VecDeque<(Instant, u64)>,
    /// How many are away.
    away_now: usize,
}

#[derive(Debug)]
struct Session {
    person: Arc<Person>,
    /// `None` while away.
    place: Option<Place>,
    away_since: Option<Instant>,
}

/// Why somebody does not get a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameError {
    /// It is none.
    Bad,
    /// Somebody has it, or one that looks like it.
    Taken,
}

impl People {
    /// Nobody yet.
    #[must_use]
    pub fn new(resume_within: Duration, max_away: usize) -> Self {
        Self {
            inner: Lock::default(),
            resume_within,
            max_away,
        }
    }

    /// A new session, under the name that `raw` asks for; without one where it
    /// is empty.
    ///
    /// # Errors
    ///
    /// Where the name cannot be had: then there is no session.
    ///
    /// # Panics
    ///
    /// Where the system has no random numbers.
    pub fn greet(&self, id: u64, raw: &str, place: Place) -> Result<Arc<Person>, NameError> {
        let mut token = Token::default();
        getrandom::fill(&mut token).expect("the system has random numbers");
        let mut inner = self.lock();
        let name = if raw.is_empty() {
            Name::GUEST
        } else {
            inner.take_name(id, raw)?
        };
        let person = Arc::new(Person::new(id, token, name, place));
        inner.tokens.insert(token, id);
        let session = Session {
            person: Arc::clone(&person),
            place: Some(place),
            away_since: None,
        };
        inner.sessions.insert(id, session);
        Ok(person)
    }

    /// Who has the session of this secret, from now on at this place. Also the
    /// place where the session was until now, if it was anywhere: that
    /// connection is to be closed.
    #[must_use]
    pub fn resume(&self, token: &[u8], place: Place) -> Option<(Arc<Person>, Option<Place>)> {
        let mut inner = self.lock();
        let id = *inner.tokens.get(token)?;
        let session = inner.sessions.get_mut(&id)?;
        let was_away = session.away_since.take().is_some();
        let before = session.place.replace(place);
        let person = Arc::clone(&session.person);
        inner.away_now -= usize::from(was_away);
        drop(inner);
        person.is_at(place);
        Some((person, before))
    }

    /// Who has the session of this secret.
    #[must_use]
    pub fn by_token(&self, token: &[u8]) -> Option<Arc<Person>> {
        let inner = self.lock();
        let session = inner.sessions.get(inner.tokens.get(token)?)?;
        Some(Arc::clone(&session.person))
    }

    /// Notes that the connection at `place` is gone. Its session can be
    /// resumed for a while, unless it is somewhere else already.
    pub fn leave(&self, person: &Person, place: Place, now: Instant) {
        let mut inner = self.lock();
        let Some(session) = inner.sessions.get_mut(&person.id) else {
            return;
        };
        if session.place != Some(place) {
            return;
        }
        session.place = None;
        session.away_since = Some(now);
        inner.away.push_back((now, person.id));
        inner.away_now += 1;
        drop(inner);
        person.has_left(place);
    }

    /// Forgets somebody whose connection at `place` is gone for good: the name is
    /// free at once. Does nothing where the session is somewhere else already.
    pub fn forget(&self, person: &Person, place: Place) {
        let mut inner = self.lock();
        let session = inner.sessions.get(&person.id);
        if session.is_some_and(|session| session.place == Some(place)) {
            inner.forget(person.id);
        }
    }

    /// Forgets the sessions that were not resumed in time, and those that are
    /// away for the longest where there are too many.
    pub fn sweep(&self, now: Instant) {
        let mut inner = self.lock();
        while let Some(&(since, id)) = inner.away.front() {
            let late = now.saturating_duration_since(since) >= self.resume_within;
            if !late && inner.away_now <= self.max_away {
                break;
            }
            inner.away.pop_front();
            if let Some(session) = inner.sessions.get(&id)
                && session.away_since == Some(since)
            {
                inner.forget(id);
            }
        }
    }

    /// Gives `person` another name.
    ///
    /// # Errors
    ///
    /// Where it cannot be had: the old one stays.
    pub fn rename(&self, person: &Person, raw: &str) -> Result<Name, NameError> {
        let mut inner = self.lock();
        let name = inner.take_name(person.id, raw)?;
        drop(inner);
        person.is_called(name.clone());
        Ok(name)
    }

    /// The person with this ID.
    #[must_use]
    pub fn by_id(&self, id: u64) -> Option<Arc<Person>> {
        let inner = self.lock();
        let session = inner.sessions.get(&id)?;
        Some(Arc::clone(&session.person))
    }

    /// The ID of whoever has this name: as it is or in other letters of the
    /// same look, and also one that the server made up.
    #[must_use]
    pub fn id_of(&self, name: &str) -> Option<u64> {
        let name = names::client_name(name)?;
        if names::is_guest(&name) {
            let digits = name.rsplit(|c: char| !c.is_ascii_digit()).next()?;
            return digits.parse().ok();
        }
        let inner = self.lock();
        let mut looks = names::looks(&name).into_iter();
        looks.find_map(|look| inner.looks.get(&look).copied())
    }

    /// How many sessions there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().sessions.len()
    }

    /// Whether there is no session.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock()
    }
}

impl Inner {
    /// Gives the name that `raw` asks for to this client, and frees the one it
    /// had.
    fn take_name(&mut self, id: u64, raw: &str) -> Result<Name, NameError> {
        let name = names::client_name(raw).ok_or(NameError::Bad)?;
        let looks = names::looks(&name);
        let is_taken = |look| self.looks.get(look).is_some_and(|&owner| owner != id);
        if names::is_guest(&name) || looks.iter().any(is_taken) {
            return Err(NameError::Taken);
        }
        self.free_names(id);
        self.looks.extend(looks.map(|look| (look, id)));
        Ok(Name::new(&name))
    }

    fn free_names(&mut self, id: u64) {
        // By what the present name looks like, not by a walk over all names.
        let Some(session) = self.sessions.get(&id) else {
            return;
        };
        let name = session.person.name();
        if let Some(name) = name.given() {
            for look in names::looks(name) {
                self.looks.remove(&look);
            }
        }
    }

    fn forget(&mut self, id: u64) {
        self.free_names(id);
        if let Some(session) = self.sessions.remove(&id) {
            self.tokens.remove(&session.person.token);
            self.away_now -= usize::from(session.away_since.is_some());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use guildhall_protocol::WhisperLine;

    const HERE: Place = Place {
        thread: 0,
        connection: 1,
    };
    const THERE: Place = Place {
        thread: 0,
        connection: 2,
    };
    const KEPT: Duration = Duration::from_mins(1);

    fn people() -> People {
        People::new(KEPT, 10)
    }

    /// Where a whisper to this person goes.
    fn place_of(person: &Person) -> Option<Place> {
        let mut found = None;
        person.whisper(WhisperLine::default(), |place, _| found = Some(place));
        found
    }

    #[test]
    fn a_name_is_one_persons_until_it_is_given_up() {
        let people = people();
        let ann = people.greet(1, "Ann", HERE).unwrap();
        assert_eq!(people.greet(2, "ANN", THERE).unwrap_err(), NameError::Taken);
        assert_eq!(people.greet(2, "\n", THERE).unwrap_err(), NameError::Bad);
        assert_eq!(
            people.greet(2, "Guest 9", THERE).unwrap_err(),
            NameError::Taken
        );
        assert_eq!(people.len(), 1, "no name, no session");
        let guest = people.greet(2, "", THERE).unwrap();
        assert_eq!(guest.name().of(2), "Guest 2");
        assert_eq!(people.rename(&guest, "ann"), Err(NameError::Taken));
        let changed = people.rename(&ann, "ann").unwrap();
        assert_eq!(changed.of(1), "ann", "one's own name in other letters");
        people.rename(&ann, "Zoe").unwrap();
        assert_eq!(people.rename(&guest, "Ann").unwrap().of(2), "Ann");
        assert_eq!(people.id_of("Ann"), Some(2));
        assert_eq!(people.id_of("zoe"), Some(1));
        assert_eq!(people.id_of("Guest 77"), Some(77));
        assert_eq!(people.id_of("nobody"), None);
    }

    #[test]
    fn a_session_outlives_its_connection_for_a_while() {
        let (people, start) = (people(), Instant::now());
        let ann = people.greet(1, "Ann", HERE).unwrap();
        people.leave(&ann, HERE, start);
        people.sweep(start + KEPT / 2);
        assert!(people.greet(2, "Ann", THERE).is_err(), "it keeps its name");
        let (again, before) = people.resume(&ann.token, THERE).unwrap();
        assert_eq!((again.id, before), (1, None));
        people.sweep(start + KEPT);
        assert_eq!(people.len(), 1, "it is not away any more");
        people.leave(&ann, THERE, start + KEPT);
        people.sweep(start + KEPT * 2);
        assert!(people.is_empty());
        assert!(people.resume(&ann.token, HERE).is_none());
        assert!(people.greet(2, "Ann", HERE).is_ok());
    }

    #[test]
    fn who_says_goodbye_is_forgotten_at_once() {
        let people = people();
        let ann = people.greet(1, "Ann", HERE).unwrap();
        people.forget(&ann, THERE);
        assert_eq!(people.len(), 1, "the session is somewhere else");
        people.forget(&ann, HERE);
        assert!(people.is_empty());
        assert!(people.resume(&ann.token, HERE).is_none());
        assert!(people.greet(2, "Ann", HERE).is_ok());
    }

    #[test]
    fn an_old_connection_forgets_nothing_of_a_session_that_went_on() {
        let people = people();
        let ann = people.greet(1, "Ann", HERE).unwrap();
        assert!(people.resume(&ann.token, THERE).is_some());
        people.leave(&ann, THERE, Instant::now());
        people.forget(&ann, HERE);
        assert!(people.resume(&ann.token, THERE).is_some());
    }

    #[test]
    fn a_session_is_taken_over_from_a_connection_that_still_stands() {
        let (people, now) = (people(), Instant::now());
        let ann = people.greet(1, "Ann", HERE).unwrap();
        let (_, before) = people.resume(&ann.token, THERE).unwrap();
        assert_eq!(before, Some(HERE));
        people.leave(&ann, HERE, now);
        people.sweep(now + KEPT);
        assert_eq!(people.len(), 1, "the old connection's end ends nothing");
        assert_eq!(place_of(&ann), Some(THERE));
        assert!(people.resume(&[0; 16], HERE).is_none());
        assert!(people.resume(b"", HERE).is_none());
    }

    #[test]
    fn the_longest_away_go_first_where_there_are_too_many() {
        let (people, now) = (people(), Instant::now());
        for id in 1..=12 {
            let person = people.greet(id, "", HERE).unwrap();
            people.leave(&person, HERE, now);
        }
        people.sweep(now);
        assert_eq!(people.len(), 10);
        assert!(people.by_id(2).is_none());
        assert!(people.by_id(3).is_some());
    }

    #[test]
    fn who_comes_and_goes_all_the_time_ends_nobody_elses_session() {
        let (people, now) = (people(), Instant::now());
        let ann = people.greet(1, "Ann", HERE).unwrap();
        people.leave(&ann, HERE, now);
        let eve = people.greet(2, "Eve", THERE).unwrap();
        for _ in 0..100 {
            people.leave(&eve, THERE, now);
            assert!(people.resume(&eve.token, THERE).is_some());
        }
        people.sweep(now);
        assert!(people.by_id(1).is_some());
        assert_eq!(people.len(), 2);
    }
}
