class_name GuildhallWords
extends RefCounted
## The texts for players, in English or German, according to the player's locale. They may
## contain names of peers: show them as text. The browser's page and the terminal client
## have the same texts.
# gdlint: disable=max-returns

const Packets := preload("packets.gd")


## Why something was not done.
static func failure(of: GuildhallFailure) -> String:
	match of.kind:
		GuildhallFailure.Kind.DISCONNECTED:
			return _say("The connection was lost.", "Die Verbindung ging verloren.")
		GuildhallFailure.Kind.UNCERTAIN:
			return _say(
				"The connection was lost: others may have got this, or not.",
				"Die Verbindung ging verloren: Vielleicht kam das bei anderen an, vielleicht nicht."
			)
		GuildhallFailure.Kind.NOT_IN_ROOM:
			return _say("You are not in this room.", "Du bist nicht in diesem Raum.")
	var words := _refusal(of.code, of.arguments + (["?", "?"] as Array[String]))
	if of.temporary and of.retry_after > 0:
		var seconds := str(ceili(of.retry_after / 1000.0))
		words += _say(" Try again in {0} s.", " Versuch es in {0} s noch einmal.", [seconds])
	return words


## Why a call failed, with one of [enum GuildhallSession.SendError]. For a text
## that is too long: its bytes, and the most that are allowed.
static func send_error(error: int, bytes := 0, most := 0) -> String:
	match error:
		GuildhallSession.SendError.EMPTY:
			return _say("There is nothing to send.", "Da ist nichts zu senden.")
		GuildhallSession.SendError.TOO_LONG:
			return _too_long([str(bytes), str(most)])
		GuildhallSession.SendError.TOO_MANY_PENDING:
			return _say(
				"Too much is waiting for the server. Try again in a moment.",
				"Zu viel wartet noch auf den Server. Versuch es gleich noch einmal."
			)
		GuildhallSession.SendError.NOT_IN_ROOM:
			return _say("You are not in this room.", "Du bist nicht in diesem Raum.")
		GuildhallSession.SendError.NOT_ONLINE:
			return _say("You are not connected.", "Du bist nicht verbunden.")
		GuildhallSession.SendError.NO_SUCH_MESSAGE:
			return _say(
				"This message cannot be sent again.",
				"Diese Nachricht kann nicht noch einmal gesendet werden."
			)
	return ""


## What a close code means for a player.
static func close_code(code: int) -> String:
	match code:
		0:
			return _say("No connection could be made.", "Es kam keine Verbindung zustande.")
		1000:
			return _say("The chat has ended.", "Der Chat ist beendet.")
		1001, 1012:
			return _say("The server is restarting.", "Der Server startet neu.")
		1002, 1003, 1007, 1008, 1010:
			return _say(
				"The server did not understand this program. It may be out of date.",
				"Der Server hat dieses Programm nicht verstanden. Vielleicht ist es veraltet."
			)
		1005, 1006:
			return _say("The connection was lost.", "Die Verbindung ging verloren.")
		1009:
			return _say("A message was too big.", "Eine Nachricht war zu groß.")
		1011, 1013, 1014:
			return _say("The server has a problem.", "Der Server hat ein Problem.")
		1015:
			return _say(
				"The connection could not be made secure.",
				"Die Verbindung konnte nicht gesichert werden."
			)
		3000:
			return _say(
				"The connection was too slow for the chat.",
				"Die Verbindung war zu langsam für den Chat."
			)
		3001:
			return _say(
				"The server heard nothing from here for too long.",
				"Der Server hat zu lange nichts von hier gehört."
			)
		3500:
			return _say(
				"The chat goes on in another window.",
				"Der Chat geht in einem anderen Fenster weiter."
			)
	return _say(
		"The server ended the connection ({0}).",
		"Der Server hat die Verbindung beendet ({0}).",
		[str(code)]
	)


## Where a session stands, in a few words: for a line of status.
static func state(session: GuildhallSession) -> String:
	match session.state:
		GuildhallSession.State.IDLE:
			return _say("Not connected.", "Nicht verbunden.")
		GuildhallSession.State.CONNECTING:
			return _say("Connecting …", "Verbinde …")
		GuildhallSession.State.ONLINE:
			return _say("Connected.", "Verbunden.")
		GuildhallSession.State.WAITING:
			var why := close_code(session.close_code)
			return _say("{0} Connecting again …", "{0} Verbinde gleich wieder …", [why])
	if session.close_code == GuildhallConnection.GOODBYE:
		return _say("Disconnected.", "Getrennt.")
	return close_code(session.close_code)


## The system message for an event; empty where an event is shown in another way
## (a line, a list) or not at all.
static func event(of: GuildhallEvent, session: GuildhallSession) -> String:
	var arguments := of.arguments
	match of.kind:
		&"state_changed":
			var is_news := session.state >= GuildhallSession.State.WAITING
			return state(session) if is_news else ""
		&"welcomed":
			if arguments[2]:
				return _say("Connected again.", "Wieder verbunden.")
			return _say("Welcome, {0}!", "Willkommen, {0}!", [arguments[1]])
		&"name_refused":
			return (
				failure(arguments[0] as GuildhallFailure)
				+ _say(
					" You get another name for now: /nick changes it.",
					" Vorerst bekommst du einen anderen Namen: /nick ändert ihn."
				)
			)
		&"room_joined":
			return _joined(arguments)
		&"room_left":
			return _say("You left “{0}”.", "Du hast „{0}“ verlassen.", arguments)
		&"gap":
			return _lines_missing(arguments[1] as int, arguments[2] as int)
		&"whisper_gap":
			return _whispers_missing(arguments[0] as int, arguments[1] as int)
		&"member_joined":
			return _say("{0} joined.", "{0} ist gekommen.", [arguments[2]])
		&"member_left":
			return _say("{0} left.", "{0} ist gegangen.", [arguments[2]])
		&"member_renamed":
			# name_changed has the player's own new name.
			if arguments[1] == session.id:
				return ""
			return _say("{0} is now {1}.", "{0} heißt jetzt {1}.", arguments.slice(2))
		&"name_changed":
			return _say("You are now {0}.", "Du heißt jetzt {0}.", arguments)
		&"refused":
			var about := _refused(
				arguments[0] as GuildhallSession.RequestKind, arguments[1] as String
			)
			return about + " " + failure(arguments[2] as GuildhallFailure)
		&"bad_message":
			return _say(
				"The server said something that this program does not understand.",
				"Der Server hat etwas gesagt, das dieses Programm nicht versteht."
			)
	return ""


## What is wrong with what was typed.
static func command_error(command: GuildhallCommand) -> String:
	if command.kind == GuildhallCommand.Kind.MISSING:
		return _say("Something is missing: {0}", "Da fehlt etwas: {0}", [command.text])
	return _say(
		"There is no command {0}. /help lists those that there are.",
		"Einen Befehl {0} gibt es nicht. /help zählt auf, welche es gibt.",
		[command.subject]
	)


## What a command does.
static func command_help(kind: GuildhallCommand.Kind) -> String:
	match kind:
		GuildhallCommand.Kind.WHISPER:
			return _say(
				"whispers to somebody; a name with spaces goes in quotes",
				"flüstert jemandem etwas zu; ein Name mit Leerzeichen in Anführungszeichen"
			)
		GuildhallCommand.Kind.REPLY:
			return _say(
				"whispers to whoever whispered to you last",
				"flüstert dem etwas zu, von dem zuletzt Geflüstertes kam"
			)
		GuildhallCommand.Kind.JOIN:
			return _say("joins a room", "betritt einen Raum")
		GuildhallCommand.Kind.LEAVE:
			return _say("leaves a room", "verlässt einen Raum")
		GuildhallCommand.Kind.ME:
			return _say("says what you do", "sagt, was du tust")
		GuildhallCommand.Kind.WHO:
			return _say("lists who is in a room", "zählt auf, wer in einem Raum ist")
		GuildhallCommand.Kind.NICK:
			return _say("changes your name", "ändert deinen Namen")
		GuildhallCommand.Kind.ROOMS:
			return _say("lists the rooms", "zählt die Räume auf")
		GuildhallCommand.Kind.HELP:
			return _say("lists the commands", "zählt die Befehle auf")
	return ""


## A server that does not speak the subprotocol of this client.
static func no_subprotocol() -> String:
	return _say("The server does not speak guildhall.v1.", "Der Server spricht kein guildhall.v1.")


## Either of two texts, for a scene's own words: the one for the player's locale,
## with arguments put in for [code]{0}[/code] and [code]{1}[/code]. What is in an
## argument is no pattern.
static func either(english: String, german: String, arguments: Array = []) -> String:
	return _say(english, german, arguments)


static func _say(english: String, german: String, arguments: Array = []) -> String:
	var is_german := TranslationServer.get_locale().get_slice("_", 0).to_lower() == "de"
	var parts := (german if is_german else english).split("{")
	var words := parts[0]
	for at in range(1, parts.size()):
		words += str(arguments[parts[at].left(1).to_int()]) + parts[at].get_slice("}", 1)
	return words


static func _refusal(code: int, arguments: Array[String]) -> String:
	match code:
		Packets.ErrorCode.ERROR_CODE_BAD_REQUEST:
			return _say(
				"The server did not understand this program: {0}",
				"Der Server hat dieses Programm nicht verstanden: {0}",
				arguments
			)
		Packets.ErrorCode.ERROR_CODE_HELLO_FIRST, Packets.ErrorCode.ERROR_CODE_HELLO_TWICE:
			return _say(
				"The server and this program did not greet each other properly.",
				"Server und Programm haben sich nicht richtig begrüßt."
			)
		Packets.ErrorCode.ERROR_CODE_UNSUPPORTED_VERSION:
			return _say(
				"The server is older than this program: it speaks version {0}.",
				"Der Server ist älter als dieses Programm: Er spricht Version {0}.",
				arguments
			)
		Packets.ErrorCode.ERROR_CODE_BAD_NAME:
			return _say(
				"“{0}” cannot be a name. Names have at most {1} characters.",
				"„{0}“ kann kein Name sein. Namen haben höchstens {1} Zeichen.",
				arguments
			)
		Packets.ErrorCode.ERROR_CODE_NAME_TAKEN:
			return _say(
				"The name “{0}” is taken, or too much like one that is.",
				"Der Name „{0}“ ist vergeben oder einem vergebenen zu ähnlich.",
				arguments
			)
		Packets.ErrorCode.ERROR_CODE_BAD_ROOM_NAME:
			return _say(
				"“{0}” cannot be a room. Names of rooms have at most {1} characters.",
				"„{0}“ kann kein Raum sein. Namen von Räumen haben höchstens {1} Zeichen.",
				arguments
			)
		Packets.ErrorCode.ERROR_CODE_TOO_MANY_ROOMS:
			return _say(
				"You are in {0} rooms, and more are not allowed. Leave one first.",
				"Du bist in {0} Räumen, mehr sind nicht erlaubt. Verlass erst einen.",
				arguments
			)
		Packets.ErrorCode.ERROR_CODE_SERVER_ROOMS_FULL:
			return _say(
				"The server has {0} rooms and makes no more.",
				"Der Server hat {0} Räume und macht keine weiteren auf.",
				arguments
			)
		Packets.ErrorCode.ERROR_CODE_NOT_IN_ROOM:
			return _say("You are not in the room “{0}”.", "Du bist nicht im Raum „{0}“.", arguments)
		Packets.ErrorCode.ERROR_CODE_EMPTY_TEXT:
			return _say("There is nothing to send.", "Da ist nichts zu senden.")
		Packets.ErrorCode.ERROR_CODE_TEXT_TOO_LONG:
			return _too_long(arguments)
		Packets.ErrorCode.ERROR_CODE_NO_SUCH_CLIENT:
			return _say("“{0}” is not here.", "„{0}“ ist nicht da.", arguments)
		Packets.ErrorCode.ERROR_CODE_CANNOT_WHISPER:
			return _say(
				"{0} cannot get whispers.",
				"{0} kann keine geflüsterten Nachrichten bekommen.",
				arguments
			)
	return _say(
		"The server refused this, for a reason that this program does not know.",
		"Der Server hat das abgelehnt; den Grund kennt dieses Programm nicht."
	)


static func _too_long(arguments: Array) -> String:
	return _say(
		"The text is too long: {0} bytes, and at most {1} are allowed.",
		"Der Text ist zu lang: {0} Bytes, und höchstens {1} sind erlaubt.",
		arguments
	)


static func _joined(arguments: Array) -> String:
	var resumed: bool = arguments[2]
	var rejoined: bool = arguments[3]
	if not rejoined:
		return _say("You joined “{0}”.", "Du hast „{0}“ betreten.", arguments)
	if resumed:
		return ""
	return _say(
		"Connected to “{0}” anew: what was said meanwhile may be missing here.",
		"Neu mit „{0}“ verbunden: Was inzwischen gesagt wurde, fehlt hier vielleicht.",
		arguments
	)


static func _lines_missing(from: int, to: int) -> String:
	if from >= to:
		return _say(
			"One message is missing here: the server no longer has it.",
			"Hier fehlt eine Nachricht: Der Server hat sie nicht mehr."
		)
	return _say(
		"{0} messages are missing here: the server no longer has them.",
		"Hier fehlen {0} Nachrichten: Der Server hat sie nicht mehr.",
		[to - from + 1]
	)


static func _whispers_missing(from: int, to: int) -> String:
	if from >= to:
		return _say(
			"One whisper to you was lost while you were away.",
			"Während du weg warst, ging etwas verloren, das dir geflüstert wurde."
		)
	return _say(
		"{0} whispers to you were lost while you were away.",
		"Während du weg warst, gingen {0} geflüsterte Nachrichten an dich verloren.",
		[to - from + 1]
	)


static func _refused(what: GuildhallSession.RequestKind, subject: String) -> String:
	match what:
		GuildhallSession.RequestKind.JOIN:
			return _say("“{0}” cannot be joined.", "„{0}“ kann nicht betreten werden.", [subject])
		GuildhallSession.RequestKind.LEAVE:
			return _say("“{0}” cannot be left.", "„{0}“ kann nicht verlassen werden.", [subject])
		GuildhallSession.RequestKind.RENAME:
			return _say("You keep your name.", "Du behältst deinen Namen.")
		GuildhallSession.RequestKind.LIST_ROOMS:
			return _say("The list of rooms did not come.", "Die Liste der Räume kam nicht.")
		GuildhallSession.RequestKind.LIST_MEMBERS:
			return _say(
				"The list of who is in “{0}” did not come.",
				"Die Liste, wer in „{0}“ ist, kam nicht.",
				[subject]
			)
		GuildhallSession.RequestKind.FETCH_HISTORY:
			return _say(
				"Older messages of “{0}” did not come.",
				"Ältere Nachrichten von „{0}“ kamen nicht.",
				[subject]
			)
	return _say("The server does not let you in.", "Der Server lässt dich nicht herein.")
