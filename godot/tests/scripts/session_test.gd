extends Check
## The session answers the traces that bind every session: see
## proto/testdata/traces/README.md. The argument [code]--traces[/code] lists their files.

const ERRORS := {
	GuildhallSession.SendError.EMPTY: "empty",
	GuildhallSession.SendError.TOO_LONG: "too_long",
	GuildhallSession.SendError.TOO_MANY_PENDING: "too_many_pending",
	GuildhallSession.SendError.NOT_IN_ROOM: "not_in_room",
	GuildhallSession.SendError.NOT_ONLINE: "not_online",
	GuildhallSession.SendError.NO_SUCH_MESSAGE: "no_such_message",
	GuildhallSession.SendError.READ_ONLY: "read_only",
	GuildhallSession.SendError.NO_SUCH_LINE: "no_such_line",
	GuildhallSession.SendError.MUTED: "muted",
}


func test() -> void:
	var names := argument("traces").split(",", false)
	that(names.size() > 0, "there are traces")
	for trace_name in names:
		var trace: Variant = JSON.parse_string(file("traces/" + trace_name))
		that(trace is Dictionary, trace_name + " is a trace")
		if trace is Dictionary:
			_run(trace_name, trace as Dictionary)


func _run(trace_name: String, trace: Dictionary) -> void:
	var session := GuildhallSession.new(trace["wanted_name"] as String)
	var steps: Array = trace["steps"]
	that(steps.size() > 0, trace_name + " has steps")
	for number in steps.size():
		var step: Dictionary = steps[number]
		var call: Dictionary = step["do"]
		var what := "%s, step %d (%s)" % [trace_name, number, call["call"]]
		var returned: Variant = _call(session, call, int(step["at"] as float))
		_same(returned, step["returns"], what + ": returns")
		var actions := []
		var action := session.next_action()
		while action != null:
			actions.append(TraceNotation.action(action))
			action = session.next_action()
		var events := []
		var event := session.next_event()
		while event != null:
			events.append(TraceNotation.event(event, session))
			event = session.next_event()
		for wanted: Dictionary in step["actions"]:
			wanted.erase("note")
		_same(actions, step["actions"], what + ": actions")
		_same(events, step["events"], what + ": events")
		var wake_at: Variant = null
		if session.wake_at() >= 0:
			wake_at = float(session.wake_at())
		_same(wake_at, step["wake_at"], what + ": wake_at")
		var standing: Dictionary = step.get("standing", {})
		_same(ModerationNotation.standing(session), standing, what + ": standing")


func _same(got: Variant, wanted: Variant, what: String) -> void:
	equal(JSON.stringify(got, "", true), JSON.stringify(wanted, "", true), what)


func _call(session: GuildhallSession, call: Dictionary, at: int) -> Variant:
	match call["call"]:
		"resume":
			var secret := (call["secret"] as String).hex_decode()
			session.resume(secret, (call["after"] as String).to_int())
		"use_tokens":
			session.use_tokens()
		"set_token":
			session.set_token(call["token"] as String, at)
		"no_token":
			session.no_token(call["reason"] as String, at, call["random"] as float)
		"connect":
			session.go_online(at)
		"close":
			session.close()
		"refused":
			session.refused(call["reason"] as String)
		"opened":
			session.opened(at)
		"received":
			session.received((call["hex"] as String).hex_decode(), at)
		"closed":
			var code := int(call["code"] as float)
			session.closed(code, call["reason"] as String, at, call["random"] as float)
		"tick":
			session.tick(at, call["random"] as float)
		"check":
			session.check(at)
		"forget_before":
			session.forget_before(call["room"] as String, (call["seq"] as String).to_int())
		"mark_read":
			session.mark_read(call["room"] as String, _number(call, "seq"))
		"join":
			session.join(call["room"] as String)
		"leave":
			session.leave(call["room"] as String)
		"discard":
			session.discard((call["nonce"] as String).to_int())
		_ when call["call"] in ModerationCalls.CALLS:
			return ModerationCalls.make(session, call)
		_:
			return _call_with_result(session, call)
	return null


func _call_with_result(session: GuildhallSession, call: Dictionary) -> Dictionary:
	var text: String = call.get("text", "")
	var action: bool = call.get("action", false)
	var room: String = call.get("room", "")
	var seq := _number(call, "seq")
	var error := 0
	match call["call"]:
		"say":
			error = session.say(room, text, action, _number(call, "reply_to", -1))
		"edit":
			error = session.edit(room, seq, text)
		"remove":
			error = session.remove(room, seq)
		"react":
			text = call["reaction"]
			error = session.react(room, seq, text, call["take_back"] as bool)
			if error == GuildhallSession.SendError.TOO_LONG:
				return _too_long(text, session.limits.reaction_bytes)
		"list_unread":
			error = session.list_unread()
		"search":
			var sender_name: String = call["sender_name"]
			var before := _number(call, "before_time")
			var after := _number(call, "after_time")
			var sender := _number(call, "sender_id")
			error = session.search(room, text, sender, sender_name, before, after)
		"search_on":
			error = session.search_on()
		"fetch_history_of":
			var before := _number(call, "before_time")
			error = session.fetch_history_of(room, before, _number(call, "after_time"))
		"whisper":
			var to := (call.get("to_id", "0") as String).to_int()
			error = session.whisper(to, call.get("to_name", "") as String, text, action)
		"retry":
			error = session.retry((call["nonce"] as String).to_int())
		"rename":
			error = session.rename(call["name"] as String)
		"list_rooms":
			error = session.list_rooms()
		"list_members":
			error = session.list_members(room)
		"fetch_history":
			error = session.fetch_history(room)
		_:
			that(false, "the call %s is known" % call["call"])
	return _result(session, error, text, room)


func _result(session: GuildhallSession, error: int, text: String, room: String) -> Dictionary:
	if error > 0:
		return {"nonce": str(error)}
	if error == OK:
		return {"ok": true}
	if error == GuildhallSession.SendError.TOO_LONG:
		var is_too_long_anywhere := text.to_utf8_buffer().size() > session.limits.text_bytes
		return _too_long(text, session.longest_text("" if is_too_long_anywhere else room))
	return {"error": ERRORS.get(error, str(error))}


func _too_long(text: String, most: int) -> Dictionary:
	var bytes := float(text.to_utf8_buffer().size())
	return {"error": "too_long", "bytes": bytes, "most": float(most)}


# Returns a number that is written as a text.
func _number(call: Dictionary, key: String, fallback := 0) -> int:
	return (call.get(key, str(fallback)) as String).to_int()
