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

/** A user in a room. */
export interface ChatMember {
  readonly id: bigint;
  readonly name: string;
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
  /** Whether this client said it. If so, `nonce` is the number that `say`
   *  returned. */
  readonly own: boolean;
  readonly nonce: bigint;
  /** Whether it was said before the client joined, or while it had no connection. */
  readonly replay: boolean;
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
  /** The client is in a room; `asked` is the name it asked for. `rejoined` without
   *  `resumed`: lines that were said meanwhile may be lost. */
  | { readonly type: "joined"; readonly room: string; readonly asked: string; readonly resumed: boolean; readonly rejoined: boolean; readonly firstSeq: bigint; readonly lastSeq: bigint }
  | { readonly type: "left"; readonly room: string }
  | ({ readonly type: "line" } & ChatLine)
  /** The answer to `fetchHistory`: older lines, oldest first. */
  | { readonly type: "history"; readonly room: string; readonly lines: readonly ChatLine[]; readonly more: boolean }
  /** These lines are lost. */
  | { readonly type: "gap"; readonly room: string; readonly from: bigint; readonly to: bigint }
  /** A whisper to or from this client. */
  | { readonly type: "whisper"; readonly seq: bigint; readonly time: number; readonly sender: bigint; readonly senderName: string; readonly receiver: bigint; readonly receiverName: string; readonly text: string; readonly action: boolean; readonly own: boolean; readonly nonce: bigint }
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
  | { readonly type: "refused"; readonly request: "hello" | "join" | "leave" | "rename" | "listRooms" | "listMembers" | "fetchHistory"; readonly subject: string; readonly failure: ChatFailure }
  /** Something waits for the server's answer, and nothing came from it for 5 s; or the
   *  server answers again. */
  | { readonly type: "serverAnswers"; readonly answers: boolean }
  /** The server sent a message that is not a packet. It was dropped. */
  | { readonly type: "badMessage"; readonly problem: string };

/** The exception of a method that sends. Nothing was sent. "no-receiver": the receiver of a
 *  whisper is neither a name nor an ID. */
export interface SendError extends Error {
  readonly code: "empty-text" | "text-too-long" | "too-many-pending" | "not-in-room" | "not-online" | "no-such-message" | "no-receiver";
}
