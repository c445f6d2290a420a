class_name GuildhallCommand
extends RefCounted
## What a player types: a text or a command. docs/client.md lists the commands,
## and [GuildhallWords] says what they do.

## What is to be done.
enum Kind {
	## Nothing: only white space was typed.
	NOTHING,
	## Says [member text] in the room that is shown.
	SAY,
	## Says there what the player does: [member text].
	ME,
	## Whispers [member text] to [member subject].
	WHISPER,
	## Whispers [member text] to whom the last whisper came from.
	REPLY,
	## Joins the room [member subject] and shows it.
	JOIN,
	## Leaves the room [member subject]; empty: the one that is shown.
	LEAVE,
	## Lists who is in the room [member subject]; empty: the one that is shown.
	WHO,
	## Changes the player's name to [member subject].
	NICK,
	## Lists the rooms.
	ROOMS,
	## Lists the commands.
	HELP,
	## There is no such command: [member subject].
	UNKNOWN,
	## Something is missing; [member subject] is the command, [member text] how it
	## is used.
	MISSING,
}

## Every command with all its names, and how it is used.
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

## What is to be done.
var kind := Kind.NOTHING
## The name or the room that it is about.
var subject := ""
## The text that is said.
var text := ""


## Reads what was typed.
static func parse(input: String) -> GuildhallCommand:
	var typed := _trim(input)
	if not _begins_command(input):
		if input.begins_with("//"):
			typed = typed.substr(1)
		return _made(Kind.NOTHING if typed.is_empty() else Kind.SAY, "", typed)
	var words := _first_word(typed)
	var known := named(words[0])
	if known.is_empty():
		return _made(Kind.UNKNOWN, words[0], "")
	return _read(known, words[1])


## What [constant COMMANDS] has about a command, by any of its names; or nothing.
static func named(command: String) -> Dictionary:
	for known in COMMANDS:
		if command.to_lower() in (known["names"] as Array):
			return known
	return {}


## Whole lines that what was typed may become: names of commands, of clients and of
## rooms. Upper and lower case of the letters A to Z are the same here.
static func complete(input: String, names: Array[String], rooms: Array[String]) -> Array[String]:
	if input == "/" or _begins_command(input):
		var end := _first_space(input)
		if end < 0:
			return _matching(_command_beginnings(), input)
		var command := input.left(end)
		var rest := input.substr(end).strip_edges(true, false)
		match named(command).get("kind", Kind.UNKNOWN):
			Kind.WHISPER:
				return _complete_receiver(command + " ", rest, names)
			Kind.JOIN, Kind.LEAVE, Kind.WHO:
				var hash_sign := "#" if rest.begins_with("#") else ""
				var found := _matching(rooms, _trim(rest.trim_prefix("#")))
				return _each(found, command + " " + hash_sign, "")
			Kind.NICK:
				return []
	return _complete_name(input, names)


static func _complete_receiver(before: String, rest: String, names: Array[String]) -> Array[String]:
	if rest.begins_with('"'):
		if rest.find('"', 1) >= 0:
			return []
		return _each(_matching(names, rest.substr(1)), before + '"', '" ')
	if _first_space(rest) >= 0:
		return []
	var lines: Array[String] = []
	for found in _matching(names, rest):
		var quote := "" if _first_space(found) < 0 else '"'
		lines.append(before + quote + found + quote + " ")
	return lines


# A name within a text.
static func _complete_name(input: String, names: Array[String]) -> Array[String]:
	var start := input.length()
	while start > 0 and not _is_space(input[start - 1]):
		start -= 1
	if start == input.length():
		return []
	var after := ": " if start == 0 else " "
	return _each(_matching(names, input.substr(start)), input.left(start), after)


# Every command with all its names, and a blank where something follows.
static func _command_beginnings() -> Array[String]:
	var all: Array[String] = []
	for known in COMMANDS:
		var end := " " if (known["usage"] as String).contains(" ") else ""
		for one: String in known["names"]:
			all.append(one + end)
	return all


static func _each(all: Array[String], before: String, after: String) -> Array[String]:
	var lines: Array[String] = []
	for one in all:
		lines.append(before + one + after)
	return lines


static func _matching(all: Array[String], beginning: String) -> Array[String]:
	return all.filter(func(whole: String) -> bool: return _begins(whole, beginning))


static func _begins(whole: String, beginning: String) -> bool:
	if whole.length() < beginning.length():
		return false
	for at in beginning.length():
		if _small(whole.unicode_at(at)) != _small(beginning.unicode_at(at)):
			return false
	return true


# The small letter for one of A to Z; anything else as it is.
static func _small(letter: int) -> int:
	return letter + 0x20 if letter >= 0x41 and letter <= 0x5A else letter


static func _read(known: Dictionary, rest: String) -> GuildhallCommand:
	var what: Kind = known["kind"]
	var about := ""
	var says := ""
	match what:
		Kind.WHISPER:
			var words := _quoted_word(rest)
			about = words[0]
			says = words[1]
		Kind.REPLY, Kind.ME:
			says = rest
		Kind.JOIN, Kind.LEAVE, Kind.WHO:
			about = _trim(rest.trim_prefix("#"))
		Kind.NICK:
			about = rest
	var lacks_subject := what in [Kind.WHISPER, Kind.JOIN, Kind.NICK] and about.is_empty()
	var lacks_text := what in [Kind.WHISPER, Kind.REPLY, Kind.ME] and says.is_empty()
	if lacks_subject or lacks_text:
		return _made(Kind.MISSING, known["names"][0] as String, known["usage"] as String)
	return _made(what, about, says)


static func _made(what: Kind, about: String, says: String) -> GuildhallCommand:
	var command := GuildhallCommand.new()
	command.kind = what
	command.subject = about
	command.text = says
	return command


# Whether it begins with a slash and a letter.
static func _begins_command(input: String) -> bool:
	if input.length() < 2 or input[0] != "/":
		return false
	var letter := input.unicode_at(1) | 0x20
	return letter >= 0x61 and letter <= 0x7A


# The first word, and what is behind it.
static func _first_word(words: String) -> Array[String]:
	var end := _first_space(words)
	if end < 0:
		return [words, ""]
	return [words.left(end), _trim(words.substr(end))]


# The same; the first word may be in quotes. Nothing where they have no end.
static func _quoted_word(words: String) -> Array[String]:
	if not words.begins_with('"'):
		return _first_word(words)
	var end := words.find('"', 1)
	if end < 0:
		return ["", ""]
	return [_trim(words.substr(1, end - 1)), _trim(words.substr(end + 1))]


# Where the first white space is, or -1.
static func _first_space(words: String) -> int:
	for at in words.length():
		if _is_space(words[at]):
			return at
	return -1


static func _trim(words: String) -> String:
	return words.strip_edges()


# White space as every client sees it: blanks and control characters.
static func _is_space(letter: String) -> bool:
	return letter.unicode_at(0) <= 0x20
