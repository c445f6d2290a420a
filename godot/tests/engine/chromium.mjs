// The packed project in the real engine in headless Chromium: what a player
// sees, and a keyboard to type on. One engine a browser: two starve each other.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import path from "node:path";
import { chromium } from "playwright-core";
import { EventLog } from "../../../web-client/e2e/event_log.mjs";
import { CHROMIUM } from "../../../web-client/e2e/environment.mjs";
import { ENGINE_FOLDER } from "./files.mjs";
import { complaints, missing } from "./run.mjs";

// WebGL in software: test machines have no graphics card.
export const FLAGS = [
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--use-gl=angle",
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
];

const TYPES = { ".js": "text/javascript", ".wasm": "application/wasm", ".html": "text/html" };

const PAGE = `<!doctype html><meta charset="utf-8"><title>scene</title>
<style>html,body,canvas{margin:0;width:100%;height:100%;overflow:hidden;display:block}</style>
<canvas id="canvas"></canvas><script src="index.js"></script><script>
const onExit = (code) => console.log("ENGINE-EXIT " + code);
new Engine({ args: [], executable: "index", mainPack: "game.pck", onExit,
  canvasResizePolicy: 2, focusCanvas: true, persistentPaths: [] })
  .startGame({ canvas: document.getElementById("canvas") })
  .catch((error) => console.error("ERROR: the engine did not start: " + error));
</script>`;

/** The site that a web export is served from, which is not the chat server's. */
export class GameSite {
  static async start(pack) {
    const site = new GameSite();
    const known = {
      "": () => PAGE,
      "game.pck": () => readFileSync(pack),
      "favicon.ico": () => "",
    };
    site.http = createServer((request, response) => {
      const name = path.basename(new URL(request.url, "http://localhost").pathname);
      try {
        const body = (known[name] ?? (() => readFileSync(path.join(ENGINE_FOLDER, name))))();
        const type = TYPES[path.extname(name || "index.html")] ?? "application/octet-stream";
        response.setHeader("content-type", type);
        response.end(body);
      } catch {
        response.writeHead(404).end();
      }
    });
    await new Promise((resolve) => site.http.listen(0, "localhost", resolve));
    return site;
  }

  /** What the browser calls the site, and a chat server has to allow. */
  get origin() {
    return `http://localhost:${this.http.address().port}`;
  }

  /** The flags with which a chat server lets its players in. */
  get flags() {
    return ["--allow-origin", this.origin];
  }

  close() {
    this.http.closeAllConnections();
    this.http.close();
  }
}

/** The chat scene as one player has it. */
export class Scene {
  /** Every state the probe has told, in its order. */
  states = new EventLog();
  /** Everything printed. */
  printed = "";
  /** The warnings that have to be printed. */
  warns = [];

  /** Starts browser, engine and scene. Waits for the scene's first state. */
  static async open({ site, server, name = "", token = "", locale = "en-GB", width = 960, height = 600, warns = [] }) {
    const scene = new Scene();
    scene.warns = warns;
    scene.browser = await chromium.launch({ executablePath: CHROMIUM, headless: true, args: FLAGS });
    try {
      scene.page = await scene.browser.newPage({ viewport: { width, height }, locale });
      scene.page.on("console", (message) => scene.#read(message.text()));
      scene.page.on("pageerror", (error) => (scene.printed += `ERROR: ${error}\n`));
      scene.page.on("dialog", (dialog) => {
        scene.printed += `ALERT: ${dialog.message()}\n`;
        dialog.dismiss();
      });
      scene.keyboard = await scene.page.context().newCDPSession(scene.page);
      const asked = new URLSearchParams({ server, name, token });
      await scene.page.goto(`${site.origin}/?${asked}`);
      await scene.shows(() => true, "the scene");
    } catch (error) {
      // A browser that is left open keeps Node's test runner waiting for ever.
      await scene.browser.close();
      throw error;
    }
    return scene;
  }

  #read(text) {
    for (const line of text.split("\n")) {
      if (line.startsWith("PROBE ")) this.states.add(JSON.parse(line.slice(6)));
      else this.printed += `${line}\n`;
    }
  }

  /** The latest state. */
  get now() {
    return this.states.all.at(-1);
  }

  /** Waits until the scene's latest state fits. */
  async shows(fits, what) {
    try {
      await this.states.until((states) => states.length > 0 && fits(states.at(-1)), what);
    } catch (error) {
      throw new Error(`${error.message}\n--- printed ---\n${this.printed.slice(-4000)}`);
    }
    return this.now;
  }

  /** Types a text letter by letter, in any script, as a keyboard does. */
  async type(text) {
    // Playwright's own keyboard drops what is not ASCII on a canvas.
    const press = (event) => this.keyboard.send("Input.dispatchKeyEvent", event);
    const pressed = [...text].flatMap((letter) => [
      press({ type: "keyDown", text: letter, key: letter }),
      press({ type: "keyUp", key: letter }),
    ]);
    await Promise.all(pressed);
    await this.shows(({ input }) => input.endsWith(text), `the typed text ${text}`);
  }

  /** Types a text and presses Enter. */
  async say(text) {
    await this.type(text);
    await this.page.keyboard.press("Enter");
  }

  /** A picture of what is on the canvas now. */
  async picture(path) {
    return this.page.screenshot({ path });
  }

  /** Ends it. Throws if anything printed an error before, or it stopped by itself. */
  async close() {
    // Once the page answers, all that it has printed is here. What an engine prints
    // while it is taken down is not judged.
    const answered = this.page.evaluate(() => {});
    const printed = await answered.then(
      () => this.printed,
      (error) => `${this.printed}ERROR: the page is gone: ${error}\n`,
    );
    await this.browser.close();
    const wrong = complaints(printed, [/WebSocket connection to '[^']*' failed/, ...this.warns]);
    wrong.push(...missing(printed, this.warns));
    if (printed.includes("ENGINE-EXIT")) wrong.push("the engine ended by itself");
    if (wrong.length > 0) throw new Error(`the scene printed errors:\n${wrong.join("\n")}`);
  }
}
