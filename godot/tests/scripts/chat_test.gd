extends Check
## The chat with names, rooms and whispers, through a real server: two clients
## in one engine. The argument [code]--url[/code] is the server, [code]--plain[/code]
## one that does not speak the subprotocol, [code]--cut[/code] one whose first four
## handshakes are cut.

var _mira: GuildhallChat
var _tom: GuildhallChat
# What their signals have said, in order.
var _told: Dictionary[GuildhallChat, Array] = {}


func test() -> void:
	_signals()
	await _come_in()
	await _talk()
	await _whisper()
	await _rename()
	await _lists()
	await _history()
	await _refusals()
	await _lose_and_resume()
	await _type_while_away()
	await _leave()
	await _no_subprotocol()
	await _cut_handshakes()
	await _addresses()


# Every event of a session has its signal, with as many arguments.
func _signals() -> void:
	var chat := GuildhallChat.new()
	var arguments := {}
	for description in chat.get_signal_list():
		arguments[description["name"]] = (description["args"] as Array).size()
	var events := 0
	for method: Dictionary in (GuildhallEvent as GDScript).get_script_method_list():
		var event_name: String = method["name"]
		if (method["flags"] as int) & METHOD_FLAG_STATIC and not event_name.begins_with("_"):
			that(arguments.has(event_name), "a signal for " + event_name)
			events += 1
	that(events > 20, "there are events: %d" % events)
	chat.free()


func _come_in() -> void:
	_mira = _chat()
	_tom = _chat()
	_mira.join_room("tavern")
	equal(_mira.connect_to_url(argument("url"), "Mira"), OK, "connecting")
	that(_mira.room("tavern") == null, "another server, other rooms")
	_mira.join_room("tavern")
	await _hears(_mira, "joined tavern", "Mira is in the tavern")
	equal(_mira.session.name, "Mira", "under her name")
	that(_mira.session.id > 0, "with an ID")
	equal(_mira.socket.get_selected_protocol(), "guildhall.v1", "the subprotocol")
	equal(_tom.connect_to_url(argument("url"), "Tom"), OK, "connecting another")
	_tom.join_room("tavern")
	await _hears(_tom, "joined tavern", "Tom is in the tavern")
	await _hears(_mira, "came Tom", "and Mira is told")
	equal(_mira.room("tavern").count, 2, "they are two")
	var who := _tom.room("tavern").members.values()
	who.sort()
	equal(who, ["Mira", "Tom"], "who they are")


func _talk() -> void:
	var nonce := _mira.say_in("tavern", "hello [b]Tom[/b]")
	that(nonce > 0, "Mira speaks")
	await _hears(_tom, "line tavern Mira: hello [b]Tom[/b]", "Tom hears it")
	await _hears(_mira, "sent %d" % nonce, "Mira knows that it arrived")
	that(_told[_mira].has("own line hello [b]Tom[/b]"), "and has it in its place")
	that(_told[_mira].find("pending %d" % nonce) >= 0, "it was pending before")
	_tom.say_in("tavern", "waves", true)
	await _hears(_mira, "line tavern Tom* waves", "what somebody does")


func _whisper() -> void:
	that(_mira.whisper("Tom", "psst") > 0, "a whisper by name")
	await _hears(_tom, "whisper Mira: psst", "is heard")
	equal(_tom.session.last_whisperer_name, "Mira", "whom to answer is known")
	that(_tom.whisper_to(_tom.session.last_whisperer, "what?") > 0, "a whisper by ID")
	await _hears(_mira, "whisper Tom: what?", "is heard")
	that(not _told[_tom].has("line tavern Mira: psst"), "and is no line")


func _rename() -> void:
	equal(_tom.rename("Thomas"), OK, "another name")
	await _hears(_tom, "name Thomas", "is given")
	await _hears(_mira, "renamed Tom Thomas", "and told to others")
	equal(_mira.room("tavern").members[_tom.session.id], "Thomas", "and kept")
	equal(_tom.rename("Mira"), OK, "a name that is taken")
	await _hears(_tom, "refused %d Mira" % GuildhallSession.RequestKind.RENAME, "is refused")


func _lists() -> void:
	_tom.join_room("mill")
	await _hears(_tom, "joined mill", "another room")
	equal(_mira.list_rooms(), OK, "which rooms are there?")
	await _hears(_mira, "room mill 1", "the mill, with one in it")
	that(_told[_mira].has("room tavern 2"), "the tavern, with two: %s" % [_told[_mira]])
	equal(_tom.list_members("tavern"), OK, "who is in the tavern?")
	await _hears(_tom, "members tavern Mira,Thomas", "these are")
	equal(_mira.list_members("mill"), GuildhallSession.SendError.NOT_IN_ROOM, "not from outside")


func _history() -> void:
	for number in 30:
		_tom.say_in("mill", "line %d" % number)
		await get_tree().process_frame
	await _hears(_tom, "own line line 29", "thirty lines", 30.0)
	var late := _chat()
	equal(late.connect_to_url(argument("url"), "Late"), OK, "somebody comes late")
	late.join_room("mill")
	await _hears(late, "line mill Thomas: line 29", "and hears the newest lines")
	while late.room("mill").oldest_seq > 1:
		var before := late.room("mill").oldest_seq
		equal(late.fetch_history("mill"), OK, "older ones, please")
		await until(func() -> bool: return late.room("mill").oldest_seq < before, "they come")
	var lines := _told[late].filter(
		func(words: String) -> bool: return words.contains("Thomas: line")
	)
	lines.sort()
	equal(lines.size(), 30, "all of them, each once")
	that(lines[0] != lines[1], "no line twice")
	late.close()
	late.free()


func _refusals() -> void:
	var most := _mira.session.limits.text_bytes
	var too_long := GuildhallSession.SendError.TOO_LONG
	equal(_mira.say_in("tavern", "x".repeat(most + 1)), too_long, "a text too long")
	equal(_mira.say_in("tavern", ""), GuildhallSession.SendError.EMPTY, "no text")
	equal(_mira.say_in("mill", "hi"), GuildhallSession.SendError.NOT_IN_ROOM, "not in the room")
	var nonce := _mira.whisper("Nobody", "hi")
	await _hears(_mira, "failed %d “Nobody” is not here." % nonce, "nobody is there")
	var again := _mira.retry(nonce)
	that(again > nonce, "it can be tried again")
	await _hears(_mira, "failed %d “Nobody” is not here." % again, "and fails again")
	equal(_mira.retry(nonce), GuildhallSession.SendError.NO_SUCH_MESSAGE, "once")
	_mira.join_room("#".repeat(200))
	await _hears(_mira, "refused %d" % GuildhallSession.RequestKind.JOIN, "no room's name")


func _lose_and_resume() -> void:
	var id := _tom.session.id
	# As if the cable was pulled: nothing more is heard of this connection.
	_tom.set_process(false)
	_tom.session.closed(1006, "", Time.get_ticks_msec(), 0.9)
	_tom.poll()
	equal(_tom.session.state, GuildhallSession.State.WAITING, "Tom's connection is lost")
	that(_tom.seconds_to_retry() > 0.0, "he knows when he comes back")
	var nonce := _mira.say_in("tavern", "are you there?")
	await _hears(_mira, "sent %d" % nonce, "Mira speaks meanwhile")
	that(not _told[_tom].has("line tavern Mira: are you there?"), "Tom does not hear it")
	_tom.set_process(true)
	await _hears(_tom, "line tavern Mira: are you there?", "until he is back")
	equal(_tom.session.id, id, "as the same one")
	that(_told[_tom].has("system Connected again."), "and is told so")
	equal(_told[_tom].count("line tavern Mira: are you there?"), 1, "once")
	that(not _told[_mira].has("went Thomas"), "Mira has not noticed")


func _type_while_away() -> void:
	_tom.session.closed(1006, "", Time.get_ticks_msec(), 0.9)
	var nonce := _tom.say_in("tavern", "typed while away")
	that(nonce > 0, "what is typed without a connection waits")
	_tom.go_online()
	await _hears(_mira, "line tavern Thomas: typed while away", "and is said when it can be")
	await _hears(_tom, "sent %d" % nonce, "and known to be")


func _leave() -> void:
	_tom.leave_room("tavern")
	await _hears(_mira, "went Thomas", "Tom has left")
	that(_told[_tom].has("left tavern"), "and knows it")
	_mira.say_in("tavern", "alone at last")
	await _hears(_mira, "own line alone at last", "nobody hears it")
	that(not _told[_tom].has("line tavern Mira: alone at last"), "not even Tom")
	_tom.close()
	equal(_tom.session.state, GuildhallSession.State.CLOSED, "goodbye")
	var refused := GuildhallSession.SendError.NOT_ONLINE
	equal(_tom.say_in("mill", "hi"), refused, "and nothing more is said")
	_mira.close()


func _no_subprotocol() -> void:
	var chat := _chat()
	equal(chat.connect_to_url(argument("plain"), "Mira"), OK, "a server of another kind")
	var closed := func() -> bool: return chat.session.state == GuildhallSession.State.CLOSED
	await until(closed, "is given up", 30.0)
	equal(chat.session.close_reason, "The server does not speak guildhall.v1.", "for this reason")
	that(_told[chat].has("system The server does not speak guildhall.v1."), "which is told")
	chat.free()


# They look like a server of another kind: those that ask for no subprotocol get
# through.
func _cut_handshakes() -> void:
	var chat := _chat()
	equal(chat.connect_to_url(argument("cut"), "Mira"), OK, "a server behind a bad line")
	chat.join_room("tavern")
	await _hears(chat, "joined tavern", "is reached in the end", 30.0)
	that(not _told[chat].has("system The server does not speak guildhall.v1."), "without a verdict")
	chat.close()
	chat.free()


func _addresses() -> void:
	var chat := _chat()
	equal(chat.connect_to_url("http://localhost:1/"), ERR_INVALID_PARAMETER, "no chat's address")
	equal(chat.session.state, GuildhallSession.State.IDLE, "and nothing to wait for")
	equal(chat.connect_to_url("ws://localhost:1/"), OK, "nobody there")
	var waits := func() -> bool: return chat.session.state == GuildhallSession.State.WAITING
	await until(waits, "it will try again")
	chat.free()


func _hears(chat: GuildhallChat, words: String, what: String, seconds := 10.0) -> void:
	await until(func() -> bool: return _told[chat].has(words), what, seconds)
	if not _told[chat].has(words):
		print("told: ", _told[chat])


func _chat() -> GuildhallChat:
	var chat := GuildhallChat.new()
	add_child(chat)
	var told: Array[String] = []
	_told[chat] = told
	chat.room_joined.connect(
		func(room: String, _a: String, _r: bool, _j: bool, _f: int, _l: int) -> void:
			told.append("joined " + room)
	)
	chat.room_left.connect(func(room: String) -> void: told.append("left " + room))
	chat.line_received.connect(func(line: GuildhallLine) -> void: _on_line(told, line))
	chat.history_loaded.connect(
		func(_room: String, lines: Array[GuildhallLine], _more: bool) -> void:
			for line in lines:
				_on_line(told, line)
	)
	chat.whisper_received.connect(
		func(whisper: GuildhallWhisper) -> void:
			if not whisper.own:
				told.append("whisper %s: %s" % [whisper.sender_name, whisper.text])
	)
	chat.member_joined.connect(
		func(_room: String, _id: int, who: String) -> void: told.append("came " + who)
	)
	chat.member_left.connect(
		func(_room: String, _id: int, who: String) -> void: told.append("went " + who)
	)
	chat.member_renamed.connect(
		func(_room: String, _id: int, old_name: String, new_name: String) -> void:
			told.append("renamed %s %s" % [old_name, new_name])
	)
	chat.message_pending.connect(
		func(message: GuildhallMessage) -> void: told.append("pending %d" % message.nonce)
	)
	chat.message_sent.connect(func(nonce: int) -> void: told.append("sent %d" % nonce))
	chat.message_failed.connect(
		func(nonce: int, failure: GuildhallFailure) -> void:
			told.append("failed %d %s" % [nonce, GuildhallWords.failure(failure)])
	)
	chat.name_changed.connect(func(own_name: String) -> void: told.append("name " + own_name))
	chat.rooms_listed.connect(
		func(rooms: Dictionary[String, int], _total: int) -> void:
			for room in rooms:
				told.append("room %s %d" % [room, rooms[room]])
	)
	chat.members_listed.connect(
		func(room: String, _count: int, _listed: bool, members: Dictionary[int, String]) -> void:
			var names := members.values()
			names.sort()
			told.append("members %s %s" % [room, ",".join(PackedStringArray(names))])
	)
	chat.refused.connect(
		func(
			what: GuildhallSession.RequestKind, subject: String, _failure: GuildhallFailure
		) -> void:
			told.append(("refused %d %s" % [what, subject.lstrip("#")]).strip_edges())
	)
	chat.system_message.connect(
		func(_room: String, words: String) -> void: told.append("system " + words)
	)
	return chat


func _on_line(told: Array[String], line: GuildhallLine) -> void:
	if line.own:
		told.append("own line " + line.text)
	else:
		var mark := "*" if line.action else ":"
		told.append("line %s %s%s %s" % [line.room, line.name, mark, line.text])
