// The conversations of the chat scene: rooms, whispers, unread lines, failed messages, and
// the keys for them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Stage, heard, lines } from "../engine/stage.mjs";

const stage = Stage.forEachTest();

test("rooms have tabs, unread lines and members", async () => {
  const mira = await stage.connectedScene({ name: "Mira" });
  const tutorial = await stage.tutorialClient();
  await mira.shows(({ members }) => members.length === 2, "the new member");
  assert.deepEqual(mira.now.members, [`Guest ${tutorial.id}`, "Mira (You)"]);
  assert.deepEqual(mira.now.tabs, ["[#lobby]"]);
  await mira.shows((state) => lines(state).includes(`Guest ${tutorial.id} joined.`), "the notice");

  await mira.say("/join #Mill");
  await mira.shows(({ tabs }) => tabs.join() === "#lobby,[#mill]", "the mill, in the server's spelling");
  await mira.shows((state) => lines(state).includes("You joined “mill”."), "the log of the mill");
  tutorial.say("anybody here?");
  tutorial.say("hello?");
  await mira.shows(({ tabs }) => tabs[0] === "#lobby (2)", "two unread lines");
  assert.ok(!heard("hello?")(mira.now), "they are not in the mill");

  await mira.page.keyboard.press("Alt+ArrowUp");
  const { log, tabs } = await mira.shows(heard("hello?"), "the lobby");
  assert.deepEqual(tabs, ["[#lobby]", "#mill"]);
  const at = lines({ log }).indexOf("——— new ———");
  assert.equal(lines({ log })[at + 1], `Guest ${tutorial.id}: anybody here?`, log);

  await mira.say("/leave mill");
  await mira.shows((state) => state.tabs.join() === "[#lobby]", "the tabs without the mill");
  await mira.say("/rooms");
  await mira.shows((state) => lines(state).includes("Rooms (1): #lobby (2)"), "the list of rooms");
  await mira.say("/who");
  const who = `2 in “lobby”. Guest ${tutorial.id}, Mira`;
  await mira.shows((state) => lines(state).includes(who), "the list of members");
});

test("whispers, names, actions and mistakes work, and a failed message can be sent again", async () => {
  const scene = await stage.connectedScene({ name: "Mira" });
  const tutorial = await stage.tutorialClient();
  await scene.say("/me waves");
  // That the other client has joined may be told behind it.
  await scene.shows((state) => lines(state).includes("* You waves"), "an action");
  await scene.say("/nick Mira of the Mill");
  await scene.shows(({ name }) => name === "Mira of the Mill", "a new name");
  await scene.say('/w "Mira of the Mill" [b]psst[/b]');
  const own = "You whisper to Mira of the Mill: [b]psst[/b]";
  await scene.shows((state) => lines(state).includes(own), "a whisper");
  assert.deepEqual(scene.now.tabs, ["#lobby", "[@Mira of the Mill]"], "the whispers have a tab");
  await scene.page.keyboard.press("Alt+ArrowUp");
  await scene.shows(({ tabs }) => tabs[0] === "[#lobby]", "the lobby");
  await scene.say("/r to whom?");
  await scene.shows(({ notice }) => notice === "Nobody has whispered to you yet.", "a notice");
  for (let at = 0; at < "/r to whom?".length; at++) await scene.page.keyboard.press("Backspace");
  await scene.say("/frob");
  const { input } = await scene.shows(({ notice }) => notice.includes("/frob"), "a notice");
  assert.equal(input, "/frob", "the line stays, for the player to correct");
  for (let at = 0; at < 5; at++) await scene.page.keyboard.press("Backspace");

  await scene.say("/w Nobody hello");
  const failed = "You whisper to Nobody: hello  (not sent: “Nobody” is not here.)";
  await scene.shows((state) => lines(state).includes(failed) && state.failed, "the failed message and its reason");
  // The keyboard reaches the button that sends again, and the one that forgets.
  await scene.page.keyboard.press("Shift+Tab");
  await scene.page.keyboard.press("Shift+Tab");
  await scene.shows(({ focus }) => focus === "TryAgain", "the button that sends again");
  await scene.page.keyboard.press("Enter");
  const again = failed.replace(/  .*/, "  (sending…)");
  await scene.shows((state) => lines(state).includes(again), "the pending message");
  await scene.shows((state) => lines(state).includes(failed) && state.failed, "the second failure");
  await scene.shows(({ focus }) => focus === "Input", "the focus in the input line");
  await scene.page.keyboard.press("Shift+Tab");
  await scene.shows(({ focus }) => focus === "Discard", "the button that forgets");
  await scene.page.keyboard.press("Enter");
  await scene.shows(({ failed }) => !failed, "no failed message");
  assert.ok(!scene.now.log.includes("Nobody"), scene.now.log);

  await scene.say("//me is text");
  await tutorial.hear("/me is text");
});

test("whispers have a tab for each partner", async () => {
  const mira = await stage.connectedScene({ name: "Mira" });
  const page = await stage.page("Paula Ort");
  await mira.shows(({ members }) => members.length === 2, "Paula");

  // A new whisper is counted as unread, and does not change the current conversation.
  await page.say("/w Mira psst");
  await mira.shows(({ tabs }) => tabs.join() === "[#lobby],@Paula Ort (1)", "one unread whisper");
  assert.ok(!mira.now.log.includes("psst"), mira.now.log);
  await mira.type("half a thought");
  await mira.page.keyboard.press("Alt+ArrowDown");
  await mira.shows(({ tabs }) => tabs.join() === "#lobby,[@Paula Ort]", "the tab of the whispers");
  // The log writes as much in a frame as it has time for.
  await mira.shows(({ log }) => log.endsWith("psst"), "the whisper");
  const { log, input, placeholder, members } = mira.now;
  assert.deepEqual(lines({ log }), ["——— new ———", "Paula Ort whispers: psst"]);
  assert.equal(placeholder, "Whisper to Paula Ort");
  assert.equal(input, "", "the draft stays in the lobby");
  assert.deepEqual(members, []);

  // A text in this tab reaches the partner alone.
  await mira.say("I hear you");
  await mira.shows((state) => lines(state).at(-1) === "You whisper to Paula Ort: I hear you", "the whisper");
  await page.goTo("Mira");
  await page.hears("I hear you");
  await page.goTo("lobby");
  assert.deepEqual(await page.texts(), []);
  await mira.page.keyboard.press("Alt+ArrowUp");
  await mira.shows((state) => state.input === "half a thought", "the draft");
  await mira.say(", whole");
  await page.hears("half a thought, whole");

  // /r opens the tab from anywhere, and /leave closes it.
  await mira.say("/r and again");
  await mira.shows(({ tabs }) => tabs[1] === "[@Paula Ort]", "the partner's tab");
  await mira.shows(heard("and again"), "the answer");
  await mira.say("/leave");
  await mira.shows(({ tabs }) => tabs.join() === "[#lobby]", "no tab for whispers");
  await page.goTo("Mira");
  await page.say("still there?");
  await mira.shows(({ tabs }) => tabs.join() === "[#lobby],@Paula Ort (1)", "the tab of a new whisper");
});

test("whispers continue with a partner that connects again", async () => {
  const mira = await stage.connectedScene({ name: "Mira" });
  const page = await stage.page("Paula");
  await mira.say("/w Paula one");
  await mira.shows(({ tabs }) => tabs[1] === "[@Paula]", "the whispers");
  await page.page.goto("about:blank");
  await mira.say("two");
  const failed = "You whisper to Paula: two  (not sent: “Paula” is not here.)";
  await mira.shows((state) => lines(state).includes(failed) && state.failed, "the failure, with the name");
  const again = await stage.page("Paula");
  await mira.page.keyboard.press("Shift+Tab");
  await mira.page.keyboard.press("Shift+Tab");
  await mira.shows(({ focus }) => focus === "TryAgain", "the button");
  await mira.page.keyboard.press("Enter");
  await again.goTo("Mira");
  await again.hears("two");
  await again.page.reload();
  await again.shows("Connected");
  await again.say("/w Mira three");
  const { tabs, log } = await mira.shows(heard("three"), "the new whisper");
  assert.deepEqual(tabs, ["#lobby", "[@Paula]"], "in the same tab");
  assert.deepEqual(lines({ log }), [
    "You whisper to Paula: one",
    "You whisper to Paula: two",
    "Paula whispers: three",
  ]);
});

test("Tab completes commands and names, and moves the focus if nothing fits", async () => {
  const scene = await stage.connectedScene({ name: "Mira" });
  await stage.page("Paula Ort");
  await scene.shows(({ members }) => members.length === 2, "Paula");
  const { keyboard } = scene.page;

  // Commands are completed while they are typed.
  await scene.type("/w");
  await scene.shows(({ completions }) => completions.length === 2, "the commands that fit");
  assert.match(scene.now.completions[0], /^\/w NAME TEXT .*whispers to somebody/);
  await keyboard.press("Tab");
  await scene.shows(({ input }) => input === "/w ", "the first command");
  await keyboard.press("Tab");
  await scene.shows(({ input }) => input === "/who ", "the next command");
  await keyboard.press("Shift+Tab");
  await scene.shows(({ input }) => input === "/w ", "the first command again");
  await keyboard.press("Escape");
  await scene.shows(({ completions }) => completions.length === 0, "no completions");

  // Names with spaces are quoted.
  await scene.type("p");
  await keyboard.press("Tab");
  await scene.shows(({ input }) => input === '/w "Paula Ort" ', "her name");
  await scene.say("psst");
  await scene.shows(({ tabs }) => tabs[1] === "[@Paula Ort]", "the whispers");
  await scene.type("pa");
  await keyboard.press("Tab");
  await scene.shows(({ input }) => input === "Paula Ort: ", "her name in a text");
  assert.equal(scene.now.focus, "Input");

  // If nothing fits, and in an empty line, Tab moves the focus.
  await scene.type("xyz");
  await keyboard.press("Tab");
  await scene.shows(({ focus }) => focus === "Send", "the button");
  await keyboard.press("Enter");
  await scene.shows(({ input, focus }) => input === "" && focus === "Input", "the text was sent");
  await keyboard.press("Tab");
  await scene.shows(({ focus }) => focus === "Send", "the button again");
});

test("buttons change the name and join a room", async () => {
  const scene = await stage.connectedScene();
  const focusOn = async (name) => {
    for (let at = 0; at < 12 && scene.now.focus !== name; at++) {
      const before = scene.now.focus;
      await scene.page.keyboard.press("Shift+Tab");
      await scene.shows(({ focus }) => focus !== before, name);
    }
  };
  await focusOn("Own");
  await scene.page.keyboard.press("Enter");
  await scene.shows(({ input, focus }) => input === "/nick " && focus === "Input", "the command for a name");
  await scene.say("Mira");
  await scene.shows(({ own, name }) => name === "Mira" && own === "Mira", "the new name");
  await focusOn("Add");
  await scene.page.keyboard.press("Enter");
  await scene.shows(({ completions }) => completions.includes("/join lobby"), "the rooms");
  await scene.say("mill");
  await scene.shows(({ tabs }) => tabs.join() === "#lobby,[#mill]", "the new room");
});

test("older lines come at the top of the log", async () => {
  const tutorial = await stage.tutorialClient();
  for (let number = 0; number < 120; number++) tutorial.say(`line ${number}`);
  const scene = await stage.connectedScene();
  await scene.shows(heard("line 119"), "the newest line");
  assert.ok(!heard("line 0")(scene.now), "the oldest line has not come yet");
  for (let at = 0; at < 60 && !heard("line 0")(scene.now); at++) {
    await scene.page.keyboard.press("PageUp");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const said = lines(scene.now).filter((line) => line.includes(": line "));
  const wanted = Array.from({ length: 120 }, (_, at) => `Guest ${tutorial.id}: line ${at}`);
  assert.deepEqual(said, wanted, "all lines, in order, each once");
});
