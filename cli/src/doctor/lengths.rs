//! Whether messages of every length get through, up to the largest that the server takes.

use guildhall_protocol::limits::MAX_CLIENT_PACKET_BYTES;
use guildhall_protocol::{Leave, Rename, ReplyResult, RequestBody, RequestError};

use super::Taken;
use super::arguments::LONGEST_TIMEOUT;
use super::link::{Link, Said};
use super::report::Finding;
use super::talk::Visit;
use super::trouble::{Trouble, in_words};

/// The lengths of messages that are tried before the longest one, in bytes.
const LENGTHS: [usize; 3] = [256, 1_024, 2_048];

/// Sends longer and longer messages.
pub(super) async fn send_much(link: &mut Link, visit: &Visit) -> Taken<()> {
    let most = visit.longest_text();
    // In slow mode each of them has to wait.
    let is_slowed = visit.settings.slow_mode > 0;
    let shorter = LENGTHS.into_iter().filter(|&it| it < most && !is_slowed);
    let mut through = 0;
    for length in shorter.chain([most]) {
        match link.say(&visit.room, &text(length)).await {
            Ok(Said::Refused(error)) if error.temporary => return Ok(((), not_tried(&error))),
            Ok(Said::Changed) => {
                let what = "it came back with another text";
                return Err(too_long(length, through, what));
            }
            // A message that is refused, or held for a moderator, has got there as well.
            Ok(Said::Back | Said::Held | Said::Refused(_)) => through = length,
            Err(trouble) => return Err(lost(trouble, length, through)),
        }
    }
    // It is refused, and has come all the way.
    let room_for = MAX_CLIENT_PACKET_BYTES - 64;
    let name = "x".repeat(room_for);
    match link.ask(RequestBody::Rename(Rename { name })).await {
        Ok(Err(_)) => {}
        Ok(Ok(_)) => return Err(Trouble::OtherAnswer.into()),
        Err(trouble) => return Err(lost(trouble, room_for, through)),
    }
    let leave = RequestBody::Leave(Leave {
        room: visit.room.clone(),
    });
    if !matches!(link.ask(leave).await?, Ok(ReplyResult::Left(_))) {
        return Err(Trouble::OtherAnswer.into());
    }
    let found = format!("messages get through up to {most} bytes, and a request of {room_for}");
    Ok(((), Finding::good(found)))
}

/// A text of so many bytes.
fn text(length: usize) -> String {
    let words = "The quick brown fox jumps over the lazy dog. ";
    words.chars().cycle().take(length).collect()
}

/// The server wants a longer wait than a step may take.
fn not_tried(error: &RequestError) -> Finding {
    let seconds = u64::from(error.retry_after.div_ceil(1_000).max(1));
    let mut advice = "nothing: that is a rule of the server".to_owned();
    if seconds <= LONGEST_TIMEOUT {
        advice = format!("{advice}. --timeout {seconds} waits for it");
    }
    let found = format!("long messages were not tried: {}", in_words(error));
    Finding::warning(found, advice)
}

fn lost(trouble: Trouble, length: usize, through: usize) -> Finding {
    if !trouble.is_of_the_way() {
        return trouble.into();
    }
    too_long(length, through, &trouble.in_words())
}

/// A message got lost, and shorter ones did not.
fn too_long(length: usize, through: usize, what: &str) -> Finding {
    let shorter = match through {
        0 => "a short one does".to_owned(),
        through => format!("one of {through} does"),
    };
    Finding::failed(
        format!("a message of {length} bytes does not get through, and {shorter}: {what}"),
        format!(
            "the length is the likely cause: a proxy, a firewall or a VPN on the way takes no more. Try \
             another network. If it is so for everybody, let what is in front of the server pass \
             WebSocket messages of {MAX_CLIENT_PACKET_BYTES} bytes"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_wait_that_the_arguments_allow_is_offered() {
        for (retry_after, is_offered) in [(300_000, true), (600_001, false)] {
            let error = RequestError {
                retry_after,
                temporary: true,
                ..RequestError::default()
            };
            let step = not_tried(&error).step("frame", std::time::Duration::ZERO);
            let advice = step.advice.unwrap();
            assert_eq!(advice.contains("--timeout"), is_offered, "{advice}");
        }
    }

    #[test]
    fn a_text_has_its_length() {
        for length in [1, 12, 256, 4_096] {
            assert_eq!(text(length).len(), length);
        }
    }
}
