extends Check
## The parser of commands against proto/testdata/traces/commands.json, and the completions
## against completions.json.

const NAMES := {
	GuildhallCommand.Kind.SAY: "say",
	GuildhallCommand.Kind.ME: "me",
	GuildhallCommand.Kind.WHISPER: "whisper",
	GuildhallCommand.Kind.REPLY: "reply",
	GuildhallCommand.Kind.JOIN: "join",
	GuildhallCommand.Kind.LEAVE: "leave",
	GuildhallCommand.Kind.WHO: "who",
	GuildhallCommand.Kind.NICK: "nick",
	GuildhallCommand.Kind.ROOMS: "rooms",
	GuildhallCommand.Kind.HELP: "help",
	GuildhallCommand.Kind.QUOTE: "quote",
	GuildhallCommand.Kind.EDIT: "edit",
	GuildhallCommand.Kind.DELETE: "delete",
	GuildhallCommand.Kind.REACT: "react",
	GuildhallCommand.Kind.UNREACT: "unreact",
	GuildhallCommand.Kind.SEARCH: "search",
	GuildhallCommand.Kind.UNREAD: "unread",
	GuildhallCommand.Kind.IMPOSE: "impose",
	GuildhallCommand.Kind.LIFT: "lift",
	GuildhallCommand.Kind.CHANGE_ROOM: "change_room",
	GuildhallCommand.Kind.CLEAR: "clear",
	GuildhallCommand.Kind.PURGE: "purge",
	GuildhallCommand.Kind.SET_ROLE: "set_role",
	GuildhallCommand.Kind.MODERATORS: "moderators",
	GuildhallCommand.Kind.SANCTIONS: "sanctions",
	GuildhallCommand.Kind.BLOCK: "block",
	GuildhallCommand.Kind.UNBLOCK: "block",
	GuildhallCommand.Kind.BLOCKS: "blocks",
	GuildhallCommand.Kind.REPORT: "report",
}


func test() -> void:
	_lines_are_parsed_as_by_all_clients()
	_lines_are_completed_as_by_all_clients()


func _lines_are_parsed_as_by_all_clients() -> void:
	var typed: Array = JSON.parse_string(file("commands.json"))
	that(typed.size() > 10, "there are commands")
	var about_lines: Array = JSON.parse_string(file("line-commands.json"))
	that(about_lines.size() > 10, "there are commands about lines")
	var about_users: Array = JSON.parse_string(file("moderation-commands.json"))
	that(about_users.size() > 50, "there are commands about users")
	var seen := {}
	for item: Dictionary in typed + about_lines + about_users:
		var input: String = item["input"]
		var command := GuildhallCommand.parse(input)
		seen[command.kind] = true
		var got := JSON.stringify(_notation(command), "", true)
		equal(got, JSON.stringify(item["parsed"], "", true), "parsed: " + input)
	equal(
		seen.size(), GuildhallCommand.Kind.size(), "the files have every kind of command: %s" % seen
	)


func _lines_are_completed_as_by_all_clients() -> void:
	var typed: Variant = JSON.parse_string(file("completions.json"))
	that(typed is Array and (typed as Array).size() > 30, "there are completions")
	var names: Array[String] = [
		"alice",
		"Anna Lee",
		"bob",
		"ärger",
		"John",
		'John "Ace" Smith',
		'"Zed"',
		"Z\\o",
	]
	var rooms: Array[String] = ["lobby", "Long Hall", "attic"]
	for item: Dictionary in typed:
		var input: String = item["input"]
		var lines := GuildhallCommand.complete(input, names, rooms)
		equal(JSON.stringify(lines), JSON.stringify(item["lines"]), "completed: " + input)


# Returns the notation of commands.json.
func _notation(command: GuildhallCommand) -> Variant:
	match command.kind:
		GuildhallCommand.Kind.NOTHING:
			return null
		GuildhallCommand.Kind.UNKNOWN:
			return {"error": "unknown", "command": command.subject}
		GuildhallCommand.Kind.MISSING:
			return {"error": "missing", "command": command.subject}
	var written := {"command": NAMES[command.kind]}
	match command.kind:
		GuildhallCommand.Kind.SAY, GuildhallCommand.Kind.ME, GuildhallCommand.Kind.REPLY:
			written["text"] = command.text
		GuildhallCommand.Kind.WHISPER:
			written["to"] = command.subject
			written["text"] = command.text
		GuildhallCommand.Kind.JOIN:
			written["room"] = command.subject
		GuildhallCommand.Kind.LEAVE, GuildhallCommand.Kind.WHO:
			written["room"] = command.subject if command.subject != "" else null
		GuildhallCommand.Kind.NICK:
			written["name"] = command.subject
		GuildhallCommand.Kind.SEARCH:
			written["text"] = command.text if command.text != "" else null
		GuildhallCommand.Kind.QUOTE, GuildhallCommand.Kind.EDIT, GuildhallCommand.Kind.DELETE:
			written["line"] = str(command.line) if command.line != 0 else null
			if command.kind != GuildhallCommand.Kind.DELETE:
				written["text"] = command.text
		GuildhallCommand.Kind.REACT, GuildhallCommand.Kind.UNREACT:
			written["line"] = str(command.line) if command.line != 0 else null
			written["reaction"] = command.text
		_:
			written.merge(_moderation(command))
	return written


func _moderation(command: GuildhallCommand) -> Dictionary:
	var user := {"user": command.subject}
	var about := user.merged({"everywhere": command.everywhere})
	var why := {"reason": float(command.reason)}
	var sanction := {"kind": float(command.sanction_kind)}
	match command.kind:
		GuildhallCommand.Kind.IMPOSE:
			var more := {"seconds": float(command.seconds), "rule": command.text}
			more["address"] = command.address
			return about.merged(why).merged(sanction).merged(more)
		GuildhallCommand.Kind.LIFT:
			return about.merged(sanction)
		GuildhallCommand.Kind.PURGE:
			return about
		GuildhallCommand.Kind.SET_ROLE:
			return about.merged({"role": float(command.role)})
		GuildhallCommand.Kind.SANCTIONS:
			about.erase("user")
			return about
	return _of_everybody(command, user)


func _of_everybody(command: GuildhallCommand, user: Dictionary) -> Dictionary:
	match command.kind:
		GuildhallCommand.Kind.BLOCK, GuildhallCommand.Kind.UNBLOCK:
			return user.merged({"take_back": command.kind == GuildhallCommand.Kind.UNBLOCK})
		GuildhallCommand.Kind.CHANGE_ROOM:
			return _room_change(command.change)
		GuildhallCommand.Kind.REPORT:
			var what := user
			if command.line != 0:
				what = {"line": str(command.line)}
			elif command.subject.is_empty():
				what = {"whisper": true}
			return what.merged({"note": command.text, "reason": float(command.reason)})
	return {}


func _room_change(change: GuildhallRoomChange) -> Dictionary:
	if change.changes_topic:
		return {"topic": change.topic}
	if change.changes_slow_mode:
		return {"slow_mode": float(change.slow_mode)}
	return {"announce_only": change.announce_only}
