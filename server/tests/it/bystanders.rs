//! Two clients who chat on while something else goes on, and check that they
//! hear each other and nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use guildhall_testing::client::Client;
use guildhall_testing::test_server::TestServer;

/// The two, on a thread of their own. Of a new server they are 1 and 2.
#[derive(Debug)]
pub(crate) struct Bystanders {
    enough: Arc<AtomicBool>,
    thread: JoinHandle<u32>,
}

impl Bystanders {
    /// Lets two clients of a new server chat.
    pub(crate) fn of(hall: &TestServer) -> Self {
        let (mut one, mut two) = hall.pair();
        let enough = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&enough);
        let thread = std::thread::spawn(move || {
            let mut rounds = 0;
            loop {
                // Looked at before the round: one whole round comes after
                // whatever happened before.
                let last = asked.load(Ordering::SeqCst);
                round(&mut one, &mut two, rounds);
                rounds += 1;
                if last {
                    return rounds;
                }
            }
        });
        Self { enough, thread }
    }

    /// Ends the chat with one more round. Fails the test if they ever heard
    /// anything but each other.
    pub(crate) fn undisturbed(self) {
        self.enough.store(true, Ordering::SeqCst);
        let rounds = self.thread.join().expect("the bystanders chat on");
        assert!(rounds > 0);
    }
}

fn round(one: &mut Client, two: &mut Client, number: u32) {
    let question = format!("question {number}");
    one.say(&question);
    two.expect_chat(1, &question);
    let answer = format!("answer {number}");
    two.say(&answer);
    one.expect_chat(2, &answer);
}
