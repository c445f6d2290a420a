//! A connection after its handshake: what `http` hands over to `connection`.

use guildhall_protocol::Protocol;

use crate::net::gate::ConnectionPermit;
use crate::net::socket::HttpStream;

/// A connection after its handshake.
pub(crate) struct Upgraded {
    /// The connection.
    pub(crate) stream: HttpStream,
    /// The bytes behind the handshake's request that were read with it.
    pub(crate) read_ahead: Vec<u8>,
    /// The connection's permit, admitted as a client.
    pub(crate) permit: ConnectionPermit,
    /// The protocol that was negotiated.
    pub(crate) protocol: Protocol,
}
