//! Every fault is found, and said: threads that do not turn, a store that keeps nothing, lines that
//! do not come.

use super::*;

use std::num::NonZeroUsize;

use crate::config::Config;
use crate::journal::Journal;
use crate::journal::memory::MemoryJournal;

fn check(problem: Option<&str>) -> Check {
    Check {
        name: "store",
        took: Duration::from_micros(2_500),
        problem: problem.map(str::to_owned),
    }
}

#[test]
fn an_answer_that_anybody_may_see_names_the_check_and_nothing_more() {
    let failed = [check(Some("the disk is full"))];
    let answer = to_answer("not ready", &failed, false);
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        answer.body,
        r#"{"status":"not ready","checks":[{"name":"store","ok":false,"milliseconds":2,"problem":"the disk is full"}]}"#
    );
    let open = to_answer("not ready", &failed, true);
    assert!(open.body.contains(r#""ok":false"#) && !open.body.contains("disk"));
    let good = to_answer("ready", &[check(None)], false);
    assert_eq!(good.status, StatusCode::OK);
    assert!(!good.body.contains("problem"), "{}", good.body);
}

#[test]
fn the_ends_of_a_pair_are_connected() {
    let (near, far) = smol::block_on(pair()).unwrap();
    let near = near.get_ref().local_addr().unwrap();
    assert_eq!(near, far.peer_addr().unwrap());
}

/// A server of this many network threads, none of which runs.
fn without_threads(threads: usize, journal: Option<&Arc<MemoryJournal>>) -> Arc<Threads> {
    let config = Config {
        threads: NonZeroUsize::new(threads).unwrap(),
        ..Config::default()
    };
    let journal = journal.map(|journal| Arc::clone(journal) as Arc<dyn Journal>);
    Threads::new(config, journal, true)
}

/// Answers the questions of a thread whether it turns.
async fn turn(threads: &Threads, thread: usize) {
    loop {
        for question in threads.health.questions(thread).await {
            if let Question::Turns(answer) = question {
                let _ = answer.try_send(());
            }
        }
    }
}

#[test]
fn threads_that_do_not_turn_are_named() {
    let threads = without_threads(3, None);
    let check = smol::block_on(turns(&threads).or(async {
        turn(&threads, 1).await;
        unreachable!("it turns for ever")
    }));
    let problem = check.problem.unwrap();
    assert!(problem.ends_with("from network-0, network-2"), "{problem}");
    let answer = smol::block_on(answer(&threads, Asked::Live, true));
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(
        answer.body.contains(r#""status":"stuck""#),
        "{}",
        answer.body
    );
}

#[test]
fn a_thread_that_turns_is_not_named_with_those_that_do_not() {
    let threads = without_threads(3, None);
    let turning = async {
        turn(&threads, 0).or(turn(&threads, 1)).await;
        unreachable!("they turn for ever")
    };
    let check = smol::block_on(turns(&threads).or(turning));
    let problem = check.problem.unwrap();
    assert!(problem.ends_with("from network-2"), "{problem}");
}

#[test]
fn a_check_that_succeeds_too_late_has_failed() {
    // As if the thread had hung meanwhile.
    let late = smol::block_on(super::check("store", async {
        std::thread::sleep(WITHIN + Duration::from_millis(10));
        Ok(())
    }));
    assert_eq!(late.problem.as_deref(), Some("it takes longer than 2 s"));
}

#[test]
fn whoever_asks_is_answered_if_the_check_of_another_does_not_end() {
    let threads = without_threads(1, None);
    // As if the thread of the other hung.
    let turn = threads.health.turn(HOLDS_FOR);
    assert!(matches!(turn, Turn::Check(..)), "{turn:?}");
    let report = smol::block_on(ready(&threads));
    assert_eq!(report.checks[0].name, "threads");
    let problem = report.checks[0].problem.as_deref();
    assert_eq!(problem, Some("the thread that checks does not go on"));
}

#[test]
fn a_store_that_keeps_nothing_or_does_not_answer_is_found() {
    let journal = MemoryJournal::new();
    let threads = without_threads(1, Some(&journal));
    let check = || {
        let deciding = async {
            while journal.waiting() == 0 {
                smol::future::yield_now().await;
            }
            journal.decide_next(1);
        };
        let (check, ()) = smol::block_on(smol::future::zip(store(&threads), deciding));
        check.unwrap().problem
    };
    assert_eq!(check(), None);
    journal.fail();
    assert_eq!(check().as_deref(), Some("the disk is full"));
    journal.heal();
    assert_eq!(check(), None);
    // One that decides nothing.
    let late = smol::block_on(store(&threads)).unwrap();
    assert_eq!(late.problem.as_deref(), Some("it takes longer than 2 s"));
    assert!(smol::block_on(store(&without_threads(1, None))).is_none());
}

#[test]
fn lines_that_do_not_come_are_found() {
    let threads = without_threads(1, None);
    let check = smol::block_on(delivery(&threads));
    assert_eq!(check.problem.as_deref(), Some("it takes longer than 2 s"));
}

#[test]
fn a_server_that_begins_to_stop_is_not_ready_at_once_and_lives() {
    let threads = without_threads(1, None);
    threads.health.end();
    let ready = smol::block_on(answer(&threads, Asked::Ready, true));
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(ready.body, r#"{"status":"stopping","checks":[]}"#);
    let live = smol::block_on(answer(&threads, Asked::Live, true).or(async {
        turn(&threads, 0).await;
        unreachable!("it turns for ever")
    }));
    assert_eq!(live.status, StatusCode::OK);
}

#[test]
fn a_report_holds_for_a_moment_and_is_the_last_one() {
    let threads = without_threads(1, None);
    let first = smol::block_on(ready(&threads));
    assert!(!first.is_ready());
    let again = smol::block_on(ready(&threads));
    assert!(Arc::ptr_eq(&first, &again), "nobody was asked again");
    let (_, last) = threads.health.last().unwrap();
    assert!(Arc::ptr_eq(&first, &last));
    std::thread::sleep(HOLDS_FOR);
    let later = smol::block_on(ready(&threads));
    assert!(!Arc::ptr_eq(&first, &later));
}

#[test]
fn whoever_asks_and_hangs_up_begins_one_check_which_goes_on() {
    let threads = without_threads(1, None);
    for _ in 0..10 {
        let asked = smol::block_on(smol::future::poll_once(ready(&threads)));
        assert_eq!(asked, None);
    }
    let report = smol::block_on(ready(&threads));
    assert!(!report.is_ready());
    assert_eq!(threads.health.next_probe(), 1, "one line was sent");
}
