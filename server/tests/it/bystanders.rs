//! Two clients that chat while a test does something else. They check that they get
//! each other's lines and nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use guildhall_testing::client::Client;
use guildhall_testing::test_server::TestServer;

/// The two clients, on a thread of their own. On a new server their IDs are 1 and 2.
#[derive(Debug)]
pub(crate) struct Bystanders {
    enough: Arc<AtomicBool>,
    thread: JoinHandle<u32>,
}

impl Bystanders {
    /// Connects two clients to a new server, and lets them chat.
    pub(crate) fn of(server: &TestServer) -> Self {
        let (mut one, mut two) = server.pair();
        let enough = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&enough);
        let thread = std::thread::spawn(move || {
            let mut rounds = 0;
            loop {
                // Read before the round: one whole round follows everything that
                // happened before the end was asked for.
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

    /// Ends the chat after one more round. Fails the test if the two ever got
    /// anything but each other's lines.
    pub(crate) fn undisturbed(self) {
        self.enough.store(true, Ordering::SeqCst);
        let rounds = self
            .thread
            .join()
            .expect("the bystanders were not disturbed");
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
