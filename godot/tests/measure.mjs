// What the log and the demo cost a game, in the engine in Chromium: how long each frame's
// scripts and layout take, without the drawing. The threads that draw in software interrupt
// it, so that some cases draw nothing at all. Several builds take turns in one run:
//
//   cargo xtask godot measure PACK...
//
// `cargo xtask godot build` writes such a pack as measure.pck. docs/performance.md has the
// figures.

import { chromium } from "playwright-core";
import { CHROMIUM } from "../../web-client/e2e/environment.mjs";
import { FLAGS, GameSite } from "./engine/chromium.mjs";
import { startBusyServer } from "./engine/busy_server.mjs";

const packs = process.argv.slice(2);

const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Nothing happens. */
async function idle(_server, frames) {
  await wait(4_000);
  return frames();
}

/** Ten thousand lines at once. */
async function crowd(server, frames) {
  await fill(server, frames, 600);
  server.say(10_000);
  await wait(15_000);
  return frames();
}

/** A hundred lines a second. */
async function busy(server, frames) {
  await fill(server, frames, 600);
  for (const end = Date.now() + 6_000; Date.now() < end; await wait(10)) server.say(1);
  return frames();
}

/** The cases: what to do, which scene does it, and whether the engine draws. */
const CASES = {
  "empty scene": { scene: "empty", measure: idle },
  "empty scene, nothing is drawn": { scene: "empty", draw: "no", measure: idle },
  "log full, 100 lines/s": { measure: busy },
  "log full, 100 lines/s, nothing is drawn": { draw: "no", measure: busy },
  "log, 10,000 lines at once": {
    measure: crowd,
  },
  "demo, 10,000 lines at once": {
    scene: "demo",
    measure: crowd,
  },
  "demo, 10,000 lines at once, nothing is drawn": {
    scene: "demo",
    draw: "no",
    measure: crowd,
  },
  "demo, an own message among 1,000 lines": {
    scene: "demo",
    async measure(server, frames, page) {
      await fill(server, frames, 1_000);
      await page.keyboard.type("hi");
      await wait(1_000);
      await frames();
      await page.keyboard.press("Enter");
      await wait(2_000);
      return frames();
    },
  },
};

async function fill(server, frames, lines) {
  for (let said = 0; said < lines; said += 50) {
    server.say(50);
    await wait(50);
  }
  await wait(3_000);
  await frames();
}

const percentile = (numbers, part) => {
  const sorted = [...numbers].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
};

async function measure(pack, { scene = "", draw = "yes", measure }) {
  const site = await GameSite.start(pack);
  const server = await startBusyServer();
  const browser = await chromium.launch({ executablePath: CHROMIUM, headless: true, args: FLAGS });
  try {
    const page = await browser.newPage({ viewport: { width: 960, height: 600 } });
    let took = [];
    page.on("console", (message) => {
      const [, microseconds] = /^MEASURE (\d+)/.exec(message.text()) ?? [];
      if (microseconds) took.push(Number(microseconds) / 1_000);
    });
    await page.goto(`${site.origin}/?${new URLSearchParams({ server: server.url, scene, draw })}`);
    const begun = () => (scene === "empty" ? took.length > 0 : server.isJoined());
    for (let at = 0; at < 600 && !begun(); at++) await wait(100);
    await wait(500);
    const frames = async () => {
      // Once the page answers, all that it has printed is here.
      await page.evaluate(() => {});
      const all = took;
      took = [];
      return all;
    };
    await frames();
    return await measure(server, frames, page);
  } finally {
    await browser.close();
    server.close();
    site.close();
  }
}

for (const [name, what] of Object.entries(CASES)) {
  console.log(name);
  for (const pack of packs) {
    const frames = await measure(pack, what);
    const [p50, p95] = [0.5, 0.95].map((part) => percentile(frames, part).toFixed(1));
    console.log(`  p50 ${p50}, p95 ${p95}, longest ${Math.max(...frames).toFixed(1)} ms: ${pack}`);
  }
}
