// What a player sees: the chat scene in the engine in Chromium, with a keyboard. It chats
// through a real server with clients of every other kind.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Server } from "../../../web-client/e2e/server.mjs";
import { TESTS_PACK } from "../engine/files.mjs";
import { AccountServer } from "../engine/accounts.mjs";
import { startRudeServer } from "../engine/rude_server.mjs";
import { runTest } from "../engine/run.mjs";
import { Stage, heard, lines } from "../engine/stage.mjs";

const stage = Stage.forEachTest();

test("a scene, another Godot game, a page and a client of the tutorial chat", async () => {
  const tutorial = await stage.tutorialClient();
  const page = await stage.page("Paula");
  const scene = await stage.connectedScene({ name: "Mira" });
  const id = scene.now.client_id;

  // A line from the keyboard reaches the tutorial's client, byte for byte, and the page.
  await scene.say("hi");
  const hi = await tutorial.hear("hi");
  assert.equal(hi.hex, `080${id}12040a026869`);
  await page.hears("hi");
  const sent = await scene.shows(heard("hi"), "its own message");
  assert.equal(lines(sent).at(-1), "You: hi");

  // A line of each of them reaches the scene, with the sender's name.
  tutorial.tell({ do: "send", hex: "12040a026869" });
  await scene.shows((state) => lines(state).includes(`Guest ${tutorial.id}: hi`), "the bytes of hi");
  await page.say("Grüße von der Seite 🏰");
  const greeting = "Paula: Grüße von der Seite 🏰";
  await scene.shows((state) => lines(state).includes(greeting), "the line of the page");
  await scene.say("Grüße zurück, ¡olé!");
  await page.hears("Grüße zurück, ¡olé!");

  // Another Godot, in Node.
  const partner = runTest(TESTS_PACK, "partner_test", { args: [`--url=${stage.server.chat}`] });
  const joined = partner.catch((error) => error);
  let marco = 0;
  const polo = () => lines(scene.now).find((line) => line.includes(`polo to ${id} from `));
  while (!polo()) {
    // The other game may not have joined yet.
    marco += 1;
    assert.ok(marco < 100, `no answer from the other Godot: ${scene.now.log}`);
    await scene.say(`marco ${marco}`);
    await Promise.race([
      scene.shows(() => polo() !== undefined, "polo"),
      new Promise((resolve) => setTimeout(resolve, 500)),
    ]);
  }
  assert.match(polo(), new RegExp(`^Guest (\\d+): polo to ${id} from \\1: marco \\d+$`));
  await scene.say("bye");
  const ended = await joined;
  if (ended instanceof Error) throw ended;
});

test("the server does not let an unknown site in", async () => {
  const strict = await Server.start();
  stage.endings.push(() => strict.kill());
  const warns = [
    new RegExp(`cannot reach ${strict.chat}. .* started with --allow-origin ${stage.site.origin};`),
  ];
  const scene = await stage.openScene({ url: strict.chat, warns });
  const { log } = await scene.shows(({ status }) => status.startsWith("Reconnecting"), "the failed attempt");
  const { host } = new URL(strict.chat);
  assert.ok(lines({ log }).includes(`Cannot reach ${host}. Connecting again …`), log);
});

test("the keyboard is enough, and the input line keeps the focus", async () => {
  const tutorial = await stage.tutorialClient();
  const scene = await stage.connectedScene();
  for (const text of ["one", "two", "three"]) {
    await scene.say(text);
    await tutorial.hear(text);
    const { editing, input } = await scene.shows((state) => state.input === "", "an empty input line");
    assert.ok(editing, `the input line has the focus after ${text}`);
    assert.equal(input, "");
  }
  assert.ok(scene.states.all.every(({ notice }) => notice === ""), "there is no notice");
  await scene.page.keyboard.press("ArrowUp");
  await scene.shows(({ input }) => input === "three", "the last line, recalled");
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

test("the scene reconnects after the server was killed", async () => {
  const scene = await stage.connectedScene({ name: "Mira" });
  assert.equal(scene.now.name, "Mira");
  await stage.server.kill();
  const waiting = await scene.shows(({ status }) => /^Reconnecting in \d+ s$/.test(status), "the lost connection");
  assert.ok(lines(waiting).includes("The connection was lost. Connecting again …"), waiting.log);
  assert.ok(waiting.retry, "there is a button that reconnects at once");

  // A message of the meantime is shown as pending, and sent later.
  await scene.say("typed while away");
  const pending = "You: typed while away  (sending…)";
  const kept = await scene.shows((state) => lines(state).at(-1) === pending, "the pending message");
  assert.equal(kept.input, "");
  assert.ok(kept.editing);

  await stage.server.restart();
  const back = await scene.shows(
    (state) => state.status === "Connected" && heard("typed while away")(state),
    "the new connection and the message",
  );
  assert.equal(back.name, "Mira");
  assert.equal(lines(back).filter((line) => line.startsWith("Welcome, Mira")).length, 2, back.log);
  assert.ok(
    lines(back).some((line) => line.startsWith("Connected to “lobby” anew")),
    "the player learns that lines may be missing",
  );
  const tutorial = await stage.tutorialClient();
  await scene.say("and now");
  await tutorial.hear("and now");
  tutorial.say("welcome back");
  await scene.shows(heard("welcome back"), "a line after the restart");
});

test("a player whose page is loaded again keeps name and ID", async () => {
  const scene = await stage.connectedScene({ name: "Mira" });
  const { client_id: id } = scene.now;
  await scene.say("before");
  await scene.shows((state) => lines(state).at(-1) === "You: before", "the line");
  await scene.page.reload();
  await scene.shows(({ status }) => status !== "Connected", "the new page");
  const again = await scene.shows(
    (state) => state.status === "Connected" && lines(state).includes("You: before"),
    "the lobby",
  );
  assert.equal(again.name, "Mira");
  assert.equal(again.client_id, id);
});

test("a scene without frames, as on a hidden page, answers the server", async () => {
  const scene = await stage.connectedScene();
  await scene.page.evaluate(() => {
    window.requestAnimationFrame = () => 0;
    window.sent = 0;
    const { send } = WebSocket.prototype;
    WebSocket.prototype.send = function counted(...data) {
      window.sent += 1;
      return send.apply(this, data);
    };
  });
  // The server asks after 25 s of silence, and takes the player for gone 10 s later.
  await scene.page.waitForFunction(() => window.sent > 0, null, { polling: 250, timeout: 60_000 });
});

test("the scene shows why a server has closed the connection", async () => {
  const scene = await stage.connectedScene();
  await stage.server.stop();
  await scene.shows(({ status }) => status.startsWith("Reconnecting"), "the lost connection");
  const reason = lines(scene.now).find((line) => line.startsWith("The server is restarting."));
  assert.ok(reason, scene.now.log);
  await stage.server.restart();
  await scene.shows(({ status }) => status === "Connected", "the new connection");
});

const corpus = JSON.parse(
  readFileSync(new URL("../../../proto/testdata/hostile.json", import.meta.url), "utf8"),
).map(({ name, text, repeat = "", times = 0 }) => ({ name, text: text + repeat.repeat(times) }));

test("the scene shows hostile texts as text", async () => {
  assert.ok(corpus.length > 5);
  const tutorial = await stage.tutorialClient();
  const scene = await stage.connectedScene();
  for (const [number, { name, text }] of corpus.entries()) {
    const before = scene.now.log;
    tutorial.say(text);
    tutorial.say(`end of ${number}`);
    const { log } = await scene.shows(heard(`end of ${number}`), name);
    // The further lines of a message are indented, and marks are limited.
    const limited = text.replace(/(\p{M}{16})\p{M}+/gu, "$1");
    const shown = limited.replace(/\r\n|\u2028/g, "\n").replaceAll("\n", "\n    ");
    const added = log.slice(before.length + 1).replace(/^\d\d:\d\d  /gm, "");
    const from = `Guest ${tutorial.id}: `;
    assert.equal(added, `${from}${shown}\n${from}end of ${number}`, name);
    assert.equal(scene.now.status, "Connected", name);
    assert.equal(scene.now.outside, 0, name);
  }
  await scene.say("all is well");
  await tutorial.hear("all is well");
});

test("hostile texts from the scene reach others unchanged", async () => {
  const tutorial = await stage.tutorialClient();
  const scene = await stage.connectedScene();
  // These can be typed in one line.
  const typed = corpus.filter(({ name }) => ["html", "bbcode", "unclosed bbcode"].includes(name));
  assert.equal(typed.length, 3);
  for (const { name, text } of typed) {
    await scene.say(text);
    await tutorial.hear(text);
    const { log } = await scene.shows(heard(text), name);
    assert.ok(log.endsWith(`You: ${text}`), name);
  }
});

test("the scene reports invalid messages, and the chat goes on", async () => {
  const rude = await startRudeServer();
  stage.endings.push(async () => rude.close());
  const scene = await stage.openScene({ url: `${rude.url}garbage1` });
  const { log, status } = await scene.shows(heard("still here"), "the last good line");
  assert.equal(status, "Connected");
  const notice = "The server said something that this program does not understand.";
  assert.equal(lines({ log }).filter((line) => line === notice).length, 1, log);
  assert.deepEqual(
    lines({ log }).filter((line) => line.startsWith("Bo: ")),
    ["Bo: good", "Bo: newline", "Bo: still here"],
  );
});

test("the scene says that a server does not speak guildhall.v1", async () => {
  const rude = await startRudeServer();
  stage.endings.push(async () => rude.close());
  const warns = [/cannot reach ws:.*hall/, /the server at ws:.*hall does not speak guildhall.v1/];
  const scene = await stage.openScene({ url: `${rude.url}hall`, warns });
  const notice = "The server does not speak guildhall.v1.";
  const { retry } = await scene.shows((state) => lines(state).includes(notice), "the reason");
  assert.equal(scene.now.status, "Disconnected");
  assert.ok(retry, "the player can try again");
});

test("everything fits into a small window", async () => {
  const tutorial = await stage.tutorialClient();
  const scene = await stage.connectedScene({ width: 300, height: 240 });
  tutorial.say("W".repeat(2000));
  tutorial.say("words ".repeat(200));
  tutorial.say("the end");
  await scene.shows(heard("the end"), "the last line");
  assert.equal(scene.now.outside, 0, "everything is inside the window");
  await stage.server.kill();
  await scene.shows(({ status }) => status.startsWith("Reconnecting"), "the lost connection");
  await scene.say("/frob");
  await scene.shows(({ notice }) => notice !== "", "a notice");
  assert.equal(scene.now.outside, 0, "so are a notice and a button");
});

test("the scene is in German if the browser is", async () => {
  const scene = await stage.openScene({ locale: "de-DE" });
  await scene.shows(({ status }) => status === "Verbunden", "Verbunden");
  await scene.shows((state) => lines(state).includes("Du hast „lobby“ betreten."), "the lobby");
  await scene.say("Hallo");
  await scene.shows((state) => lines(state).at(-1) === "Du: Hallo", "its own line");
});

test("a player with an account sees what holds in rooms", async () => {
  const server = await AccountServer.start({ flags: stage.site.flags });
  stage.endings.push(() => server.end());
  const info = JSON.stringify({ badge: "Elder", color: "#083" });
  const token = server.token("42", "Mira", "--room", "guild-7", "--info", info);
  const scene = await stage.openScene({ url: server.chat, token });
  await scene.shows(({ rules }) => rules === "Topic: Be kind", "the topic of the lobby");
  await scene.shows(({ tabs }) => tabs.includes("#guild-7"), "the room of the token");

  await scene.say("/join slow");
  await scene.shows(({ rules }) => rules.startsWith("Slow mode: one message in 1 s."), "slow mode");
  await scene.say("one");
  await scene.say("two");
  await scene.shows(({ rules }) => rules.includes("You can say something again in 1 s."), "the wait");
  await scene.shows((state) => lines(state).at(-1) === "You: two", "what goes out by itself");

  await scene.say("/join news");
  const { placeholder } = await scene.shows(({ send }) => !send, "the news");
  assert.equal(placeholder, "Only a few may say something here.");
  await scene.say("hello?");
  const { input } = await scene.shows(({ notice }) => notice !== "", "the reason");
  assert.equal(input, "hello?", "the line stays");
  assert.equal(scene.now.notice, "You may not say anything here.");
  assert.equal(scene.now.outside, 0, "all of it fits into the window");
});
