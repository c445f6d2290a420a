class_name ModerationCalls
extends RefCounted
## The calls of the traces about other users and about rooms.

const Packets := preload("res://addons/guildhall/packets.gd")

## Their names.
const CALLS: Array[String] = [
	"block",
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
## The errors that they return.
const ERRORS: Dictionary[int, String] = {
	GuildhallSession.SendError.EMPTY: "empty",
	GuildhallSession.SendError.TOO_MANY_PENDING: "too_many_pending",
	GuildhallSession.SendError.NOT_IN_ROOM: "not_in_room",
	GuildhallSession.SendError.NOT_ONLINE: "not_online",
	GuildhallSession.SendError.NO_SUCH_LINE: "no_such_line",
}


## Makes one of these calls. Returns the result in the notation of the traces.
static func make(session: GuildhallSession, call: Dictionary) -> Dictionary:
	var room: String = call.get("room", "")
	var note: String = call.get("note", "")
	var user := (call.get("user_id", "0") as String).to_int()
	var user_name: String = call.get("user_name", "")
	var error := 0
	match call["call"]:
		"block":
			error = session.block(user, user_name, call["take_back"] as bool)
		"list_blocks":
			error = session.list_blocks()
		"report":
			error = _report(session, call)
		"impose":
			error = session.impose(_imposition(call))
		"lift":
			error = session.lift(
				_small(call, "kind") as Packets.SanctionKind, room, user, user_name, note
			)
		"change_room":
			error = session.change_room(room, _room_change(call))
		"clear":
			error = session.clear(room)
		"purge":
			error = session.purge(room, user, user_name)
		"set_role":
			error = session.set_role(user, user_name, room, _small(call, "role") as Packets.Role)
		"list_moderators":
			error = session.list_moderators(room)
		"list_sanctions":
			error = session.list_sanctions(room)
	if error == OK:
		return {"ok": true}
	if error == GuildhallSession.SendError.TOO_LONG:
		return _too_long(session, call)
	return {"error": ERRORS.get(error, str(error))}


static func _report(session: GuildhallSession, call: Dictionary) -> int:
	var reason := _small(call, "reason") as Packets.Reason
	var note: String = call["note"]
	if call.has("seq"):
		return session.report_line(call["room"] as String, _number(call, "seq"), reason, note)
	if call.has("whisper"):
		return session.report_whisper(_number(call, "whisper"), reason, note)
	var user_name: String = call.get("user_name", "")
	return session.report_user(_number(call, "user_id"), user_name, reason, note)


static func _imposition(call: Dictionary) -> GuildhallImposition:
	var imposition := GuildhallImposition.new()
	imposition.kind = _small(call, "kind") as Packets.SanctionKind
	imposition.room = call["room"]
	imposition.user = _number(call, "user_id")
	imposition.user_name = call.get("user_name", "")
	imposition.seconds = _small(call, "seconds")
	imposition.reason = _small(call, "reason") as Packets.Reason
	imposition.rule = call["rule"]
	imposition.note = call["note"]
	imposition.address = call["address"]
	imposition.report = _number(call, "report")
	return imposition


static func _room_change(call: Dictionary) -> GuildhallRoomChange:
	var change := GuildhallRoomChange.new()
	if call.get("topic") != null:
		change.topic = call["topic"]
	if call.get("slow_mode") != null:
		change.slow_mode = _small(call, "slow_mode")
	if call.get("announce_only") != null:
		change.announce_only = call["announce_only"]
	return change


# The text that is too long, and the limit that it breaks.
static func _too_long(session: GuildhallSession, call: Dictionary) -> Dictionary:
	var most := session.limits.note_bytes
	var text: String = call.get("rule", "")
	if text.to_utf8_buffer().size() <= most:
		text = call.get("note", "")
	if call["call"] == "change_room":
		most = GuildhallSession.MAX_TOPIC_BYTES
		text = call["topic"]
	var bytes := float(text.to_utf8_buffer().size())
	return {"error": "too_long", "bytes": bytes, "most": float(most)}


static func _small(call: Dictionary, key: String) -> int:
	return int(call[key] as float)


# Returns a number that is written as a text.
static func _number(call: Dictionary, key: String) -> int:
	return (call.get(key, "0") as String).to_int()
