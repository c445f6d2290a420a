extends Check
## Two players and a moderator on a real server ([code]--url[/code]), with tokens of it
## ([code]--moderator[/code], [code]--bob[/code], [code]--ann[/code]): a report, a mute with its
## words, a block, a purge, a kick and a ban.

const ROOM := "lobby"

const Packets := preload("res://addons/guildhall/packets.gd")

var _moderator: GuildhallChat
var _bob: GuildhallChat
var _ann: GuildhallChat
# The signals that each client has emitted: the client, the kind, and its values.
var _told: Array[Array] = []


func test() -> void:
	_moderator = await _client("moderator")
	_bob = await _client("bob")
	_ann = await _client("ann")
	that(_moderator.may_moderate(ROOM), "the moderator may moderate the room")
	that(not _bob.may_moderate(ROOM), "a player may not")
	await _a_player_reports_a_line()
	await _a_muted_player_knows_until_when()
	await _a_block_keeps_lines_away()
	await _what_is_purged_is_gone()
	await _a_kicked_player_may_come_back_and_a_banned_one_not()
	for chat: GuildhallChat in [_moderator, _bob, _ann]:
		chat.close()
		chat.free()


func _a_player_reports_a_line() -> void:
	that(_bob.say_in(ROOM, "buy gold") > 0, "bob says something")
	await until(func() -> bool: return _lines(_ann).has("buy gold"), "ann reads it")
	var line: GuildhallLine = _of(_ann, "line")[-1]
	equal(_ann.report_line(ROOM, line.seq, Packets.Reason.REASON_SPAM, "again"), OK, "a report")
	await until(func() -> bool: return _of(_ann, "reported").size() == 1, "ann has a receipt")
	equal(_ann.report_line(ROOM, 99_999, Packets.Reason.REASON_SPAM), -8, "there is no such line")


func _a_muted_player_knows_until_when() -> void:
	var imposition := GuildhallImposition.new()
	imposition.room = ROOM
	imposition.user = _bob.session.id
	imposition.seconds = 600
	imposition.reason = Packets.Reason.REASON_SPAM
	imposition.rule = "Say it once"
	equal(_moderator.impose(imposition), OK, "the moderator mutes bob")
	await until(func() -> bool: return _of(_bob, "sanctioned").size() == 1, "bob is told")
	that(not _bob.can_say(ROOM) and _ann.can_say(ROOM), "bob alone can say nothing")
	equal(_bob.say_in(ROOM, "hello?"), GuildhallSession.SendError.MUTED, "nor does the client try")
	var why := GuildhallModerationTexts.cannot_say(_bob.session, ROOM, Time.get_ticks_msec())
	that(why.begins_with("You are muted in “lobby”"), "the input says why: " + why)
	that(why.contains("10 minutes") and why.contains("Say it once"), "and until when: " + why)
	var left := _bob.seconds_left(_bob.muted(ROOM))
	that(left > 500 and left <= 600, "the client counts down: %d" % left)
	var mute := Packets.SanctionKind.SANCTION_KIND_MUTE
	equal(_moderator.lift(mute, ROOM, _bob.session.id), OK, "the moderator ends it")
	await until(func() -> bool: return _of(_bob, "ended").size() == 1, "bob is told that, too")
	that(_bob.say_in(ROOM, "thanks") > 0, "bob writes again")
	await until(func() -> bool: return _lines(_ann).has("thanks"), "and is read")
	equal(_bob.impose(imposition), OK, "a player asks for what only moderators may")
	await until(func() -> bool: return _of(_bob, "refused").size() == 1, "and is refused")


func _a_block_keeps_lines_away() -> void:
	equal(_ann.block(_bob.session.id), OK, "ann blocks bob")
	await until(func() -> bool: return _ann.is_blocked(_bob.session.id), "ann blocks bob")
	that(_bob.say_in(ROOM, "unseen") > 0, "bob goes on")
	that(_moderator.say_in(ROOM, "behind it") > 0, "and another one")
	await until(func() -> bool: return _lines(_ann).has("behind it"), "ann reads the other one")
	that(not _lines(_ann).has("unseen"), "and nothing of bob")
	equal(_ann.unblock(_bob.session.id), OK, "ann does not block bob any more")
	await until(func() -> bool: return not _ann.is_blocked(_bob.session.id), "bob is not blocked")


func _what_is_purged_is_gone() -> void:
	equal(_moderator.purge(ROOM, _bob.session.id), OK, "the moderator removes what bob has said")
	await until(func() -> bool: return _of(_ann, "gone").size() == 1, "ann is told")
	var change: GuildhallLineChange = _of(_ann, "gone")[0]
	var gone := _of(_ann, "line").filter(change.is_about)
	var texts := gone.map(func(line: GuildhallLine) -> String: return line.text)
	equal(texts, ["buy gold", "thanks"], "which lines are gone")


func _a_kicked_player_may_come_back_and_a_banned_one_not() -> void:
	var imposition := GuildhallImposition.new()
	imposition.room = ROOM
	imposition.user = _bob.session.id
	imposition.kind = Packets.SanctionKind.SANCTION_KIND_KICK
	imposition.reason = Packets.Reason.REASON_OTHER
	equal(_moderator.impose(imposition), OK, "the moderator takes bob out")
	await until(func() -> bool: return _of(_bob, "removed").size() == 1, "bob is out")
	_bob.join_room(ROOM)
	await until(func() -> bool: return _is_in(_bob), "bob comes back")
	imposition.kind = Packets.SanctionKind.SANCTION_KIND_BAN
	equal(_moderator.impose(imposition), OK, "the moderator bans bob")
	await until(func() -> bool: return _of(_bob, "removed").size() == 2, "bob is out again")
	var sanction: GuildhallSanction = _of(_bob, "removed")[1]
	equal(sanction.kind, imposition.kind, "and told that it is a ban")
	_bob.join_room(ROOM)
	await until(func() -> bool: return _of(_bob, "refused").size() == 2, "bob cannot come back")


func _client(who: String) -> GuildhallChat:
	var chat := GuildhallChat.new()
	chat.keeps_session = false
	add_child(chat)
	chat.line_received.connect(func(line: GuildhallLine) -> void: _tell(chat, "line", line))
	chat.reported.connect(func(id: int) -> void: _tell(chat, "reported", id))
	chat.sanctioned.connect(
		func(sanction: GuildhallSanction, _left: int) -> void: _tell(chat, "sanctioned", sanction)
	)
	chat.sanction_ended.connect(
		func(sanction: GuildhallSanction) -> void: _tell(chat, "ended", sanction)
	)
	chat.lines_purged.connect(
		func(change: GuildhallLineChange) -> void: _tell(chat, "gone", change)
	)
	chat.room_removed.connect(
		func(_room: String, _reason: int, sanction: GuildhallSanction) -> void:
			_tell(chat, "removed", sanction)
	)
	chat.refused.connect(
		func(_request: int, _subject: String, failure: GuildhallFailure) -> void:
			_tell(chat, "refused", failure)
	)
	chat.set_token(argument(who))
	equal(chat.connect_to_url(argument("url")), OK, who + " connects")
	chat.join_room(ROOM)
	await until(_is_in.bind(chat), who + " is in the room")
	return chat


func _is_in(chat: GuildhallChat) -> bool:
	return chat.room(ROOM) != null and chat.room(ROOM).joined


func _tell(chat: GuildhallChat, kind: String, what: Variant) -> void:
	_told.append([chat, kind, what])


func _of(chat: GuildhallChat, kind: String) -> Array:
	var found := []
	for told in _told:
		if told[0] == chat and told[1] == kind:
			found.append(told[2])
	return found


func _lines(chat: GuildhallChat) -> Array:
	return _of(chat, "line").map(func(line: GuildhallLine) -> String: return line.text)
