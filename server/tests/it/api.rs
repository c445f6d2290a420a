//! The HTTP API for the game's server, over its socket.

mod acting;
mod caller;
mod clients;
mod connections;
mod events;
mod idempotency;
mod moderation;
mod proximity;
mod reading;
mod reports;
mod staff;
mod user_data;

use guildhall_server::Config;
use guildhall_testing::api_client::{Answer, bearer, request};
use guildhall_testing::test_server::{API_KEY, TestServer};
use serde_json::Value;

/// A server with the API.
fn server() -> TestServer {
    TestServer::with_api(Config::default())
}

/// The header with the key of the API.
pub(crate) fn key() -> String {
    bearer(API_KEY)
}

/// Sends a request with a body, with the key.
pub(crate) fn send(server: &TestServer, method: &str, path: &str, body: &Value) -> Answer {
    request(server.api(), method, path, &key(), &body.to_string())
}

/// Gets a path, with the key.
pub(crate) fn get(server: &TestServer, path: &str) -> Answer {
    request(server.api(), "GET", path, &key(), "")
}
