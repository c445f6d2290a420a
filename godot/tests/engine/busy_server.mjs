// A server of guildhall.v1 for measurements, without limits: Bo says as many lines at once
// as he is told to, and whatever the client says comes back to it.

import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { joined, line, ownSay, welcome } from "./rude_server.mjs";

/** Starts it on a port of its own. */
export async function startBusyServer() {
  const http = createServer();
  const sockets = new WebSocketServer({ server: http, handleProtocols: () => "guildhall.v1" });
  let seq = 0;
  let client;
  sockets.on("connection", (socket) => {
    socket.on("error", () => {});
    let requests = 0;
    socket.on("message", (data) => {
      requests += 1;
      if (requests === 1) socket.send(welcome(data));
      else if (requests === 2) {
        seq = 0;
        socket.send(joined(data));
        client = socket;
      } else socket.send(ownSay(data, ++seq));
    });
  });
  await new Promise((resolve) => http.listen(0, "localhost", resolve));
  return {
    url: `ws://localhost:${http.address().port}/ws`,
    isJoined: () => client !== undefined,
    /** Says this many lines at once. */
    say(count) {
      for (let at = 0; at < count; at++) {
        seq += 1;
        client.send(line(seq, `line ${seq}: the quick brown fox jumps over the lazy dog`));
      }
    },
    close() {
      for (const socket of sockets.clients) socket.terminate();
      http.close();
    },
  };
}
