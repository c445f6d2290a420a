// The library's declarations, as a game in TypeScript uses them: the README's examples
// compile under `strict`, and a wrong type does not.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { examples } from '../examples.mjs';

const TSC = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url));
const LIBRARY = new URL('../../dist/lib/', import.meta.url);
const OPTIONS = {
  strict: true,
  noEmit: true,
  target: 'es2022',
  module: 'esnext',
  moduleResolution: 'bundler',
  lib: ['es2022', 'dom', 'esnext.disposable'],
  types: [],
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
};

let folder;

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'guildhall-typescript-'));
  await copyFile(new URL('guildhall.d.ts', LIBRARY), path.join(folder, 'guildhall.d.ts'));
});
after(() => rm(folder, { recursive: true }));

/** What the compiler says of these modules. */
async function compile(sources) {
  const files = Object.keys(sources);
  for (const file of files) await writeFile(path.join(folder, file), sources[file]);
  const project = JSON.stringify({ compilerOptions: OPTIONS, files });
  await writeFile(path.join(folder, 'tsconfig.json'), project);
  return new Promise((resolve) => {
    execFile(process.execPath, [TSC, '--project', folder, '--pretty', 'false'], (error, output) => {
      resolve(error ? output || `${error}` : '');
    });
  });
}

test('the examples of the README compile under strict', async () => {
  const all = await examples();
  assert.ok(all.length >= 5, `${all.length} examples`);
  const files = all.map(({ code }, at) => [`example${at}.ts`, code]);
  assert.equal(await compile(Object.fromEntries(files)), '');
});

const WRONG = [
  "new ChatClient(5);",
  "new ChatClient('ws://localhost/ws', 5);",
  "new ChatClient('ws://localhost/ws', { token: 5 });",
  "new ChatClient('ws://localhost/ws', { getToken: async () => 5 });",
  "new ChatClient('ws://localhost/ws', { secret: 'x' });",
  "chat.setToken(5);",
  "chat.user = 'Anna';",
  "chat.rooms[0]?.settings.topic.push('x');",
  "chat.join(7);",
  "chat.say('lobby', 5);",
  "chat.say('lobby', 'hi', 'yes');",
  "chat.whisper(7, 'hi');",
  "chat.retry(7);",
  "chat.reply('lobby', 7, 'hi');",
  "chat.edit('lobby', 7n);",
  "chat.remove('lobby', '7');",
  "chat.react('lobby', 7n, 5);",
  "chat.markRead('lobby', 7);",
  "chat.search('gold');",
  "chat.search({ words: 'gold' });",
  "chat.search({ speaker: 7 });",
  "chat.fetchHistoryOf('lobby', { before: new Date() });",
  "chat.fetchHistoryOf('lobby', { text: 'gold' });",
  "chat.discard('7');",
  "chat.onevent = 'log';",
  "chat.name = 'Anna';",
  "chat.onevent?.({ type: 'nonsense' });",
  "const name: string = chat.id;",
  "if (chat.state.kind === 'online') console.log(chat.state.reason);",
  "decodePacket([8, 7]);",
];

test('a wrong type does not compile', async () => {
  const head = "import { ChatClient, decodePacket } from './guildhall.js';\ndeclare const chat: ChatClient;\n";
  const lines = WRONG.map((line) => `// @ts-expect-error\n${line}`).join('\n');
  assert.equal(await compile({ 'wrong.ts': `${head}${lines}\nexport {};\ndecodePacket;\n` }), '');
  // And what is right does.
  const right = [
    'const handler: ((event: ChatEvent) => void) | null = chat.onevent;',
    'chat.onevent = handler ?? undefined;',
    "const nonce: bigint = chat.say('lobby', 'hi');",
    'chat.retry(nonce);',
    "chat.whisper(chat.id ?? 'Ben', 'hi');",
    "new ChatClient('ws://localhost/ws', { name: 'Anna', token: 'ey', getToken: async () => 'ey' });",
    "new ChatClient('ws://localhost/ws', { getToken: () => 'ey', token: undefined });",
    "const colour: string | undefined = chat.rooms[0]?.members[0]?.look.color;",
    "const rank: unknown = chat.rooms[0]?.members[0]?.info['rank'];",
    "const changes: bigint[] = [chat.reply('lobby', nonce, 'hi'), chat.edit('lobby', nonce, 'hi'), chat.remove('lobby', nonce), chat.react('lobby', nonce, '👍', true)];",
    "chat.markRead('lobby', chat.rooms[0]?.readSeq ?? 0n);",
    "chat.search({ text: 'gold', room: 'lobby', speaker: chat.id ?? 'Ben', after: Date.now() - 60_000, before: undefined });",
    "const follows: boolean = chat.searchOn();",
    "chat.fetchHistoryOf('lobby', { after: 5 });",
    "handler?.({ type: 'readMark', room: 'lobby', seq: changes[0] ?? 0n });",
    "chat.onevent = (event) => {",
    "  if (event.type === 'line') console.log(event.replyTo > 0n, event.edited > 0, event.removed, event.reactions[0]?.count);",
    "  if (event.type === 'lineEdited') console.log(event.line, event.text.length, event.own);",
    "  if (event.type === 'lineRemoved') console.log(event.line, event.name);",
    "  if (event.type === 'reactionsChanged') console.log(event.reaction, event.count + 1, event.takenBack);",
    "  if (event.type === 'changeFailed') console.log(event.nonce, event.line, event.failure.code);",
    "  if (event.type === 'unreadList') console.log(event.rooms[0]?.lines, event.rooms[0]?.mentions, follows);",
    "  if (event.type === 'searchPage') console.log(event.lines[0]?.room, event.more, event.first);",
    "  if (event.type === 'historyOf') console.log(event.room, event.lines.length, event.more);",
    "};",
    "if (chat.mayRename && colour && rank) chat.setToken(chat.user);",
  ];
  const types = head.replace('decodePacket', 'type ChatEvent');
  assert.equal(await compile({ 'right.ts': `${types}${right.join('\n')}\n` }), '');
});
