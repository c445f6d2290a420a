class_name GuildhallTexts
extends RefCounted
## Which text tells the player an event, a state or an error: one of
## [GuildhallCatalogue], in the player's language. It may contain names of peers: show it
## as text. The browser's page and the terminal client have the same texts.
# gdlint: disable=max-returns

const Packets := preload("packets.gd")
const Commands := preload("command_texts.gd")
const Connection := preload("session/connection.gd")
const Event := preload("session/event.gd")

## If more members than this joined at once, the text has their number and not their names.
const MAX_NAMES := 5


## Why something was not done.
static func failure(of: GuildhallFailure) -> String:
	match of.kind:
		GuildhallFailure.Kind.DISCONNECTED:
			return GuildhallCatalogue.connection_lost()
		GuildhallFailure.Kind.UNCERTAIN:
			return GuildhallCatalogue.uncertain()
		GuildhallFailure.Kind.NOT_IN_ROOM:
			return GuildhallCatalogue.not_in_this_room()
		GuildhallFailure.Kind.REJECTED:
			return GuildhallModerationTexts.with_words(
				GuildhallCatalogue.message_rejected(), of.words
			)
	var text := _without_retry(of)
	if of.temporary and of.retry_after > 0:
		text += " " + GuildhallCatalogue.try_again_later(ceili(of.retry_after / 1000.0))
	return text


## Why a call failed, with one of [enum GuildhallSession.SendError]. For a text
## that is too long: its bytes, and the most that are allowed. [method GuildhallChat.explain]
## knows both.
static func send_error(error: int, bytes: int, most: int) -> String:
	match error:
		GuildhallSession.SendError.EMPTY:
			return GuildhallCatalogue.error_empty()
		GuildhallSession.SendError.TOO_LONG:
			return GuildhallCatalogue.error_too_long(str(bytes), str(most))
		GuildhallSession.SendError.TOO_MANY_PENDING:
			return GuildhallCatalogue.too_many_pending()
		GuildhallSession.SendError.NOT_IN_ROOM:
			return GuildhallCatalogue.not_in_this_room()
		GuildhallSession.SendError.NOT_ONLINE:
			return GuildhallCatalogue.not_online()
		GuildhallSession.SendError.NO_SUCH_MESSAGE:
			return GuildhallCatalogue.no_such_message()
		GuildhallSession.SendError.READ_ONLY:
			return GuildhallCatalogue.room_read_only()
		GuildhallSession.SendError.NO_SUCH_LINE:
			return GuildhallCatalogue.error_no_such_line()
		GuildhallSession.SendError.MUTED:
			return GuildhallCatalogue.error_muted()
	return ""


## What a close code means for a player.
static func close_code(code: int) -> String:
	match code:
		0:
			return GuildhallCatalogue.closed_no_connection()
		1000:
			return GuildhallCatalogue.closed_normally()
		1001, 1012:
			return GuildhallCatalogue.closed_restarting()
		1002, 1003, 1007, 1008, 1010:
			return GuildhallCatalogue.closed_not_understood()
		1005, 1006:
			return GuildhallCatalogue.connection_lost()
		1009:
			return GuildhallCatalogue.closed_too_big()
		1011, 1013, 1014:
			return GuildhallCatalogue.closed_server_problem()
		1015:
			return GuildhallCatalogue.closed_not_secure()
		3000:
			return GuildhallCatalogue.closed_too_slow()
		3001:
			return GuildhallCatalogue.closed_silent()
		3002:
			return GuildhallCatalogue.closed_token_over()
		3003:
			return GuildhallCatalogue.closed_flooded()
		3500:
			return GuildhallCatalogue.closed_replaced()
		3501:
			return GuildhallCatalogue.closed_not_let_in()
		3502:
			return GuildhallCatalogue.closed_revoked()
		3503:
			return GuildhallCatalogue.closed_banned()
		3504:
			return GuildhallCatalogue.closed_kicked()
	return GuildhallCatalogue.closed_otherwise(str(code))


## Where a session stands, in a few words: for a line of status. [param host] is the
## server's, for the player.
static func state(session: GuildhallSession, host := "") -> String:
	match session.state:
		GuildhallSession.State.IDLE:
			return GuildhallCatalogue.state_idle()
		GuildhallSession.State.CONNECTING:
			return GuildhallCatalogue.state_connecting()
		GuildhallSession.State.ONLINE:
			return GuildhallCatalogue.state_online()
		GuildhallSession.State.WAITING:
			return GuildhallCatalogue.state_waiting(_end(session, host))
	if session.close_code == Connection.GOODBYE:
		return GuildhallCatalogue.state_closed()
	return _end(session, host)


## The system message for an event; empty if an event is shown in another way (a line, a
## list) or not at all. [param host] is the server's, for the player.
static func event(of: Event, session: GuildhallSession, host := "") -> String:
	var arguments := of.arguments
	match of.kind:
		&"state_changed":
			var is_news := session.state >= GuildhallSession.State.WAITING
			return state(session, host) if is_news else ""
		&"welcomed":
			if arguments[2]:
				return GuildhallCatalogue.connected_again()
			return GuildhallCatalogue.welcome(arguments[1] as String)
		&"name_refused":
			var reason := failure(arguments[0] as GuildhallFailure)
			return reason + " " + GuildhallCatalogue.new_name_for_now()
		&"room_joined":
			return _joined(arguments)
		&"room_left":
			return GuildhallCatalogue.left(arguments[0] as String)
		&"join_delayed":
			var later := GuildhallCatalogue.join_delayed(arguments[0] as String)
			return _without_retry(arguments[1] as GuildhallFailure) + " " + later
		&"rename_delayed":
			var later := GuildhallCatalogue.rename_delayed(arguments[0] as String)
			return _without_retry(arguments[1] as GuildhallFailure) + " " + later
		&"gap":
			return GuildhallCatalogue.lines_missing(
				_count(arguments[1] as int, arguments[2] as int)
			)
		&"whisper_gap":
			return GuildhallCatalogue.whispers_missing(
				_count(arguments[0] as int, arguments[1] as int)
			)
		&"presence_notice":
			return _presence(arguments)
		&"server_answers":
			if arguments[0]:
				return GuildhallCatalogue.server_answers()
			return GuildhallCatalogue.server_silent()
		&"name_changed":
			return GuildhallCatalogue.name_changed(arguments[0] as String)
		&"refused":
			var about := _refused(
				arguments[0] as GuildhallSession.RequestKind, arguments[1] as String
			)
			return about + " " + failure(arguments[2] as GuildhallFailure)
		&"change_failed":
			var why := failure(arguments[3] as GuildhallFailure)
			return GuildhallCatalogue.change_failed() + " " + why
		&"bad_message":
			return GuildhallCatalogue.bad_message()
	return GuildhallModerationTexts.event(of)


## Returns a sentence for each rule that holds in a room beside its topic. Empty: everyone may
## say anything there.
static func room_rules(settings: GuildhallRoomSettings) -> Array[String]:
	var rules: Array[String] = []
	if settings.announce_only:
		rules.append(GuildhallCatalogue.room_announce_only())
	if settings.read_only:
		rules.append(GuildhallCatalogue.room_read_only())
	if settings.no_history:
		rules.append(GuildhallCatalogue.room_no_history())
	if settings.no_members:
		rules.append(GuildhallCatalogue.room_no_members())
	if settings.slow_mode > 0 and not settings.read_only:
		rules.append(GuildhallCatalogue.room_slow_mode(ceili(settings.slow_mode / 1000.0)))
	if settings.text_bytes > 0 and not settings.read_only:
		rules.append(GuildhallCatalogue.room_text_bytes(settings.text_bytes))
	return rules


## All that holds in a room, its topic first, in one line: for a game that says what has
## changed.
static func room_settings(settings: GuildhallRoomSettings) -> String:
	var sentences := room_rules(settings)
	if not settings.topic.is_empty():
		sentences.push_front(GuildhallCatalogue.room_topic(settings.topic))
	return GuildhallCatalogue.room_open() if sentences.is_empty() else " ".join(sentences)


## What is wrong with what was typed.
static func command_error(command: GuildhallCommand) -> String:
	if command.kind == GuildhallCommand.Kind.MISSING:
		return GuildhallCatalogue.command_missing(command.text)
	return GuildhallCatalogue.command_unknown(command.subject)


## The help for a command: the one with this name, the first one of
## [constant GuildhallCommand.COMMANDS].
static func command_help(name: String) -> String:
	return Commands.help(name)


## The line above the list of the moderators' commands: how to give durations and reasons.
static func moderators_help() -> String:
	return Commands.moderators_help()


# One sentence for all who joined, one for all who left, and one for each new name.
static func _presence(arguments: Array) -> String:
	var sentences := PackedStringArray()
	var joined := PackedStringArray(arguments[1] as Array)
	if joined.size() == 1:
		sentences.append(GuildhallCatalogue.member_joined(joined[0]))
	elif joined.size() > MAX_NAMES:
		sentences.append(GuildhallCatalogue.many_joined(joined.size()))
	elif not joined.is_empty():
		sentences.append(GuildhallCatalogue.members_joined(", ".join(joined)))
	var left := PackedStringArray(arguments[2] as Array)
	if left.size() == 1:
		sentences.append(GuildhallCatalogue.member_left(left[0]))
	elif left.size() > MAX_NAMES:
		sentences.append(GuildhallCatalogue.many_left(left.size()))
	elif not left.is_empty():
		sentences.append(GuildhallCatalogue.members_left(", ".join(left)))
	var renamed := arguments[3] as Array[PackedStringArray]
	if renamed.size() > MAX_NAMES:
		sentences.append(GuildhallCatalogue.many_renamed(renamed.size()))
	else:
		for names in renamed:
			sentences.append(GuildhallCatalogue.member_renamed(names[0], names[1]))
	return " ".join(sentences)


static func _without_retry(of: GuildhallFailure) -> String:
	match of.code:
		Packets.ErrorCode.ERROR_CODE_MUTED:
			var mute := Packets.SanctionKind.SANCTION_KIND_MUTE
			return GuildhallModerationTexts.refused(mute, of.arguments)
		Packets.ErrorCode.ERROR_CODE_BANNED:
			var ban := Packets.SanctionKind.SANCTION_KIND_BAN
			return GuildhallModerationTexts.refused(ban, of.arguments)
		Packets.ErrorCode.ERROR_CODE_REFUSED_TEXT:
			return GuildhallModerationTexts.refused_text(of.arguments)
	return _refusal(of.code, of.arguments + (["?", "?", "?", "?"] as Array[String]))


static func _refusal(code: int, arguments: Array[String]) -> String:
	match code:
		Packets.ErrorCode.ERROR_CODE_BAD_REQUEST:
			return GuildhallCatalogue.error_bad_request(arguments[0])
		Packets.ErrorCode.ERROR_CODE_HELLO_FIRST, Packets.ErrorCode.ERROR_CODE_HELLO_TWICE:
			return GuildhallCatalogue.error_hello()
		Packets.ErrorCode.ERROR_CODE_UNSUPPORTED_VERSION:
			return GuildhallCatalogue.error_version(arguments[0])
		Packets.ErrorCode.ERROR_CODE_BAD_NAME:
			var bad := GuildhallCatalogue.error_bad_name(arguments[0])
			return bad + _name_rule(arguments[2], arguments[1], arguments[3])
		Packets.ErrorCode.ERROR_CODE_NAME_TAKEN:
			var rule := _name_rule(arguments[1])
			if rule.is_empty():
				return GuildhallCatalogue.error_name_taken(arguments[0])
			return GuildhallCatalogue.error_bad_name(arguments[0]) + rule
		Packets.ErrorCode.ERROR_CODE_BAD_ROOM_NAME:
			var bad_room := GuildhallCatalogue.error_bad_room_name(arguments[0])
			return bad_room + _name_rule(arguments[2], arguments[1], arguments[3])
		Packets.ErrorCode.ERROR_CODE_TOO_MANY_ROOMS:
			return GuildhallCatalogue.error_too_many_rooms(arguments[0])
		Packets.ErrorCode.ERROR_CODE_SERVER_ROOMS_FULL:
			return GuildhallCatalogue.error_rooms_full(arguments[0])
		Packets.ErrorCode.ERROR_CODE_NOT_IN_ROOM:
			return GuildhallCatalogue.error_not_in_room(arguments[0])
		Packets.ErrorCode.ERROR_CODE_EMPTY_TEXT:
			return GuildhallCatalogue.error_empty()
		Packets.ErrorCode.ERROR_CODE_TEXT_TOO_LONG:
			return GuildhallCatalogue.error_too_long(arguments[0], arguments[1])
		Packets.ErrorCode.ERROR_CODE_NO_SUCH_CLIENT:
			return GuildhallCatalogue.error_no_such_client(arguments[0])
		Packets.ErrorCode.ERROR_CODE_CANNOT_WHISPER:
			return GuildhallCatalogue.error_cannot_whisper(arguments[0])
		Packets.ErrorCode.ERROR_CODE_TOO_MANY_REQUESTS:
			return GuildhallCatalogue.error_too_many_requests()
		Packets.ErrorCode.ERROR_CODE_ADDRESS_ROOMS_FULL:
			return GuildhallCatalogue.error_address_rooms_full(arguments[0])
		Packets.ErrorCode.ERROR_CODE_RATE_LIMITED:
			return GuildhallCatalogue.error_rate_limited()
		Packets.ErrorCode.ERROR_CODE_RECEIVER_BEHIND:
			return GuildhallCatalogue.error_receiver_behind(arguments[0])
		Packets.ErrorCode.ERROR_CODE_BAD_TOKEN:
			return GuildhallCatalogue.error_bad_token(arguments[0])
		Packets.ErrorCode.ERROR_CODE_FORBIDDEN:
			return _forbidden(arguments[0], arguments[1])
		Packets.ErrorCode.ERROR_CODE_ROOM_FULL:
			return GuildhallCatalogue.error_room_full(arguments[0], arguments[1])
		Packets.ErrorCode.ERROR_CODE_SLOW_MODE:
			return GuildhallCatalogue.error_slow_mode(arguments[0])
		Packets.ErrorCode.ERROR_CODE_NAME_FIXED:
			return GuildhallCatalogue.error_name_fixed()
		Packets.ErrorCode.ERROR_CODE_UNAVAILABLE:
			return GuildhallCatalogue.error_unavailable()
		Packets.ErrorCode.ERROR_CODE_NO_SUCH_LINE:
			return GuildhallCatalogue.error_no_such_line()
		Packets.ErrorCode.ERROR_CODE_TOO_LATE:
			return GuildhallCatalogue.error_too_late()
		Packets.ErrorCode.ERROR_CODE_TOO_MANY_REACTIONS:
			return GuildhallCatalogue.error_too_many_reactions(arguments[0])
		Packets.ErrorCode.ERROR_CODE_NO_SUCH_USER:
			return GuildhallCatalogue.error_no_such_user(arguments[0])
		Packets.ErrorCode.ERROR_CODE_ALREADY_REPORTED:
			return GuildhallCatalogue.error_already_reported()
		Packets.ErrorCode.ERROR_CODE_TOO_MANY_BLOCKS:
			return GuildhallCatalogue.error_too_many_blocks(arguments[0])
		Packets.ErrorCode.ERROR_CODE_NO_SUCH_SANCTION:
			return GuildhallCatalogue.error_no_such_sanction(arguments[0])
		Packets.ErrorCode.ERROR_CODE_IS_MODERATOR:
			return GuildhallCatalogue.error_is_moderator(arguments[0])
	return GuildhallCatalogue.error_unknown()


# Returns the text for an action that is not allowed in a room, or without a room everywhere. The
# action is the server's word.
static func _forbidden(room: String, action: String) -> String:
	match action:
		"say":
			if room.is_empty():
				return GuildhallCatalogue.error_may_not_whisper()
			return GuildhallCatalogue.error_may_not_say(room)
		"history":
			return GuildhallCatalogue.error_may_not_read_history(room)
		"members":
			return GuildhallCatalogue.error_may_not_see_members(room)
		"change":
			return GuildhallCatalogue.error_may_not_change(room)
		"moderate":
			if room.is_empty():
				return GuildhallCatalogue.error_may_not_moderate_everywhere()
			return GuildhallCatalogue.error_may_not_moderate(room)
	return GuildhallCatalogue.error_may_not_join(room)


# Why the last connection has ended. A server that was never reached has lost none.
static func _end(session: GuildhallSession, host: String) -> String:
	var is_lost := session.close_code in [1005, Connection.LOST]
	if session.was_open or not is_lost or host == "":
		return close_code(session.close_code)
	return GuildhallCatalogue.cannot_reach(host)


static func _joined(arguments: Array) -> String:
	var room: String = arguments[0]
	var resumed: bool = arguments[2]
	var rejoined: bool = arguments[3]
	if not rejoined:
		return GuildhallCatalogue.joined(room)
	return "" if resumed else GuildhallCatalogue.joined_anew(room)


# How many sequence numbers there are from one to another.
static func _count(from: int, to: int) -> int:
	return maxi(0, to - from) + 1


static func _refused(request: GuildhallSession.RequestKind, subject: String) -> String:
	match request:
		GuildhallSession.RequestKind.JOIN:
			return GuildhallCatalogue.refused_join(subject)
		GuildhallSession.RequestKind.LEAVE:
			return GuildhallCatalogue.refused_leave(subject)
		GuildhallSession.RequestKind.RENAME:
			return GuildhallCatalogue.refused_rename()
		GuildhallSession.RequestKind.LIST_ROOMS:
			return GuildhallCatalogue.refused_list_rooms()
		GuildhallSession.RequestKind.LIST_MEMBERS:
			return GuildhallCatalogue.refused_list_members(subject)
		GuildhallSession.RequestKind.FETCH_HISTORY:
			return GuildhallCatalogue.refused_history(subject)
		GuildhallSession.RequestKind.REFRESH:
			return GuildhallCatalogue.refused_refresh()
		GuildhallSession.RequestKind.LIST_UNREAD:
			return GuildhallCatalogue.refused_list_unread()
		GuildhallSession.RequestKind.SEARCH:
			return GuildhallCatalogue.refused_search()
		GuildhallSession.RequestKind.HELLO:
			return GuildhallCatalogue.refused_hello()
	return GuildhallModerationTexts.request_refused(request, subject)


# The sentence about the rule that a name breaks, with a space before it. Empty if the
# server names none, or one that is newer than this addon.
static func _name_rule(word: String, most := "", character := "") -> String:
	match word:
		"blank":
			return " " + GuildhallCatalogue.bad_name_blank()
		"too_long":
			return " " + GuildhallCatalogue.bad_name_too_long(most)
		"character":
			return " " + GuildhallCatalogue.bad_name_character(character)
		"place":
			return " " + GuildhallCatalogue.bad_name_place(character)
		"marks":
			return " " + GuildhallCatalogue.bad_name_marks()
		"space":
			return " " + GuildhallCatalogue.bad_name_space()
		"guest":
			return " " + GuildhallCatalogue.bad_name_guest()
		"reserved":
			return " " + GuildhallCatalogue.bad_name_reserved()
	return ""
