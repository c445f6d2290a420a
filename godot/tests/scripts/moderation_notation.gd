class_name ModerationNotation
extends RefCounted
## Writes the events and views of moderation in the notation of proto/testdata/traces.

const Event := preload("res://addons/guildhall/session/event.gd")
const Limits := preload("res://addons/guildhall/session/limits.gd")

## The names that some events have there, and those of their arguments.
const EVENTS: Dictionary[StringName, Array] = {
	&"message_held": ["held", "nonce"],
	&"rejected": ["rejected", "room", "words"],
	&"sanctioned": ["sanctioned", "sanction", "left"],
	&"sanction_ended": ["sanction_ended", "sanction"],
	&"blocks_changed": ["blocks_changed"],
	&"blocks_listed": ["block_list", "users"],
	&"reported": ["reported", "id"],
	&"report_decided": ["report_decided", "id", "acted", "words"],
	&"imposed": ["imposed", "sanction"],
	&"purged": ["purged", "user", "rooms"],
	&"moderators_listed": ["moderator_list", "room", "moderators"],
	&"sanctions_listed": ["sanction_list", "room", "sanctions", "more"],
	&"done": ["done", "what", "subject"],
	&"moved": ["moved", "from", "room"],
}


## Writes one of these events, or only the name of another one.
static func event(of: Event) -> Dictionary:
	var names: Array = EVENTS.get(of.kind, [String(of.kind)])
	var written := {"event": names[0]}
	for at in range(1, names.size()):
		var key: String = names[at]
		written[key] = _value(key, of.arguments[at - 1])
	return written


static func _value(key: String, argument: Variant) -> Variant:
	match key:
		"nonce", "id":
			return Limits.unsigned(argument as int)
		"sanction":
			return sanction(argument as GuildhallSanction)
		"left":
			var left: int = argument
			return null if left < 0 else float(left)
		"rooms":
			return float(argument as int)
		"users":
			return (argument as Array[GuildhallUser]).map(_user)
		"moderators":
			return (argument as Array[GuildhallModerator]).map(_moderator)
		"sanctions":
			return (argument as Array[GuildhallSanction]).map(sanction)
		"what":
			return TraceNotation.REQUESTS[argument]
	return argument


## Writes a sanction; what only moderators get, only if it is there.
static func sanction(of: GuildhallSanction) -> Dictionary:
	var written := {
		"id": str(of.id),
		"kind": float(of.kind),
		"room": of.room,
		"since": str(of.since),
		"until": str(of.until),
		"reason": float(of.reason),
		"rule": of.rule,
		"automated": of.automated,
		"appeal": of.appeal,
	}
	if of.user != null:
		written["user"] = _user(of.user)
	if of.by != "":
		written["by"] = of.by
	if of.note != "":
		written["note"] = of.note
	return written


## Writes what holds for the player, if it is not what holds for most.
static func standing(session: GuildhallSession) -> Dictionary:
	var muted := []
	var moderates := []
	for room in session.rooms:
		_add_mute(muted, session, room.name)
		if session.may_moderate(room.name):
			moderates.append(room.name)
	_add_mute(muted, session, "")
	var written := {}
	if not muted.is_empty():
		written["muted"] = muted
	if not moderates.is_empty():
		written["moderates"] = moderates
	if session.knows_blocks:
		written["blocks"] = session.blocks.map(_user)
	return written


static func _add_mute(muted: Array, session: GuildhallSession, room: String) -> void:
	var by := session.muted(room)
	if by != null:
		muted.append({"room": room, "by": str(by.id)})


static func _user(user: GuildhallUser) -> Dictionary:
	var written := {"id": str(user.id), "name": user.name}
	if user.user != "":
		written["user"] = user.user
	if user.info != "":
		written["info"] = user.info
	return written


static func _moderator(moderator: GuildhallModerator) -> Dictionary:
	var written := _user(moderator)
	written["role"] = float(moderator.role)
	written["everywhere"] = moderator.everywhere
	written["present"] = moderator.present
	return written
