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

/** What clients know of what the game shows of a user: it is safe to show. */
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

/** What holds in a room, for this user. */
export interface ChatRoomSettings {
  /** What the room is for; empty: nobody says. */
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
}

/** A room that the client has joined or wants to join. */
export interface ChatRoom {
  readonly name: string;
  /** Whether the client is in it now. */
  readonly joined: boolean;
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
  /** The speaker's account, as in `ChatMember`. */
  readonly user: string;
  readonly info: ChatInfo;
  readonly look: ChatLook;
}

/** Why a request or a message failed. */
export interface ChatFailure {
  /** An error of the server, such as "name-taken" (docs/protocol.md lists them);
   *  or "disconnected": it was lost with the connection; "uncertain": it may have
   *  been said or not; "not-in-room". */
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
  | { readonly type: "removed"; readonly room: string; readonly reason: "forbidden" | "unspecified" }
  /** The `settings` of a room in `rooms` are others now. */
  | { readonly type: "roomChanged"; readonly room: string }
  /** The user may say the next thing in a room after `wait` milliseconds. */
  | { readonly type: "slowMode"; readonly room: string; readonly wait: number }
  | ({ readonly type: "line" } & ChatLine)
  /** The answer to `fetchHistory`: older lines, oldest first. */
  | { readonly type: "history"; readonly room: string; readonly lines: readonly ChatLine[]; readonly more: boolean }
  /** These lines are lost. */
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
  | { readonly type: "pending"; readonly nonce: bigint; readonly room?: string; readonly to: string; readonly text: string; readonly action: boolean }
  /** The server has stored the message. */
  | { readonly type: "sent"; readonly nonce: bigint }
  /** The message was not said. `retry` or `discard` it. */
  | { readonly type: "failed"; readonly nonce: bigint; readonly failure: ChatFailure }
  | { readonly type: "roomList"; readonly rooms: readonly { readonly name: string; readonly count: number }[]; readonly total: number }
  | { readonly type: "memberList"; readonly room: string; readonly count: number; readonly listed: boolean; readonly members: readonly ChatMember[] }
  /** Any other request failed. `subject` is the room or the name. */
  | { readonly type: "refused"; readonly request: "hello" | "join" | "leave" | "rename" | "refresh" | "listRooms" | "listMembers" | "fetchHistory"; readonly subject: string; readonly failure: ChatFailure }
  /** Something waits for the server's answer, and nothing came from it for 5 s; or the
   *  server answers again. */
  | { readonly type: "serverAnswers"; readonly answers: boolean }
  /** The server sent a message that is not a packet. It was dropped. */
  | { readonly type: "badMessage"; readonly problem: string };

/** The exception of a method that sends. Nothing was sent. "no-receiver": the receiver of a
 *  whisper is neither a name nor an ID. */
export interface SendError extends Error {
  readonly code: "empty-text" | "text-too-long" | "too-many-pending" | "not-in-room" | "read-only" | "not-online" | "no-such-message" | "no-receiver";
}
