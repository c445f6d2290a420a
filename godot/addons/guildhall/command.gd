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
	## Says [member text] in reply to the line with the number [member line]; if that is 0, to
	## the newest line of others.
	QUOTE,
	## Gives the line with the number [member line] the text [member text]; if that is 0, the
	## player's last line.
	EDIT,
	## Removes the line with the number [member line]; if that is 0, the player's last line.
	DELETE,
	## Adds the reaction [member text] to the line with the number [member line]; if that is 0,
	## to the newest line of others.
	REACT,
	## Takes the reaction [member text] back, else as [constant REACT].
	UNREACT,
	## Looks for lines with the words of [member text]; if it is empty, for the ones behind those
	## that were found last.
	SEARCH,
	## Lists what the player has not read.
	UNREAD,
	## Imposes the sanction [member sanction_kind] on the user [member subject], with
	## [member seconds], [member reason], [member address], and the rule [member text].
	IMPOSE,
	## Ends the sanction [member sanction_kind] of the user [member subject].
	LIFT,
	## Changes settings of the room that is shown: [member change].
	CHANGE_ROOM,
	## Removes all that was said in the room that is shown.
	CLEAR,
	## Removes all that the user [member subject] has said.
	PURGE,
	## Gives the user [member subject] the role [member role].
	SET_ROLE,
	## Lists the moderators of the room that is shown.
	MODERATORS,
	## Lists the sanctions that hold.
	SANCTIONS,
	## Blocks the user [member subject].
	BLOCK,
	## Ends that.
	UNBLOCK,
	## Lists whom the player blocks.
	BLOCKS,
	## Reports the line with the number [member line]; if that is 0, the user [member subject]; if
	## that is empty, the last whisper to the player. With [member reason] and the note
	## [member text].
	REPORT,
	## Lists the commands.
	HELP,
	## There is no command [member subject].
	UNKNOWN,
	## The command [member subject] lacks an argument. [member text] is its usage.
	MISSING,
}

## Every command with all its names and its usage. Those behind [code]/help[/code] are of use to
## moderators alone.
const COMMANDS: Array[Dictionary] = [
	{"kind": Kind.WHISPER, "names": ["/w", "/whisper", "/msg"], "usage": "/w NAME TEXT"},
	{"kind": Kind.REPLY, "names": ["/r", "/reply"], "usage": "/r TEXT"},
	{"kind": Kind.JOIN, "names": ["/join", "/j"], "usage": "/join ROOM"},
	{"kind": Kind.LEAVE, "names": ["/leave", "/part"], "usage": "/leave [ROOM]"},
	{"kind": Kind.ME, "names": ["/me"], "usage": "/me TEXT"},
	{"kind": Kind.WHO, "names": ["/who"], "usage": "/who [ROOM]"},
	{"kind": Kind.NICK, "names": ["/nick"], "usage": "/nick NAME"},
	{"kind": Kind.ROOMS, "names": ["/rooms"], "usage": "/rooms"},
	{"kind": Kind.QUOTE, "names": ["/quote"], "usage": "/quote [NUMBER] TEXT"},
	{"kind": Kind.EDIT, "names": ["/edit"], "usage": "/edit [NUMBER] TEXT"},
	{"kind": Kind.DELETE, "names": ["/delete", "/remove"], "usage": "/delete [NUMBER]"},
	{"kind": Kind.REACT, "names": ["/react"], "usage": "/react [NUMBER] EMOJI"},
	{"kind": Kind.UNREACT, "names": ["/unreact"], "usage": "/unreact [NUMBER] EMOJI"},
	{"kind": Kind.SEARCH, "names": ["/search", "/find"], "usage": "/search [WORDS]"},
	{"kind": Kind.UNREAD, "names": ["/unread"], "usage": "/unread"},
	{"kind": Kind.BLOCK, "names": ["/block"], "usage": "/block NAME"},
	{"kind": Kind.UNBLOCK, "names": ["/unblock"], "usage": "/unblock NAME"},
	{"kind": Kind.BLOCKS, "names": ["/blocks"], "usage": "/blocks"},
	{"kind": Kind.REPORT, "names": ["/report"], "usage": "/report NAME|NUMBER|-w [WHY]"},
	{"kind": Kind.MODERATORS, "names": ["/mods"], "usage": "/mods"},
	{"kind": Kind.HELP, "names": ["/help"], "usage": "/help"},
	{
		"kind": Kind.IMPOSE,
		"names": ["/timeout"],
		"usage": "/timeout [-all] [-ip] NAME [TIME] [WHY]",
	},
	{"kind": Kind.IMPOSE, "names": ["/mute"], "usage": "/mute [-all] [-ip] NAME [TIME] [WHY]"},
	{"kind": Kind.LIFT, "names": ["/unmute"], "usage": "/unmute [-all] NAME"},
	{"kind": Kind.IMPOSE, "names": ["/kick"], "usage": "/kick [-all] NAME [WHY]"},
	{"kind": Kind.IMPOSE, "names": ["/ban"], "usage": "/ban [-all] [-ip] NAME [TIME] [WHY]"},
	{"kind": Kind.LIFT, "names": ["/unban"], "usage": "/unban [-all] NAME"},
	{"kind": Kind.CHANGE_ROOM, "names": ["/slow"], "usage": "/slow [TIME|off]"},
	{"kind": Kind.CHANGE_ROOM, "names": ["/announce"], "usage": "/announce [on|off]"},
	{"kind": Kind.CHANGE_ROOM, "names": ["/topic"], "usage": "/topic [TEXT]"},
	{"kind": Kind.CLEAR, "names": ["/clear"], "usage": "/clear"},
	{"kind": Kind.PURGE, "names": ["/purge"], "usage": "/purge [-all] NAME"},
	{"kind": Kind.SET_ROLE, "names": ["/mod"], "usage": "/mod [-all] NAME"},
	{"kind": Kind.SET_ROLE, "names": ["/unmod"], "usage": "/unmod [-all] NAME"},
	{"kind": Kind.SANCTIONS, "names": ["/sanctions"], "usage": "/sanctions [-all]"},
]

const Packets := preload("packets.gd")
const Parts := preload("command_parts.gd")
const Completion := preload("command_completion.gd")
const Moderation := preload("moderation_commands.gd")

## These do nothing without a text.
const NEED_TEXT := [
	Kind.WHISPER, Kind.REPLY, Kind.ME, Kind.QUOTE, Kind.EDIT, Kind.REACT, Kind.UNREACT
]

## The kind of this line.
var kind := Kind.NOTHING
## The name or the room that it is about.
var subject := ""
## The text to say.
var text := ""
## The number of the line that it is about; 0 if the player has typed none.
var line := 0
## Whether it is about all rooms, and not about the one that is shown alone.
var everywhere := false
## Whether a sanction also holds against guests from the address of the user.
var address := false
## The kind of a sanction.
var sanction_kind := Packets.SanctionKind.SANCTION_KIND_UNSPECIFIED
## How long a sanction holds; 0: without an end.
var seconds := 0
## The reason of a sanction or a report.
var reason := Packets.Reason.REASON_UNSPECIFIED
## The role that a user gets.
var role := Packets.Role.ROLE_UNSPECIFIED
## The changed settings of a room.
var change: GuildhallRoomChange = null


## Parses a line.
static func parse(line: String) -> GuildhallCommand:
	var bare := Parts.without_unseen_start(line)
	var input := bare if Parts.begins_command(bare) else line
	var typed := Parts.trim(input)
	if not Parts.begins_command(input):
		if input.begins_with("//"):
			typed = typed.substr(1)
		return _command(Kind.NOTHING if typed.is_empty() else Kind.SAY, "", typed)
	var parts := Parts.split_first_word(typed)
	var known := named(parts[0])
	if known.is_empty():
		return _command(Kind.UNKNOWN, parts[0], "")
	return _parse_known(known, parts[1])


## Returns the entry of [constant COMMANDS] that has this name, or an empty dictionary.
static func named(command: String) -> Dictionary:
	for known in COMMANDS:
		for name: String in known["names"]:
			if name.length() == command.length() and Parts.begins_with(command, name):
				return known
	return {}


## Returns the lines that complete what the player has typed so far, with the names of
## commands, clients and rooms. It ignores the case of the letters A to Z.
static func complete(input: String, names: Array[String], rooms: Array[String]) -> Array[String]:
	return Completion.complete(input, names, rooms)


## Whether a command of [constant COMMANDS] is of use to moderators alone.
static func is_for_moderators(known: Dictionary) -> bool:
	return COMMANDS.find(known) > COMMANDS.find(named("/help"))


static func _parse_known(known: Dictionary, rest: String) -> GuildhallCommand:
	var found_kind: Kind = known["kind"]
	if found_kind >= Kind.IMPOSE and found_kind < Kind.HELP:
		var about_users := _command(found_kind, "", "")
		if Moderation.parse(about_users, known["names"][0] as String, rest):
			return about_users
		return _missing(known)
	var about := ""
	var message := ""
	var number := 0
	match found_kind:
		Kind.WHISPER:
			var parts := Parts.split_quoted_word(rest)
			about = parts[0]
			message = parts[1]
		Kind.REPLY, Kind.ME, Kind.SEARCH:
			message = rest
		Kind.QUOTE, Kind.EDIT, Kind.REACT, Kind.UNREACT:
			message = Parts.without_number(rest)
			number = 0 if message == rest else Parts.number(Parts.split_first_word(rest)[0])
		Kind.DELETE:
			number = Parts.number(rest)
		Kind.JOIN, Kind.LEAVE, Kind.WHO:
			about = Parts.trim(rest.trim_prefix("#"))
		Kind.NICK:
			about = rest
	var lacks_subject := found_kind in [Kind.WHISPER, Kind.JOIN, Kind.NICK] and about.is_empty()
	var lacks_text := found_kind in NEED_TEXT and message.is_empty()
	if found_kind == Kind.DELETE:
		lacks_text = number == 0 and not rest.is_empty()
	if lacks_subject or lacks_text:
		return _missing(known)
	var command := _command(found_kind, about, message)
	command.line = number
	return command


static func _command(of_kind: Kind, about: String, message: String) -> GuildhallCommand:
	var command := GuildhallCommand.new()
	command.kind = of_kind
	command.subject = about
	command.text = message
	return command


static func _missing(known: Dictionary) -> GuildhallCommand:
	return _command(Kind.MISSING, known["names"][0] as String, known["usage"] as String)
