// Takes the picture of the scene for the documents: a conversation, of which one
// side is typed here. node screenshot.mjs FILE, by `cargo xtask godot screenshot`.

import { Server } from "../../web-client/e2e/server.mjs";
import { TutorialClients } from "../../web-client/e2e/tutorial.mjs";
import { GameSite, Scene } from "./engine/chromium.mjs";
import { SCENE_PACK } from "./engine/files.mjs";

const [file] = process.argv.slice(2);

const TALK = [
  ["mira", "Anyone near the old mill? The bridge is out."],
  ["tom", "We are. Three of us, and a very tired mule."],
  [null, "Hold on, I have rope. Two minutes!"],
  ["mira", "You are a treasure. Mind the wolves."],
  ["tom", "What wolves?"],
  ["jo", "[b]THE[/b] wolves. [color=red]Run.[/color]"],
  [null, "Nobody runs. I brought the good sausages, and wolves are only dogs nobody has introduced properly."],
  ["tom", "¡Olé! Grüße vom Maultier."],
  ["mira", "Meet at the mill, then. First round is on me."],
];

const site = await GameSite.start(SCENE_PACK);
const server = await Server.start({ flags: site.flags });
const clients = new TutorialClients();
const scene = await Scene.open({ site, server: server.chat });
try {
  await scene.shows(({ status, client_id: id }) => status === "Connected" && id > 0, "Connected");
  const others = {};
  for (const name of ["mira", "tom", "jo"]) others[name] = await clients.connect(name, server.chat);
  for (const [name, text] of TALK) {
    if (name) others[name].say(text);
    else await scene.say(text);
    await scene.shows(({ log }) => log.endsWith(`: ${text}`), text);
  }
  await scene.type("On my way");
  // The caret and the last letters are drawn by the next frames.
  await scene.page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
  );
  await scene.picture(file);
} finally {
  await clients.end();
  await scene.close();
  await server.kill();
  site.close();
}
