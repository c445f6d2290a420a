// A client of guildhall.v1 in another language, with the real server.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { PYTHON } from '../environment.mjs';
import { Server } from '../server.mjs';

const SCRIPT = fileURLToPath(new URL('../v1_client.py', import.meta.url));

for (const flags of [[], ['--threads', '2']]) {
  test(`a Python client chats, whispers, resumes and fetches history ${flags.join(' ')}`, async () => {
    const server = await Server.start({ flags });
    try {
      const { stdout } = await promisify(execFile)(PYTHON, [SCRIPT, server.chat]);
      assert.equal(stdout.trim(), 'as the document says');
    } finally {
      await server.stop();
    }
  });
}
