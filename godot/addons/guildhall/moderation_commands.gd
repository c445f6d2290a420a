extends RefCounted
## Reads the commands about other users: sanctions, settings of a room, roles, blocks and reports.

const Packets := preload("packets.gd")
const Parts := preload("command_parts.gd")

## How long [code]/timeout[/code] mutes, in seconds, if the moderator does not say.
const TIMEOUT := 600
## The wait that [code]/slow[/code] sets, in seconds, and the longest that it can.
const SLOW := 30
const MAX_SLOW := 21_600
## The longest time, in seconds.
const MAX_SECONDS := 0xFFFF_FFFF

## The words for reasons, which are the same in every language, as names of commands are.
const REASONS: Dictionary[String, Packets.Reason] = {
	"spam": Packets.Reason.REASON_SPAM,
	"harassment": Packets.Reason.REASON_HARASSMENT,
	"hate": Packets.Reason.REASON_HATE,
	"sexual": Packets.Reason.REASON_SEXUAL,
	"child-safety": Packets.Reason.REASON_CHILD_SAFETY,
	"violence": Packets.Reason.REASON_VIOLENCE,
	"self-harm": Packets.Reason.REASON_SELF_HARM,
	"private-data": Packets.Reason.REASON_PRIVATE_DATA,
	"fraud": Packets.Reason.REASON_FRAUD,
	"illegal": Packets.Reason.REASON_ILLEGAL,
	"name": Packets.Reason.REASON_NAME,
	"other": Packets.Reason.REASON_OTHER,
}
## The sanctions that commands impose or end.
const SANCTIONS: Dictionary[String, Packets.SanctionKind] = {
	"/timeout": Packets.SanctionKind.SANCTION_KIND_MUTE,
	"/mute": Packets.SanctionKind.SANCTION_KIND_MUTE,
	"/unmute": Packets.SanctionKind.SANCTION_KIND_MUTE,
	"/ban": Packets.SanctionKind.SANCTION_KIND_BAN,
	"/unban": Packets.SanctionKind.SANCTION_KIND_BAN,
	"/kick": Packets.SanctionKind.SANCTION_KIND_KICK,
}
## The units of times, in seconds.
const UNITS: Dictionary[String, int] = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


## Reads what was typed behind the command with this name. Returns false if something is missing
## or wrong.
static func parse(command: GuildhallCommand, name: String, text: String) -> bool:
	var rest := behind_options(text)
	match command.kind:
		GuildhallCommand.Kind.IMPOSE:
			_take_options(command, text)
			return _impose(command, name, rest)
		GuildhallCommand.Kind.LIFT:
			_take_options(command, text)
			command.sanction_kind = SANCTIONS[name]
			return _is_user_alone(command, rest)
		GuildhallCommand.Kind.PURGE, GuildhallCommand.Kind.SET_ROLE:
			_take_options(command, text)
			if name == "/mod":
				command.role = Packets.Role.ROLE_MODERATOR
			return _is_user_alone(command, rest)
		GuildhallCommand.Kind.BLOCK, GuildhallCommand.Kind.UNBLOCK:
			return _is_user_alone(command, text)
		GuildhallCommand.Kind.REPORT:
			return _report(command, text)
	return _parse_about_room(command, name, text)


static func _parse_about_room(command: GuildhallCommand, name: String, text: String) -> bool:
	match command.kind:
		GuildhallCommand.Kind.CHANGE_ROOM:
			return _change_room(command, name, text)
		GuildhallCommand.Kind.CLEAR:
			return text.is_empty()
		GuildhallCommand.Kind.SANCTIONS:
			_take_options(command, text)
			return behind_options(text).is_empty()
	# Those that list something take nothing.
	return true


## Returns what is behind the options with which the text begins.
static func behind_options(text: String) -> String:
	while _first_word(text) in ["-all", "-ip"]:
		text = text.substr(_first_word(text).length()).strip_edges(true, false)
	return text


static func _first_word(text: String) -> String:
	return Parts.lower(Parts.split_first_word(text)[0])


static func _take_options(command: GuildhallCommand, text: String) -> void:
	while _first_word(text) in ["-all", "-ip"]:
		if _first_word(text) == "-all":
			command.everywhere = true
		else:
			command.address = true
		text = text.substr(_first_word(text).length()).strip_edges(true, false)


static func _is_user_alone(command: GuildhallCommand, text: String) -> bool:
	var parts := Parts.split_quoted_word(text)
	command.subject = parts[0]
	return not parts[0].is_empty() and parts[1].is_empty()


static func _impose(command: GuildhallCommand, name: String, text: String) -> bool:
	var parts := Parts.split_quoted_word(text)
	command.subject = parts[0]
	command.sanction_kind = SANCTIONS[name]
	var why := parts[1]
	if name != "/kick":
		command.seconds = TIMEOUT if name == "/timeout" else 0
		var behind := Parts.split_first_word(why)
		# A number without a unit is a time or belongs to the words.
		var is_time := name == "/timeout" or not behind[0].is_valid_int()
		var time := _seconds(behind[0]) if is_time else -1
		if time == 0:
			return false
		if time > 0:
			command.seconds = time
			why = behind[1]
	_take_why(command, why)
	return not parts[0].is_empty()


static func _change_room(command: GuildhallCommand, name: String, text: String) -> bool:
	var word := Parts.lower(text)
	command.change = GuildhallRoomChange.new()
	match name:
		"/slow":
			command.change.slow_mode = SLOW
			if word in ["0", "off"]:
				command.change.slow_mode = 0
			elif not word.is_empty():
				var wait := _seconds(word)
				command.change.slow_mode = wait
				return wait >= 1 and wait <= MAX_SLOW
		"/announce":
			command.change.announce_only = word != "off"
			return word in ["", "on", "off"]
		_:
			command.change.topic = _in_one_line(text)
	return true


static func _report(command: GuildhallCommand, text: String) -> bool:
	var parts := Parts.split_first_word(text)
	command.line = Parts.number(parts[0])
	if command.line == 0 and Parts.lower(parts[0]) != "-w":
		parts = Parts.split_quoted_word(text)
		command.subject = parts[0]
		if parts[0].is_empty():
			return false
	_take_why(command, parts[1])
	return true


# Takes the reason, if the text begins with the word for one, and the rest of it.
static func _take_why(command: GuildhallCommand, text: String) -> void:
	var parts := Parts.split_first_word(text)
	command.reason = REASONS.get(Parts.lower(parts[0]), Packets.Reason.REASON_OTHER)
	var has_reason := REASONS.has(Parts.lower(parts[0]))
	command.text = _in_one_line(parts[1] if has_reason else text)


# Returns the seconds of a time such as 90, 30s, 10m, 1h, 7d or 2w; -1 if it is none.
static func _seconds(word: String) -> int:
	var unit: int = UNITS.get(Parts.lower(word.right(1)), 0)
	var digits := word.left(-1) if unit != 0 else word
	if digits.is_empty():
		return -1
	for digit in digits:
		if digit < "0" or digit > "9":
			return -1
	digits = digits.lstrip("0")
	var count := MAX_SECONDS if digits.length() > 10 else digits.to_int()
	return mini(count * maxi(unit, 1), MAX_SECONDS)


# Returns the text without line breaks and other control characters.
static func _in_one_line(text: String) -> String:
	var line := ""
	for letter in text:
		line += " " if Parts.is_space(letter) else letter
	return line
