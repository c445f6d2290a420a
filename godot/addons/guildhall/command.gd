class_name GuildhallCommand
extends RefCounted
## A line that the player has typed: a text or a command. docs/client.md lists the
## commands, and [GuildhallTexts] describes them for players.

## The kinds of lines.
enum Kind {
	## Nothing: the line has only white space.
	NOTHING,
	## Says [member text] in the room that is shown.
	SAY,
	## Says in the room that is shown what the player does: [member text].
	ME,
	## Whispers [member text] to [member subject].
	WHISPER,
	## Whispers [member text] to the sender of the last whisper.
	REPLY,
	## Joins the room [member subject] and shows it.
	JOIN,
	## Leaves the room [member subject]; if it is empty, the room that is shown.
	LEAVE,
	## Lists the members of the room [member subject]; if it is empty, of the room that
	## is shown.
	WHO,
	## Changes the player's name to [member subject].
	NICK,
	## Lists the rooms.
	ROOMS,
	## Lists the commands.
	HELP,
	## There is no command [member subject].
	UNKNOWN,
	## The command [member subject] lacks an argument. [member text] is its usage.
	MISSING,
}

## Every command with all its names and its usage.
const COMMANDS: Array[Dictionary] = [
	{"kind": Kind.WHISPER, "names": ["/w", "/whisper", "/msg"], "usage": "/w NAME TEXT"},
	{"kind": Kind.REPLY, "names": ["/r", "/reply"], "usage": "/r TEXT"},
	{"kind": Kind.JOIN, "names": ["/join", "/j"], "usage": "/join ROOM"},
	{"kind": Kind.LEAVE, "names": ["/leave", "/part"], "usage": "/leave [ROOM]"},
	{"kind": Kind.ME, "names": ["/me"], "usage": "/me TEXT"},
	{"kind": Kind.WHO, "names": ["/who"], "usage": "/who [ROOM]"},
	{"kind": Kind.NICK, "names": ["/nick"], "usage": "/nick NAME"},
	{"kind": Kind.ROOMS, "names": ["/rooms"], "usage": "/rooms"},
	{"kind": Kind.HELP, "names": ["/help"], "usage": "/help"},
]

const Unseen := preload("session/unseen.gd")

## The kind of this line.
var kind := Kind.NOTHING
## The name or the room that it is about.
var subject := ""
## The text to say.
var text := ""


## Parses a line.
static func parse(line: String) -> GuildhallCommand:
	var bare := _without_unseen_start(line)
	var input := bare if _begins_command(bare) else line
	var typed := _trim(input)
	if not _begins_command(input):
		if input.begins_with("//"):
			typed = typed.substr(1)
		return _command(Kind.NOTHING if typed.is_empty() else Kind.SAY, "", typed)
	var parts := _split_first_word(typed)
	var known := named(parts[0])
	if known.is_empty():
		return _command(Kind.UNKNOWN, parts[0], "")
	return _parse_known(known, parts[1])


## Returns the entry of [constant COMMANDS] that has this name, or an empty dictionary.
static func named(command: String) -> Dictionary:
	for known in COMMANDS:
		for name: String in known["names"]:
			if name.length() == command.length() and _begins_with(command, name):
				return known
	return {}


## Returns the lines that complete what the player has typed so far, with the names of
## commands, clients and rooms. It ignores the case of the letters A to Z.
static func complete(input: String, names: Array[String], rooms: Array[String]) -> Array[String]:
	if input == "/" or _begins_command(input):
		var end := _first_space(input)
		if end < 0:
			return _matching(_command_names(), input)
		var command := input.left(end)
		var rest := input.substr(end).strip_edges(true, false)
		match named(command).get("kind", Kind.UNKNOWN):
			Kind.WHISPER:
				return _complete_receiver(command + " ", rest, names)
			Kind.JOIN, Kind.LEAVE, Kind.WHO:
				var hash_sign := "#" if rest.begins_with("#") else ""
				var found := _matching(rooms, _trim(rest.trim_prefix("#")))
				return _enclose(found, command + " " + hash_sign, "")
			Kind.NICK:
				return []
	return _complete_name(input, names)


static func _complete_receiver(before: String, rest: String, names: Array[String]) -> Array[String]:
	if rest.begins_with('"'):
		var quoted := _unquote(rest)
		if quoted.size() > 1:
			return []
		return _enclose(_quoted(_matching(names, quoted[0])), before, " ")
	if _first_space(rest) >= 0:
		return []
	var lines: Array[String] = []
	for found in _matching(names, rest):
		var needs_quotes := _first_space(found) >= 0 or found.begins_with('"')
		lines.append(before + (_quote(found) if needs_quotes else found) + " ")
	return lines


static func _quoted(names: Array[String]) -> Array[String]:
	var quoted: Array[String] = []
	for name in names:
		quoted.append(_quote(name))
	return quoted


# The name in quotes, see _unquote.
static func _quote(name: String) -> String:
	return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


# Completes a name within a text.
static func _complete_name(input: String, names: Array[String]) -> Array[String]:
	var start := input.length()
	while start > 0 and not _is_space(input[start - 1]):
		start -= 1
	if start == input.length():
		return []
	var after := ": " if start == 0 else " "
	return _enclose(_matching(names, input.substr(start)), input.left(start), after)


# All names of all commands; a name that takes arguments ends in a space.
static func _command_names() -> Array[String]:
	var all: Array[String] = []
	for known in COMMANDS:
		var end := " " if (known["usage"] as String).contains(" ") else ""
		for name: String in known["names"]:
			all.append(name + end)
	return all


static func _enclose(items: Array[String], before: String, after: String) -> Array[String]:
	var lines: Array[String] = []
	for item in items:
		lines.append(before + item + after)
	return lines


static func _matching(items: Array[String], prefix: String) -> Array[String]:
	return items.filter(func(item: String) -> bool: return _begins_with(item, prefix))


static func _begins_with(whole: String, prefix: String) -> bool:
	if whole.length() < prefix.length():
		return false
	for at in prefix.length():
		if _to_lower_ascii(whole.unicode_at(at)) != _to_lower_ascii(prefix.unicode_at(at)):
			return false
	return true


# The lower-case letter of A to Z; any other character as it is.
static func _to_lower_ascii(letter: int) -> int:
	return letter + 0x20 if letter >= 0x41 and letter <= 0x5A else letter


static func _parse_known(known: Dictionary, rest: String) -> GuildhallCommand:
	var found_kind: Kind = known["kind"]
	var about := ""
	var message := ""
	match found_kind:
		Kind.WHISPER:
			var parts := _split_quoted_word(rest)
			about = parts[0]
			message = parts[1]
		Kind.REPLY, Kind.ME:
			message = rest
		Kind.JOIN, Kind.LEAVE, Kind.WHO:
			about = _trim(rest.trim_prefix("#"))
		Kind.NICK:
			about = rest
	var lacks_subject := found_kind in [Kind.WHISPER, Kind.JOIN, Kind.NICK] and about.is_empty()
	var lacks_text := found_kind in [Kind.WHISPER, Kind.REPLY, Kind.ME] and message.is_empty()
	if lacks_subject or lacks_text:
		return _command(Kind.MISSING, known["names"][0] as String, known["usage"] as String)
	return _command(found_kind, about, message)


static func _command(of_kind: Kind, about: String, message: String) -> GuildhallCommand:
	var command := GuildhallCommand.new()
	command.kind = of_kind
	command.subject = about
	command.text = message
	return command


# Whether the line begins with a slash and a letter.
static func _begins_command(input: String) -> bool:
	if input.length() < 2 or input[0] != "/":
		return false
	var letter := input.unicode_at(1) | 0x20
	return letter >= 0x61 and letter <= 0x7A


# Returns the first word and the rest.
static func _split_first_word(input: String) -> Array[String]:
	var end := _first_space(input)
	if end < 0:
		return [input, ""]
	return [input.left(end), _trim(input.substr(end))]


# Returns the first word, which may be in quotes, and the rest. Both are empty if the
# closing quote is missing.
static func _split_quoted_word(input: String) -> Array[String]:
	if not input.begins_with('"'):
		return _split_first_word(input)
	var quoted := _unquote(input)
	if quoted.size() < 2:
		return ["", ""]
	return [_trim(quoted[0]), _trim(quoted[1])]


# Returns the text in the quotes with which the input begins, and what is behind the
# closing quote, if there is one. A quote or a backslash that belongs to the text has a
# backslash before it.
static func _unquote(input: String) -> Array[String]:
	var inside := ""
	var at := 1
	while at < input.length():
		var letter := input[at]
		if letter == '"':
			return [inside, input.substr(at + 1)]
		var next := input.substr(at + 1, 1)
		if letter == "\\" and (next == '"' or next == "\\"):
			letter = next
			at += 1
		inside += letter
		at += 1
	return [inside]


# Returns the index of the first white space, or -1.
static func _first_space(input: String) -> int:
	for at in input.length():
		if _is_space(input[at]):
			return at
	return -1


# Returns the line without the characters at its start that nobody sees, as a byte-order
# mark or a space that was copied from a page: a whisper behind one of them must not become
# public.
static func _without_unseen_start(line: String) -> String:
	var at := 0
	while at < line.length() and _is_unseen(line.unicode_at(at)):
		at += 1
	return line.substr(at)


# White space does not count: a line that begins with it is said.
static func _is_unseen(letter: int) -> bool:
	return letter > 0x20 and Unseen.is_unseen(letter)


static func _trim(input: String) -> String:
	return input.strip_edges()


# White space means the same for all clients: spaces and control characters.
static func _is_space(letter: String) -> bool:
	return letter.unicode_at(0) <= 0x20
