# gdlint: disable=max-public-methods
extends "chat_lines.gd"
## The part of a [GuildhallChat] for moderation: what holds against the player, whom the player
## blocks, reports, and what moderators do. The server decides who may.

# The session's events name the signals that this class emits.
@warning_ignore_start("unused_signal")
## The message, or a change of a line, waits for a moderator: nobody else sees it yet.
## [signal GuildhallChat.message_sent] or [signal GuildhallChat.message_failed] follows, perhaps
## much later.
signal message_held(nonce: int)
## A moderator has rejected something that the player has said in another session.
## [param words] say why, and may be empty.
signal rejected(room: String, words: String)
## Something holds against the player: it was imposed, or is another than it was, or the client
## learns of it. [param left] is how long it still holds, in milliseconds; -1: it has no end.
signal sanctioned(sanction: GuildhallSanction, left: int)
## This does not hold against the player any more.
signal sanction_ended(sanction: GuildhallSanction)
## Whom the player blocks has changed, or is known now: [method blocks] has all of them.
signal blocks_changed
## The answer to [method list_blocks]: whom the player blocks.
signal blocks_listed(users: Array[GuildhallUser])
## The answer to a report: a receipt, with the number of the report.
signal reported(id: int)
## A report of the player was decided. [param words] are the moderator's, and
## may be empty.
signal report_decided(id: int, acted: bool, words: String)
## The answer to [method impose]: this holds against another user now.
signal imposed(sanction: GuildhallSanction)
## The answer to [method purge]: the user as the player has named it, and in how many rooms.
signal purged(user_name: String, rooms: int)
## The answer to [method list_moderators].
signal moderators_listed(room: String, moderators: Array[GuildhallModerator])
## The answer to [method list_sanctions], the newest first; the room is empty for all that the
## player moderates. [param more]: there are more.
signal sanctions_listed(room: String, sanctions: Array[GuildhallSanction], more: bool)
## A request about another user or about a room was done, and its answer says nothing more.
## [param subject] is whom or what it was about.
signal done(request: GuildhallSession.RequestKind, subject: String)
## The game has put the client into a room; out of the room [param from], unless that is empty.
## [signal GuildhallChat.room_joined] follows, and before it [signal GuildhallChat.room_left] of
## the other room.
signal moved(from: String, room: String)
@warning_ignore_restore("unused_signal")


## Whether the player can say something in this room, as far as is known: the player wants to be
## in it, and neither its settings nor a mute forbid it. Where not, grey the input out:
## [method GuildhallModerationTexts.cannot_say] says why and until when.
func can_say(room_name: String) -> bool:
	return session.can_say(room_name)


## Returns the mute for which the player cannot say anything in this room, nor react to anything;
## or null. An empty name means whispers.
func muted(room_name: String) -> GuildhallSanction:
	return session.muted(room_name)


## Returns what holds against the player now: mutes and bans.
func sanctions() -> Array[GuildhallSanction]:
	return session.sanctions


## Returns the seconds until a sanction against the player ends, or -1: it has no end.
func seconds_left(sanction: GuildhallSanction) -> int:
	var end := session.ends_at(sanction)
	return -1 if end < 0 else maxi(0, ceili((end - Time.get_ticks_msec()) / 1000.0))


## Whether the player may moderate this room.
func may_moderate(room_name: String) -> bool:
	return session.may_moderate(room_name)


## Returns whom the player blocks, the newest first. It is known once [signal blocks_changed] was
## emitted on this connection; [method list_blocks] asks.
func blocks() -> Array[GuildhallUser]:
	return session.blocks


## Whether it is known that the player blocks the user with this ID: hide the lines of that user
## that are shown already. The server sends no further ones.
func is_blocked(user_id: int) -> bool:
	return session.is_blocked(user_id)


## Blocks the user with this ID or, if it is 0, with this name: nothing that the user says reaches
## the player any more. Returns [constant OK], or one of [enum GuildhallSession.SendError].
func block(user_id: int, user_name := "") -> int:
	return _drain_and_return(session.block(user_id, user_name))


## Ends that. Returns the same as [method block].
func unblock(user_id: int, user_name := "") -> int:
	return _drain_and_return(session.block(user_id, user_name, true))


## Asks whom the player blocks; [signal blocks_listed] has the answer. Returns the same as
## [method block].
func list_blocks() -> int:
	return _drain_and_return(session.list_blocks())


## Reports the line with this number to the moderators; [signal reported] has the receipt, and
## [signal report_decided] follows some day. Returns the same as [method block].
func report_line(room_name: String, line: int, reason: Packets.Reason, note := "") -> int:
	return _drain_and_return(session.report_line(room_name, line, reason, note))


## Reports a whisper by its number, [member GuildhallWhisper.seq]. Returns the same as
## [method block].
func report_whisper(seq: int, reason: Packets.Reason, note := "") -> int:
	return _drain_and_return(session.report_whisper(seq, reason, note))


## Reports the user with this ID or, if it is 0, with this name. Returns the same as
## [method block].
func report_user(user_id: int, user_name: String, reason: Packets.Reason, note := "") -> int:
	return _drain_and_return(session.report_user(user_id, user_name, reason, note))


## Imposes a sanction, as a moderator; [signal imposed] has the answer. Returns the same as
## [method block].
func impose(imposition: GuildhallImposition) -> int:
	return _drain_and_return(session.impose(imposition))


## Ends a sanction in a room, or everywhere if it is empty, as a moderator. Returns the same as
## [method block].
func lift(
	kind: Packets.SanctionKind, room_name: String, user_id: int, user_name := "", note := ""
) -> int:
	return _drain_and_return(session.lift(kind, room_name, user_id, user_name, note))


## Changes settings of a room, as a moderator; [signal GuildhallChat.room_changed] tells them.
## Returns the same as [method block].
func change_room(room_name: String, change: GuildhallRoomChange) -> int:
	return _drain_and_return(session.change_room(room_name, change))


## Removes all that was said in a room, as a moderator. Returns the same as [method block].
func clear_room(room_name: String) -> int:
	return _drain_and_return(session.clear(room_name))


## Removes all that a user has said, in a room or everywhere if it is empty, as a moderator.
## Returns the same as [method block].
func purge(room_name: String, user_id: int, user_name := "") -> int:
	return _drain_and_return(session.purge(room_name, user_id, user_name))


## Gives a user a role, in a room or everywhere if it is empty, as an administrator. Returns the
## same as [method block].
func set_role(user_id: int, user_name: String, room_name: String, role: Packets.Role) -> int:
	return _drain_and_return(session.set_role(user_id, user_name, room_name, role))


## Asks for the moderators of a room; [signal moderators_listed] has the answer. Returns the same
## as [method block].
func list_moderators(room_name: String) -> int:
	return _drain_and_return(session.list_moderators(room_name))


## Asks for the sanctions that hold in a room, or in all that the player moderates if it is empty;
## [signal sanctions_listed] has the answer. Returns the same as [method block].
func list_sanctions(room_name: String) -> int:
	return _drain_and_return(session.list_sanctions(room_name))
