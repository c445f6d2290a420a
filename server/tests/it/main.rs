//! The server as its clients see it: the real server on real sockets, with the
//! clients of `guildhall-testing`. The tests of the program are in the `cli` crate.

#![allow(
    clippy::unwrap_used,
    reason = "all of this is tests, also what clippy takes for plain functions"
)]

mod bystanders;

mod accounts;
mod api;
mod bad_input;
mod blocks;
mod caps;
mod chat;
mod control_frames;
mod endings;
mod events;
mod filters;
mod flood;
mod floods;
mod handshake;
mod health;
mod heartbeat;
mod hosts;
mod http;
mod localhost;
mod many_clients;
mod metrics;
mod moderation;
mod origins;
mod page;
mod proxies;
mod proxy;
mod rates;
mod reports;
mod room_acts;
mod room_rules;
mod slow_readers;
mod tls;
mod tutorial_faults;
mod v1_changes;
mod v1_chat;
mod v1_closes;
mod v1_errors;
mod v1_limits;
mod v1_presence;
mod v1_recovery;
