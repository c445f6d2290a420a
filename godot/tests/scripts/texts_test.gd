extends Check
## Every code has a text with its arguments, in English and German.

const Packets := preload("res://addons/guildhall/packets.gd")
const Event := preload("res://addons/guildhall/session/event.gd")


func test() -> void:
	var before := TranslationServer.get_locale()
	_every_refusal_has_a_text()
	_every_rule_of_names_has_a_text()
	_every_other_code_has_a_text()
	_every_event_has_a_text()
	_every_event_of_moderation_has_a_text()
	_a_player_reads_what_holds_and_why()
	_a_room_says_what_holds_in_it()
	_many_changes_of_the_members_are_one_short_text()
	_braces_in_arguments_are_text()
	TranslationServer.set_locale("de_AT")
	equal(_refused(13, ["Bo"]), "„Bo“ ist nicht da.", "German if the locale is German")
	TranslationServer.set_locale("fr")
	equal(_refused(13, ["Bo"]), "“Bo” is not here.", "English for all other locales")
	TranslationServer.set_locale(before)


func _every_refusal_has_a_text() -> void:
	var unknown := _refused(0, [])
	equal(_refused(9999, []), unknown, "an unknown code has the text of no code")
	for code: int in Packets.ErrorCode.values():
		var what := "error %d" % code
		_in_both(func() -> String: return _refused(code, ["ONE", "TWO"]), what)
		_in_both(func() -> String: return _refused(code, []), what + " without arguments")
		that(code == 0 or _refused(code, []) != unknown, what + " has a text of its own")
	for code: int in [1, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 16, 18]:
		that(_refused(code, ["ONE", "TWO"]).contains("ONE"), "error %d has its argument" % code)
	for code: int in [5, 7, 12]:
		var text := _refused(code, ["ONE", "TWO", "too_long"])
		that(text.contains("TWO"), "error %d has its second" % code)
	var full := GuildhallFailure.new()
	full.code = Packets.ErrorCode.ERROR_CODE_SERVER_ROOMS_FULL
	full.arguments = ["100"]
	full.temporary = true
	full.retry_after = 1001
	var wanted := "The server has 100 rooms and makes no more. Try again in 2 s."
	equal(GuildhallTexts.failure(full), wanted, "the text says when to try again")


func _every_rule_of_names_has_a_text() -> void:
	var rules := ["blank", "too_long", "character", "place", "marks", "space", "guest", "reserved"]
	for code: int in [5, 7]:
		var known := [_refused(code, ["NAME", "24"])]
		equal(_refused(code, ["NAME", "24", "later", "X"]), known[0], "a rule of a later server")
		for rule: String in rules:
			var what := "error %d, rule %s" % [code, rule]
			var refused := func() -> String: return _refused(code, ["NAME", "24", rule, "U+202E"])
			_in_both(refused, what)
			var text: String = refused.call()
			equal(
				text.contains("U+202E"), rule in ["character", "place"], what + " has the character"
			)
			that(text not in known, what + " has a text of its own")
			known.append(text)
	equal(
		_refused(5, ["a\ufffdb", "24", "character", "U+202E"]),
		"“a\ufffdb” cannot be a name. The character U+202E is not allowed in it.",
		"the text says what is wrong"
	)
	var reserved := "“You” cannot be a name. It is reserved, because others would misunderstand it."
	equal(_refused(6, ["You", "reserved"]), reserved, "a reserved name")


func _every_other_code_has_a_text() -> void:
	for kind: GuildhallFailure.Kind in [
		GuildhallFailure.Kind.DISCONNECTED,
		GuildhallFailure.Kind.UNCERTAIN,
		GuildhallFailure.Kind.NOT_IN_ROOM,
		GuildhallFailure.Kind.REJECTED,
	]:
		var words := func() -> String: return GuildhallTexts.failure(GuildhallFailure.of_kind(kind))
		_in_both(words, "reason %d" % kind)
	for error: int in GuildhallSession.SendError.values():
		_in_both(func() -> String: return GuildhallTexts.send_error(error, 9, 8), "call %d" % error)
	for code: int in [
		0,
		1000,
		1001,
		1002,
		1006,
		1007,
		1009,
		1011,
		1015,
		3000,
		3001,
		3002,
		3003,
		3501,
		3502,
		3503,
		3504,
		3999
	]:
		_in_both(func() -> String: return GuildhallTexts.close_code(code), "code %d" % code)
	that(GuildhallTexts.close_code(3999).contains("3999"), "the text has an unknown code")
	for command in GuildhallCommand.COMMANDS:
		var name: String = command["names"][0]
		_in_both(func() -> String: return GuildhallTexts.command_help(name), "command " + name)
	_in_both(GuildhallTexts.moderators_help, "commands of moderators")
	for typed: String in ["/frob", "/join"]:
		var command := GuildhallCommand.parse(typed)
		_in_both(func() -> String: return GuildhallTexts.command_error(command), typed)
	_in_both(GuildhallCatalogue.no_subprotocol, "no subprotocol")


func _a_room_says_what_holds_in_it() -> void:
	var all := GuildhallRoomSettings.new()
	_in_both(func() -> String: return GuildhallTexts.room_settings(all), "nothing special")
	equal(GuildhallTexts.room_rules(all).size(), 0, "nothing special is no rule")
	all.topic = "Raid at 8"
	all.slow_mode = 4_001
	all.text_bytes = 200
	all.announce_only = true
	all.no_history = true
	all.no_members = true
	_in_both(func() -> String: return GuildhallTexts.room_settings(all), "all that may hold")
	var text := GuildhallTexts.room_settings(all)
	that(text.begins_with("Topic: Raid at 8 Only a few"), "the topic comes first: " + text)
	that(text.contains("5 s") and text.contains("200 bytes"), "with numbers: " + text)
	equal(GuildhallTexts.room_rules(all).size(), 5, "a sentence for each")
	all.read_only = true
	var rules := GuildhallTexts.room_rules(all)
	equal(rules.size(), 4, "how to say something does not matter then")
	equal(rules[1], "You may not say anything here.", "but that it cannot be said")


func _every_event_has_a_text() -> void:
	var session := GuildhallSession.new()
	_in_both(func() -> String: return GuildhallTexts.state(session), "idle")
	session.go_online(0)
	_in_both(func() -> String: return GuildhallTexts.state(session), "connecting")
	session.closed(1001, "", 0, 0.0)
	_in_both(func() -> String: return GuildhallTexts.state(session), "waiting")
	session.close()
	_in_both(func() -> String: return GuildhallTexts.state(session), "closed")
	var failure := GuildhallFailure.of_kind(GuildhallFailure.Kind.DISCONNECTED)
	var events: Array[Event] = [
		Event.state_changed(session.state),
		Event.welcomed(1, "Bo", false),
		Event.welcomed(1, "Bo", true),
		Event.name_refused(failure),
		Event.room_joined("hall", "hall", false, false, 1, 0),
		Event.room_joined("hall", "hall", false, true, 1, 0),
		Event.room_left("hall"),
		Event.gap("hall", 1, 1),
		Event.gap("hall", 1, 4),
		Event.whisper_gap(1, 1),
		Event.whisper_gap(1, 4),
		Event.presence_notice("hall", ["Bo"], ["Jo"], [PackedStringArray(["Al", "Ann"])]),
		Event.server_answers(false),
		Event.server_answers(true),
		Event.name_changed("Bo"),
		Event.bad_message(-1),
		Event.join_delayed("hall", failure),
		Event.rename_delayed("Bo", failure),
		Event.room_removed("hall", Packets.RemovedReason.REMOVED_REASON_UNSPECIFIED, null),
		Event.room_removed("hall", Packets.RemovedReason.REMOVED_REASON_FORBIDDEN, null),
	]
	for what: GuildhallSession.RequestKind in GuildhallSession.RequestKind.values():
		events.append(Event.refused(what, "hall", failure))
	for event in events:
		_in_both(func() -> String: return GuildhallTexts.event(event, session), String(event.kind))
	var again := Event.room_joined("hall", "hall", true, true, 1, 0)
	equal(GuildhallTexts.event(again, session), "", "a resumed room has no text")
	equal(
		GuildhallTexts.event(events[8], session).left(10),
		"4 messages",
		"the text says how many are missing"
	)


func _every_event_of_moderation_has_a_text() -> void:
	var session := GuildhallSession.new()
	var sanction := _mute()
	var change := GuildhallLineChange.new()
	change.name = "Ann"
	var decided := Packets.ReportDecided.new()
	var acted := Packets.ReportDecided.new()
	acted.set_acted(true)
	var admin := GuildhallModerator.new()
	admin.name = "Ann"
	admin.role = Packets.Role.ROLE_ADMIN
	var user := GuildhallUser.new()
	user.name = "Bo"
	var events: Array[Event] = [
		Event.moved("", "hall"),
		Event.message_held(1),
		Event.rejected("hall", "Not here."),
		Event.lines_cleared(change),
		Event.lines_purged(change),
		Event.blocks_listed([]),
		Event.blocks_listed([user]),
		Event.reported(1),
		Event.report_decided(decided),
		Event.report_decided(acted),
		Event.purged("Bo", 1),
		Event.purged("Bo", 2),
		Event.moderators_listed("hall", []),
		Event.moderators_listed("hall", [admin]),
	]
	for kind: Packets.SanctionKind in [1, 2, 3]:
		for room: String in ["", "hall"]:
			var one := _mute()
			one.kind = kind
			one.room = room
			events.append(Event.sanctioned(one, -1))
			events.append(Event.sanctioned(one, 1_000))
			events.append(Event.sanction_ended(one))
			events.append(Event.imposed(one))
	for reason: Packets.RemovedReason in Packets.RemovedReason.values():
		events.append(Event.room_removed("hall", reason, null))
		events.append(Event.room_removed("hall", reason, sanction))
	var done := GuildhallSession.RequestKind
	for request: GuildhallSession.RequestKind in [
		done.BLOCK, done.UNBLOCK, done.LIFT, done.CLEAR, done.SET_ROLE
	]:
		events.append(Event.done(request, "Bo"))
	var chat := GuildhallChat.new()
	for event in events:
		that(chat.has_signal(event.kind), "there is the signal %s" % event.kind)
		_in_both(func() -> String: return GuildhallTexts.event(event, session), String(event.kind))
	for kind: StringName in [&"blocks_changed", &"sanctions_listed"]:
		that(chat.has_signal(kind), "there is the signal %s" % kind)
	chat.free()
	var changed := Event.done(done.CHANGE_ROOM, "hall")
	equal(GuildhallTexts.event(changed, session), "", "the room's change tells it")
	for rule: String in ["words", "links", "repeats", "capitals", "mentions", "later"]:
		_in_both(func() -> String: return _refused(30, [rule, ""]), "rule " + rule)
	for reason: Packets.Reason in Packets.Reason.values():
		var words := func() -> String: return GuildhallModerationTexts.reason(reason)
		_in_both(words, "reason %d" % reason)


func _a_player_reads_what_holds_and_why() -> void:
	equal(
		GuildhallModerationTexts.sanction(_mute(), 540_000),
		(
			"You are muted in “lobby”: you cannot write anything there. This ends in 9 minutes."
			+ " Reason: Spam or advertising. Rule: “Say it once”. No human has decided this."
			+ " Its number is 17. You can appeal: appeals@example.org"
		),
		"a mute in words"
	)
	equal(
		_refused(29, ["inn", "1767225600000", "1", "", "5", ""]),
		(
			"You are banned from “inn”. This ends at 2026-01-01 00:00 UTC."
			+ " Reason: Spam or advertising. Its number is 5."
		),
		"a ban in words"
	)
	equal(_refused(29, []), "You are banned from this chat.", "a ban of which nothing is said")
	for of: Array in [
		[0, "0 seconds"],
		[1, "one second"],
		[90_000, "90 seconds"],
		[90_001, "2 minutes"],
		[599_980, "10 minutes"],
		[5_400_000, "90 minutes"],
		[5_401_000, "2 hours"],
		[86_400_020, "24 hours"],
		[604_800_020, "7 days"],
	]:
		var text := GuildhallModerationTexts.ends_in(of[0] as int)
		equal(text, "This ends in %s." % of[1], "what is left is rounded")


func _mute() -> GuildhallSanction:
	var mute := GuildhallSanction.new()
	mute.id = 17
	mute.kind = Packets.SanctionKind.SANCTION_KIND_MUTE
	mute.room = "lobby"
	mute.reason = Packets.Reason.REASON_SPAM
	mute.rule = "Say it once"
	mute.automated = true
	mute.appeal = "appeals@example.org"
	return mute


func _many_changes_of_the_members_are_one_short_text() -> void:
	var session := GuildhallSession.new()
	var names: Array[String] = ["A", "B", "C", "D", "E", "F"]
	var renamed: Array[PackedStringArray] = [PackedStringArray(["A", "B"])]
	var some := Event.presence_notice("hall", names.slice(0, 3), names.slice(4), renamed)
	equal(
		GuildhallTexts.event(some, session),
		"A, B, C joined. E, F left. A is now B.",
		"a few are named"
	)
	var many := Event.presence_notice("hall", names, names.slice(5), [])
	equal(GuildhallTexts.event(many, session), "6 people joined. F left.", "many are counted")
	var one := Event.member_left("hall", 1, "Bo")
	equal(GuildhallTexts.event(one, session), "", "its notice tells it")


func _braces_in_arguments_are_text() -> void:
	var words := _refused(6, ["{1}{0}", "no"])
	equal(
		words,
		"The name “{1}{0}” is taken, or too much like one that is.",
		"a peer's braces are text"
	)


func _refused(code: int, arguments: Array[String]) -> String:
	var failure := GuildhallFailure.new()
	failure.code = code
	failure.arguments = arguments
	return GuildhallTexts.failure(failure)


# The texts of both languages differ, and all arguments are filled in.
func _in_both(words: Callable, what: String) -> void:
	TranslationServer.set_locale("de")
	var german: String = words.call()
	TranslationServer.set_locale("en")
	var english: String = words.call()
	that(german != english and german != "" and english != "", "%s: %s" % [what, english])
	that(not (german + english).contains("{"), "%s has all arguments: %s" % [what, english])
