extends Check
## Calls in another order than the documents' work, or warn: the warnings are in
## logic.test.mjs. The argument [code]--url[/code] is a real server.

var _received: Array[String] = []


func test() -> void:
	await _a_game_may_ask_before_it_connects()
	await _a_second_connect_keeps_the_rooms()
	await _a_scene_that_is_entered_again_hears_once()
	await _messages_that_wait_for_ever_warn()
	_a_text_that_is_too_long_is_counted()


func _a_game_may_ask_before_it_connects() -> void:
	var chat := _chat()
	chat.join_room("tavern")
	var nonce := chat.say_in("tavern", "too early?")
	that(nonce > 0, "a message may be said before the game connects")
	equal(chat.rename("Mira"), OK, "so may a name")
	equal(chat.connect_to_url(argument("url")), OK, "the game connects")
	await until(func() -> bool: return _received.has("Mira: too early?"), "all of it is done")
	var states: Array[String] = _received.filter(
		func(text: String) -> bool: return text.begins_with("system")
	)
	equal(states[0], "system Welcome, Mira!", "the first text is not that the client is offline")
	chat.free()


func _a_second_connect_keeps_the_rooms() -> void:
	var chat := _chat()
	chat.connect_to_url(argument("url"), "Tom")
	chat.join_room("tavern")
	chat.join_room("mill")
	await until(func() -> bool: return _received.has("joined mill"), "Tom joins")
	_received.clear()
	equal(chat.connect_to_url(argument("url"), "Tim"), OK, "he connects again")
	await until(func() -> bool: return _received.has("joined mill"), "he joins the mill again")
	that(_received.has("joined tavern"), "and the tavern, first")
	equal(chat.session.name, "Tim", "he has the new name")
	that(chat.say_in("mill", "still here") > 0, "he says something there")
	await until(func() -> bool: return _received.has("Tim: still here"), "it is said")
	chat.free()


# The header's example, in a scene that is entered three times. The client outlives it.
func _a_scene_that_is_entered_again_hears_once() -> void:
	var chat := _chat()
	var heard: Array[String] = []
	for visit in 3:
		var scene := Scene.new()
		scene.heard = heard
		scene.enter(chat, argument("url"))
		await until(func() -> bool: return heard.has("visit %d" % visit), "the scene hears itself")
		scene.free()
	equal(heard, ["visit 0", "visit 1", "visit 2"] as Array[String], "each line is heard once")
	chat.free()


func _messages_that_wait_for_ever_warn() -> void:
	var client := GuildhallClient.new()
	add_child(client)
	client.chat.join_room("tavern")
	that(client.chat.say_in("tavern", "hello?") > 0, "a message waits")
	equal(client.connect_to_url(argument("url")), OK, "the other client connects")
	await until(func() -> bool: return client.client_id > 0, "it is there")
	equal(client.chat.session.state, GuildhallSession.State.IDLE, "the message waits on")
	client.close()
	client.free()
	# The same the other way round.
	var other := GuildhallClient.new()
	add_child(other)
	other.chat.connect_to_url(argument("url"), "Zoe")
	equal(other.say("hello?"), ERR_UNAVAILABLE, "nothing is said")
	other.free()


func _a_text_that_is_too_long_is_counted() -> void:
	var chat := GuildhallChat.new()
	chat.join_room("tavern")
	var text := "é".repeat(2049)
	var error := chat.say_in("tavern", text)
	equal(error, GuildhallSession.SendError.TOO_LONG, "it is not sent")
	var wanted := "The text is too long: 4098 bytes, and at most 4096 are allowed."
	equal(chat.explain(error, text), wanted, "the player learns how much")
	chat.free()


func _chat() -> GuildhallChat:
	var chat := GuildhallChat.new()
	chat.keeps_session = false
	add_child(chat)
	_received.clear()
	chat.line_received.connect(
		func(line: GuildhallLine) -> void: _received.append("%s: %s" % [line.name, line.text])
	)
	chat.room_joined.connect(
		func(room: String, _a: String, _r: bool, _j: bool, _f: int, _l: int) -> void:
			_received.append("joined " + room)
	)
	chat.system_message.connect(
		func(_room: String, text: String) -> void: _received.append("system " + text)
	)
	return chat


## A scene as in the header of chat.gd.
class Scene:
	extends Node
	var heard: Array[String] = []

	func enter(chat: GuildhallChat, url: String) -> void:
		chat.line_received.connect(_on_line)
		chat.connect_to_url(url, "Sue")
		chat.join_room("stage")
		chat.say_in("stage", "visit %d" % heard.size())

	func _on_line(line: GuildhallLine) -> void:
		if not line.replay:
			heard.append(line.text)
