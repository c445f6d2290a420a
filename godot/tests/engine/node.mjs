// Runs a packed project in the real engine, in this Node process, with no
// browser: node engine/node.mjs PACK [engine arguments] [-- user arguments].
//
// The engine is a web build, so it is given the least of a web page that it
// asks for. There is no rendering and no keyboard here: that is chromium.mjs.
// What the project prints goes to stdout, errors go to stderr, and the exit
// code is the project's own. The line that ends a test goes to both, so that
// each stream shows what came before it. Environment: GUILDHALL_ENGINE_FILES is a JSON
// object {path in the engine: path on disk} of files to copy in beforehand.

import { readFileSync } from "node:fs";
import vm from "node:vm";
import WebSocket from "ws";
import { ENGINE_JS, ENGINE_WASM } from "./files.mjs";
import { LAST_LINE } from "./last_line.mjs";

const [pack, ...args] = process.argv.slice(2);
const { stdout, stderr, exit, env } = process;
const files = Object.entries(JSON.parse(env.GUILDHALL_ENGINE_FILES ?? "{}"));

// A browser's WebSocket has errors that nobody listens to.
class PageSocket extends WebSocket {
  constructor(...words) {
    super(...words);
    this.on("error", () => {});
  }
}

class HTMLCanvasElement extends EventTarget {
  width = 640;
  height = 480;
  tabIndex = 0;
  style = {};
  getContext = () => null;
  focus = () => {};
  getBoundingClientRect = () => ({ x: 0, y: 0, left: 0, top: 0, width: 640, height: 480 });
  setAttribute = () => {};
  appendChild = () => {};
  remove = () => {};
}

const { setInterval: startInterval } = globalThis;
const canvas = new HTMLCanvasElement();
const page = {
  window: globalThis,
  self: globalThis,
  HTMLCanvasElement,
  WebSocket: PageSocket,
  document: Object.assign(new EventTarget(), {
    body: new HTMLCanvasElement(),
    documentElement: new HTMLCanvasElement(),
    createElement: () => new HTMLCanvasElement(),
    getElementById: () => null,
    getElementsByTagName: () => [canvas],
    querySelector: () => null,
    currentScript: { src: "http://engine.invalid/index.js" },
    hasFocus: () => true,
  }),
  navigator: {
    language: "en",
    languages: ["en"],
    userAgent: "Chrome/140",
    platform: "Linux",
    mediaDevices: {},
    getGamepads: () => [],
  },
  location: new URL("http://engine.invalid/"),
  screen: { width: 640, height: 480, orientation: {} },
  devicePixelRatio: 1,
  innerWidth: 640,
  innerHeight: 480,
  isSecureContext: true,
  matchMedia: () => ({ matches: false, addEventListener: () => {} }),
  requestAnimationFrame: (frame) => setTimeout(() => frame(performance.now()), 4),
  cancelAnimationFrame: clearTimeout,
  // A page's timer is a number, which is what stops it.
  setInterval: (...words) => Number(startInterval(...words)),
  addEventListener: () => {},
  removeEventListener: () => {},
  alert: (text) => stderr.write(`ALERT: ${text}\n`),
  fetch: async (path) => {
    const wasm = String(path).endsWith(".wasm");
    return new Response(readFileSync(wasm ? ENGINE_WASM : path));
  },
};
for (const [name, value] of Object.entries(page)) {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}

// The engine refuses to start where it sees Node. Packages still need a process.
globalThis.process = Object.create(process, { versions: { value: {} } });
vm.runInThisContext(`${readFileSync(ENGINE_JS, "utf8")}\nglobalThis.Engine = Engine;`);

function print(line) {
  // First to stderr: once it is on stdout, it is on both.
  if (LAST_LINE.test(line)) stderr.write(line);
  stdout.write(line);
}

const engine = new Engine({
  args: ["--headless", "--audio-driver", "Dummy", ...args],
  canvas,
  executable: "index",
  mainPack: pack,
  persistentPaths: [],
  unloadAfterInit: false,
  onPrint: (...parts) => print(`${parts.join(" ")}\n`),
  onPrintError: (...parts) => stderr.write(`${parts.join(" ")}\n`),
  // Exit only when everything printed has gone out.
  onExit: (code) => stdout.write("", () => stderr.write("", () => exit(code))),
});

for (const [inside, outside] of files) {
  await engine.preloadFile(new Uint8Array(readFileSync(outside)), inside);
}
await engine.startGame();
