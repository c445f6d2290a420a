// The story of a rude player in the Godot scene, with the real program: a player is insulted,
// reports and blocks; a moderator mutes the other one; the server is killed in the middle and
// started again; and the game reads all of it in the feed of events.

import assert from "node:assert/strict";
import { test } from "node:test";
import { StaffServer } from "../../../web-client/e2e/staff.mjs";
import { Stage, heard, lines } from "../engine/stage.mjs";

const INSULT = "Mira, you play like a turnip";

const SETTINGS = `
  [events]
  enabled = true
`;

const stage = Stage.forEachTest();

test("a rude player is reported, blocked and muted, and a crash in the middle changes none of it", async () => {
  const game = await StaffServer.start({ settings: SETTINGS, keeps: true, flags: stage.site.flags });
  stage.endings.push(() => game.end());
  const play = async (name) => {
    const token = await game.token(`player-${name}`, name);
    return stage.connectedScene({ url: game.server.chat, token });
  };
  const mira = await play("Mira");
  const ben = await play("Ben");
  await mira.say("Hello");
  await ben.shows(heard("Hello"), "the greeting");
  await ben.say(INSULT);
  await mira.shows(heard(INSULT), "the insult");

  // Mira reports it, with a receipt, and blocks Ben.
  await mira.say("/report 2 harassment He does it all day");
  const receipt = "The moderators have your report. Its number is 1.";
  await mira.shows((state) => lines(state).includes(receipt), "the receipt");
  await mira.say("/block Ben");
  await mira.shows((state) => !state.log.includes(INSULT), "nothing of Ben");
  await mira.shows(({ members }) => !members.some((it) => it.includes("Ben")), "no Ben among the members");

  // A moderator sees the evidence, and mutes Ben for an hour.
  const ada = await game.token("moderator-1", "Ada", ["*=mod"]);
  const evidence = await game.call("GET", "/reports/1", undefined, ada);
  assert.equal(evidence.report.reason, "harassment");
  assert.ok(JSON.stringify(evidence).includes(INSULT));
  const mute = { kind: "mute", user: { account: "player-Ben" }, room: "lobby", seconds: 3_600, reason: "harassment", rule: "Be kind" };
  const { id: sanction } = await game.call("POST", "/sanctions", mute, ada);
  const isMuted = ({ placeholder }) => placeholder.includes("Be kind") && placeholder.includes("60 minutes");
  await ben.shows(isMuted, "why and until when");
  // The text that Ben types meanwhile is kept, and not sent.
  await ben.say("Sorry");
  await ben.shows(({ input, send }) => input === "Sorry" && !send, "the draft");

  // The server crashes, and starts again.
  await game.restart();
  for (const scene of [mira, ben]) {
    const back = (state) => lines(state).some((line) => line.startsWith("Connected again"));
    await scene.shows((state) => state.status === "Connected" && back(state), "the connection");
  }
  await ben.shows(({ placeholder }) => placeholder.includes("Be kind"), "the mute, which holds");

  // Mira is told of the decision.
  const decision = { acted: true, words: "He has an hour to think.", sanction };
  await game.call("POST", "/reports/1/decide", decision, ada);
  await mira.shows(({ log }) => log.includes("He has an hour to think."), "the decision");

  // When the mute is lifted, Ben can write again, and the block still holds.
  await game.call("DELETE", `/sanctions/${sanction}`, undefined, ada);
  await ben.shows(({ placeholder }) => !placeholder.includes("Be kind"), "an open input");
  await ben.shows(({ input, send }) => input === "Sorry" && send, "the draft, which can be sent");
  await ben.page.keyboard.press("Enter");
  await ben.shows((state) => lines(state).at(-1) === "You: Sorry", "its own line");
  await mira.say("Good");
  await ben.shows(heard("Good"), "the last line");
  await mira.shows((state) => lines(state).at(-1) === "You: Good", "its own line");
  const said = lines(mira.now).filter((line) => /^(You|Ben): /.test(line));
  assert.deepEqual(said, ["You: Hello", "You: Good"]);

  // The game reads all of it, in order and without a gap.
  const { events } = await game.call("GET", "/events");
  events.forEach((event, at) => assert.equal(event.number, events[0].number + at, "no event is lost"));
  const told = events.filter(({ kind }) => ["said", "reported", "sanctioned"].includes(kind));
  const what = ({ line, report, sanction: imposed }) => line?.text ?? report ?? imposed;
  assert.deepEqual(
    told.map((event) => [event.kind, event.user.name, what(event)]),
    [
      ["said", "Mira", "Hello"],
      ["said", "Ben", INSULT],
      ["reported", "Ben", 1],
      ["sanctioned", "Ben", sanction],
      ["said", "Ben", "Sorry"],
      ["said", "Mira", "Good"],
    ],
  );
});
