extends Check
## A player with an account in rooms with rules, on a real server ([code]--url[/code]), with
## tokens that its own program has made ([code]--token[/code], [code]--other[/code]): the lobby has
## a topic, only those with a right for it may say something in "news", and "slow" is slow.

signal no_answer

var _chat: GuildhallChat
var _calls := 0
var _settings: Array[String] = []
var _lines: Array[GuildhallLine] = []
var _waits: Array[String] = []


func test() -> void:
	await _a_player_is_let_in_with_a_token()
	await _rooms_say_what_holds_in_them()
	await _two_devices_are_one_player()
	await _a_guest_signs_in()
	await _a_function_for_tokens_that_is_gone_or_hangs_is_replaced()
	_chat.close()
	_chat.free()


func _a_player_is_let_in_with_a_token() -> void:
	_chat = _client()
	_chat.room_changed.connect(func(room: String) -> void: _settings.append(room))
	_chat.line_received.connect(func(line: GuildhallLine) -> void: _lines.append(line))
	_chat.slow_mode.connect(func(room: String, _until: int) -> void: _waits.append(room))
	_chat.get_token = _get_token
	equal(_chat.connect_to_url(argument("url")), OK, "the player connects")
	_chat.join_room("lobby")
	await until(func() -> bool: return _joined(_chat, "guild-7"), "the room of the token is joined")
	equal(_calls, 2, "the game was asked again after it had none")
	equal(_chat.session.user, "42", "the account")
	equal(_chat.session.name, "Mira", "the name of the token")
	equal(GuildhallInfo.read(_chat.session.info).badge, "Elder", "the badge of the token")
	that(not _chat.session.may_rename, "the game chooses names")


# A backend that does not answer at first.
func _get_token() -> Variant:
	_calls += 1
	await get_tree().process_frame
	return null if _calls == 1 else argument("token")


func _rooms_say_what_holds_in_them() -> void:
	for room: String in ["lobby", "news", "slow"]:
		_chat.join_room(room)
	await until(func() -> bool: return _settings.size() >= 3, "three rooms have rules")
	equal(_chat.room("lobby").settings.topic, "Be kind", "the topic")
	that(_chat.room("news").settings.read_only, "nothing can be said in the news")
	var read_only := GuildhallSession.SendError.READ_ONLY
	equal(_chat.say_in("news", "hi"), read_only, "the client knows that")
	equal(_chat.explain(read_only), "You may not say anything here.", "and explains it")
	equal(_chat.room("slow").settings.slow_mode, 1_000, "slow mode")
	var too_long := GuildhallSession.SendError.TOO_LONG
	equal(_chat.say_in("slow", "x".repeat(65)), too_long, "short messages")
	that(_chat.explain(too_long, "x".repeat(65), "slow").contains("at most 64"), "as it explains")
	that(_chat.say_in("slow", "one") > 0 and _chat.say_in("slow", "two") > 0, "two at once")
	await until(func() -> bool: return _waits.has("slow"), "the player has to wait")
	await until(func() -> bool: return _lines.size() == 2, "the second one goes out later")
	equal(_lines[1].text, "two", "by itself")
	equal(_lines[0].user, "42", "lines have the account")


func _two_devices_are_one_player() -> void:
	var tablet := _client()
	tablet.set_token(argument("token"))
	tablet.connect_to_url(argument("url"))
	tablet.join_room("lobby")
	var is_there := func() -> bool: return _joined(tablet, "lobby")
	await until(is_there, "the same player joins on another device")
	equal(tablet.session.id, _chat.session.id, "with the same ID")
	equal(_chat.room("lobby").count, 1, "as one member")
	_lines.clear()
	tablet.say_in("lobby", "from the tablet")
	await until(func() -> bool: return _lines.size() == 1, "the first device hears it")
	that(_lines[0].own and _lines[0].nonce == 0, "as the player's own")
	tablet.close()
	tablet.free()


func _a_function_for_tokens_that_is_gone_or_hangs_is_replaced() -> void:
	var scene := Node.new()
	var game := _client()
	game.get_token = Callable(scene, &"get_class")
	scene.free()
	game.connect_to_url(argument("url"))
	game.join_room("lobby")
	var state := GuildhallSession.State.WAITING
	await until(func() -> bool: return game.session.state == state, "it asks again later")
	game.get_token = func() -> Variant: return await no_answer
	await until(func() -> bool: return game.session.awaits_token, "a backend that hangs is asked")
	game.get_token = _get_token
	await until(func() -> bool: return _joined(game, "lobby"), "another function is asked at once")
	game.close()
	game.free()


func _a_guest_signs_in() -> void:
	var guest := _client()
	guest.connect_to_url(argument("url"))
	await until(func() -> bool: return guest.session.id > 0, "a guest is let in")
	equal(guest.session.user, "", "without an account")
	guest.set_token(argument("other"))
	await until(func() -> bool: return guest.session.user == "43", "and signs in")
	equal(guest.session.name, "Tom", "with the name of the token")
	guest.close()
	guest.free()


# A client that begins anew, whatever an earlier run of the tests has kept.
func _client() -> GuildhallChat:
	var client := GuildhallChat.new()
	add_child(client)
	client.keeps_session = false
	return client


func _joined(client: GuildhallChat, room_name: String) -> bool:
	var room := client.room(room_name)
	return room != null and room.joined
