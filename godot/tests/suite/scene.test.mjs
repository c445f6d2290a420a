// What a player sees: the chat scene in the engine in Chromium, with a keyboard,
// through one real server, among clients of every other kind.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, test } from "node:test";
import { ChatPage, launch } from "../../../web-client/e2e/page.mjs";
import { Server } from "../../../web-client/e2e/server.mjs";
import { TutorialClients } from "../../../web-client/e2e/tutorial.mjs";
import { GameSite, Scene } from "../engine/chromium.mjs";
import { SCENE_PACK, TESTS_PACK } from "../engine/files.mjs";
import { startRudeServer } from "../engine/rude_server.mjs";
import { runTest } from "../engine/run.mjs";

let site;
let server;
let endings = [];

beforeEach(async () => {
  site = await GameSite.start(SCENE_PACK);
  server = await Server.start({ flags: site.flags });
});

afterEach(async () => {
  const wrong = [];
  for (const end of endings.reverse()) await end().catch((error) => wrong.push(error));
  endings = [];
  await server.kill();
  site.close();
  if (wrong.length > 0) throw wrong[0];
});

async function openScene({ url = server.chat, ...options } = {}) {
  const scene = await Scene.open({ site, server: url, ...options });
  endings.push(() => scene.close());
  return scene;
}

async function connectedScene(options) {
  const scene = await openScene(options);
  await scene.shows(({ status, client_id: id }) => status === "Connected" && id > 0, "Connected");
  return scene;
}

function tutorialClients() {
  const clients = new TutorialClients();
  endings.push(() => clients.end());
  return clients;
}

/** The log without its times, a line each. */
const lines = ({ log }) => log.split("\n").map((line) => line.replace(/^\d\d:\d\d  /, ""));

const heard = (text) => (state) => lines(state).some((line) => line.endsWith(`: ${text}`));

test("Godot, another Godot, a page and a client of the tutorial chat", async () => {
  const tutorial = await tutorialClients().connect("tutorial", server.chat);
  const browser = await launch();
  endings.push(() => browser.close());
  const page = await ChatPage.open(browser, server.url);
  const scene = await connectedScene();
  const id = scene.now.client_id;

  // Typed on the keyboard: to the tutorial's client byte for byte, and the page.
  await scene.say("hi");
  const hi = await tutorial.hear("hi");
  assert.equal(hi.hex, `080${id}12040a026869`);
  await page.hears("hi");
  const sent = await scene.shows(heard("hi"), "the own message");
  assert.equal(lines(sent).at(-1), "You: hi");

  // From each of them to the scene, with the speaker's ID.
  tutorial.tell({ do: "send", hex: "12040a026869" });
  await scene.shows((state) => lines(state).includes(`Client ${tutorial.id}: hi`), "the bytes of hi");
  await page.say("Grüße von der Seite 🏰");
  await scene.shows(heard("Grüße von der Seite 🏰"), "the page's words");
  await scene.say("Grüße zurück, ¡olé!");
  await page.hears("Grüße zurück, ¡olé!");

  // Another Godot, in Node.
  const partner = runTest(TESTS_PACK, "partner_test", { args: [`--url=${server.chat}`] });
  const joined = partner.catch((error) => error);
  let marco = 0;
  const polo = () => lines(scene.now).find((line) => line.includes(`polo to ${id} from `));
  while (!polo()) {
    // It may not have come in yet.
    marco += 1;
    assert.ok(marco < 100, `no answer from the other Godot: ${scene.now.log}`);
    await scene.say(`marco ${marco}`);
    await Promise.race([
      scene.shows(() => polo() !== undefined, "polo"),
      new Promise((resolve) => setTimeout(resolve, 500)),
    ]);
  }
  assert.match(polo(), new RegExp(`^Client (\\d+): polo to ${id} from \\1: marco \\d+$`));
  await scene.say("bye");
  const ended = await joined;
  if (ended instanceof Error) throw ended;
});

test("a site that the server does not know is kept out", async () => {
  const strict = await Server.start();
  endings.push(() => strict.kill());
  const scene = await openScene({ url: strict.chat });
  const { log } = await scene.shows(({ status }) => status.startsWith("Reconnecting"), "no entry");
  assert.ok(lines({ log }).includes("Connection lost. Trying again."), log);
});

test("the keyboard alone is enough, and the line keeps it", async () => {
  const tutorial = await tutorialClients().connect("tutorial", server.chat);
  const scene = await connectedScene();
  for (const text of ["one", "two", "three"]) {
    await scene.say(text);
    await tutorial.hear(text);
    const { editing, input } = await scene.shows((state) => state.input === "", "an empty line");
    assert.ok(editing, `the line has the keyboard after ${text}`);
    assert.equal(input, "");
  }
  await scene.page.keyboard.press("ArrowUp");
  await scene.shows(({ input }) => input === "three", "the last line again");
  await scene.page.keyboard.press("Enter");
  await tutorial.events.until(
    (events) => events.filter(({ text }) => text === "three").length === 2,
    "three, twice",
  );
  // Spaces alone are not sent.
  await scene.type("   ");
  await scene.page.keyboard.press("Enter");
  await scene.type("after");
  assert.equal(scene.now.input, "   after");
});

test("the server is killed and comes back, and so does the scene", async () => {
  const scene = await connectedScene();
  const before = scene.now.client_id;
  assert.ok(before > 0);
  await server.kill();
  const waiting = await scene.shows(({ status }) => /^Reconnecting in \d+ s$/.test(status), "the loss");
  assert.ok(lines(waiting).includes("Connection lost. Trying again."), waiting.log);
  assert.ok(waiting.retry, "there is a button to try at once");

  // What is typed meanwhile is not sent, not lost, and the player is told.
  await scene.say("typed while away");
  const kept = await scene.shows(({ notice }) => notice !== "", "a notice");
  assert.equal(kept.notice, "Not sent: not connected.");
  assert.equal(kept.input, "typed while away");
  assert.ok(kept.editing);

  await server.restart();
  const back = await scene.shows(
    (state) => state.status === "Connected" && lines(state).filter((l) => l.startsWith("Connected.")).length === 2,
    "the connection again",
  );
  assert.equal(back.input, "typed while away");
  assert.equal(back.notice, "");
  const tutorial = await tutorialClients().connect("tutorial", server.chat);
  await scene.page.keyboard.press("Enter");
  await tutorial.hear("typed while away");
  tutorial.say("welcome back");
  await scene.shows(heard("welcome back"), "a line after the restart");
});

test("a server that says goodbye is named with its reason", async () => {
  const scene = await connectedScene();
  await server.stop();
  await scene.shows(({ status }) => status.startsWith("Reconnecting"), "the goodbye");
  const told = lines(scene.now).find((line) => line.startsWith("The server closed the connection"));
  assert.ok(told, scene.now.log);
  await server.restart();
  await scene.shows(({ status }) => status === "Connected", "the connection again");
});

const corpus = JSON.parse(
  readFileSync(new URL("../../../proto/testdata/hostile.json", import.meta.url), "utf8"),
).map(({ name, text, repeat = "", times = 0 }) => ({ name, text: text + repeat.repeat(times) }));

test("hostile texts are text in the scene", async () => {
  assert.ok(corpus.length > 5);
  const tutorial = await tutorialClients().connect("tutorial", server.chat);
  const scene = await connectedScene();
  for (const [number, { name, text }] of corpus.entries()) {
    const before = scene.now.log;
    tutorial.say(text);
    tutorial.say(`end of ${number}`);
    const { log } = await scene.shows(heard(`end of ${number}`), name);
    // Lines of a message go on below each other, set in; marks end somewhere.
    const calm = text.replace(/(\p{M}{16})\p{M}+/gu, "$1");
    const shown = calm.replace(/\r\n|\u2028/g, "\n").replaceAll("\n", "\n    ");
    const added = log.slice(before.length + 1).replace(/^\d\d:\d\d  /gm, "");
    const from = `Client ${tutorial.id}: `;
    assert.equal(added, `${from}${shown}\n${from}end of ${number}`, name);
    assert.equal(scene.now.status, "Connected", name);
    assert.equal(scene.now.outside, 0, name);
  }
  await scene.say("all is well");
  await tutorial.hear("all is well");
});

test("hostile texts typed into the scene reach others as they are", async () => {
  const tutorial = await tutorialClients().connect("tutorial", server.chat);
  const scene = await connectedScene();
  // What a keyboard can type in one line.
  const typed = corpus.filter(({ name }) => ["html", "bbcode", "unclosed bbcode"].includes(name));
  assert.equal(typed.length, 3);
  for (const { name, text } of typed) {
    await scene.say(text);
    await tutorial.hear(text);
    const { log } = await scene.shows(heard(text), name);
    assert.ok(log.endsWith(`You: ${text}`), name);
  }
});

test("bad messages of a server are told, and the chat goes on", async () => {
  const rude = await startRudeServer();
  endings.push(async () => rude.close());
  const scene = await openScene({ url: `${rude.url}garbage` });
  const { log, status } = await scene.shows(heard("still here"), "the last good line");
  assert.equal(status, "Connected");
  const told = lines({ log }).filter((line) => /^A message of \d+ bytes could not be read/.test(line));
  assert.equal(told.length, 7, log);
  assert.deepEqual(
    lines({ log }).filter((line) => line.startsWith("Client ")),
    ["Client 2: good", "Client 2: newline", "Client 2: still here"],
  );
});

test("a small window shows all of it", async () => {
  const tutorial = await tutorialClients().connect("tutorial", server.chat);
  const scene = await connectedScene({ width: 300, height: 240 });
  tutorial.say("W".repeat(2000));
  tutorial.say("words ".repeat(200));
  tutorial.say("the end");
  await scene.shows(heard("the end"), "the last line");
  assert.equal(scene.now.outside, 0, "nothing sticks out");
  await server.kill();
  await scene.shows(({ status }) => status.startsWith("Reconnecting"), "the loss");
  await scene.say("away");
  await scene.shows(({ notice }) => notice !== "", "a notice");
  assert.equal(scene.now.outside, 0, "nor with a notice and a button");
});
