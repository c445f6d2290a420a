//! The chat itself: hello, a line to a room of its own and back, and what can be measured of the
//! way.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use guildhall_protocol::limits::MAX_SAY_BYTES;
use guildhall_protocol::{ErrorCode, Hello, Join, Limits, ReplyResult, RequestBody, RoomSettings};

use crate::token_file::read_token;

use super::link::{Link, Said};
use super::report::Finding;
use super::trouble::{Trouble, in_words, refused};
use super::{DoctorArguments, Taken};

/// How often the way there and back is measured.
const PINGS: u8 = 5;

/// From here on, a chat feels slow.
const SLOW: Duration = Duration::from_millis(400);

/// From here on, the times of messages look wrong.
const CLOCKS_APART: Duration = Duration::from_secs(30);

/// A session of the doctor.
pub(super) struct Visit {
    /// The room of its own.
    pub(super) room: String,
    limits: Limits,
    /// The settings of the room, for this user.
    pub(super) settings: RoomSettings,
    /// How far the server's clock is ahead of this one's, in milliseconds.
    clock_ahead: i64,
}

impl Visit {
    /// The most bytes of a message in the room. No more than any server of ours takes, whatever this
    /// one says: so much is made and sent.
    pub(super) fn longest_text(&self) -> usize {
        let bytes = match self.settings.text_bytes {
            0 => self.limits.text_bytes,
            bytes => bytes,
        };
        usize::try_from(bytes).map_or(MAX_SAY_BYTES, |bytes| bytes.min(MAX_SAY_BYTES))
    }
}

/// The token of the file that the arguments name; empty without one.
///
/// # Errors
///
/// The file cannot be read.
pub(super) fn token(arguments: &DoctorArguments) -> anyhow::Result<String> {
    let Some(file) = &arguments.token_file else {
        return Ok(String::new());
    };
    read_token(file)
}

/// Says hello as a guest, or with a token.
pub(super) async fn say_hello(link: &mut Link, token: String) -> Taken<Visit> {
    let has_token = !token.is_empty();
    let hello = RequestBody::Hello(Hello {
        version: 1,
        token,
        ..Hello::default()
    });
    let (sent, asked) = (unix_millis(), Instant::now());
    let welcome = match link.ask(hello).await? {
        Ok(ReplyResult::Welcome(welcome)) => welcome,
        Ok(_) => return Err(Trouble::OtherAnswer.into()),
        Err(error) if error.code() == ErrorCode::BadToken && !has_token => {
            return Err(Finding::end(
                "the server takes no guests, and wants a token",
                "nothing, if this is about the network: everything up to here is well. The game gives \
                 players their tokens: with one in a file, --token-file FILE tries the rest",
            ));
        }
        Err(error) if error.code() == ErrorCode::BadToken => {
            return Err(Finding::failed(
                in_words(&error),
                "get a new token from the game; `guildhall check --token-file FILE` says on the server \
                 what is wrong with it",
            ));
        }
        Err(error) => return Err(refused(&error)),
    };
    // The server took its time in the middle of the way.
    let half = i64::try_from(asked.elapsed().as_millis() / 2).unwrap_or(i64::MAX);
    let server = i64::try_from(welcome.time).unwrap_or(i64::MAX);
    let visit = Visit {
        room: format!("doctor-{:08x}", fastrand::u32(..)),
        limits: welcome.limits.unwrap_or_default(),
        settings: RoomSettings::default(),
        clock_ahead: server.saturating_sub(sent.saturating_add(half)),
    };
    let found = format!("the server welcomes this computer as {}", welcome.name);
    Ok((visit, Finding::good(found)))
}

/// Joins a room of its own, and says something there.
pub(super) async fn say_something(link: &mut Link, visit: &mut Visit) -> Taken<()> {
    let join = RequestBody::Join(Join {
        room: visit.room.clone(),
        ..Join::default()
    });
    match link.ask(join).await? {
        Ok(ReplyResult::Joined(joined)) => {
            visit.room = joined.room;
            visit.settings = joined.settings.unwrap_or_default();
        }
        Ok(_) => return Err(Trouble::OtherAnswer.into()),
        Err(error) => return Err(refused(&error)),
    }
    let words = "Is anybody there?";
    let text = &words[..words.len().min(visit.longest_text())];
    match link.say(&visit.room, text).await? {
        Said::Back => Ok((
            (),
            Finding::good("a message went to a room of its own and came back by itself"),
        )),
        Said::Changed => Err(Finding::failed(
            "the message came back with another text",
            "a filter of the server may have changed it. If none is set, something on the way changes \
             what is sent: use wss://",
        )),
        Said::Held => Err(Finding::end(
            "a moderator has to look at the message first",
            "nothing: everything up to here is well, and the server's filters hold what is said",
        )),
        Said::Refused(error) => Err(refused(&error)),
    }
}

/// Measures how long the way there and back takes.
pub(super) async fn measure(link: &mut Link) -> Taken<()> {
    let mut times = Vec::with_capacity(PINGS.into());
    for number in 0..PINGS {
        let begun = Instant::now();
        match link.ping(number).await {
            Ok(()) => times.push(begun.elapsed()),
            // One pong is enough to know the way, and the next step finds out whether it is cut.
            Err(Trouble::Silent(_)) if !times.is_empty() => break,
            Err(trouble) => return Err(trouble.into()),
        }
    }
    times.sort_unstable();
    let (median, most) = (times[times.len() / 2], times[times.len() - 1]);
    let shown = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1_000.0);
    let found = format!(
        "there and back in {} (of {} the middle one; the slowest {})",
        shown(median),
        times.len(),
        shown(most)
    );
    let finding = if median >= SLOW {
        let advice = "the chat works, but feels slow: a server that is nearer, or another network \
            (Wi-Fi, a VPN), may be faster";
        Finding::warning(found, advice)
    } else if times.len() < usize::from(PINGS) {
        let advice = "something on the way loses some of what is sent: try another network";
        Finding::warning(format!("{found}, and one got no answer"), advice)
    } else {
        Finding::good(found)
    };
    Ok(((), finding))
}

/// Compares this computer's clock with the server's.
pub(super) fn compare_clocks(visit: &Visit) -> Finding {
    let apart = Duration::from_millis(visit.clock_ahead.unsigned_abs());
    let direction = match visit.clock_ahead {
        1.. => "behind",
        _ => "ahead of",
    };
    let found = format!(
        "this computer's clock is {:.1} s {direction} the server's",
        apart.as_secs_f64()
    );
    if apart < CLOCKS_APART {
        return Finding::good(found);
    }
    Finding::warning(
        found,
        "set the clock that is wrong (NTP): the times of messages look odd, and tokens are refused \
         as over or not valid yet",
    )
}

/// Says nothing for a while, and then looks whether the connection is still there.
pub(super) async fn be_quiet(link: &mut Link, quiet: Duration) -> Taken<()> {
    let begun = Instant::now();
    if let Err(trouble) = link.listen(quiet).await {
        return Err(ended_quietly(trouble, begun.elapsed()));
    }
    match link.ping(PINGS).await {
        Ok(()) => {}
        Err(Trouble::Silent(limit)) => {
            return Err(Finding::failed(
                format!(
                    "after {} quiet seconds nothing got through any more: no answer came within {} \
                     seconds, and nobody had ended the connection",
                    quiet.as_secs(),
                    limit.as_secs()
                ),
                "a router or a firewall on the way forgets quiet connections without a word: let it \
                 keep them for longer than a minute, or try another network. The server says something \
                 every 25 seconds",
            ));
        }
        Err(trouble) => return Err(ended_quietly(trouble, begun.elapsed())),
    }
    let found = format!("still connected after {} quiet seconds", quiet.as_secs());
    Ok(((), Finding::good(found)))
}

/// The end of a connection on which nobody said anything.
fn ended_quietly(trouble: Trouble, quiet: Duration) -> Finding {
    if !trouble.is_of_the_way() {
        return trouble.into();
    }
    let found = format!(
        "after {} quiet seconds: {}",
        quiet.as_secs(),
        trouble.in_words()
    );
    Finding::failed(
        found,
        "a proxy on the way ends quiet connections: let it wait longer than a minute (nginx: \
         proxy_read_timeout). The server says something every 25 seconds",
    )
}

fn unix_millis() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let millis = now.unwrap_or_default().as_millis();
    i64::try_from(millis).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Outcome;

    fn visit() -> Visit {
        Visit {
            room: String::new(),
            limits: Limits::default(),
            settings: RoomSettings::default(),
            clock_ahead: 0,
        }
    }

    #[test]
    fn clocks_that_are_far_apart_are_told() {
        for (clock_ahead, outcome, words) in [
            (0, Outcome::Good, "0.0 s"),
            (-29_900, Outcome::Good, "29.9 s ahead of the server's"),
            (40_000, Outcome::Warning, "40.0 s behind the server's"),
            (-90_000, Outcome::Warning, "90.0 s ahead of the server's"),
        ] {
            let step = compare_clocks(&Visit {
                clock_ahead,
                ..visit()
            })
            .step("clock", Duration::ZERO);
            assert_eq!(step.outcome, outcome);
            assert!(step.found.contains(words), "{}", step.found);
            assert_eq!(step.advice.is_some(), outcome == Outcome::Warning);
        }
    }

    #[test]
    fn no_server_has_more_made_than_ours_take() {
        let longest = |limit, of_room| {
            let mut visit = visit();
            visit.limits.text_bytes = limit;
            visit.settings.text_bytes = of_room;
            visit.longest_text()
        };
        assert_eq!((longest(300, 0), longest(300, 20)), (300, 20));
        assert_eq!(longest(u32::MAX, 0), MAX_SAY_BYTES);
        assert_eq!(longest(300, u32::MAX), MAX_SAY_BYTES);
    }
}
