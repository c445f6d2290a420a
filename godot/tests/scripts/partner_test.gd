extends Check
## One of two Godot games that chat with each other: it answers every "marco" until it
## receives "bye".


func test() -> void:
	var is_over := [false]
	var answers := [0]
	Guildhall.chat_received.connect(
		func(sender_id: int, text: String) -> void:
			if text.begins_with("marco"):
				var answer := "polo to %d from %d: %s" % [sender_id, Guildhall.client_id, text]
				equal(Guildhall.say(answer), OK, "the answer is sent")
				answers[0] += 1
			is_over[0] = is_over[0] or text == "bye"
	)
	Guildhall.connected_to_server.connect(func() -> void: print("PARTNER connected"))
	equal(Guildhall.connect_to_url(argument("url")), OK, "the game connects")
	await until(func() -> bool: return is_over[0], "the conversation ends", 60.0)
	that(answers[0] > 0, "it has answered")
	Guildhall.close()
	var state := func() -> int: return Guildhall.state
	await until(
		func() -> bool: return state.call() == GuildhallClient.State.CLOSED,
		"the connection is closed"
	)
