// What every test of the scene starts with: a site that has the game, a chat server
// that lets its players in, and the end of both.

import { afterEach, beforeEach } from "node:test";
import { Server } from "../../../web-client/e2e/server.mjs";
import { TutorialClients } from "../../../web-client/e2e/tutorial.mjs";
import { ChatPage, launch } from "../../../web-client/e2e/page.mjs";
import { GameSite, Scene } from "./chromium.mjs";
import { SCENE_PACK } from "./files.mjs";

/** For each test a server of its own, and scenes and clients as it asks for them. */
export class Stage {
  site;
  server;
  /** What has to end with the test, in the order in which it began. */
  endings = [];

  /** Sets the hooks of a test file up. */
  static forEachTest() {
    const stage = new Stage();
    beforeEach(async () => {
      stage.site = await GameSite.start(SCENE_PACK);
      stage.server = await Server.start({ flags: stage.site.flags });
    });
    afterEach(() => stage.#end());
    return stage;
  }

  /** Opens a scene, of this server unless another address is given. */
  async openScene({ url = this.server.chat, ...options } = {}) {
    const scene = await Scene.open({ site: this.site, server: url, ...options });
    this.endings.push(() => scene.close());
    return scene;
  }

  /** Opens a scene and waits until it is in the lobby. */
  async connectedScene(options) {
    const scene = await this.openScene(options);
    await scene.shows(({ status, client_id: id }) => status === "Connected" && id > 0, "Connected");
    await scene.shows((state) => lines(state).includes("You joined “lobby”."), "the lobby");
    return scene;
  }

  /** Opens the browser's chat page, for this name. */
  async page(name) {
    this.browser ??= await this.#launch();
    return ChatPage.open(this.browser, this.server.url, { name });
  }

  /** Connects a client that speaks the tutorial's bytes. */
  async tutorialClient() {
    const clients = new TutorialClients();
    this.endings.push(() => clients.end());
    return clients.connect("tutorial", this.server.chat);
  }

  async #launch() {
    const browser = await launch();
    this.endings.push(async () => {
      this.browser = undefined;
      await browser.close();
    });
    return browser;
  }

  async #end() {
    const wrong = [];
    for (const end of this.endings.reverse()) await end().catch((error) => wrong.push(error));
    this.endings = [];
    await this.server.kill();
    this.site.close();
    if (wrong.length > 0) throw wrong[0];
  }
}

/** The log without its times, a line each. */
export const lines = ({ log }) =>
  log.split("\n").map((line) => line.replace(/^\d\d:\d\d  /, ""));

/** Whether somebody has said this. */
export const heard = (text) => (state) => lines(state).some((line) => line.endsWith(`: ${text}`));
