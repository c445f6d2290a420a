extends Check
## Two players change what was said, against the real server: each sees what the other does.

const Packets := preload("res://addons/guildhall/packets.gd")
const Limits := preload("res://addons/guildhall/session/limits.gd")

var _mira: GuildhallChat
var _tom: GuildhallChat
# The lines of each player by their numbers, as they are now.
var _lines: Dictionary[GuildhallChat, Dictionary] = {}
var _sent: Array[int] = []
var _undone: Array[int] = []


func test() -> void:
	_mira = await _player("Mira")
	_tom = await _player("Tom")
	await _a_line_is_edited_and_removed()
	await _reactions_are_counted()
	await _a_reply_has_its_line()
	await _what_is_not_done_is_told()
	await _who_was_away_has_the_lines_as_they_are()


func _a_line_is_edited_and_removed() -> void:
	_mira.say_in("lobby", "helo")
	var line := await _line(_tom, "helo")
	var own := await _line(_mira, "helo")
	that(_mira.can_edit(own) and not _tom.can_edit(line), "she can edit it, and he cannot")
	var nonce := _mira.edit_line("lobby", line.seq, "hello")
	that(nonce > 0, "the edit is sent: %d" % nonce)
	await until(func() -> bool: return line.text == "hello", "Tom sees the edit")
	that(line.edited > 0, "with its time")
	await until(func() -> bool: return nonce in _sent, "it is acknowledged")
	that(_mira.remove_line("lobby", line.seq) > 0, "the removal is sent")
	await until(func() -> bool: return line.removed, "Tom sees the removal")
	equal(line.text, "", "nothing is left of the text")
	await until(func() -> bool: return not _mira.can_edit(own), "it cannot be edited any more")


func _reactions_are_counted() -> void:
	_mira.say_in("lobby", "a dragon!")
	var line := await _line(_tom, "a dragon!")
	_tom.react("lobby", line.seq, "👍")
	_mira.react("lobby", line.seq, "👍")
	_mira.react("lobby", line.seq, "🎉")
	var wanted: Dictionary[String, int] = {"👍": 2, "🎉": 1}
	await until(func() -> bool: return line.reactions == wanted, "Tom sees all reactions")
	_tom.react("lobby", line.seq, "👍", true)
	_mira.react("lobby", line.seq, "🎉", true)
	wanted = {"👍": 1}
	await until(func() -> bool: return line.reactions == wanted, "they are taken back")
	var own: GuildhallLine = _lines[_mira][line.seq]
	await until(func() -> bool: return own.reactions == wanted, "Mira sees the same")


func _a_reply_has_its_line() -> void:
	var dragon := await _line(_tom, "a dragon!")
	_tom.reply("lobby", dragon.seq, "where?")
	var reply := await _line(_mira, "where?")
	equal(reply.reply_to, dragon.seq, "the reply has the number of the line")


func _what_is_not_done_is_told() -> void:
	var dragon := await _line(_tom, "a dragon!")
	var nonce := _tom.edit_line("lobby", dragon.seq, "no dragon")
	await until(func() -> bool: return nonce in _undone, "nobody edits what others have said")
	equal(dragon.text, "a dragon!", "the line stays")
	equal(
		_tom.edit_line("lobby", 9_999, "x"),
		GuildhallSession.SendError.NO_SUCH_LINE as int,
		"there is no such line"
	)
	var own := await _line(_mira, "a dragon!")
	that(_mira.can_edit(own), "a line can be edited for a while")
	var limits := Limits.new()
	# A server that allows no edits.
	limits.update(Packets.Limits.new())
	var before: int = _mira.session.limits.edit_seconds
	_mira.session.limits.edit_seconds = limits.edit_seconds
	that(limits.edit_seconds == 0 and not _mira.can_edit(own), "0 is a limit")
	var said := own.time
	own.time += 60_000
	that(not _mira.can_edit(own), "also with a clock that is behind")
	own.time = said
	_mira.session.limits.edit_seconds = before
	that(_tom.explain(GuildhallSession.SendError.NO_SUCH_LINE) != "", "it has a text")
	var long := "x".repeat(_tom.session.limits.reaction_bytes + 1)
	equal(
		_tom.react("lobby", dragon.seq, long),
		GuildhallSession.SendError.TOO_LONG as int,
		"a reaction has a limit"
	)


func _who_was_away_has_the_lines_as_they_are() -> void:
	var late := await _player("Ada")
	var dragon := await _line(late, "a dragon!")
	var wanted: Dictionary[String, int] = {"👍": 1}
	equal(dragon.reactions, wanted, "a newcomer has the reactions")
	var removed := 0
	for line: GuildhallLine in _lines[late].values():
		removed += int(line.removed or line.text == "")
	equal(removed, 0, "and no trace of what was removed before")


# Returns the line with this text, once the player has it.
func _line(chat: GuildhallChat, text: String) -> GuildhallLine:
	await until(func() -> bool: return _find(chat, text) != null, "the line: " + text)
	return _find(chat, text)


func _find(chat: GuildhallChat, text: String) -> GuildhallLine:
	for line: GuildhallLine in _lines[chat].values():
		if line.text == text:
			return line
	return null


func _player(player_name: String) -> GuildhallChat:
	var chat := GuildhallChat.new()
	chat.keeps_session = false
	add_child(chat)
	var lines := {}
	_lines[chat] = lines
	chat.line_received.connect(func(line: GuildhallLine) -> void: lines[line.seq] = line)
	for changed: Signal in [chat.line_edited, chat.line_removed, chat.reactions_changed]:
		changed.connect(_on_changed.bind(lines))
	chat.message_sent.connect(func(nonce: int) -> void: _sent.append(nonce))
	chat.change_failed.connect(
		func(nonce: int, _room: String, _line_number: int, _why: GuildhallFailure) -> void:
			_undone.append(nonce)
	)
	equal(chat.connect_to_url(argument("url"), player_name), OK, "the address")
	chat.join_room("lobby")
	await until(func() -> bool: return chat.room("lobby").joined, player_name + " is in the lobby")
	return chat


func _on_changed(change: GuildhallLineChange, lines: Dictionary) -> void:
	var line: GuildhallLine = lines.get(change.line)
	that(line != null and line.apply(change), "a change is about a line that was received")
