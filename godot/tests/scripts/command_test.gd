extends Check
## What players type, against proto/testdata/traces/commands.json, and what it may
## become, against completions.json.

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
}


func test() -> void:
	_parse()
	_complete()


func _parse() -> void:
	var typed: Variant = JSON.parse_string(file("commands.json"))
	that(typed is Array and (typed as Array).size() > 10, "there are commands")
	var seen := {}
	for item: Dictionary in typed:
		var input: String = item["input"]
		var command := GuildhallCommand.parse(input)
		seen[command.kind] = true
		var got := JSON.stringify(_told(command), "", true)
		equal(got, JSON.stringify(item["parsed"], "", true), "typed: " + input)
	equal(seen.size(), GuildhallCommand.Kind.size(), "every kind of command is there: %s" % seen)


func _complete() -> void:
	var typed: Variant = JSON.parse_string(file("completions.json"))
	that(typed is Array and (typed as Array).size() > 30, "there are completions")
	var names: Array[String] = ["alice", "Anna Lee", "bob", "ärger"]
	var rooms: Array[String] = ["lobby", "Long Hall", "attic"]
	for item: Dictionary in typed:
		var input: String = item["input"]
		var lines := GuildhallCommand.complete(input, names, rooms)
		equal(JSON.stringify(lines), JSON.stringify(item["lines"]), "typed so far: " + input)


func _told(command: GuildhallCommand) -> Variant:
	match command.kind:
		GuildhallCommand.Kind.NOTHING:
			return null
		GuildhallCommand.Kind.UNKNOWN:
			return {"error": "unknown", "command": command.subject}
		GuildhallCommand.Kind.MISSING:
			return {"error": "missing", "command": command.subject}
	var told := {"command": NAMES[command.kind]}
	match command.kind:
		GuildhallCommand.Kind.SAY, GuildhallCommand.Kind.ME, GuildhallCommand.Kind.REPLY:
			told["text"] = command.text
		GuildhallCommand.Kind.WHISPER:
			told["to"] = command.subject
			told["text"] = command.text
		GuildhallCommand.Kind.JOIN:
			told["room"] = command.subject
		GuildhallCommand.Kind.LEAVE, GuildhallCommand.Kind.WHO:
			told["room"] = command.subject if command.subject != "" else null
		GuildhallCommand.Kind.NICK:
			told["name"] = command.subject
	return told
