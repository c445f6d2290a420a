class_name Told
extends RefCounted
## What a session does and tells, in the notation of proto/testdata/traces: its
## numbers are those that a JSON parser makes, and what has 64 bits is text.

const Packets := preload("res://addons/guildhall/packets.gd")

const STATES: Array[String] = ["idle", "connecting", "online", "waiting", "closed"]
const ASKS: Array[String] = [
	"hello", "join", "leave", "rename", "list_rooms", "list_members", "fetch_history"
]
const REASONS: Array[String] = ["refused", "disconnected", "uncertain", "not_in_room"]


static func action(of: GuildhallAction) -> Dictionary:
	match of.kind:
		GuildhallAction.Kind.OPEN:
			return {"action": "open"}
		GuildhallAction.Kind.SEND:
			return {"action": "send", "hex": of.bytes.hex_encode()}
	return {"action": "hang", "code": float(of.code)}


static func event(of: GuildhallEvent, session: GuildhallSession) -> Dictionary:
	var words := of.arguments
	match of.kind:
		&"state_changed":
			return _state(words[0] as int, session)
		&"welcomed":
			return _named(
				"welcomed", ["id", "name", "resumed"], [str(words[0]), words[1], words[2]]
			)
		&"name_refused":
			return {"event": "name_refused", "error": _error(words[0] as GuildhallFailure)}
		&"room_joined":
			var names := ["room", "asked", "resumed", "rejoined", "first_seq", "last_seq"]
			return _named("joined", names, words.slice(0, 4) + [str(words[4]), str(words[5])])
		&"room_left":
			return {"event": "left", "room": words[0]}
		&"line_received":
			return {"event": "line", "line": _line(words[0] as GuildhallLine)}
		&"history_loaded":
			var lines := (words[1] as Array[GuildhallLine]).map(_line)
			return _named("history", ["room", "lines", "more"], [words[0], lines, words[2]])
		&"gap":
			return _named("gap", ["room", "from", "to"], [words[0], str(words[1]), str(words[2])])
		&"whisper_received":
			return _whisper(words[0] as GuildhallWhisper)
		&"whisper_gap":
			return _named("whisper_gap", ["from", "to"], [str(words[0]), str(words[1])])
		&"members_changed":
			return _members_changed(words, session)
		&"member_came", &"member_went":
			var kind := String(of.kind).trim_prefix("member_")
			return _named(kind, ["room", "id", "name"], [words[0], str(words[1]), words[2]])
		&"member_renamed":
			var values := [words[0], str(words[1]), words[2], words[3]]
			return _named("renamed", ["room", "id", "old", "new"], values)
		&"message_pending":
			return _pending(words[0] as GuildhallMessage)
		&"message_sent":
			return {"event": "sent", "nonce": str(words[0])}
		&"message_failed":
			var why := _reason(words[1] as GuildhallFailure)
			return _named("failed", ["nonce", "reason"], [str(words[0]), why])
		&"name_changed":
			return {"event": "my_name", "name": words[0]}
		&"rooms_listed":
			return _rooms(words)
		&"members_listed":
			var names := ["room", "count", "listed", "members"]
			var values := [words[0], float(words[1] as int), words[2]]
			return _named("member_list", names, values + [_members(words[3] as Dictionary)])
		&"refused":
			var why := _reason(words[2] as GuildhallFailure)
			return _named("refused", ["what", "subject", "reason"], [ASKS[words[0]], words[1], why])
		&"bad_message":
			return {"event": "bad_message"}
	return {"event": String(of.kind)}


static func _named(kind: String, names: Array, values: Array) -> Dictionary:
	var told := {"event": kind}
	for at in names.size():
		told[names[at]] = values[at]
	return told


static func _state(state: int, session: GuildhallSession) -> Dictionary:
	var told := {"event": "state", "state": STATES[state]}
	if state in [GuildhallSession.State.WAITING, GuildhallSession.State.CLOSED]:
		told["code"] = float(session.close_code)
		told["reason"] = session.close_reason
	if state == GuildhallSession.State.WAITING:
		told["until"] = float(session.waiting_until)
	return told


static func _line(line: GuildhallLine) -> Dictionary:
	return {
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


static func _whisper(whisper: GuildhallWhisper) -> Dictionary:
	return {
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


static func _members_changed(words: Array, session: GuildhallSession) -> Dictionary:
	var names := ["room", "count", "listed", "members"]
	# A room that is wanted no longer has none.
	var room := session.room(words[0] as String)
	var known := {} if room == null else room.members
	var by_id := {}
	var ids := known.keys()
	ids.sort()
	for id: int in ids:
		by_id[id] = known[id]
	return _named("members", names, [words[0], float(words[1] as int), words[2], _members(by_id)])


static func _members(members: Dictionary) -> Array:
	var list := []
	for id: int in members:
		list.append({"id": str(id), "name": members[id]})
	return list


static func _pending(message: GuildhallMessage) -> Dictionary:
	return {
		"event": "pending",
		"nonce": str(message.nonce),
		"room": null if message.is_whisper() else message.room,
		"to": message.target() if message.is_whisper() else "",
		"text": message.text,
		"action": message.action,
	}


static func _rooms(words: Array) -> Dictionary:
	var rooms := []
	var counts := words[0] as Dictionary
	for room: String in counts:
		rooms.append({"room": room, "count": float(counts[room] as int)})
	return _named("room_list", ["rooms", "total"], [rooms, float(words[1] as int)])


static func _reason(failure: GuildhallFailure) -> Dictionary:
	var told := {"reason": REASONS[failure.kind]}
	if failure.kind == GuildhallFailure.Kind.REFUSED:
		told["error"] = _error(failure)
	return told


static func _error(failure: GuildhallFailure) -> Dictionary:
	return {
		"code": float(failure.code),
		"arguments": failure.arguments,
		"temporary": failure.temporary,
		"retry_after": float(failure.retry_after),
	}
