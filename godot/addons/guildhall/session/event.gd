extends RefCounted
## Something that has happened in a [GuildhallSession]: the name of a signal of
## [GuildhallChat], and that signal's arguments. Each static function makes the event
## for the signal of its name.

const Packets := preload("../packets.gd")
const Event := preload("event.gd")

## The signals whose first argument is a room.
const BEGIN_WITH_ROOM: Array[StringName] = [
	&"room_joined",
	&"room_left",
	&"gap",
	&"history_loaded",
	&"history_of_time",
	&"members_changed",
	&"member_joined",
	&"member_left",
	&"member_renamed",
	&"presence_notice",
	&"members_listed",
	&"join_delayed",
	&"room_removed",
	&"room_changed",
	&"slow_mode",
	&"read_mark",
	&"rejected",
	&"moderators_listed",
	&"sanctions_listed",
]

## The signal's name.
var kind := &""
## The signal's arguments.
var arguments: Array = []


## Returns the room that the event is about, or an empty text.
func about_room() -> String:
	var about := ""
	if kind in BEGIN_WITH_ROOM:
		about = arguments[0]
	match kind:
		&"line_edited", &"line_removed", &"reactions_changed", &"lines_cleared", &"lines_purged":
			about = (arguments[0] as GuildhallLineChange).room
		&"change_failed", &"moved":
			about = arguments[1]
		&"sanctioned", &"sanction_ended":
			about = (arguments[0] as GuildhallSanction).room
		&"line_received":
			about = (arguments[0] as GuildhallLine).room
		&"refused":
			match arguments[0]:
				GuildhallSession.RequestKind.LIST_MEMBERS, GuildhallSession.RequestKind.FETCH_HISTORY:
					about = arguments[1]
	return about


static func state_changed(state: GuildhallSession.State) -> Event:
	return _event(&"state_changed", [state])


static func welcomed(id: int, name: String, resumed: bool) -> Event:
	return _event(&"welcomed", [id, name, resumed])


static func name_refused(failure: GuildhallFailure) -> Event:
	return _event(&"name_refused", [failure])


static func room_joined(
	room: String,
	requested_name: String,
	resumed: bool,
	rejoined: bool,
	first_seq: int,
	last_seq: int
) -> Event:
	return _event(&"room_joined", [room, requested_name, resumed, rejoined, first_seq, last_seq])


static func room_left(room: String) -> Event:
	return _event(&"room_left", [room])


static func join_delayed(room: String, failure: GuildhallFailure) -> Event:
	return _event(&"join_delayed", [room, failure])


static func room_changed(room: String) -> Event:
	return _event(&"room_changed", [room])


static func slow_mode(room: String, until: int) -> Event:
	return _event(&"slow_mode", [room, until])


static func room_removed(
	room: String, reason: Packets.RemovedReason, sanction: GuildhallSanction
) -> Event:
	return _event(&"room_removed", [room, reason, sanction])


static func moved(from: String, room: String) -> Event:
	return _event(&"moved", [from, room])


static func line_received(line: GuildhallLine) -> Event:
	return _event(&"line_received", [line])


static func history_loaded(room: String, lines: Array[GuildhallLine], more: bool) -> Event:
	return _event(&"history_loaded", [room, lines, more])


static func line_edited(change: GuildhallLineChange) -> Event:
	return _event(&"line_edited", [change])


static func line_removed(change: GuildhallLineChange) -> Event:
	return _event(&"line_removed", [change])


static func lines_cleared(change: GuildhallLineChange) -> Event:
	return _event(&"lines_cleared", [change])


static func lines_purged(change: GuildhallLineChange) -> Event:
	return _event(&"lines_purged", [change])


static func reactions_changed(change: GuildhallLineChange) -> Event:
	return _event(&"reactions_changed", [change])


static func change_failed(change: GuildhallMessage, failure: GuildhallFailure) -> Event:
	return _event(&"change_failed", [change.nonce, change.room, change.line, failure])


static func history_of_time(room: String, lines: Array[GuildhallLine], more: bool) -> Event:
	return _event(&"history_of_time", [room, lines, more])


static func read_mark(room: String, seq: int) -> Event:
	return _event(&"read_mark", [room, seq])


static func unread_listed(list: Packets.UnreadList) -> Event:
	var rooms: Array[GuildhallUnread] = []
	for wire in list.get_rooms():
		rooms.append(GuildhallUnread.of(wire))
	return _event(&"unread_listed", [rooms])


static func search_page(lines: Array[GuildhallLine], more: bool, is_first: bool) -> Event:
	return _event(&"search_page", [lines, more, is_first])


static func gap(room: String, from: int, to: int) -> Event:
	return _event(&"gap", [room, from, to])


static func whisper_received(whisper: GuildhallWhisper) -> Event:
	return _event(&"whisper_received", [whisper])


static func whisper_gap(from: int, to: int) -> Event:
	return _event(&"whisper_gap", [from, to])


static func members_changed(room: GuildhallRoom) -> Event:
	return _event(&"members_changed", [room.name, room.count, room.listed])


static func member_joined(room: String, id: int, name: String) -> Event:
	return _event(&"member_joined", [room, id, name])


static func member_left(room: String, id: int, name: String) -> Event:
	return _event(&"member_left", [room, id, name])


static func member_renamed(room: String, id: int, old_name: String, new_name: String) -> Event:
	return _event(&"member_renamed", [room, id, old_name, new_name])


static func presence_notice(
	room: String, joined: Array[String], left: Array[String], renamed: Array[PackedStringArray]
) -> Event:
	return _event(&"presence_notice", [room, joined, left, renamed])


static func server_answers(answers: bool) -> Event:
	return _event(&"server_answers", [answers])


static func message_pending(message: GuildhallMessage) -> Event:
	return _event(&"message_pending", [message])


static func message_sent(nonce: int) -> Event:
	return _event(&"message_sent", [nonce])


static func message_failed(nonce: int, failure: GuildhallFailure) -> Event:
	return _event(&"message_failed", [nonce, failure])


static func message_held(nonce: int) -> Event:
	return _event(&"message_held", [nonce])


static func rejected(room: String, words: String) -> Event:
	return _event(&"rejected", [room, words])


static func sanctioned(sanction: GuildhallSanction, left: int) -> Event:
	return _event(&"sanctioned", [sanction, left])


static func sanction_ended(sanction: GuildhallSanction) -> Event:
	return _event(&"sanction_ended", [sanction])


static func blocks_changed() -> Event:
	return _event(&"blocks_changed", [])


static func blocks_listed(users: Array[GuildhallUser]) -> Event:
	return _event(&"blocks_listed", [users])


static func reported(id: int) -> Event:
	return _event(&"reported", [id])


static func report_decided(decided: Packets.ReportDecided) -> Event:
	return _event(&"report_decided", [decided.get_id(), decided.get_acted(), decided.get_words()])


static func imposed(sanction: GuildhallSanction) -> Event:
	return _event(&"imposed", [sanction])


static func purged(user_name: String, rooms: int) -> Event:
	return _event(&"purged", [user_name, rooms])


static func moderators_listed(room: String, moderators: Array[GuildhallModerator]) -> Event:
	return _event(&"moderators_listed", [room, moderators])


static func sanctions_listed(
	room: String, sanctions: Array[GuildhallSanction], more: bool
) -> Event:
	return _event(&"sanctions_listed", [room, sanctions, more])


static func done(request: GuildhallSession.RequestKind, subject: String) -> Event:
	return _event(&"done", [request, subject])


static func name_changed(name: String) -> Event:
	return _event(&"name_changed", [name])


static func rename_delayed(name: String, failure: GuildhallFailure) -> Event:
	return _event(&"rename_delayed", [name, failure])


static func token_needed() -> Event:
	return _event(&"token_needed", [])


static func rooms_listed(list: Packets.RoomList) -> Event:
	var rooms: Dictionary[String, int] = {}
	for room in list.get_rooms():
		rooms[room.get_room()] = room.get_count()
	return _event(&"rooms_listed", [rooms, list.get_total()])


static func members_listed(room: String, list: Packets.MemberList) -> Event:
	var members: Dictionary[int, String] = {}
	for member in list.get_members():
		members[member.get_id()] = member.get_name()
	return _event(&"members_listed", [room, list.get_count(), list.get_listed(), members])


static func refused(
	request: GuildhallSession.RequestKind, subject: String, failure: GuildhallFailure
) -> Event:
	return _event(&"refused", [request, subject, failure])


static func bad_message(error: int) -> Event:
	return _event(&"bad_message", [error])


static func _event(signal_name: StringName, signal_arguments: Array) -> Event:
	var event := new()
	event.kind = signal_name
	event.arguments = signal_arguments
	return event
