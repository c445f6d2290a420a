//! All that a stranger can send to a server or a client of Guildhall, as functions that take any
//! bytes: each is a target of fuzzing, and panics if something is wrong.
//!
//! - `cargo xtask fuzz` feeds them with what libFuzzer finds (`fuzz_targets/`, with a nightly
//!   compiler).
//! - The tests feed them with the inputs in `corpus/`, and with small changes of those that are
//!   the same at every run ([`mutation`]).
//!
//! | target | its bytes |
//! | --- | --- |
//! | [`decode`] | a message, in both directions |
//! | [`requests`] | requests of several clients, and what happens between them, to the hubs of a server without sockets |
//! | [`frames`] | what a WebSocket reads, in pieces |
//! | [`tokens`] | a token, its claims, or keys |
//! | [`settings`] | a settings file |
//! | [`proxy`] | a header of the PROXY protocol, in pieces |
//! | [`heads`] | the head of an HTTP request |
//! | [`filters`] | a list of words, and a text |
//! | [`tls`] | steps of a client and a server with TLS, whose bytes are cut and damaged |
//! | [`client`] | packets of a server and commands of a user, to a client's session |

pub mod client;
pub mod decode;
pub mod filters;
pub mod frames;
pub mod heads;
mod input;
pub mod mutation;
mod pieces;
pub mod proxy;
pub mod requests;
pub mod settings;
pub mod tls;
pub mod tokens;

/// A target: its name, and what is called with its bytes.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: [Target; 10] = [
    ("decode", decode::run),
    ("requests", requests::run),
    ("frames", frames::run),
    ("tokens", tokens::run),
    ("settings", settings::run),
    ("proxy", proxy::run),
    ("heads", heads::run),
    ("filters", filters::run),
    ("tls", tls::run),
    ("client", client::run),
];
