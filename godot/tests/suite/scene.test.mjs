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
  await scene.shows((state) => lines(state).includes("You joined “lobby”."), "the lobby");
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
  const page = await ChatPage.open(browser, server.url, { name: "Paula" });
  const scene = await connectedScene({ name: "Mira" });
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
  await scene.shows((state) => lines(state).includes(`Guest ${tutorial.id}: hi`), "the bytes of hi");
  await page.say("Grüße von der Seite 🏰");
  const greeting = "Paula: Grüße von der Seite 🏰";
  await scene.shows((state) => lines(state).includes(greeting), "the page's words");
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
  assert.match(polo(), new RegExp(`^Guest (\\d+): polo to ${id} from \\1: marco \\d+$`));
  await scene.say("bye");
  const ended = await joined;
  if (ended instanceof Error) throw ended;
});

test("a site that the server does not know is kept out", async () => {
  const strict = await Server.start();
  endings.push(() => strict.kill());
  const scene = await openScene({ url: strict.chat });
  const { log } = await scene.shows(({ status }) => status.startsWith("Reconnecting"), "no entry");
  assert.ok(lines({ log }).includes("The connection was lost. Connecting again …"), log);
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
  assert.ok(scene.states.all.every(({ notice }) => notice === ""), "and nothing is wrong");
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
  const scene = await connectedScene({ name: "Mira" });
  assert.equal(scene.now.name, "Mira");
  await server.kill();
  const waiting = await scene.shows(({ status }) => /^Reconnecting in \d+ s$/.test(status), "the loss");
  assert.ok(lines(waiting).includes("The connection was lost. Connecting again …"), waiting.log);
  assert.ok(waiting.retry, "there is a button to try at once");

  // What is typed meanwhile is kept, shown as not sent yet, and sent later.
  await scene.say("typed while away");
  const pending = "You: typed while away  (sending…)";
  const kept = await scene.shows((state) => lines(state).at(-1) === pending, "what is kept");
  assert.equal(kept.input, "");
  assert.ok(kept.editing);

  await server.restart();
  const back = await scene.shows(
    (state) => state.status === "Connected" && heard("typed while away")(state),
    "the connection again, and what was typed",
  );
  assert.equal(back.name, "Mira");
  assert.equal(lines(back).filter((line) => line.startsWith("Welcome, Mira")).length, 2, back.log);
  assert.ok(
    lines(back).some((line) => line.startsWith("Connected to “lobby” anew")),
    "the player knows that the story broke off",
  );
  const tutorial = await tutorialClients().connect("tutorial", server.chat);
  await scene.say("and now");
  await tutorial.hear("and now");
  tutorial.say("welcome back");
  await scene.shows(heard("welcome back"), "a line after the restart");
});

test("a server that says goodbye is named with its reason", async () => {
  const scene = await connectedScene();
  await server.stop();
  await scene.shows(({ status }) => status.startsWith("Reconnecting"), "the goodbye");
  const told = lines(scene.now).find((line) => line.startsWith("The server is restarting."));
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
    const from = `Guest ${tutorial.id}: `;
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
  const scene = await openScene({ url: `${rude.url}garbage1` });
  const { log, status } = await scene.shows(heard("still here"), "the last good line");
  assert.equal(status, "Connected");
  const told = "The server said something that this program does not understand.";
  assert.equal(lines({ log }).filter((line) => line === told).length, 1, log);
  assert.deepEqual(
    lines({ log }).filter((line) => line.startsWith("Bo: ")),
    ["Bo: good", "Bo: newline", "Bo: still here"],
  );
});

test("a server that does not speak guildhall.v1 is named so", async () => {
  const rude = await startRudeServer();
  endings.push(async () => rude.close());
  const scene = await openScene({ url: `${rude.url}hall` });
  const told = "The server does not speak guildhall.v1.";
  const { retry } = await scene.shows((state) => lines(state).includes(told), "what is wrong");
  assert.equal(scene.now.status, "Disconnected");
  assert.ok(retry, "the player can try again");
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
  await scene.say("/frob");
  await scene.shows(({ notice }) => notice !== "", "a notice");
  assert.equal(scene.now.outside, 0, "nor with a notice and a button");
});

test("rooms have tabs, unread lines and members", async () => {
  const mira = await connectedScene({ name: "Mira" });
  const tutorial = await tutorialClients().connect("tutorial", server.chat);
  await mira.shows(({ members }) => members.length === 2, "the newcomer");
  assert.deepEqual(mira.now.members, [`Guest ${tutorial.id}`, "Mira (You)"]);
  assert.deepEqual(mira.now.tabs, ["[#lobby]"]);
  assert.ok(lines(mira.now).includes(`Guest ${tutorial.id} joined.`), mira.now.log);

  await mira.say("/join #Mill");
  await mira.shows(({ tabs }) => tabs.join() === "#lobby,[#mill]", "the mill, as the server writes it");
  await mira.shows((state) => lines(state).includes("You joined “mill”."), "its log");
  tutorial.say("anybody here?");
  tutorial.say("hello?");
  await mira.shows(({ tabs }) => tabs[0] === "#lobby (2)", "two unread lines");
  assert.ok(!heard("hello?")(mira.now), "which are not in the mill");

  await mira.page.keyboard.press("Alt+ArrowUp");
  const { log, tabs } = await mira.shows(heard("hello?"), "the lobby again");
  assert.deepEqual(tabs, ["[#lobby]", "#mill"]);
  const at = lines({ log }).indexOf("——— new ———");
  assert.equal(lines({ log })[at + 1], `Guest ${tutorial.id}: anybody here?`, log);

  await mira.say("/leave mill");
  await mira.shows((state) => state.tabs.join() === "[#lobby]", "the mill is left");
  await mira.say("/rooms");
  await mira.shows((state) => lines(state).includes("Rooms (1): #lobby (2)"), "the list of rooms");
  await mira.say("/who");
  const who = `2 in “lobby”. Guest ${tutorial.id}, Mira`;
  await mira.shows((state) => lines(state).includes(who), "the list of members");
});

test("whispers, names, deeds, mistakes and a second try", async () => {
  const scene = await connectedScene({ name: "Mira" });
  const tutorial = await tutorialClients().connect("tutorial", server.chat);
  await scene.say("/me waves");
  await scene.shows((state) => lines(state).at(-1) === "* You waves", "a deed");
  await scene.say("/nick Mira of the Mill");
  await scene.shows(({ name }) => name === "Mira of the Mill", "a new name");
  await scene.say('/w "Mira of the Mill" [b]psst[/b]');
  const own = "You whisper to Mira of the Mill: [b]psst[/b]";
  await scene.shows((state) => lines(state).includes(own), "a whisper");
  assert.deepEqual(scene.now.tabs, ["#lobby", "[@Mira of the Mill]"], "which has a tab");
  await scene.page.keyboard.press("Alt+ArrowUp");
  await scene.shows(({ tabs }) => tabs[0] === "[#lobby]", "the lobby again");
  await scene.say("/r to whom?");
  await scene.shows(({ notice }) => notice === "Nobody has whispered to you yet.", "no one");
  for (let at = 0; at < "/r to whom?".length; at++) await scene.page.keyboard.press("Backspace");
  await scene.say("/frob");
  const { input } = await scene.shows(({ notice }) => notice.includes("/frob"), "no such command");
  assert.equal(input, "/frob", "which stays, to be mended");
  for (let at = 0; at < 5; at++) await scene.page.keyboard.press("Backspace");

  await scene.say("/w Nobody hello");
  const failed = "You whisper to Nobody: hello  (not sent: “Nobody” is not here.)";
  await scene.shows((state) => lines(state).includes(failed) && state.failed, "what failed, and why");
  // With the keyboard alone: to the button that tries again, and to the other.
  await scene.page.keyboard.press("Shift+Tab");
  await scene.page.keyboard.press("Shift+Tab");
  await scene.shows(({ focus }) => focus === "TryAgain", "the button");
  await scene.page.keyboard.press("Enter");
  const again = failed.replace(/  .*/, "  (sending…)");
  await scene.shows((state) => lines(state).includes(again), "a second try");
  await scene.shows((state) => lines(state).includes(failed) && state.failed, "which fails, too");
  await scene.shows(({ focus }) => focus === "Input", "the line has the keyboard again");
  await scene.page.keyboard.press("Shift+Tab");
  await scene.shows(({ focus }) => focus === "Discard", "the other button");
  await scene.page.keyboard.press("Enter");
  await scene.shows(({ failed }) => !failed, "it is forgotten");
  assert.ok(!scene.now.log.includes("Nobody"), scene.now.log);

  await scene.say("//me is text");
  await tutorial.hear("/me is text");
});

test("whispers have a place for each partner, as the page has", async () => {
  const browser = await launch();
  endings.push(() => browser.close());
  const mira = await connectedScene({ name: "Mira" });
  const page = await ChatPage.open(browser, server.url, { name: "Paula Ort" });
  await mira.shows(({ members }) => members.length === 2, "Paula");

  // What comes is counted, and pulls nobody away from what is read.
  await page.say("/w Mira psst");
  await mira.shows(({ tabs }) => tabs.join() === "[#lobby],@Paula Ort (1)", "one unread whisper");
  assert.ok(!mira.now.log.includes("psst"), mira.now.log);
  await mira.type("half a thought");
  await mira.page.keyboard.press("Alt+ArrowDown");
  await mira.shows(({ tabs }) => tabs.join() === "#lobby,[@Paula Ort]", "the whispers, read");
  const { log, input, placeholder, members } = mira.now;
  assert.deepEqual(lines({ log }), ["——— new ———", "Paula Ort whispers: psst"]);
  assert.equal(placeholder, "Whisper to Paula Ort");
  assert.equal(input, "", "a draft stays in its conversation");
  assert.deepEqual(members, []);

  // What is typed there goes to nobody else.
  await mira.say("I hear you");
  await mira.shows((state) => lines(state).at(-1) === "You whisper to Paula Ort: I hear you", "it");
  await page.goTo("Mira");
  await page.hears("I hear you");
  await page.goTo("lobby");
  assert.deepEqual(await page.texts(), []);
  await mira.page.keyboard.press("Alt+ArrowUp");
  await mira.shows((state) => state.input === "half a thought", "the draft");
  await mira.say(", whole");
  await page.hears("half a thought, whole");

  // From anywhere; and put away.
  await mira.say("/r and again");
  await mira.shows(({ tabs }) => tabs[1] === "[@Paula Ort]", "the answer's place");
  await mira.shows(heard("and again"), "the answer");
  await mira.say("/leave");
  await mira.shows(({ tabs }) => tabs.join() === "[#lobby]", "no whispers any more");
  await page.goTo("Mira");
  await page.say("still there?");
  await mira.shows(({ tabs }) => tabs.join() === "[#lobby],@Paula Ort (1)", "until one comes");
});

test("whispers go on with somebody who has come back", async () => {
  const browser = await launch();
  endings.push(() => browser.close());
  const mira = await connectedScene({ name: "Mira" });
  const page = await ChatPage.open(browser, server.url, { name: "Paula" });
  await mira.say("/w Paula one");
  await mira.shows(({ tabs }) => tabs[1] === "[@Paula]", "the whispers");
  await page.page.goto("about:blank");
  await mira.say("two");
  const failed = "You whisper to Paula: two  (not sent: “Paula” is not here.)";
  await mira.shows((state) => lines(state).includes(failed) && state.failed, "gone, by name");
  const again = await ChatPage.open(browser, server.url, { name: "Paula" });
  await mira.page.keyboard.press("Shift+Tab");
  await mira.page.keyboard.press("Shift+Tab");
  await mira.shows(({ focus }) => focus === "TryAgain", "the button");
  await mira.page.keyboard.press("Enter");
  await again.goTo("Mira");
  await again.hears("two");
  await again.page.reload();
  await again.shows("Connected");
  await again.say("/w Mira three");
  const { tabs, log } = await mira.shows(heard("three"), "what she says then");
  assert.deepEqual(tabs, ["#lobby", "[@Paula]"], "in the same place");
  assert.deepEqual(lines({ log }), [
    "You whisper to Paula: one",
    "You whisper to Paula: two",
    "Paula whispers: three",
  ]);
});

test("Tab completes commands and names, and goes on where there is nothing", async () => {
  const browser = await launch();
  endings.push(() => browser.close());
  const scene = await connectedScene({ name: "Mira" });
  await ChatPage.open(browser, server.url, { name: "Paula Ort" });
  await scene.shows(({ members }) => members.length === 2, "Paula");
  const { keyboard } = scene.page;

  // Commands are offered while they are typed.
  await scene.type("/w");
  await scene.shows(({ choices }) => choices.length === 2, "what begins so");
  assert.match(scene.now.choices[0], /^\/w NAME TEXT .*whispers to somebody/);
  await keyboard.press("Tab");
  await scene.shows(({ input }) => input === "/w ", "the first");
  await keyboard.press("Tab");
  await scene.shows(({ input }) => input === "/who ", "the next");
  await keyboard.press("Shift+Tab");
  await scene.shows(({ input }) => input === "/w ", "and back");
  await keyboard.press("Escape");
  await scene.shows(({ choices }) => choices.length === 0, "no list");

  // Names, in quotes where they need them.
  await scene.type("p");
  await keyboard.press("Tab");
  await scene.shows(({ input }) => input === '/w "Paula Ort" ', "her name");
  await scene.say("psst");
  await scene.shows(({ tabs }) => tabs[1] === "[@Paula Ort]", "the whispers");
  await scene.type("pa");
  await keyboard.press("Tab");
  await scene.shows(({ input }) => input === "Paula Ort: ", "her name in a text");
  assert.equal(scene.now.focus, "Input");

  // Nothing fits: the key is the next element's. Nor does an empty line keep it.
  await scene.type("xyz");
  await keyboard.press("Tab");
  await scene.shows(({ focus }) => focus === "Send", "the button");
  await keyboard.press("Enter");
  await scene.shows(({ input, focus }) => input === "" && focus === "Input", "sent by it");
  await keyboard.press("Tab");
  await scene.shows(({ focus }) => focus === "Send", "the button again");
});

test("a name and a room are a button away", async () => {
  const scene = await connectedScene();
  const to = async (name) => {
    for (let at = 0; at < 12 && scene.now.focus !== name; at++) {
      const before = scene.now.focus;
      await scene.page.keyboard.press("Shift+Tab");
      await scene.shows(({ focus }) => focus !== before, name);
    }
  };
  await to("Own");
  await scene.page.keyboard.press("Enter");
  await scene.shows(({ input, focus }) => input === "/nick " && focus === "Input", "a name");
  await scene.say("Mira");
  await scene.shows(({ own, name }) => name === "Mira" && own === "Mira", "which the button has");
  await to("Add");
  await scene.page.keyboard.press("Enter");
  await scene.shows(({ choices }) => choices.includes("/join lobby"), "the rooms");
  await scene.say("mill");
  await scene.shows(({ tabs }) => tabs.join() === "#lobby,[#mill]", "another room");
});

test("older lines come when the log is at its top", async () => {
  const tutorial = await tutorialClients().connect("tutorial", server.chat);
  for (let number = 0; number < 120; number++) tutorial.say(`line ${number}`);
  const scene = await connectedScene();
  await scene.shows(heard("line 119"), "the newest");
  assert.ok(!heard("line 0")(scene.now), "not all of it");
  for (let at = 0; at < 60 && !heard("line 0")(scene.now); at++) {
    await scene.page.keyboard.press("PageUp");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const said = lines(scene.now).filter((line) => line.includes(": line "));
  const wanted = Array.from({ length: 120 }, (_, at) => `Guest ${tutorial.id}: line ${at}`);
  assert.deepEqual(said, wanted, "all of it, in order, each once");
});

test("in German where the player's browser is", async () => {
  const scene = await openScene({ locale: "de-DE" });
  await scene.shows(({ status }) => status === "Verbunden", "Verbunden");
  await scene.shows((state) => lines(state).includes("Du hast „lobby“ betreten."), "the lobby");
  await scene.say("Hallo");
  await scene.shows((state) => lines(state).at(-1) === "Du: Hallo", "an own line");
});
