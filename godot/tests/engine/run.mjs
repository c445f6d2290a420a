// Runs one test script in the engine in Node, and judges it. A release engine
// goes on after script errors and exits with 0 after parse errors, so a run
// passes only when the script said that it came to its end, with checks that
// passed, and nothing printed an error.

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const NODE_ENGINE = fileURLToPath(new URL("node.mjs", import.meta.url));

// What the engine prints where something is wrong. `allowed` lists the
// engine's own errors that a test provokes on purpose.
export function complaints(text, allowed = []) {
  const wrong = /SCRIPT ERROR|Parse Error|Failed to load|ERROR:|WARNING:|TEST-FAIL|ALERT/;
  return text
    .split("\n")
    .filter((line) => wrong.test(line) && !allowed.some((pattern) => pattern.test(line)));
}

// Printed by this engine, for some packs and not for others, after the project
// has quit: it comes after the line that ends a test.
const ENGINE_LEAVING = /Condition "slot >= slot_max" is true/;

// Starts the engine. Gives its process, what it has printed so far, and a
// promise of its end.
export function startEngine(pack, args, { files = {} } = {}) {
  const child = spawn(process.execPath, ["--stack-size=4000", NODE_ENGINE, pack, "--", ...args], {
    env: { ...process.env, GUILDHALL_ENGINE_FILES: JSON.stringify(files) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const run = { child, stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text) => (run.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (run.stderr += text));
  run.end = new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal }));
  });
  return run;
}

// Runs the test script NAME to its end; throws where it did not pass.
// Gives what it printed after `OUT `, a line each.
export async function runTest(pack, name, { args = [], files = {}, allowed = [], seconds = 120 } = {}) {
  const run = startEngine(pack, [`--test=${name}`, ...args], { files });
  const timer = setTimeout(() => run.child.kill("SIGKILL"), seconds * 1000);
  const { code, signal } = await run.end;
  clearTimeout(timer);
  const printed = `${run.stdout}\n${run.stderr}`;
  const end = /^TEST-END passed=(\d+) failed=(\d+)$/m.exec(run.stdout);
  const wrong = complaints(printed, [...allowed, ENGINE_LEAVING]);
  const shown = printed.split("\n").filter((line) => !line.startsWith("OUT "));
  const report = `${wrong.join("\n")}\n--- all it printed ---\n${shown.join("\n").slice(0, 8000)}`;
  if (signal) throw new Error(`${name}: not finished after ${seconds} s\n${report}`);
  if (!end) throw new Error(`${name}: stopped on its way, exit code ${code}\n${report}`);
  if (wrong.length > 0 || code !== 0 || Number(end[1]) === 0 || Number(end[2]) !== 0) {
    throw new Error(`${name}: failed, exit code ${code}\n${report}`);
  }
  const lines = run.stdout.split("\n");
  return {
    passed: Number(end[1]),
    out: lines.filter((line) => line.startsWith("OUT ")).map((line) => line.slice(4)),
  };
}
