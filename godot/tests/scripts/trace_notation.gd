class_name TraceNotation
extends RefCounted
## Writes the actions and events of a session in the notation of proto/testdata/traces.
## Numbers are floats, as a JSON parser makes them, and 64-bit numbers are text.

const Packets := preload("res://addons/guildhall/packets.gd")
const Action := preload("res://addons/guildhall/session/action.gd")
const Event := preload("res://addons/guildhall/session/event.gd")

const STATES: Array[String] = ["idle", "connecting", "online", "waiting", "closed"]
const REQUESTS: Array[String] = [
	"hello",
	"join",
	"leave",
	"rename",
	"list_rooms",
	"list_members",
	"fetch_history",
	"refresh",
	"list_unread",
	"search",
	"block",
	"unblock",
	"list_blocks",
	"report",
	"impose",
	"lift",
	"change_room",
	"clear",
	"purge",
	"set_role",
	"list_moderators",
	"list_sanctions",
]
const REASONS: Array[String] = [
	"refused",
	"disconnected",
	"uncertain",
	"not_in_room",
	"rejected",
]


static func action(of: Action) -> Dictionary:
	match of.kind:
		Action.Kind.OPEN:
			return {"action": "open"}
		Action.Kind.SEND:
			return {"action": "send", "hex": of.bytes.hex_encode()}
	return {"action": "hang", "code": float(of.code)}


static func event(of: Event, session: GuildhallSession) -> Dictionary:
	var arguments := of.arguments
	match of.kind:
		&"state_changed":
			return _state(arguments[0] as int, session)
		&"welcomed":
			return _welcomed(arguments, session)
		&"name_refused":
			return {"event": "name_refused", "error": _error(arguments[0] as GuildhallFailure)}
		&"room_joined":
			var names := ["room", "asked", "resumed", "rejoined", "first_seq", "last_seq"]
			var written := _named(
				"joined", names, arguments.slice(0, 4) + [str(arguments[4]), str(arguments[5])]
			)
			return _with_mark(written, session.room(arguments[0] as String))
		&"join_delayed", &"rename_delayed":
			var key := "room" if of.kind == &"join_delayed" else "name"
			var error := _error(arguments[1] as GuildhallFailure)
			return {"event": String(of.kind), key: arguments[0], "error": error}
		&"room_changed":
			return _room_changed(arguments[0] as String, session)
		&"slow_mode":
			return {"event": "slow_mode", "room": arguments[0], "until": float(arguments[1] as int)}
		&"room_removed":
			var values := [arguments[0], float(arguments[1] as int)]
			var written := _named("removed", ["room", "reason"], values)
			if arguments[2] != null:
				var sanction := arguments[2] as GuildhallSanction
				written["sanction"] = ModerationNotation.sanction(sanction)
			return written
		&"room_left":
			return {"event": "left", "room": arguments[0]}
		&"line_received":
			return {"event": "line", "line": _line(arguments[0] as GuildhallLine)}
		&"line_edited":
			var change := arguments[0] as GuildhallLineChange
			return _change("line_edited", change).merged({"text": change.text})
		&"line_removed":
			return _change("line_removed", arguments[0] as GuildhallLineChange)
		&"lines_cleared":
			return _change("lines_cleared", arguments[0] as GuildhallLineChange)
		&"lines_purged":
			var change := arguments[0] as GuildhallLineChange
			return _change("lines_purged", change).merged({"of": str(change.of_user)})
		&"reactions_changed":
			return _reactions(arguments[0] as GuildhallLineChange)
		&"change_failed":
			var why := _reason(arguments[3] as GuildhallFailure)
			var values := [str(arguments[0]), arguments[1], str(arguments[2]), why]
			return _named("change_failed", ["nonce", "room", "line", "reason"], values)
		&"read_mark":
			return _named("read_mark", ["room", "seq"], [arguments[0], str(arguments[1])])
		&"unread_listed":
			var rooms := (arguments[0] as Array[GuildhallUnread]).map(_unread)
			return {"event": "unread_list", "rooms": rooms}
		&"search_page":
			var lines := (arguments[0] as Array[GuildhallLine]).map(_line)
			var values := [lines, arguments[1], arguments[2]]
			return _named("search_page", ["lines", "more", "first"], values)
		&"history_loaded", &"history_of_time":
			var kind := "history" if of.kind == &"history_loaded" else "history_of"
			var lines := (arguments[1] as Array[GuildhallLine]).map(_line)
			return _named(kind, ["room", "lines", "more"], [arguments[0], lines, arguments[2]])
		&"gap":
			return _named(
				"gap", ["room", "from", "to"], [arguments[0], str(arguments[1]), str(arguments[2])]
			)
		&"whisper_received":
			return _whisper(arguments[0] as GuildhallWhisper)
		&"whisper_gap":
			return _named("whisper_gap", ["from", "to"], [str(arguments[0]), str(arguments[1])])
		&"members_changed":
			return _members_changed(arguments, session)
		&"member_joined":
			return _member("came", arguments)
		&"member_left":
			return _member("went", arguments)
		&"member_renamed":
			var values := [arguments[0], str(arguments[1]), arguments[2], arguments[3]]
			return _named("renamed", ["room", "id", "old", "new"], values)
		&"presence_notice":
			var renamed := (arguments[3] as Array).map(
				func(names: PackedStringArray) -> Array: return Array(names)
			)
			return _named(
				"presence_notice",
				["room", "joined", "left", "renamed"],
				[arguments[0], arguments[1], arguments[2], renamed]
			)
		&"server_answers":
			return {"event": "server_answers", "answers": arguments[0]}
		&"message_pending":
			return _pending(arguments[0] as GuildhallMessage)
		&"message_sent":
			return {"event": "sent", "nonce": str(arguments[0])}
		&"message_failed":
			var why := _reason(arguments[1] as GuildhallFailure)
			return _named("failed", ["nonce", "reason"], [str(arguments[0]), why])
		&"name_changed":
			return {"event": "my_name", "name": arguments[0]}
		&"rooms_listed":
			return _rooms(arguments)
		&"members_listed":
			var names := ["room", "count", "listed", "members"]
			var values := [arguments[0], float(arguments[1] as int), arguments[2]]
			return _named(
				"member_list", names, values + [_members(arguments[3] as Dictionary, {}, {})]
			)
		&"refused":
			var why := _reason(arguments[2] as GuildhallFailure)
			return _named(
				"refused",
				["what", "subject", "reason"],
				[REQUESTS[arguments[0]], arguments[1], why]
			)
		&"bad_message":
			return {"event": "bad_message"}
	return ModerationNotation.event(of)


static func _named(kind: String, names: Array, values: Array) -> Dictionary:
	var written := {"event": kind}
	for at in names.size():
		written[names[at]] = values[at]
	return written


static func _welcomed(arguments: Array, session: GuildhallSession) -> Dictionary:
	var values := [str(arguments[0]), arguments[1], arguments[2]]
	var written := _named("welcomed", ["id", "name", "resumed"], values)
	if session.user != "":
		written["session"] = str(session.session_number)
		written["may_rename"] = session.may_rename
	if session.role != 0:
		written["role"] = float(session.role)
	return _with_account(written, session.user, session.info)


# Adds what is not there without an account.
static func _with_account(written: Dictionary, user: String, info: String) -> Dictionary:
	if user != "":
		written["user"] = user
	if info != "":
		written["info"] = info
	return written


static func _room_changed(room_name: String, session: GuildhallSession) -> Dictionary:
	var room := session.room(room_name)
	var settings := GuildhallRoomSettings.new() if room == null else room.settings
	var written := {
		"topic": settings.topic,
		"slow_mode": float(settings.slow_mode),
		"text_bytes": float(settings.text_bytes),
		"read_only": settings.read_only,
		"announce_only": settings.announce_only,
		"no_history": settings.no_history,
		"no_members": settings.no_members,
	}
	if settings.may_remove:
		written["may_remove"] = true
	if settings.may_moderate:
		written["may_moderate"] = true
	return {"event": "room_changed", "room": room_name, "settings": written}


# Adds what only rooms that last have.
static func _with_mark(written: Dictionary, room: GuildhallRoom) -> Dictionary:
	if room != null and room.read_seq > 0:
		written["read_seq"] = str(room.read_seq)
	if room != null and room.durable:
		written["durable"] = true
	return written


static func _change(kind: String, change: GuildhallLineChange) -> Dictionary:
	var written := {
		"event": kind,
		"room": change.room,
		"epoch": float(change.epoch),
		"seq": str(change.seq),
		"line": str(change.line),
		"time": str(change.time),
		"sender": str(change.sender),
		"name": change.name,
		"nonce": str(change.nonce),
		"own": change.own,
		"replay": change.replay,
	}
	return _with_account(written, change.user, "")


static func _reactions(change: GuildhallLineChange) -> Dictionary:
	var written := _change("reactions_changed", change)
	written["reaction"] = change.reaction
	written["count"] = float(change.count)
	written["taken_back"] = change.kind == GuildhallLineChange.Kind.TOOK_BACK
	return written


static func _unread(unread: GuildhallUnread) -> Dictionary:
	return {
		"room": unread.room,
		"epoch": float(unread.epoch),
		"seq": str(unread.seq),
		"lines": float(unread.lines),
		"mentions": float(unread.mentions),
		"more": unread.more,
	}


static func _member(kind: String, arguments: Array) -> Dictionary:
	var values := [arguments[0], str(arguments[1]), arguments[2]]
	return _named(kind, ["room", "id", "name"], values)


static func _state(state: int, session: GuildhallSession) -> Dictionary:
	var written := {"event": "state", "state": STATES[state]}
	if state in [GuildhallSession.State.WAITING, GuildhallSession.State.CLOSED]:
		written["code"] = float(session.close_code)
		written["reason"] = session.close_reason
	if state == GuildhallSession.State.WAITING:
		written["until"] = float(session.waiting_until)
	return written


static func _line(line: GuildhallLine) -> Dictionary:
	var written := {
		"room": line.room,
		"epoch": float(line.epoch),
		"seq": str(line.seq),
		"time": str(line.time),
		"sender": str(line.sender),
		"name": line.name,
		"nonce": str(line.nonce),
		"text": line.text,
		"action": line.action,
		"own": line.own,
		"replay": line.replay,
	}
	for number: Array in [["reply_to", line.reply_to], ["edited", line.edited]]:
		if number[1] > 0:
			written[number[0]] = str(number[1])
	if line.removed:
		written["removed"] = true
	if not line.reactions.is_empty():
		var reactions := []
		for reaction in line.reactions:
			reactions.append({"reaction": reaction, "count": float(line.reactions[reaction])})
		written["reactions"] = reactions
	return _with_account(written, line.user, line.info)


static func _whisper(whisper: GuildhallWhisper) -> Dictionary:
	var written := {
		"event": "whisper",
		"seq": str(whisper.seq),
		"time": str(whisper.time),
		"sender": str(whisper.sender),
		"sender_name": whisper.sender_name,
		"receiver": str(whisper.receiver),
		"receiver_name": whisper.receiver_name,
		"nonce": str(whisper.nonce),
		"text": whisper.text,
		"action": whisper.action,
		"own": whisper.own,
	}
	return _with_account(written, whisper.sender_user, whisper.sender_info)


static func _members_changed(arguments: Array, session: GuildhallSession) -> Dictionary:
	var names := ["room", "count", "listed", "members"]
	# A room that the player does not want any more has no members.
	var room := session.room(arguments[0] as String)
	var by_id := {}
	if room != null:
		var ids := room.members.keys()
		ids.sort()
		for id: int in ids:
			by_id[id] = room.members[id]
	var list := [] if room == null else _members(by_id, room.users, room.infos)
	var values := [arguments[0], float(arguments[1] as int), arguments[2], list]
	return _named("members", names, values)


static func _members(members: Dictionary, users: Dictionary, infos: Dictionary) -> Array:
	var list := []
	for id: int in members:
		var written := {"id": str(id), "name": members[id]}
		list.append(
			_with_account(written, users.get(id, "") as String, infos.get(id, "") as String)
		)
	return list


static func _pending(message: GuildhallMessage) -> Dictionary:
	var written := {
		"event": "pending",
		"nonce": str(message.nonce),
		"room": null if message.is_whisper() else message.room,
		"to": message.target() if message.is_whisper() else "",
		"text": message.text,
		"action": message.action,
	}
	if message.reply_to > 0:
		written["reply_to"] = str(message.reply_to)
	return written


static func _rooms(arguments: Array) -> Dictionary:
	var rooms := []
	var counts := arguments[0] as Dictionary
	for room: String in counts:
		rooms.append({"room": room, "count": float(counts[room] as int)})
	return _named("room_list", ["rooms", "total"], [rooms, float(arguments[1] as int)])


static func _reason(failure: GuildhallFailure) -> Dictionary:
	var written := {"reason": REASONS[failure.kind]}
	if failure.kind == GuildhallFailure.Kind.REFUSED:
		written["error"] = _error(failure)
	if failure.kind == GuildhallFailure.Kind.REJECTED:
		written["words"] = failure.words
	return written


static func _error(failure: GuildhallFailure) -> Dictionary:
	return {
		"code": float(failure.code),
		"arguments": failure.arguments,
		"temporary": failure.temporary,
		"retry_after": float(failure.retry_after),
	}
