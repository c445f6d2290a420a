// Actions of a player on messages that were said before, with the keyboard alone: the menu of
// a message, replies, edits, reactions and removals.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Stage, heard, lines } from "../engine/stage.mjs";

const stage = Stage.forEachTest();

/** Moves the focus to the log, and chooses the newest message or one above it. */
async function choose(scene, up = 1) {
  for (let at = 0; at < 14 && scene.now.focus !== "Log"; at++) {
    const before = scene.now.focus;
    await scene.page.keyboard.press("Shift+Tab");
    await scene.shows(({ focus }) => focus !== before, "the log");
  }
  for (let at = 0; at < up; at++) await scene.page.keyboard.press("ArrowUp");
}

/** Opens the menu of the message that is chosen, and chooses an item. */
async function pick(scene, item) {
  await scene.page.keyboard.press("Enter");
  await scene.shows(({ menu }) => menu.length > 0, "the menu");
  for (let at = 0; at < 12 && !scene.now.menu.includes(`[${item}]`); at++) {
    const before = scene.now.menu.join();
    await scene.page.keyboard.press("ArrowDown");
    await scene.shows(({ menu }) => menu.join() !== before, item);
  }
  await scene.page.keyboard.press("Enter");
  await scene.shows(({ menu }) => menu.length === 0, "no menu");
}

test("the menu of a message replies, edits, reacts and deletes", async () => {
  const mira = await stage.connectedScene({ name: "Mira" });
  const tutorial = await stage.tutorialClient();
  tutorial.say("a dragon!");
  await mira.shows(heard("a dragon!"), "the message");

  await choose(mira);
  await mira.page.keyboard.press("Enter");
  const { menu } = await mira.shows(({ menu }) => menu.length > 0, "the menu");
  const sender = `Guest ${tutorial.id}`;
  const reactions = ["+1", "<3", "haha", "oh", "hooray", "-1"];
  assert.deepEqual(menu, ["[Reply]", ...reactions, `Block ${sender}`, "Report…"]);
  await mira.page.keyboard.press("Escape");
  await mira.shows(({ menu }) => menu.length === 0, "no menu");

  // A reply shows what it replies to, and Escape gives it up.
  await pick(mira, "Reply");
  const subject = `Reply to Guest ${tutorial.id}: a dragon!`;
  await mira.shows((state) => state.subject === subject && state.focus === "Input", "the reply");
  await mira.page.keyboard.press("Escape");
  await mira.shows((state) => state.subject === "", "no reply");
  await choose(mira);
  await pick(mira, "Reply");
  await mira.shows((state) => state.subject === subject, "the reply");
  await mira.say("were?");
  const quote = `    » Guest ${tutorial.id}: a dragon!`;
  await mira.shows((state) => lines(state).join("\n").includes(`${quote}\nYou: were?`), "the quote");
  assert.equal(mira.now.subject, "");
  await tutorial.hear("were?");

  // An edit begins with the text, and the message says that it was edited.
  await choose(mira);
  await pick(mira, "Edit");
  await mira.shows(({ input }) => input === "were?", "the text");
  for (let at = 0; at < 4; at++) await mira.page.keyboard.press("Backspace");
  await mira.say("here?");
  await mira.shows((state) => lines(state).at(-1) === "You: where?  (edited)", "the edit");

  // Reactions are counted behind the message, and the menu takes them back.
  await choose(mira, 2);
  await pick(mira, "+1");
  await mira.shows((state) => lines(state).includes("    [+1 1]"), "the reaction");
  await pick(mira, "+1");
  await mira.shows((state) => !state.log.includes("+1 1"), "no reaction");

  // A message that is deleted leaves a sentence.
  await mira.page.keyboard.press("ArrowDown");
  await pick(mira, "Delete");
  await mira.shows((state) => lines(state).at(-1) === "You: This message was removed.", "the removal");
  assert.equal(mira.now.outside, 0);
});

test("a player reports a message and blocks its sender, whose lines vanish", async () => {
  const mira = await stage.connectedScene({ name: "Mira" });
  const tutorial = await stage.tutorialClient();
  tutorial.say("buy gold");
  await mira.shows(heard("buy gold"), "the message");

  await choose(mira);
  await pick(mira, "Report…");
  // From the reasons to the note.
  await mira.page.keyboard.press("Tab");
  await mira.page.keyboard.type("again");
  await mira.page.keyboard.press("Enter");
  const receipt = "The moderators have your report. Its number is 1.";
  await mira.shows((state) => lines(state).includes(receipt), "the receipt");

  await choose(mira);
  await pick(mira, `Block Guest ${tutorial.id}`);
  await mira.shows((state) => !state.log.includes("buy gold"), "nothing of it");
  assert.equal(mira.now.outside, 0);
});

test("commands are about the newest message, and mistakes are told", async () => {
  const mira = await stage.connectedScene({ name: "Mira" });
  const tutorial = await stage.tutorialClient();
  tutorial.say("hello");
  await mira.shows(heard("hello"), "the message");
  await mira.say("/quote and hello to you");
  const reply = `    » Guest ${tutorial.id}: hello\nYou: and hello to you`;
  await mira.shows((state) => lines(state).join("\n").endsWith(reply), "the reply");
  await mira.say("/edit hello!");
  await mira.shows((state) => lines(state).at(-1) === "You: hello!  (edited)", "the edit");
  await mira.say("/react ok");
  await mira.shows((state) => lines(state).includes("    [ok 1]"), "the reaction");
  await mira.say("/unreact ok");
  await mira.shows((state) => !state.log.includes("ok 1"), "no reaction");
  // The words for emoji are those emoji.
  await mira.say("/react +1");
  await mira.shows((state) => lines(state).includes("    [+1 1]"), "the emoji");
  await choose(mira, 2);
  await pick(mira, "+1");
  await mira.shows((state) => !state.log.includes("+1 1"), "the menu takes it back");
  for (let at = 0; at < 14 && mira.now.focus !== "Input"; at++) {
    const before = mira.now.focus;
    await mira.page.keyboard.press("Tab");
    await mira.shows(({ focus }) => focus !== before, "the input line");
  }
  await mira.say("/delete");
  await mira.shows((state) => lines(state).at(-1) === "You: This message was removed.", "the removal");
  await mira.say("/edit 9999 x");
  await mira.shows(({ notice }) => notice !== "", "a notice");
});

test("the search finds messages in all rooms, and shows their room", async () => {
  const mira = await stage.connectedScene({ name: "Mira" });
  const tutorial = await stage.tutorialClient();
  for (const text of ["a red dragon", "a blue bird"]) tutorial.say(text);
  await mira.shows(heard("a blue bird"), "the messages");
  await mira.say("/join mill");
  await mira.shows(({ tabs }) => tabs.join() === "#lobby,[#mill]", "the mill");
  await mira.shows((state) => lines(state).includes("You joined “mill”."), "its log");

  const press = async (key, fits, what) => {
    await mira.page.keyboard.press(key);
    await mira.shows(fits, what);
  };
  for (let at = 0; at < 14 && mira.now.focus !== "SearchButton"; at++) {
    const before = mira.now.focus;
    await press("Shift+Tab", ({ focus }) => focus !== before, "the button");
  }
  await press("Enter", ({ focus }) => focus === "Words", "the search");
  const write = async (text) => {
    for (const letter of text) await mira.page.keyboard.press(letter);
    await mira.page.keyboard.press("Enter");
  };
  await write("griffin");
  await mira.shows(({ found }) => found.join() === "Nothing found.", "nothing");
  for (let at = 0; at < "griffin".length; at++) await mira.page.keyboard.press("Backspace");
  await write("dragon");
  const line = `Guest ${tutorial.id}: a red dragon`;
  await mira.shows(({ found }) => found.length === 1 && found[0].endsWith(line), "the message");
  assert.match(mira.now.found[0], /^#lobby {2}\d\d:\d\d {2}/);
  assert.equal(mira.now.outside, 0);
  await press("Tab", ({ focus }) => focus === "Found", "the list");
  await mira.page.keyboard.press("ArrowDown");
  await press("Enter", ({ tabs, focus }) => tabs.join() === "[#lobby],#mill" && focus === "Log", "its room");
  // The message is chosen: Enter opens its menu.
  await press("Enter", ({ menu }) => menu[0] === "[Reply]", "the menu");
  await press("Enter", ({ subject }) => subject === `Reply to ${line}`, "the reply");
});
