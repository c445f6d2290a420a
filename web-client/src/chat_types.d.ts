/** The state of the connection. */
export type ChatState =
  /** connect() was not called yet. */
  | { readonly kind: "idle" }
  /** An attempt is under way; it is given up after ten seconds. */
  | { readonly kind: "connecting" }
  /** The server has accepted the client. */
  | { readonly kind: "online" }
  /** The connection was lost, or an attempt has failed. The next one follows by itself,
   *  in `seconds`. `code` is the WebSocket close code, 1006 if the server gave none.
   *  `reason` is the server's. Without one, and after three attempts that never opened,
   *  it says that the server may not allow this page's origin. */
  | { readonly kind: "waiting"; readonly seconds: number; readonly code: number; readonly reason: string }
  /** No attempt follows by itself. `code` is the WebSocket close code, or 0 if the
   *  browser refused to open a connection or the server does not speak
   *  guildhall.v1. */
  | { readonly kind: "closed"; readonly code: number; readonly reason: string };

/** How a client is created. Everything may be left out. */
export interface ChatOptions {
  /** The name that the user wants. A token's name goes before it. */
  readonly name?: string | null | undefined;
  /** The user's token, which the game's backend has made. Without any, the user is a
   *  guest. */
  readonly token?: string | null | undefined;
  /** Returns another token, or the promise of one, when one is needed: before the first
   *  connection if there is no `token`, and before a token is over. An empty one makes the
   *  user a guest. If it throws, or gives nothing within 30 s, the client says so with
   *  `tokenFailed`, and asks again later, each time after a longer wait. */
  readonly getToken?: (() => string | Promise<string>) | null | undefined;
}

/** The part of a user's `info` that clients know: it is safe to show. */
export interface ChatLook {
  /** The colour of the name, as `#rrggbb`. It may be hard to read on your ground. */
  readonly color?: string;
  /** A short text beside the name. */
  readonly badge?: string;
  /** The address of a picture, which begins with `https://`. Its server learns the address
   *  of everybody who loads it: show only pictures of servers that you know. */
  readonly avatar?: string;
}

/** All that the game has put into the user's token as `info`. */
export type ChatInfo = { readonly [key: string]: unknown };

/** A user in a room. */
export interface ChatMember {
  readonly id: bigint;
  readonly name: string;
  /** The user's account, the `sub` of the token; empty: a guest. */
  readonly user: string;
  readonly info: ChatInfo;
  readonly look: ChatLook;
}

/** The settings of a room, for this user. */
export interface ChatRoomSettings {
  /** The purpose of the room; empty: nobody says. */
  readonly topic: string;
  /** The time between two messages, in milliseconds; 0: none. */
  readonly slowMode: number;
  /** The longest message, in bytes of UTF-8; 0: as long as everywhere. */
  readonly textBytes: number;
  /** Whether the user may not say anything. */
  readonly readOnly: boolean;
  /** Whether only a few may say something. */
  readonly announceOnly: boolean;
  /** Whether the user may not read what was said before. */
  readonly noHistory: boolean;
  /** Whether the user may not see who is here. */
  readonly noMembers: boolean;
  /** Whether the user may remove what others have said. */
  readonly mayRemove: boolean;
  /** Whether the user may moderate the room. */
  readonly mayModerate: boolean;
}

/** A room that the client has joined or wants to join. */
export interface ChatRoom {
  readonly name: string;
  /** Whether the client is in it now. */
  readonly joined: boolean;
  /** The epoch that the numbers of its lines count in; 0: not joined yet. */
  readonly epoch: number;
  /** The number of its newest line. */
  readonly lastSeq: bigint;
  /** The number of the last line that the user has read, here or elsewhere; 0: not known. */
  readonly readSeq: bigint;
  /** Whether its lines outlive a restart of the server. */
  readonly durable: boolean;
  /** The number of its members, including this client. */
  readonly count: number;
  /** Whether `members` has all of them: those of a very full room are not listed. */
  readonly listed: boolean;
  readonly members: readonly ChatMember[];
  readonly settings: ChatRoomSettings;
  /** For how long the user has to wait before the next message, in milliseconds. What is
   *  said nevertheless is sent then. */
  readonly wait: number;
}

/** Something that was said in a room. Show the name and the text as text, never
 *  as markup. */
export interface ChatLine {
  readonly room: string;
  /** The line's number in its room. Every member receives the same lines in the
   *  same order. The numbers start again when `epoch` changes. */
  readonly seq: bigint;
  readonly epoch: number;
  /** The time by the server's clock, in milliseconds since 1970. */
  readonly time: number;
  readonly sender: bigint;
  readonly name: string;
  readonly text: string;
  /** Whether the text tells what the sender does ("/me waves"). */
  readonly action: boolean;
  /** Whether this user said it. If so, `nonce` is the number that `say` returned, or 0
   *  if the user said it on another device. */
  readonly own: boolean;
  readonly nonce: bigint;
  /** Whether it was said before the client joined, or while it had no connection. */
  readonly replay: boolean;
  /** The number of the line that it replies to; 0: none. */
  readonly replyTo: bigint;
  /** When it was edited the last time, as `time`; 0: never. */
  readonly edited: number;
  /** Whether it was removed. Then it has no text. */
  readonly removed: boolean;
  /** The reactions to it, the oldest first. */
  readonly reactions: readonly { readonly reaction: string; readonly count: number }[];
  /** The speaker's account, as in `ChatMember`. */
  readonly user: string;
  readonly info: ChatInfo;
  readonly look: ChatLook;
}

/** A change of an earlier line. */
export interface ChatChange {
  readonly room: string;
  readonly epoch: number;
  /** The number of the change: it has its place in the room's order, as a line. */
  readonly seq: bigint;
  /** The number of the line that changes. */
  readonly line: bigint;
  /** When it changed, in milliseconds since 1970. */
  readonly time: number;
  /** The user who changed it. */
  readonly sender: bigint;
  readonly name: string;
  readonly user: string;
  /** Whether this user changed it. If so, `nonce` is the number that `edit`, `remove` or
   *  `react` returned, or 0 if that was on another device. */
  readonly own: boolean;
  readonly nonce: bigint;
  /** Whether it was changed before the client joined, or while it had no connection. */
  readonly replay: boolean;
}

/** Why something is reported or sanctioned. */
export type ChatReason = "spam" | "harassment" | "hate" | "sexual" | "child-safety" | "violence" | "self-harm" | "private-data" | "fraud" | "illegal" | "name" | "other";

/** The rights of a user beside those that all have: "player" has none. */
export type ChatRole = "player" | "moderator" | "admin";

/** Something that was imposed on a user. */
export interface ChatSanction {
  /** Names it, for an appeal. */
  readonly id: bigint;
  /** "mute": the user cannot say anything. "ban": the user cannot be there. "kick": the user
   *  was taken out, once. */
  readonly kind: "mute" | "ban" | "kick";
  /** The room in which it holds; empty: everywhere. */
  readonly room: string;
  /** When it was imposed, and when it ends, in milliseconds since 1970; `until` 0: it has no
   *  end. */
  readonly since: number;
  readonly until: number;
  /** How long it still holds against this user, in milliseconds: by the server's clock, so
   *  that it does not matter if the device's is wrong. `undefined`: it has no end, or holds
   *  against another user. */
  readonly left: number | undefined;
  readonly reason: ChatReason;
  /** The rule that was broken, in the game's words or those of a moderator. */
  readonly rule: string;
  /** Whether no human has decided it. */
  readonly automated: boolean;
  /** How to appeal, and to which address, in the game's words. */
  readonly appeal: string;
}

/** A sanction of another user: for moderators. */
export interface ChatImposed extends ChatSanction {
  readonly user: ChatMember | undefined;
  /** The name of whoever has imposed it, and a note for other moderators. */
  readonly by: string;
  readonly note: string;
}

/** A moderator of a room. */
export interface ChatModerator extends ChatMember {
  readonly role: ChatRole;
  /** Whether the role holds everywhere, and not in this room alone. */
  readonly everywhere: boolean;
  /** Whether the moderator is in the room now. */
  readonly present: boolean;
}

/** The subject of a report: a line of a room (`room`, `seq`), a whisper (its `seq` as `whisper`),
 *  or a user by name or by ID. */
export type ChatReport = (
  | { readonly room: string; readonly seq: bigint }
  | { readonly whisper: bigint }
  | { readonly user: string | bigint }
) & {
  /** "other" if it is left out. */
  readonly reason?: ChatReason | null | undefined;
  readonly note?: string | null | undefined;
};

/** A sanction to be ended. */
export interface ChatLift {
  readonly kind: "mute" | "ban" | "kick";
  /** By name or by ID. The user may be away. */
  readonly user: string | bigint;
  /** Without one: everywhere. */
  readonly room?: string | null | undefined;
  /** For other moderators. */
  readonly note?: string | null | undefined;
}

/** A sanction to be imposed. */
export interface ChatImposition extends ChatLift {
  /** How long it holds; left out or 0: without an end. */
  readonly seconds?: number | null | undefined;
  readonly reason?: ChatReason | null | undefined;
  /** The rule that was broken, for the user to read. */
  readonly rule?: string | null | undefined;
  /** Whether it also holds against guests from the user's address. */
  readonly address?: boolean | null | undefined;
  /** The report that it follows from. */
  readonly report?: bigint | null | undefined;
}

/** Settings of a room that change. What is left out stays. */
export interface ChatRoomChange {
  readonly topic?: string | null | undefined;
  /** In milliseconds, as in the settings; the server counts whole seconds. 0: none. */
  readonly slowMode?: number | null | undefined;
  readonly announceOnly?: boolean | null | undefined;
}

/** Times in milliseconds since 1970. What is left out is any time. */
export interface ChatTimes {
  /** Only what was said before this. */
  readonly before?: number | null | undefined;
  /** Only what was said at this time or later. */
  readonly after?: number | null | undefined;
}

/** The lines to look for. A key that is left out means any line. */
export interface ChatQuery extends ChatTimes {
  /** Words that a line has, all of them. */
  readonly text?: string | null | undefined;
  /** A room that the client is in; else all of them. */
  readonly room?: string | null | undefined;
  /** The speaker, by name or by ID. */
  readonly speaker?: string | bigint | null | undefined;
}

/** Why a request or a message failed. */
export interface ChatFailure {
  /** An error of the server, such as "name-taken" (docs/protocol.md lists them);
   *  or "disconnected": it was lost with the connection; "uncertain": it may have
   *  been said or not; "not-in-room"; "rejected": it has waited for a moderator, who has
   *  rejected it, with the game's words as the argument. */
  readonly code: string;
  /** Values for a text about this code, such as the name that is taken. */
  readonly arguments: readonly string[];
  /** Whether the same request may succeed later. If so, `retryAfter` is the time
   *  to wait, in milliseconds. */
  readonly temporary: boolean;
  readonly retryAfter: number;
}

/** The argument of `onevent`. */
export type ChatEvent =
  | { readonly type: "state"; readonly state: ChatState }
  /** The server has accepted the client. With `resumed`, the session of the lost
   *  connection continues, and nothing that was acknowledged is lost. */
  | { readonly type: "welcomed"; readonly id: bigint; readonly name: string; readonly resumed: boolean }
  /** The server refused the name that the client asked for, and made one up. */
  | { readonly type: "nameRefused"; readonly failure: ChatFailure }
  /** The client has another name now. */
  | { readonly type: "renamedSelf"; readonly name: string }
  /** The name cannot be changed now. The client tries again by itself. */
  | { readonly type: "renameDelayed"; readonly name: string; readonly failure: ChatFailure }
  /** The client needs a token. It asks `getToken`; without one, call `setToken`. */
  | { readonly type: "tokenNeeded" }
  /** `getToken` gave no token. The client asks again by itself. */
  | { readonly type: "tokenFailed"; readonly problem: string }
  /** The client is in a room; `asked` is the name it asked for. `rejoined` without
   *  `resumed`: lines that were said meanwhile may be lost. */
  | { readonly type: "joined"; readonly room: string; readonly asked: string; readonly resumed: boolean; readonly rejoined: boolean; readonly firstSeq: bigint; readonly lastSeq: bigint }
  /** A room cannot be joined now. The client tries again by itself. */
  | { readonly type: "joinDelayed"; readonly room: string; readonly failure: ChatFailure }
  | { readonly type: "left"; readonly room: string }
  /** The client is not in a room any more, and did not ask to leave. It does not join it
   *  again by itself. */
  | { readonly type: "removed"; readonly room: string; readonly reason: "forbidden" | "kicked" | "banned" | "closed" | "takenOut" | "unspecified"; readonly sanction: ChatSanction | undefined }
  /** The game has put the client into a room: `joined` of it follows. It is in `from` no more,
   *  as `left` says; empty: it has left none. */
  | { readonly type: "moved"; readonly from: string; readonly room: string }
  /** The `settings` of a room in `rooms` are others now. */
  | { readonly type: "roomChanged"; readonly room: string }
  /** The user may say the next thing in a room after `wait` milliseconds. */
  | { readonly type: "slowMode"; readonly room: string; readonly wait: number }
  | ({ readonly type: "line" } & ChatLine)
  /** An earlier line has another text. */
  | ({ readonly type: "lineEdited"; readonly text: string } & ChatChange)
  /** An earlier line is removed: it has no text any more. */
  | ({ readonly type: "lineRemoved" } & ChatChange)
  /** All lines of a room up to `line` are removed. Show no trace of them. */
  | ({ readonly type: "linesCleared" } & ChatChange)
  /** All lines of the user with the ID `of` up to `line` are removed, in the same way. */
  | ({ readonly type: "linesPurged"; readonly of: bigint } & ChatChange)
  /** An earlier line has a reaction more, or one less; `count` users have it now. */
  | ({ readonly type: "reactionsChanged"; readonly reaction: string; readonly count: number; readonly takenBack: boolean } & ChatChange)
  /** An edit, a removal or a reaction was not done. */
  | { readonly type: "changeFailed"; readonly nonce: bigint; readonly room: string; readonly line: bigint; readonly failure: ChatFailure }
  /** The user has read a room up to this line, on another device. */
  | { readonly type: "readMark"; readonly room: string; readonly seq: bigint }
  /** The answer to `listUnread`: the rooms that the user is in or has marked, also those
   *  without unread lines. The user has read up to
   *  `seq`; `mentions` of the `lines` behind it have the user's name. With `more`, there are
   *  more lines than were counted. */
  | { readonly type: "unreadList"; readonly rooms: readonly { readonly room: string; readonly seq: bigint; readonly lines: number; readonly mentions: number; readonly more: boolean }[] }
  /** The answer to `search` (`first`) or `searchOn`, the newest line first. With `more`,
   *  `searchOn` finds further ones. */
  | { readonly type: "searchPage"; readonly lines: readonly ChatLine[]; readonly more: boolean; readonly first: boolean }
  /** The answer to `fetchHistoryOf`, the oldest line first. */
  | { readonly type: "historyOf"; readonly room: string; readonly lines: readonly ChatLine[]; readonly more: boolean }
  /** The answer to `fetchHistory`: older lines, oldest first. */
  | { readonly type: "history"; readonly room: string; readonly lines: readonly ChatLine[]; readonly more: boolean }
  /** These lines are missing: they do not come by themselves, and the history may have them. */
  | { readonly type: "gap"; readonly room: string; readonly from: bigint; readonly to: bigint }
  /** A whisper to or from this client. */
  | { readonly type: "whisper"; readonly seq: bigint; readonly time: number; readonly sender: bigint; readonly senderName: string; readonly receiver: bigint; readonly receiverName: string; readonly text: string; readonly action: boolean; readonly own: boolean; readonly nonce: bigint; readonly senderUser: string; readonly senderInfo: ChatInfo; readonly senderLook: ChatLook; readonly receiverUser: string }
  | { readonly type: "whisperGap"; readonly from: bigint; readonly to: bigint }
  /** The members of a room have changed: see `rooms`. */
  | { readonly type: "members"; readonly room: string; readonly count: number; readonly listed: boolean }
  | { readonly type: "came"; readonly room: string; readonly id: bigint; readonly name: string }
  | { readonly type: "went"; readonly room: string; readonly id: bigint; readonly name: string }
  | { readonly type: "renamed"; readonly room: string; readonly id: bigint; readonly old: string; readonly name: string }
  /** What to tell the user of those who joined, left or have new names: one notice for all
   *  at once. There is none in a room with many members, and none about this client or
   *  about somebody who has said something since joining. */
  | { readonly type: "presenceNotice"; readonly room: string; readonly joined: readonly string[]; readonly left: readonly string[]; readonly renamed: readonly { readonly old: string; readonly name: string }[] }
  /** A message is on its way. A whisper has no `room`, and `to` is its receiver. */
  | { readonly type: "pending"; readonly nonce: bigint; readonly room?: string; readonly to: string; readonly text: string; readonly action: boolean; readonly replyTo: bigint }
  /** The message, or the edit, waits for a moderator: nobody else sees it. `sent` or a failure
   *  follows, perhaps much later. */
  | { readonly type: "held"; readonly nonce: bigint }
  /** A moderator has rejected what the user has said on another device. */
  | { readonly type: "rejected"; readonly room: string; readonly words: string }
  /** The server has stored the message, or the change. */
  | { readonly type: "sent"; readonly nonce: bigint }
  /** The message was not said. `retry` or `discard` it. */
  | { readonly type: "failed"; readonly nonce: bigint; readonly failure: ChatFailure }
  | { readonly type: "roomList"; readonly rooms: readonly { readonly name: string; readonly count: number }[]; readonly total: number }
  | { readonly type: "memberList"; readonly room: string; readonly count: number; readonly listed: boolean; readonly members: readonly ChatMember[] }
  /** Something holds against the user: tell what, until when and why, and close the input
   *  while `muted` says so. */
  | { readonly type: "sanctioned"; readonly sanction: ChatSanction }
  /** It does not hold any more. */
  | { readonly type: "sanctionEnded"; readonly sanction: ChatSanction }
  /** `blocks` is another list now: take the lines of those in it from the screen. */
  | { readonly type: "blocksChanged" }
  | { readonly type: "blockList"; readonly users: readonly ChatMember[] }
  /** The receipt of a report. */
  | { readonly type: "reported"; readonly id: bigint }
  /** A report of the user was decided; `acted`: something was done about it. */
  | { readonly type: "reportDecided"; readonly id: bigint; readonly acted: boolean; readonly words: string }
  | { readonly type: "imposed"; readonly sanction: ChatImposed }
  /** All messages of a user are removed, in so many rooms. */
  | { readonly type: "purged"; readonly user: string; readonly rooms: number }
  | { readonly type: "moderatorList"; readonly room: string; readonly moderators: readonly ChatModerator[] }
  /** `room` is empty for all that the user moderates. With `more`, there are further ones. */
  | { readonly type: "sanctionList"; readonly room: string; readonly sanctions: readonly ChatImposed[]; readonly more: boolean }
  /** A request was done whose answer says nothing more. `subject` is the room or the user. */
  | { readonly type: "done"; readonly request: "block" | "unblock" | "lift" | "changeRoom" | "clear" | "setRole"; readonly subject: string }
  /** Any other request failed. `subject` is the room or the name. */
  | { readonly type: "refused"; readonly request: "hello" | "join" | "leave" | "rename" | "refresh" | "listRooms" | "listMembers" | "fetchHistory" | "listUnread" | "search" | "block" | "unblock" | "listBlocks" | "report" | "impose" | "lift" | "changeRoom" | "clear" | "purge" | "setRole" | "listModerators" | "listSanctions"; readonly subject: string; readonly failure: ChatFailure }
  /** Something waits for the server's answer, and nothing came from it for 5 s; or the
   *  server answers again. */
  | { readonly type: "serverAnswers"; readonly answers: boolean }
  /** The server sent a message that is not a packet. It was dropped. */
  | { readonly type: "badMessage"; readonly problem: string };

/** The exception of a method that sends. Nothing was sent. "no-receiver": the receiver of a
 *  whisper is neither a name nor an ID. */
export interface SendError extends Error {
  readonly code: "empty-text" | "text-too-long" | "too-many-pending" | "not-in-room" | "read-only" | "muted" | "not-online" | "no-such-message" | "no-such-line" | "no-receiver";
  /** With "text-too-long": the longest text that the server takes, in bytes of UTF-8. */
  readonly limit?: number;
}
