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
}


func test() -> void:
	_lines_are_parsed_as_by_all_clients()
	_lines_are_completed_as_by_all_clients()


func _lines_are_parsed_as_by_all_clients() -> void:
	var typed: Variant = JSON.parse_string(file("commands.json"))
	that(typed is Array and (typed as Array).size() > 10, "there are commands")
	var seen := {}
	for item: Dictionary in typed:
		var input: String = item["input"]
		var command := GuildhallCommand.parse(input)
		seen[command.kind] = true
		var got := JSON.stringify(_notation(command), "", true)
		equal(got, JSON.stringify(item["parsed"], "", true), "parsed: " + input)
	equal(
		seen.size(), GuildhallCommand.Kind.size(), "the file has every kind of command: %s" % seen
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
	return written
