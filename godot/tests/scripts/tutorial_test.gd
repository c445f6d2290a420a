extends Check
## A game of the tutorial runs with Guildhall's packets and autoload as WS, and chats with a
## client of the tutorial through a real server.

const Game := preload("res://tests/tutorial_game.gd")


func test() -> void:
	var game := Game.new()
	add_child(game)
	game.line_edit.text_submitted.emit("too early")
	game.start(argument("url"))
	await until(func() -> bool: return game.own_id > 0, "the game has its ID")
	game.line_edit.text_submitted.emit("hello from the game")
	var shown := func() -> String: return game.log_box.get_parsed_text()
	await until(
		func() -> bool: return shown.call().contains("hello, game"), "the game shows the answer"
	)
	# The other client has connected first and has the lower ID.
	var other := game.own_id - 1
	var wanted := "Not sent\nConnecting\nConnected\nID %d\n" % game.own_id
	wanted += "You: hello from the game\nClient %d: hello, game" % other
	equal(shown.call(), wanted, "the game's log has all messages")
	that(WS.get_socket().get_ready_state() == WebSocketPeer.STATE_OPEN, "the socket is open")
	that(WS.get_packet() == null, "no packet is left")
	equal(WS.last_state, WebSocketPeer.STATE_OPEN, "it has a state")
	equal(WS.handshake_headers, PackedStringArray(), "headers may be set")
	equal(WS.supported_protocols, PackedStringArray(), "so may subprotocols")
	that(WS.tls_options == null, "and options for TLS")
	WS.close()
	await until(
		func() -> bool: return shown.call().ends_with("Closed"), "the game reports the close"
	)
	WS.clear()
	game.free()
