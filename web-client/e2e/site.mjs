// The web site of a game that uses the library. Its origin is not the chat server's.

import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';

const LIBRARY = new URL('../dist/lib/', import.meta.url);
const TYPES = { '.js': 'text/javascript', '.wasm': 'application/wasm' };

export class Site {
  #http;
  #files = new Map();

  static async open() {
    const site = new Site();
    site.#http = createServer(async (request, response) => {
      const name = path.basename(request.url);
      const type = TYPES[path.extname(name)];
      response.setHeader('content-type', type ?? 'text/html');
      if (site.#files.has(name)) response.end(site.#files.get(name));
      else if (type) response.end(await readFile(new URL(name, LIBRARY)));
      else response.end('<!doctype html><title>game</title>');
    });
    site.#http.listen(0, 'localhost');
    await once(site.#http, 'listening');
    return site;
  }

  /** Serves this text as a file of the site. */
  add(name, text) {
    this.#files.set(name, text);
  }

  /** The origin, which a chat server has to allow. */
  get origin() {
    return `http://localhost:${this.#http.address().port}`;
  }

  close() {
    this.#http.closeAllConnections();
    this.#http.close();
  }
}
