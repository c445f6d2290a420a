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
	for known in COMMANDS:
		if words[0].to_lower() in (known["names"] as Array):
			return _read(known, words[1])
	return _made(Kind.UNKNOWN, words[0], "")


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
	for at in words.length():
		if _is_space(words[at]):
			return [words.left(at), _trim(words.substr(at))]
	return [words, ""]


# The same; the first word may be in quotes. Nothing where they have no end.
static func _quoted_word(words: String) -> Array[String]:
	if not words.begins_with('"'):
		return _first_word(words)
	var end := words.find('"', 1)
	if end < 0:
		return ["", ""]
	return [_trim(words.substr(1, end - 1)), _trim(words.substr(end + 1))]


static func _trim(words: String) -> String:
	return words.strip_edges()


# White space as every client sees it: blanks and control characters.
static func _is_space(letter: String) -> bool:
	return letter.unicode_at(0) <= 0x20
