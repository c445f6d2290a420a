//! A connection after its handshake, which `http` hands over to `web_socket`.

use guildhall_protocol::Protocol;

use crate::net::gate::ConnectionPermit;
use crate::net::socket::HttpStream;
use crate::network::ClientAddress;

/// A connection after its handshake, with what the handshake found out.
pub(crate) struct Upgraded {
    /// The socket, from which the handshake was read.
    pub(crate) stream: HttpStream,
    /// The bytes behind the handshake's request that were read along with it.
    pub(crate) read_ahead: Vec<u8>,
    /// The address of the client.
    pub(crate) client: ClientAddress,
    /// The connection's permit, which counts as a client's already.
    pub(crate) permit: ConnectionPermit,
    /// The protocol that was negotiated.
    pub(crate) protocol: Protocol,
    /// The program that the client says it is, for the log.
    pub(crate) user_agent: Option<Box<str>>,
}
