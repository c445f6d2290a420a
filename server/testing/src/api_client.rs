//! A caller of the HTTP API: it sends bytes and checks what all responses have in common.

use std::net::SocketAddr;

use serde_json::Value;

use crate::client::{Client, Response};

/// A response of the API.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body; null if it is no JSON.
    pub json: Value,
    /// All of it.
    pub response: Response,
}

impl Answer {
    /// Reads a response.
    pub fn of(response: Response) -> Self {
        let json = serde_json::from_slice(&response.body).unwrap_or_default();
        Self {
            status: response.status,
            json,
            response,
        }
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.response.header(name)
    }

    /// Checks that it is a problem of this status and code, as RFC 9457 wants it.
    #[track_caller]
    pub fn expect_problem(&self, status: u16, code: &str) {
        let got = (self.status, self.json["code"].as_str());
        assert_eq!(got, (status, Some(code)), "{self:?}");
        let media_type = self.header("content-type");
        assert_eq!(media_type, Some("application/problem+json"));
        assert_eq!(self.json["status"], status);
        assert!(!self.json["detail"].as_str().unwrap().is_empty());
        let id = self.json["request_id"].as_str();
        assert_eq!(id, self.header("x-request-id"));
    }

    /// The content of a response that is no problem.
    #[track_caller]
    pub fn good(self) -> Value {
        assert!((200..300).contains(&self.status), "{self:?}");
        if self.status != 204 {
            assert_eq!(self.header("content-type"), Some("application/json"));
        }
        assert_eq!(self.header("cache-control"), Some("no-store"));
        assert_eq!(self.header("access-control-allow-origin"), None);
        self.json
    }
}

/// Sends a request over a connection of its own, with these headers, which end with a line break
/// each. An empty body is none.
pub fn request(address: SocketAddr, method: &str, path: &str, headers: &str, body: &str) -> Answer {
    let mut client = Client::dial(address);
    client.send(text(method, path, headers, body).as_bytes());
    Answer::of(client.response())
}

/// A request as it is sent.
pub fn text(method: &str, path: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    let of_body = if body.is_empty() {
        String::new()
    } else {
        format!("Content-Type: application/json\r\nContent-Length: {length}\r\n")
    };
    format!("{method} /api/v1{path} HTTP/1.1\r\nHost: localhost\r\n{headers}{of_body}\r\n{body}")
}

/// The header with a key of the API.
pub fn bearer(key: &str) -> String {
    format!("Authorization: Bearer {key}\r\n")
}
