// examples/game-backend: a player in the Godot scene chats with one in a browser's tab, each
// with a token that the game's backend has made.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Game, say, shows } from "../../../web-client/e2e/game.mjs";
import { launch } from "../../../web-client/e2e/page.mjs";
import { GameSite, Scene } from "../engine/chromium.mjs";
import { SCENE_PACK } from "../engine/files.mjs";
import { heard, lines } from "../engine/stage.mjs";

test("a Godot scene and two tabs are in the rooms of the game", async () => {
  const site = await GameSite.start(SCENE_PACK);
  const browser = await launch();
  const game = await Game.start(browser, [site.origin]);
  try {
    const mira = await game.play("Mira", "owls");
    const token = await game.tokenOf("Bo", "owls");
    // Every other player is in the red team.
    const cleo = await game.play("Cleo", "foxes");
    const server = game.chat.chat;
    const scene = await Scene.open({ site, server, token, room: "guild-owls" });
    try {
      await scene.shows(({ tabs }) => tabs.includes("[#guild-owls]"), "the guild's room");
      await scene.shows((state) => lines(state).includes("You joined “guild-owls”."), "the room's log");
      await say(mira, "guild-owls", "hello, owls");
      await scene.shows(heard("hello, owls"), "the line of the tab");
      await scene.say("hello from Godot");
      await shows(mira, "[guild-owls]", "Bo:", "hello from Godot");
      // The other guild reads nothing of it.
      await say(mira, "team-red", "hello, red team");
      await shows(cleo, "Mira:", "hello, red team");
      assert.doesNotMatch(await cleo.locator("#log").textContent(), /owls,|Godot/);
    } finally {
      await scene.close();
    }
    assert.deepEqual(game.faults, []);
  } finally {
    await game.end();
    await browser.close();
    site.close();
  }
});
