extends RefCounted
## Completes what a player types: see [method GuildhallCommand.complete].

const Parts := preload("command_parts.gd")
const Moderation := preload("moderation_commands.gd")

## The options of commands about users.
const OPTIONS: Array[String] = ["-all", "-ip", "-w"]
## Behind these, nothing is completed.
const TAKE_NO_NAME: Array[GuildhallCommand.Kind] = [
	GuildhallCommand.Kind.NICK,
	GuildhallCommand.Kind.REACT,
	GuildhallCommand.Kind.UNREACT,
	GuildhallCommand.Kind.DELETE,
]
## The commands that are about a user: its options, then the name, then perhaps the word for a
## reason.
const ABOUT_USERS: Array[GuildhallCommand.Kind] = [
	GuildhallCommand.Kind.IMPOSE,
	GuildhallCommand.Kind.LIFT,
	GuildhallCommand.Kind.PURGE,
	GuildhallCommand.Kind.SET_ROLE,
	GuildhallCommand.Kind.BLOCK,
	GuildhallCommand.Kind.UNBLOCK,
	GuildhallCommand.Kind.REPORT,
]


## Returns the lines that complete what the player has typed so far, with the names of
## commands, clients and rooms. It ignores the case of the letters A to Z.
static func complete(input: String, names: Array[String], rooms: Array[String]) -> Array[String]:
	if input == "/" or Parts.begins_command(input):
		var end := Parts.first_space(input)
		if end < 0:
			return Parts.matching(_command_names(), input)
		var command := input.left(end)
		var rest := input.substr(end).strip_edges(true, false)
		var known := GuildhallCommand.named(command)
		var kind: GuildhallCommand.Kind = known.get("kind", GuildhallCommand.Kind.UNKNOWN)
		match kind:
			GuildhallCommand.Kind.WHISPER:
				return _complete_receiver(command + " ", rest, names)
			GuildhallCommand.Kind.JOIN, GuildhallCommand.Kind.LEAVE, GuildhallCommand.Kind.WHO:
				var hash_sign := "#" if rest.begins_with("#") else ""
				var found := Parts.matching(rooms, Parts.trim(rest.trim_prefix("#")))
				return _enclose(found, command + " " + hash_sign, "")
			_ when kind in TAKE_NO_NAME:
				return []
			GuildhallCommand.Kind.CHANGE_ROOM when known["names"][0] != "/topic":
				return []
			_ when kind in ABOUT_USERS:
				return _complete_about_user(input, known["usage"] as String, rest, names)
	return _complete_name(input, names)


static func _complete_receiver(before: String, rest: String, names: Array[String]) -> Array[String]:
	if rest.begins_with('"'):
		var quoted := Parts.unquote(rest)
		if quoted.size() > 1:
			return []
		return _enclose(_quoted(Parts.matching(names, quoted[0])), before, " ")
	if Parts.first_space(rest) >= 0:
		return []
	var lines: Array[String] = []
	for found in Parts.matching(names, rest):
		lines.append(before + _quote_if_needed(found) + " ")
	return lines


static func _complete_about_user(
	input: String, usage: String, rest: String, names: Array[String]
) -> Array[String]:
	var behind := Moderation.behind_options(rest)
	var before := input.left(input.length() - behind.length())
	if behind.begins_with("-"):
		var offered: Array[String] = []
		for option in Parts.matching(OPTIONS, behind):
			if usage.contains(option) and not rest.contains(option):
				offered.append(option)
		return _enclose(offered, before, " ")
	if behind.begins_with('"'):
		var quoted := Parts.unquote(behind)
		if quoted.size() < 2:
			return _enclose(_quoted(Parts.matching(names, quoted[0])), before, " ")
	elif Parts.first_space(behind) < 0:
		var found: Array[String] = []
		for name in Parts.matching(names, behind):
			# It would be an option, or the number of a line.
			var is_meant_otherwise := name.begins_with("-") or Parts.number(name) != 0
			found.append(Parts.quote(name) if is_meant_otherwise else _quote_if_needed(name))
		return _enclose(found, before, " ")
	return _complete_reason(input, usage, behind)


# The word for a reason, as the last word behind a name.
static func _complete_reason(input: String, usage: String, behind: String) -> Array[String]:
	var words := Parts.split_quoted_word(behind)[1]
	if words.is_empty() or Parts.is_space(behind[-1]) or not usage.contains("[WHY]"):
		return []
	var start := words.length()
	while start > 0 and not Parts.is_space(words[start - 1]):
		start -= 1
	var word := words.substr(start)
	var reasons: Array[String] = []
	reasons.assign(Moderation.REASONS.keys())
	var before := input.left(input.length() - word.length())
	return _enclose(Parts.matching(reasons, word), before, " ")


static func _quote_if_needed(name: String) -> String:
	var needs_quotes := Parts.first_space(name) >= 0 or name.begins_with('"')
	return Parts.quote(name) if needs_quotes else name


static func _quoted(names: Array[String]) -> Array[String]:
	var quoted: Array[String] = []
	for name in names:
		quoted.append(Parts.quote(name))
	return quoted


# Completes a name within a text.
static func _complete_name(input: String, names: Array[String]) -> Array[String]:
	var start := input.length()
	while start > 0 and not Parts.is_space(input[start - 1]):
		start -= 1
	if start == input.length():
		return []
	var after := ": " if start == 0 else " "
	return _enclose(Parts.matching(names, input.substr(start)), input.left(start), after)


# All names of all commands; a name that takes arguments ends in a space.
static func _command_names() -> Array[String]:
	var all: Array[String] = []
	for known in GuildhallCommand.COMMANDS:
		var end := " " if (known["usage"] as String).contains(" ") else ""
		for name: String in known["names"]:
			all.append(name + end)
	return all


static func _enclose(items: Array[String], before: String, after: String) -> Array[String]:
	var lines: Array[String] = []
	for item in items:
		lines.append(before + item + after)
	return lines
