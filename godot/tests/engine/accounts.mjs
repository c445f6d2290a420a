// A server with accounts and rooms with rules, and tokens for it that its own program makes.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { SERVER } from "../../../web-client/e2e/environment.mjs";
import { Server } from "../../../web-client/e2e/server.mjs";

const SETTINGS = `
[accounts]
keys = [{ secret_file = "secret.txt" }]
guests = "allow"

[[rooms]]
match = "lobby"
topic = "Be kind"

[[rooms]]
match = "news"
say = "caps"
announce_only = true

[[rooms]]
match = "slow"
slow_mode = 1
text_bytes = 64
`;

export class AccountServer {
  /** Starts it, with further flags. */
  static async start({ flags = [] } = {}) {
    const started = new AccountServer();
    started.folder = mkdtempSync(path.join(tmpdir(), "guildhall-accounts-"));
    started.settings = path.join(started.folder, "guildhall.toml");
    writeFileSync(started.settings, SETTINGS);
    writeFileSync(path.join(started.folder, "secret.txt"), "a secret of at least 32 bytes, for tests\n");
    started.server = await Server.start({ flags: ["--config", started.settings, ...flags] });
    return started;
  }

  /** The address of its chat. */
  get chat() {
    return this.server.chat;
  }

  /** A token of this user. */
  token(user, name, ...flags) {
    const about = ["--user", user, "--name", name, "--for", "1h", ...flags];
    const made = execFileSync(SERVER, ["token", "--config", this.settings, ...about], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    return made.trim();
  }

  async end() {
    await this.server.kill();
    rmSync(this.folder, { recursive: true });
  }
}
