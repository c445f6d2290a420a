// The packets, the log and the client, in the engine in Node.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash, randomInt } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { HandshakeProxy } from "../../../web-client/e2e/handshake_proxy.mjs";
import { FaultProxy } from "../../../web-client/e2e/fault_proxy.mjs";
import { SERVER } from "../../../web-client/e2e/environment.mjs";
import { ETERNAL, Server } from "../../../web-client/e2e/server.mjs";
import { assertSameLines } from "../../../web-client/e2e/same_lines.mjs";
import { TutorialClients } from "../../../web-client/e2e/tutorial.mjs";
import { Observer } from "../../../web-client/e2e/observer.mjs";
import { BUILT, ENGINE_JS, ENGINE_WASM, TESTS_PACK } from "../engine/files.mjs";
import { startRudeServer } from "../engine/rude_server.mjs";
import { AccountServer } from "../engine/accounts.mjs";
import { runTest } from "../engine/run.mjs";

const testdata = (name) =>
  fileURLToPath(new URL(`../../../proto/testdata/${name}`, import.meta.url));

/** The files beside the traces, which are about texts alone. */
const TYPED = [
  "commands.json",
  "line-commands.json",
  "moderation-commands.json",
  "completions.json",
  "infos.json",
];
/** There are at least this many traces. */
const FEWEST_TRACES = 50;

/** How many connections of the games the proxy cuts. */
const CUTS = 1_000;
/** After how many bytes in one direction it cuts them at the latest. */
const MOST_BYTES = 16_384;

/** How often a server is killed. */
const KILLS = 6;

test("golden vectors are read and written, and invalid bytes are refused", async () => {
  const files = {
    "golden.json": testdata("golden.json"),
    "changes.json": testdata("changes.json"),
  };
  await runTest(TESTS_PACK, "packets_test", { files });
});

test("the log shows hostile texts as text", async () => {
  const files = { "hostile.json": testdata("hostile.json") };
  await runTest(TESTS_PACK, "log_test", { files });
});

test("the session answers every trace as the Rust one does", async () => {
  const names = readdirSync(testdata("traces")).filter((name) => name.endsWith(".json"));
  const traces = names.filter((name) => !TYPED.includes(name));
  // A missing trace would prove nothing.
  assert.ok(traces.length >= FEWEST_TRACES, `only ${traces.length} traces`);
  const files = Object.fromEntries(
    traces.map((name) => [`traces/${name}`, testdata(`traces/${name}`)]),
  );
  await runTest(TESTS_PACK, "session_test", { args: [`--traces=${traces.join(",")}`], files });
});

test("commands are parsed and completed as by the Rust clients", async () => {
  const files = Object.fromEntries(TYPED.map((name) => [name, testdata(`traces/${name}`)]));
  await runTest(TESTS_PACK, "command_test", { files });
});

test("what is shown of users is read as by the Rust clients", async () => {
  const files = { "infos.json": testdata("traces/infos.json") };
  await runTest(TESTS_PACK, "info_test", { files });
});

test("every code has a text", async () => {
  await runTest(TESTS_PACK, "texts_test");
});

test("the documents' scripts do what the documents say", async () => {
  const server = await Server.start();
  const folder = mkdtempSync(path.join(tmpdir(), "guildhall-documents-"));
  const secret = path.join(folder, "secret.txt");
  writeFileSync(secret, "a secret of at least 32 bytes, as it has to be\n");
  const files = {
    "godot.md": fileURLToPath(new URL("../../../docs/godot.md", import.meta.url)),
    "secret.txt": secret,
  };
  try {
    const { out } = await runTest(TESTS_PACK, "documents_test", { args: [`--url=${server.chat}`], files });
    // A scene that is entered three times hears each new line once.
    const heard = out.filter((line) => !line.startsWith("(earlier) "));
    const token = heard.pop();
    assert.deepEqual(heard, ["Mira: hello", "Mira: hello", "Mira: hello"]);
    // A server takes the token that the backend in GDScript has made for this.
    const settings = path.join(folder, "guildhall.toml");
    writeFileSync(settings, '[accounts]\nkeys = [{ secret_file = "secret.txt" }]\n');
    const tokenFile = path.join(folder, "token.txt");
    writeFileSync(tokenFile, token);
    const check = ["check", settings, "--token-file", tokenFile];
    const words = execFileSync(SERVER, check, { encoding: "utf8" });
    assert.match(words, /The token holds\. It is one of the user 42, called Mira,/);
    assert.match(words, /- it joins guild-7\n- it may join, say something, .* in guild-7\n/);
    assert.match(words, /- others see \{"color":"#fc0"\}/);
  } finally {
    await server.kill();
    rmSync(folder, { recursive: true });
  }
});

test("the engine is the expected one", () => {
  const sha256 = (file) => createHash("sha256").update(readFileSync(file)).digest("hex");
  assert.deepEqual([ENGINE_WASM, ENGINE_JS].map(sha256), [
    "2b558bdb3c3af1f822ce6c43e09e1fa844d82fa440fe40d2d25d6c36ddf95137",
    "f62312da58cb0eb7a52abf530512b5949b775fb2249342ad01ead7d00afc6f04",
  ]);
});

// Afterwards, `cargo xtask godot compare` compares the written bytes with prost's.
for (const type of ["packets.Packet", "everything.Everything"]) {
  test(`random messages of prost are read and written: ${type}`, async () => {
    const files = { "corpus.txt": path.join(BUILT, `${type}.corpus`) };
    const run = await runTest(TESTS_PACK, "corpus_test", { args: [`--type=${type}`], files });
    assert.ok(run.out.length > 0, "messages were written");
    writeFileSync(path.join(BUILT, `${type}.written`), `${run.out.join("\n")}\n`);
  });
}

test("the client survives everything that a server can do", async () => {
  const server = await startRudeServer();
  try {
    await runTest(TESTS_PACK, "client_test", {
      args: [`--url=${server.url}`],
      // The test provokes these errors of the engine.
      allowed: [/Too many packets in queue/, /Buffer payload full/, /Invalid protocol/],
      warns: [
        /“http:\/\/localhost:1\/” is not the address of a server. It begins with ws:/,
        /cannot reach ws:\/\/localhost:\d+\/silent. Is the server running\?.*--allow-origin/,
      ],
    });
  } finally {
    server.close();
  }
});

test("two games chat with names, rooms and whispers", async () => {
  const server = await Server.start();
  const plain = await startRudeServer();
  const handshakes = await HandshakeProxy.start({ port: server.port, cuts: 4 });
  try {
    const args = [`--url=${server.chat}`, `--plain=${plain.url}hall`, `--cut=${handshakes.chat}`];
    const warns = [
      /“http:\/\/localhost:1\/” is not the address of a server/,
      /cannot reach ws:\/\/localhost:1\//,
      /the server at .*hall does not speak guildhall.v1. .* is the path \/ws\?/,
      /nothing is said in “mill”: the client is not in it. Call .*join_room\(“mill”\) first/,
    ];
    // These servers are there for the first time when they cut a handshake.
    const allowed = [/cannot reach ws:\/\/localhost:\d+\/(hall|ws)/];
    await runTest(TESTS_PACK, "chat_test", { args, warns, allowed });
    assert.equal(handshakes.offers, 5);
    assert.ok(handshakes.plain > 0, "the client has probed the server");
  } finally {
    plain.close();
    await handshakes.end();
    await server.kill();
  }
});

test("players with accounts chat in rooms with rules", async () => {
  const server = await AccountServer.start();
  try {
    const info = JSON.stringify({ badge: "Elder", color: "#fc0" });
    const token = server.token("42", "Mira", "--room", "guild-7", "--info", info);
    const other = server.token("43", "Tom");
    const args = [`--url=${server.chat}`, `--token=${token}`, `--other=${other}`];
    const warns = [/the object of get_token is gone/];
    await runTest(TESTS_PACK, "accounts_test", { args, warns });
  } finally {
    await server.end();
  }
});

test("two players and a moderator: reports, mutes, blocks, purges, kicks and bans", async () => {
  const server = await AccountServer.start();
  try {
    const tokens = {
      moderator: server.token("1", "Mira", "--allow", "lobby=join,say,history,members,mod"),
      bob: server.token("42", "Bob"),
      ann: server.token("43", "Ann"),
    };
    const args = Object.entries(tokens).map(([who, token]) => `--${who}=${token}`);
    await runTest(TESTS_PACK, "moderation_test", { args: [`--url=${server.chat}`, ...args] });
  } finally {
    await server.end();
  }
});

test("players change what was said", async () => {
  const server = await Server.start();
  try {
    await runTest(TESTS_PACK, "changes_test", { args: [`--url=${server.chat}`] });
  } finally {
    await server.kill();
  }
});

test("a player marks what is read, lists what is unread, and searches", async () => {
  const server = await Server.start();
  try {
    await runTest(TESTS_PACK, "reading_test", { args: [`--url=${server.chat}`] });
  } finally {
    await server.kill();
  }
});

test("calls in another order work, or warn", async () => {
  const server = await Server.start();
  const warns = [
    /messages of Guildhall.chat wait for a connection. .* Guildhall.connect_to_url\(“ws:.*ws”\) connects another client/,
    /nothing is sent. .* did you mean Guildhall.chat.say_in\(\)\?/,
  ];
  try {
    await runTest(TESTS_PACK, "calls_test", { args: [`--url=${server.chat}`], warns });
  } finally {
    await server.kill();
  }
});

test("a game that was killed and started again keeps its player's name", async () => {
  const server = await Server.start();
  const run = (name, ...options) =>
    runTest(TESTS_PACK, "another_run_test", {
      args: [`--url=${server.chat}`, `--run=${name}`, ...(options[0] ?? [])],
      files: options[1],
    });
  const folder = mkdtempSync(path.join(tmpdir(), "guildhall-"));
  try {
    // The runner kills it: the client does not say goodbye.
    const [id, inside, secret] = (await run("first")).out;
    await run("stranger");
    const outside = path.join(folder, "secret");
    writeFileSync(outside, secret);
    await run("second", [`--id=${id}`], { [inside]: outside });
  } finally {
    rmSync(folder, { recursive: true });
    await server.kill();
  }
});

test("games whose connections are cut at any byte receive the same lines", async (context) => {
  const server = await Server.start({ flags: ETERNAL });
  const seed = randomInt(2 ** 31);
  const proxy = await FaultProxy.start({ port: server.port, seed, cuts: CUTS, mostBytes: MOST_BYTES });
  const observer = await Observer.in("storm", server.chat);
  const control = async () => {
    await observer.hears("begin");
    await proxy.begin();
    await proxy.reaches(CUTS);
    await observer.say("enough");
  };
  try {
    const args = [`--url=${server.chat}`, `--proxy=${proxy.chat}`];
    const [run] = await Promise.all([runTest(TESTS_PACK, "storm_test", { args, seconds: 400 }), control()]);
    assert.equal(await proxy.cuts(), CUTS);
    const expected = observer.lines.map((line) => line.join(" "));
    assertSameLines(run.out, expected, "the lines that the games have received");
    context.diagnostic(`${expected.length} lines`);
  } catch (error) {
    throw new Error(`with seed ${seed}: ${error.message}`, { cause: error });
  } finally {
    await observer.end();
    await proxy.end();
    await server.kill();
  }
});

test("games that stay while the server is killed again and again have what it keeps", async (context) => {
  const data = mkdtempSync(path.join(tmpdir(), "guildhall-kills-"));
  const server = await Server.start({ flags: [...ETERNAL, `--data=${data}`] });
  const clients = new TutorialClients();
  const control = async () => {
    const connected = (log) => log.filter((line) => line.includes("client connected")).length;
    await server.log.until((log) => connected(log) >= 2, "two games");
    for (let kill = 0; kill < KILLS; kill++) {
      await sleep(randomInt(500, 2_500));
      await server.kill();
      await sleep(randomInt(500));
      await server.restart();
    }
    await sleep(1_000);
    (await clients.connect("tutorial", server.chat)).say("enough");
  };
  let observer;
  try {
    const args = [`--url=${server.chat}`];
    const [run] = await Promise.all([runTest(TESTS_PACK, "kills_test", { args }), control()]);
    observer = await Observer.in("lobby", server.chat);
    await observer.say("the end");
    const expected = observer.lines.slice(0, -1);
    for (const game of ["0 ", "1 "]) {
      const lines = run.out.filter((line) => line.startsWith(game));
      const got = lines.map((line) => JSON.parse(line.slice(game.length)));
      const seqs = new Set(got.map(([seq]) => seq));
      // A line that was removed while a game was away leaves no trace there.
      const due = expected.filter(([seq, , text]) => text !== "" || seqs.has(seq));
      assertSameLines(got, due, `the lines of game ${game}`);
    }
    context.diagnostic(`${expected.length} lines, ${KILLS} kills`);
  } finally {
    await observer?.end();
    await clients.end();
    await server.kill();
    rmSync(data, { recursive: true });
  }
});

test("a game of the tutorial runs over WS", async () => {
  const server = await Server.start();
  const clients = new TutorialClients();
  try {
    const other = await clients.connect("tutorial", server.chat);
    const answered = other.hear("hello from the game").then(() => other.say("hello, game"));
    await runTest(TESTS_PACK, "tutorial_test", { args: [`--url=${server.chat}`] });
    await answered;
  } finally {
    await clients.end();
    await server.kill();
  }
});

// A harness that cannot fail would prove nothing.
for (const [name, reason, seconds] of [
  ["broken_test", /stopped on its way/],
  ["silent_test", /failed/],
  ["failing_test", /TEST-FAIL one is two/],
  // The only one that takes all the time that it is given.
  ["endless_test", /not finished/, 5],
  ["noisy_test", /ERROR: something is wrong/],
  ["missing_test", /no test script/],
  ["crash_before_test", /stopped on its way/],
]) {
  test(`the harness refuses ${name}`, async () => {
    await assert.rejects(runTest(TESTS_PACK, `harness/${name}`, { seconds }), reason);
  });
}

test("a test is over at its last line, whatever the engine does then", async () => {
  const { passed } = await runTest(TESTS_PACK, "harness/crash_after_test");
  assert.equal(passed, 1);
});
