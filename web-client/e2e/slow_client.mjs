// A client of the tutorial that reads nothing of what it is sent.

import { connect } from 'node:net';

const HANDSHAKE = [
  'GET /ws HTTP/1.1', 'Host: localhost', 'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', '', '',
].join('\r\n');

export class SlowClient {
  #socket;

  /** Connects to the chat at this port. */
  static async connect(port) {
    const client = new SlowClient();
    client.#socket = connect(port, 'localhost');
    // The server may close it while a test goes on.
    client.#socket.on('error', () => {});
    client.#socket.write(HANDSHAKE);
    // It reads the answer, and nothing after that.
    await new Promise((resolve) => { client.#socket.once('data', resolve); });
    client.#socket.pause();
    return client;
  }

  /** Breaks the connection. */
  end() {
    this.#socket.destroy();
  }
}
