/** Where the connection is. */
export type ChatState =
  /** connect() was not called yet. */
  | { readonly kind: "idle" }
  /** An attempt is under way; it is given up after ten seconds. */
  | { readonly kind: "connecting" }
  /** The server has let us in. */
  | { readonly kind: "online" }
  /** The connection was lost; the next attempt follows by itself. The code is
   *  the WebSocket close code, 1006 where no server said why. */
  | { readonly kind: "waiting"; readonly seconds: number; readonly code: number; readonly reason: string }
  /** No attempt follows by itself. The code is the WebSocket close code, or 0
   *  where the browser refused to open a connection, or the server does not
   *  speak guildhall.v1. */
  | { readonly kind: "closed"; readonly code: number; readonly reason: string };

/** Somebody in a room. */
export interface ChatMember {
  readonly id: bigint;
  readonly name: string;
}

/** A room that we are in, or want to be in. */
export interface ChatRoom {
  readonly name: string;
  /** Whether we are in it at the moment. */
  readonly joined: boolean;
  /** How many are in it, we included. */
  readonly count: number;
  /** Whether `members` is all of them: a very full room is not listed. */
  readonly listed: boolean;
  readonly members: readonly ChatMember[];
}

/** Something said in a room. Show the name and the text as text, never as
 *  markup. */
export interface ChatLine {
  readonly room: string;
  /** The line's number in its room. Every member gets the same lines in the
   *  same order. Numbers begin anew when `epoch` changes. */
  readonly seq: bigint;
  readonly epoch: number;
  /** When, by the server's clock, in milliseconds since 1970. */
  readonly time: number;
  readonly sender: bigint;
  readonly name: string;
  readonly text: string;
  /** Whether it tells what the speaker does ("/me waves"). */
  readonly action: boolean;
  /** Whether we said it, and then the number that `say` returned. */
  readonly own: boolean;
  readonly nonce: bigint;
  /** Whether it was said before we came, or while we were away. */
  readonly replay: boolean;
}

/** Why something was not done. */
export interface ChatFailure {
  /** An error of the server, such as "name-taken" (docs/protocol.md has them
   *  all); or "disconnected": lost with the connection; "uncertain": it may
   *  have been said or not; "not-in-room". */
  readonly code: string;
  /** What the code's words need. */
  readonly arguments: readonly string[];
  /** Whether the same may succeed later, and then after how many
   *  milliseconds. */
  readonly temporary: boolean;
  readonly retryAfter: number;
}

/** What `onevent` is told. */
export type ChatEvent =
  | { readonly type: "state"; readonly state: ChatState }
  /** The server let us in. With `resumed` we are who we were before the
   *  connection was lost, and nothing that was acknowledged is lost. */
  | { readonly type: "welcomed"; readonly id: bigint; readonly name: string; readonly resumed: boolean }
  /** The wanted name was refused: the server made one up. */
  | { readonly type: "nameRefused"; readonly failure: ChatFailure }
  /** Our name is another one now. */
  | { readonly type: "renamedSelf"; readonly name: string }
  /** We are in a room, which we `asked` for in these letters. `rejoined`
   *  without `resumed`: what was said meanwhile may be lost. */
  | { readonly type: "joined"; readonly room: string; readonly asked: string; readonly resumed: boolean; readonly rejoined: boolean; readonly firstSeq: bigint; readonly lastSeq: bigint }
  | { readonly type: "left"; readonly room: string }
  | ({ readonly type: "line" } & ChatLine)
  /** Older lines, asked for by `fetchHistory`, oldest first. */
  | { readonly type: "history"; readonly room: string; readonly lines: readonly ChatLine[]; readonly more: boolean }
  /** These lines are lost. */
  | { readonly type: "gap"; readonly room: string; readonly from: bigint; readonly to: bigint }
  /** Something whispered to us, or by us. */
  | { readonly type: "whisper"; readonly seq: bigint; readonly time: number; readonly sender: bigint; readonly senderName: string; readonly receiver: bigint; readonly receiverName: string; readonly text: string; readonly action: boolean; readonly own: boolean; readonly nonce: bigint }
  | { readonly type: "whisperGap"; readonly from: bigint; readonly to: bigint }
  /** A room's members have changed: see `rooms`. */
  | { readonly type: "members"; readonly room: string; readonly count: number; readonly listed: boolean }
  | { readonly type: "came"; readonly room: string; readonly id: bigint; readonly name: string }
  | { readonly type: "went"; readonly room: string; readonly id: bigint; readonly name: string }
  | { readonly type: "renamed"; readonly room: string; readonly id: bigint; readonly old: string; readonly name: string }
  /** A say or a whisper (then without `room`, and `to` is its receiver) is on
   *  its way. */
  | { readonly type: "pending"; readonly nonce: bigint; readonly room?: string; readonly to: string; readonly text: string; readonly action: boolean }
  /** The server has it. */
  | { readonly type: "sent"; readonly nonce: bigint }
  /** It was not said: `retry` or `discard` it. */
  | { readonly type: "failed"; readonly nonce: bigint; readonly failure: ChatFailure }
  | { readonly type: "roomList"; readonly rooms: readonly { readonly name: string; readonly count: number }[]; readonly total: number }
  | { readonly type: "memberList"; readonly room: string; readonly count: number; readonly listed: boolean; readonly members: readonly ChatMember[] }
  /** Any other request was refused. `subject` is the room or the name. */
  | { readonly type: "refused"; readonly request: "hello" | "join" | "leave" | "rename" | "listRooms" | "listMembers" | "fetchHistory"; readonly subject: string; readonly failure: ChatFailure }
  /** The server sent something that was dropped whole. */
  | { readonly type: "badMessage"; readonly problem: string };

/** What the methods throw. Nothing was sent. */
export interface SendError extends Error {
  readonly code: "empty-text" | "text-too-long" | "too-many-pending" | "not-in-room" | "not-online" | "no-such-message";
}
