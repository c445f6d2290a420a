// Takes the picture of the scene for the documents: a conversation, in which this script
// types the lines without a name. `cargo xtask godot screenshot` runs
// node screenshot.mjs FILE.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Server } from "../../web-client/e2e/server.mjs";
import { GameSite, Scene } from "./engine/chromium.mjs";
import { SCENE_PACK, TESTS_PACK } from "./engine/files.mjs";
import { runTest } from "./engine/run.mjs";

const [file] = process.argv.slice(2);

const CONVERSATION = [
  ["Mira", "Anyone near the old mill? The bridge is out."],
  ["Tom", "We are. Three of us, and a very tired mule."],
  [null, "Hold on, I have rope. Two minutes!"],
  ["Mira", "You are a treasure. Mind the wolves."],
  ["Tom", "What wolves?"],
  ["Jo of the Glen", "[b]THE[/b] wolves. [color=red]Run.[/color]"],
  [null, "Nobody runs. I brought the good sausages, and wolves are only dogs nobody has introduced properly."],
  ["Tom", "¡Olé! Grüße vom Maultier."],
  ["Mira", "Meet at the mill, then. First round is on me."],
];

const site = await GameSite.start(SCENE_PACK);
const server = await Server.start({ flags: site.flags });
const folder = mkdtempSync(path.join(tmpdir(), "conversation-"));
const scene = await Scene.open({ site, server: server.chat, name: "Anselm" });
try {
  await scene.shows(({ status, client_id: id }) => status === "Connected" && id > 0, "Connected");
  const script = path.join(folder, "conversation.json");
  // The other clients stay until the picture is taken.
  writeFileSync(script, JSON.stringify([...CONVERSATION, [null, "On my way"]]));
  const args = [`--url=${server.chat}`];
  const conversation = runTest(TESTS_PACK, "conversation_test", { args, files: { "conversation.json": script } });
  await scene.say("/join Mill");
  await scene.page.keyboard.press("Alt+ArrowUp");
  for (const [name, text] of CONVERSATION) {
    if (!name) await scene.say(text);
    await scene.shows(({ log }) => log.includes(`: ${text}`), text);
  }
  await scene.say("/w Mira Save me a seat by the fire.");
  await scene.shows(({ log }) => log.endsWith("fire."), "a whisper");
  await scene.page.keyboard.press("Alt+ArrowDown");
  await scene.shows(({ tabs }) => tabs[0] === "[#lobby]", "the lobby again");
  await scene.type("On my way");
  // The next frames draw the caret and the last letters.
  await scene.page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
  );
  await scene.picture(file);
  await scene.page.keyboard.press("Enter");
  await conversation;
} finally {
  rmSync(folder, { recursive: true });
  await scene.close();
  await server.kill();
  site.close();
}
