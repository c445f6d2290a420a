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
		"join":
			session.join(call["room"] as String)
		"leave":
			session.leave(call["room"] as String)
		"discard":
			session.discard((call["nonce"] as String).to_int())
		_:
			return _call_with_result(session, call)
	return null


func _call_with_result(session: GuildhallSession, call: Dictionary) -> Dictionary:
	var text: String = call.get("text", "")
	var action: bool = call.get("action", false)
	var room: String = call.get("room", "")
	var error := 0
	match call["call"]:
		"say":
			error = session.say(room, text, action)
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
	var written := {"error": ERRORS.get(error, str(error))}
	if error == GuildhallSession.SendError.TOO_LONG:
		var bytes := text.to_utf8_buffer().size()
		var is_too_long_anywhere := bytes > session.limits.text_bytes
		var most := session.longest_text("" if is_too_long_anywhere else room)
		written["bytes"] = float(bytes)
		written["most"] = float(most)
	return written
