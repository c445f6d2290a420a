extends Check
## Two clients in one engine chat with names, rooms and whispers through a real server. The
## argument [code]--url[/code] is the server, [code]--plain[/code] a server that does not
## speak the subprotocol, and [code]--cut[/code] a server behind a proxy that cuts the
## first four handshakes.

const Event := preload("res://addons/guildhall/session/event.gd")

var _mira: GuildhallChat
var _tom: GuildhallChat
# The signals of each client, as texts, in order.
var _signals: Dictionary[GuildhallChat, Array] = {}


func test() -> void:
	_every_event_has_a_signal()
	await _clients_join_a_room_with_their_names()
	await _members_receive_what_others_say()
	await _whispers_reach_one_client()
	await _a_new_name_reaches_everyone()
	await _rooms_and_members_are_listed()
	await _history_is_complete()
	await _failures_have_reasons()
	await _a_resumed_session_misses_nothing()
	await _a_message_without_a_connection_is_sent_later()
	await _a_client_that_leaves_receives_nothing()
	await _a_server_without_the_subprotocol_is_refused()
	await _a_server_behind_a_bad_network_is_not_refused()
	await _a_node_that_comes_back_needs_no_frames()
	await _an_address_must_be_valid()


func _every_event_has_a_signal() -> void:
	var chat := GuildhallChat.new()
	var arguments := {}
	for description in chat.get_signal_list():
		arguments[description["name"]] = (description["args"] as Array).size()
	var events := 0
	for method: Dictionary in (Event as GDScript).get_script_method_list():
		var event_name: String = method["name"]
		if (method["flags"] as int) & METHOD_FLAG_STATIC and not event_name.begins_with("_"):
			that(arguments.has(event_name), "there is a signal for " + event_name)
			events += 1
	that(events > 20, "there are events: %d" % events)
	chat.free()


func _clients_join_a_room_with_their_names() -> void:
	_mira = _chat()
	_tom = _chat()
	_mira.join_room("tavern")
	equal(_mira.connect_to_url(argument("url"), "Mira"), OK, "Mira connects")
	that(_mira.room("tavern") != null, "a room that was joined before is still wanted")
	await _emits(_mira, "joined tavern", "Mira joins the tavern")
	equal(_mira.session.name, "Mira", "Mira has the name that she wants")
	that(_mira.session.id > 0, "Mira has an ID")
	equal(
		_mira.socket.get_selected_protocol(), "guildhall.v1", "the connection uses the subprotocol"
	)
	equal(_tom.connect_to_url(argument("url"), "Tom"), OK, "Tom connects")
	_tom.join_room("tavern")
	await _emits(_tom, "joined tavern", "Tom joins the tavern")
	await _emits(_mira, "member joined Tom", "Mira learns that Tom has joined")
	equal(_mira.room("tavern").count, 2, "the tavern has two members")
	var names := _tom.room("tavern").members.values()
	names.sort()
	equal(names, ["Mira", "Tom"], "Tom knows both members")


func _members_receive_what_others_say() -> void:
	var nonce := _mira.say_in("tavern", "hello [b]Tom[/b]")
	that(nonce > 0, "Mira says a text")
	await _emits(_tom, "line tavern Mira: hello [b]Tom[/b]", "Tom receives it")
	await _emits(_mira, "sent %d" % nonce, "the server has stored it")
	that(_signals[_mira].has("own line hello [b]Tom[/b]"), "Mira receives her own line")
	that(_signals[_mira].find("pending %d" % nonce) >= 0, "the message was pending before")
	_tom.say_in("tavern", "waves", true)
	await _emits(_mira, "line tavern Tom* waves", "Mira receives what Tom does")


func _whispers_reach_one_client() -> void:
	that(_mira.whisper("Tom", "psst") > 0, "Mira whispers to a name")
	await _emits(_tom, "whisper Mira: psst", "Tom receives the whisper")
	equal(_tom.session.last_whisperer_name, "Mira", "Tom knows who whispered last")
	that(_tom.whisper_to(_tom.session.last_whisperer, "what?") > 0, "Tom whispers to an ID")
	await _emits(_mira, "whisper Tom: what?", "Mira receives the whisper")
	that(not _signals[_tom].has("line tavern Mira: psst"), "a whisper is not a line of the room")


func _a_new_name_reaches_everyone() -> void:
	equal(_tom.rename("Thomas"), OK, "Tom asks for another name")
	await _emits(_tom, "name Thomas", "Tom has the new name")
	await _emits(_mira, "renamed Tom Thomas", "Mira learns the new name")
	equal(
		_mira.room("tavern").members[_tom.session.id],
		"Thomas",
		"the list of members has the new name"
	)
	equal(_tom.rename("Mira"), OK, "Tom asks for a name that is taken")
	await _emits(
		_tom, "refused %d Mira" % GuildhallSession.RequestKind.RENAME, "the server refuses it"
	)


func _rooms_and_members_are_listed() -> void:
	_tom.join_room("mill")
	await _emits(_tom, "joined mill", "Tom joins another room")
	equal(_mira.list_rooms(), OK, "Mira asks for the rooms")
	await _emits(_mira, "room mill 1", "the mill has one member")
	that(_signals[_mira].has("room tavern 2"), "the tavern has two members: %s" % [_signals[_mira]])
	equal(_tom.list_members("tavern"), OK, "Tom asks for the members of the tavern")
	await _emits(_tom, "members tavern Mira,Thomas", "the list has both")
	equal(
		_mira.list_members("mill"), GuildhallSession.SendError.NOT_IN_ROOM, "only members may ask"
	)


func _history_is_complete() -> void:
	for number in 30:
		_tom.say_in("mill", "line %d" % number)
		await get_tree().process_frame
	await _emits(_tom, "own line line 29", "Tom says thirty lines", 30.0)
	var late := _chat()
	equal(late.connect_to_url(argument("url"), "Late"), OK, "a third client connects later")
	late.join_room("mill")
	await _emits(late, "line mill Thomas: line 29", "it receives the newest lines")
	while late.room("mill").oldest_seq > 1:
		var before := late.room("mill").oldest_seq
		equal(late.fetch_history("mill"), OK, "it asks for older lines")
		await until(
			func() -> bool: return late.room("mill").oldest_seq < before, "older lines come"
		)
	var lines := _signals[late].filter(
		func(emitted: String) -> bool: return emitted.contains("Thomas: line")
	)
	lines.sort()
	equal(lines.size(), 30, "it has thirty lines")
	that(lines[0] != lines[1], "no line comes twice")
	late.close()
	late.free()


func _failures_have_reasons() -> void:
	var most := _mira.session.limits.text_bytes
	var too_long := GuildhallSession.SendError.TOO_LONG
	equal(_mira.say_in("tavern", "x".repeat(most + 1)), too_long, "a text may be too long")
	equal(_mira.say_in("tavern", ""), GuildhallSession.SendError.EMPTY, "a text must not be empty")
	equal(
		_mira.say_in("mill", "hi"), GuildhallSession.SendError.NOT_IN_ROOM, "only members may speak"
	)
	var nonce := _mira.whisper("Nobody", "hi")
	await _emits(
		_mira, "failed %d “Nobody” is not here." % nonce, "a whisper to an unknown name fails"
	)
	var again := _mira.retry(nonce)
	that(again > nonce, "a failed message can be sent again")
	await _emits(_mira, "failed %d “Nobody” is not here." % again, "it fails again")
	equal(
		_mira.retry(nonce),
		GuildhallSession.SendError.NO_SUCH_MESSAGE,
		"the old message is forgotten"
	)
	_mira.join_room("#".repeat(200))
	await _emits(
		_mira, "refused %d" % GuildhallSession.RequestKind.JOIN, "a room's name may be too long"
	)


func _a_resumed_session_misses_nothing() -> void:
	var id := _tom.session.id
	# As if the cable was pulled: this connection receives nothing more.
	_tom.set_process(false)
	_tom.session.closed(1006, "", Time.get_ticks_msec(), 0.9)
	_tom.poll()
	equal(_tom.session.state, GuildhallSession.State.WAITING, "Tom waits after the loss")
	that(_tom.seconds_to_retry() > 0.0, "the next attempt has a time")
	var nonce := _mira.say_in("tavern", "are you there?")
	await _emits(_mira, "sent %d" % nonce, "Mira says something meanwhile")
	that(not _signals[_tom].has("line tavern Mira: are you there?"), "Tom does not receive it")
	_tom.set_process(true)
	await _emits(
		_tom, "line tavern Mira: are you there?", "Tom receives it once he is online again"
	)
	equal(_tom.session.id, id, "Tom keeps his ID")
	that(_signals[_tom].has("system Connected again."), "Tom learns that he is online again")
	equal(_signals[_tom].count("line tavern Mira: are you there?"), 1, "the line comes once")
	that(not _signals[_mira].has("member left Thomas"), "Tom has not left for Mira")


func _a_message_without_a_connection_is_sent_later() -> void:
	_tom.session.closed(1006, "", Time.get_ticks_msec(), 0.9)
	var nonce := _tom.say_in("tavern", "typed while away")
	that(nonce > 0, "Tom says something without a connection")
	_tom.go_online()
	await _emits(
		_mira, "line tavern Thomas: typed while away", "Mira receives it once Tom is online"
	)
	await _emits(_tom, "sent %d" % nonce, "Tom knows that the server has stored it")


func _a_client_that_leaves_receives_nothing() -> void:
	_tom.leave_room("tavern")
	await _emits(_mira, "member left Thomas", "Mira learns that Tom has left")
	that(_signals[_tom].has("left tavern"), "Tom has left the room")
	_mira.say_in("tavern", "alone at last")
	await _emits(_mira, "own line alone at last", "Mira says something alone")
	that(not _signals[_tom].has("line tavern Mira: alone at last"), "Tom does not receive it")
	_tom.close()
	equal(_tom.session.state, GuildhallSession.State.CLOSED, "Tom closes the connection")
	var not_online := GuildhallSession.SendError.NOT_ONLINE
	equal(_tom.say_in("mill", "hi"), not_online, "a closed client says nothing")
	_mira.close()


func _a_server_without_the_subprotocol_is_refused() -> void:
	var chat := _chat()
	equal(
		chat.connect_to_url(argument("plain"), "Mira"),
		OK,
		"a client connects to another kind of server"
	)
	var closed := func() -> bool: return chat.session.state == GuildhallSession.State.CLOSED
	await until(closed, "the client gives up", 30.0)
	equal(
		chat.session.close_reason,
		"The server does not speak guildhall.v1.",
		"the reason is the subprotocol"
	)
	that(
		_signals[chat].has("system The server does not speak guildhall.v1."),
		"the player learns the reason"
	)
	chat.free()


# The first handshakes fail as they do with another kind of server, while connections
# without the subprotocol succeed.
func _a_server_behind_a_bad_network_is_not_refused() -> void:
	var chat := _chat()
	equal(
		chat.connect_to_url(argument("cut"), "Mira"), OK, "a client connects through a bad network"
	)
	chat.join_room("tavern")
	await _emits(chat, "joined tavern", "it joins in the end", 30.0)
	that(
		not _signals[chat].has("system The server does not speak guildhall.v1."),
		"the server was not refused"
	)
	chat.close()
	chat.free()


# A game may take a node out of the tree and add it again, as when it changes the scene. The
# timer for hidden pages begins anew, so the client joins although no frame polls it.
func _a_node_that_comes_back_needs_no_frames() -> void:
	var chat := _chat()
	remove_child(chat)
	add_child(chat)
	chat.set_process(false)
	equal(chat.connect_to_url(argument("url"), "Mira"), OK, "a client connects without frames")
	chat.join_room("mill")
	await _emits(chat, "joined mill", "the client joins without frames", 60.0)
	chat.free()


func _an_address_must_be_valid() -> void:
	var chat := _chat()
	equal(
		chat.connect_to_url("http://localhost:1/"),
		ERR_INVALID_PARAMETER,
		"an http address is not valid"
	)
	equal(chat.session.state, GuildhallSession.State.IDLE, "the client stays idle")
	equal(chat.connect_to_url("ws://localhost:1/"), OK, "a valid address may have no server")
	var waits := func() -> bool: return chat.session.state == GuildhallSession.State.WAITING
	await until(waits, "the client waits for the next attempt")
	chat.free()


# Waits until the client has emitted a signal.
func _emits(chat: GuildhallChat, wanted: String, what: String, seconds := 30.0) -> void:
	await until(func() -> bool: return _signals[chat].has(wanted), what, seconds)
	if not _signals[chat].has(wanted):
		print("signals: ", _signals[chat])


# Makes a client whose signals are recorded as texts.
func _chat() -> GuildhallChat:
	var chat := GuildhallChat.new()
	add_child(chat)
	var emitted: Array[String] = []
	_signals[chat] = emitted
	chat.room_joined.connect(
		func(room: String, _a: String, _r: bool, _j: bool, _f: int, _l: int) -> void:
			emitted.append("joined " + room)
	)
	chat.room_left.connect(func(room: String) -> void: emitted.append("left " + room))
	chat.line_received.connect(func(line: GuildhallLine) -> void: _record_line(emitted, line))
	chat.history_loaded.connect(
		func(_room: String, lines: Array[GuildhallLine], _more: bool) -> void:
			for line in lines:
				_record_line(emitted, line)
	)
	chat.whisper_received.connect(
		func(whisper: GuildhallWhisper) -> void:
			if not whisper.own:
				emitted.append("whisper %s: %s" % [whisper.sender_name, whisper.text])
	)
	chat.member_joined.connect(
		func(_room: String, _id: int, member_name: String) -> void:
			emitted.append("member joined " + member_name)
	)
	chat.member_left.connect(
		func(_room: String, _id: int, member_name: String) -> void:
			emitted.append("member left " + member_name)
	)
	chat.member_renamed.connect(
		func(_room: String, _id: int, old_name: String, new_name: String) -> void:
			emitted.append("renamed %s %s" % [old_name, new_name])
	)
	chat.message_pending.connect(
		func(message: GuildhallMessage) -> void: emitted.append("pending %d" % message.nonce)
	)
	chat.message_sent.connect(func(nonce: int) -> void: emitted.append("sent %d" % nonce))
	chat.message_failed.connect(
		func(nonce: int, failure: GuildhallFailure) -> void:
			emitted.append("failed %d %s" % [nonce, GuildhallTexts.failure(failure)])
	)
	chat.name_changed.connect(func(own_name: String) -> void: emitted.append("name " + own_name))
	chat.rooms_listed.connect(
		func(rooms: Dictionary[String, int], _total: int) -> void:
			for room in rooms:
				emitted.append("room %s %d" % [room, rooms[room]])
	)
	chat.members_listed.connect(
		func(room: String, _count: int, _listed: bool, members: Dictionary[int, String]) -> void:
			var names := members.values()
			names.sort()
			emitted.append("members %s %s" % [room, ",".join(PackedStringArray(names))])
	)
	chat.refused.connect(
		func(
			request: GuildhallSession.RequestKind, subject: String, _failure: GuildhallFailure
		) -> void:
			emitted.append(("refused %d %s" % [request, subject.lstrip("#")]).strip_edges())
	)
	chat.system_message.connect(
		func(_room: String, text: String) -> void: emitted.append("system " + text)
	)
	return chat


func _record_line(emitted: Array[String], line: GuildhallLine) -> void:
	if line.own:
		emitted.append("own line " + line.text)
	else:
		var mark := "*" if line.action else ":"
		emitted.append("line %s %s%s %s" % [line.room, line.name, mark, line.text])
