extends RefCounted
## Something that has happened in a [GuildhallSession]: the name of a signal of
## [GuildhallChat], and that signal's arguments. Each static function makes the event
## for the signal of its name.

const Packets := preload("../packets.gd")
const Event := preload("event.gd")

## The signal's name.
var kind := &""
## The signal's arguments.
var arguments: Array = []


## Returns the room that the event is about, or an empty text.
func about_room() -> String:
	match kind:
		&"room_joined", &"room_left", &"gap", &"history_loaded", &"members_changed":
			return arguments[0]
		&"member_joined", &"member_left", &"member_renamed", &"presence_notice", &"members_listed":
			return arguments[0]
		&"join_delayed", &"room_removed", &"room_changed", &"slow_mode":
			return arguments[0]
		&"line_received":
			return (arguments[0] as GuildhallLine).room
		&"refused":
			match arguments[0]:
				GuildhallSession.RequestKind.LIST_MEMBERS, GuildhallSession.RequestKind.FETCH_HISTORY:
					return arguments[1]
	return ""


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


static func room_removed(room: String, reason: Packets.RemovedReason) -> Event:
	return _event(&"room_removed", [room, reason])


static func line_received(line: GuildhallLine) -> Event:
	return _event(&"line_received", [line])


static func history_loaded(room: String, lines: Array[GuildhallLine], more: bool) -> Event:
	return _event(&"history_loaded", [room, lines, more])


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
