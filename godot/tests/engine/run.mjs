// Runs one test script in the engine in Node, and judges it. A release engine
// goes on after script errors and exits with 0 after parse errors, so a run
// passes only if the script printed its last line, with checks that passed and
// none that failed, and nothing printed an error before that line.
//
// The run is over at that line: the engine is killed there. This web build of
// the engine can crash while it quits, which says nothing about the test.

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { LAST_LINE } from "./last_line.mjs";

const NODE_ENGINE = fileURLToPath(new URL("node.mjs", import.meta.url));

// What this build of the engine may print in its first frame, before any
// script waits for anything: it looks up an object by an ID that it has never
// given. Whether it does depends on how its memory is laid out, so on the
// length of the pack's path or of an argument. A script could cause it with
// `instance_from_id` alone, and no script here has that.
const FIRST_FRAME =
  /ERROR: Condition "slot >= slot_max" is true\. Returning: nullptr\n +at: get_instance \(\.\/core\/object\/object\.h:1110\)\n/;

// What the engine prints where something is wrong. `allowed` lists the
// engine's own errors that a test provokes on purpose.
export function complaints(text, allowed = []) {
  const wrong = /SCRIPT ERROR|Parse Error|Failed to load|ERROR:|WARNING:|TEST-FAIL|ALERT/;
  return text
    .replace(FIRST_FRAME, "")
    .split("\n")
    .filter((line) => wrong.test(line) && !allowed.some((pattern) => pattern.test(line)));
}

// More than the last line of a test has.
const LAST_LINE_LENGTH = 100;

// Starts the engine. Gives its process, what it has printed so far, and a
// promise of its end.
export function startEngine(pack, args, { files = {} } = {}) {
  const child = spawn(process.execPath, ["--stack-size=4000", NODE_ENGINE, pack, "--", ...args], {
    env: { ...process.env, GUILDHALL_ENGINE_FILES: JSON.stringify(files) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const run = { child, stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8");
  child.stderr.setEncoding("utf8");
  child.stdout.on("data", (text) => {
    run.stdout += text;
    // Its beginning may have come before this piece.
    if (LAST_LINE.test(run.stdout.slice(-text.length - LAST_LINE_LENGTH))) child.kill("SIGKILL");
  });
  child.stderr.on("data", (text) => (run.stderr += text));
  // At "close" both streams have been read to their ends.
  run.end = new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal }));
  });
  return run;
}

// What was printed before the last line of the test, or all of it.
const beforeLastLine = (text) => text.slice(0, LAST_LINE.exec(text)?.index);

// The warnings that were to be printed, and were not.
export function missing(text, warns) {
  const warnings = text.split("\n").filter((line) => line.startsWith("WARNING: "));
  return warns
    .filter((pattern) => !warnings.some((line) => pattern.test(line)))
    .map((pattern) => `no warning ${pattern}`);
}

// How this build of the engine may crash in its first frame, for the same reason. The same pack and
// the same arguments do it each time, and an argument more does not.
const CRASH = "RuntimeError: null function or function signature mismatch";

// How often a run is begun that ends so.
const ATTEMPTS = 8;

// Whether the engine has crashed without a fault of the test: before it has run anything of it, when
// all that it has printed is who it is; or behind its last line, before all of a long output has
// gone out.
function hasCrashed({ stdout, stderr }) {
  const printed = stdout.split("\n").filter((line) => line.trim() !== "");
  const isBanner = (line) => /^(Godot Engine v|Build configuration: )/.test(line);
  const isOver = LAST_LINE.test(stderr);
  return stderr.includes(CRASH) && (isOver || printed.every(isBanner));
}

// Runs the test script NAME to its last line; throws if it did not pass, or did not
// print each warning of `warns`. Gives what it printed after `OUT `, a line each.
export async function runTest(pack, name, options = {}) {
  const { args = [] } = options;
  for (let attempt = 1; ; attempt++) {
    const more = attempt > 1 ? [`--attempt=${"x".repeat(7 * attempt)}`] : [];
    try {
      return await runOnce(pack, name, { ...options, args: [...args, ...more] });
    } catch (error) {
      if (!error.isCrash || attempt === ATTEMPTS) throw error;
      console.error(`${name}: the engine has crashed, and is started again`);
    }
  }
}

async function runOnce(pack, name, { args, files = {}, allowed = [], warns = [], seconds = 300 }) {
  const run = startEngine(pack, [`--test=${name}`, ...args], { files });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    run.child.kill("SIGKILL");
  }, seconds * 1000);
  const { code, signal } = await run.end;
  clearTimeout(timer);
  const stdout = beforeLastLine(run.stdout);
  const printed = `${stdout}\n${beforeLastLine(run.stderr)}`;
  const [end, passed, failed] = LAST_LINE.exec(run.stdout) ?? [];
  const wrong = [...complaints(printed, [...allowed, ...warns]), ...missing(printed, warns)];
  const shown = printed.split("\n").filter((line) => !line.startsWith("OUT "));
  const report = `${wrong.join("\n")}\n--- all it printed ---\n${shown.join("\n").slice(0, 8000)}`;
  if (!end && late) throw new Error(`${name}: not finished after ${seconds} s\n${report}`);
  if (!end) {
    const error = new Error(`${name}: stopped on its way, ${signal ?? `exit code ${code}`}\n${report}`);
    error.isCrash = hasCrashed(run);
    throw error;
  }
  if (wrong.length > 0 || Number(passed) === 0 || Number(failed) !== 0) {
    throw new Error(`${name}: failed, ${end.trim()}\n${report}`);
  }
  const out = stdout.split("\n").filter((line) => line.startsWith("OUT "));
  return { passed: Number(passed), out: out.map((line) => line.slice(4)) };
}
