//! Pages of the lines of some time.

use std::time::Duration;

use bytes::BytesMut;

use super::*;
use crate::ids::{Epoch, UserId};
use crate::outgoing::frame;
use crate::shared::history::{HistoryLimits, NewMessage};

/// A history with a line at each of these times, which the line says as well.
fn history(times: &[u64]) -> History {
    let limits = HistoryLimits {
        lines: 100,
        bytes: 10_000,
        age: Duration::MAX,
    };
    let mut history = History::new("red", Epoch(9), limits);
    for time in times {
        let text = time.to_string();
        let message = NewMessage::plain(UserId(7), &text, *time);
        history.append(&message, &mut BytesMut::new());
    }
    history
}

/// Of the lines at `times`, those before number `before` of the time from `after` to `until`
/// make this page of two lines at most.
#[track_caller]
fn check(times: &[u64], before: u64, (after, until): (u64, u64), expected: &[u64], more: bool) {
    let limits = PageLimits {
        before_time: until,
        after_time: after,
        most: 2,
        bytes: 9_999,
    };
    let (frames, has_more) = history(times).page(Seq(before), &limits);
    let said = frame::lines(&frames).into_iter().map(|line| line.time);
    assert_eq!(
        (said.collect::<Vec<_>>(), has_more),
        (expected.into(), more)
    );
}

#[test]
fn a_page_has_the_newest_lines_before_a_time() {
    let times = [10, 20, 30, 40, 50];
    check(&times, 0, (0, 40), &[20, 30], true);
    check(&times, 0, (0, 41), &[30, 40], true);
    check(&times, 2, (0, 41), &[10], false);
    check(&times, 0, (0, 10), &[], false);
    check(&times, 0, (0, 999), &[40, 50], true);
}

#[test]
fn a_page_begins_at_a_time_with_the_oldest_lines() {
    let times = [10, 20, 30, 40, 50];
    check(&times, 0, (20, 0), &[20, 30], true);
    check(&times, 0, (21, 0), &[30, 40], true);
    check(&times, 0, (41, 0), &[50], false);
    check(&times, 0, (51, 0), &[], false);
    check(&times, 0, (20, 40), &[20, 30], false);
    check(&times, 3, (20, 0), &[20], false);
}

#[test]
fn a_clock_that_went_back_puts_no_lines_of_another_time_on_a_page() {
    // The numbers of a page have no gap, so it ends at a line of another time.
    let times = [10, 50, 20, 30];
    check(&times, 0, (0, 40), &[20, 30], true);
    check(&times, 3, (0, 40), &[10], false);
    check(&times, 0, (15, 40), &[20, 30], false);
    check(&times, 0, (5, 40), &[10], true);
}

#[test]
fn a_page_has_one_line_at_least_whatever_its_size() {
    let history = history(&[10, 20]);
    for (after_time, first) in [(0, "20"), (1, "10")] {
        let limits = PageLimits {
            before_time: 30,
            after_time,
            most: 9,
            bytes: 1,
        };
        let (frames, more) = history.page(Seq(0), &limits);
        let lines = frame::lines(&frames);
        assert_eq!((lines.len(), &*lines[0].text, more), (1, first, true));
    }
}
