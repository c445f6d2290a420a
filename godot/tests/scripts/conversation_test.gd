extends Check
## Several clients in one engine chat with a client outside of it, for a picture. The file
## conversation.json is a list of [code][name, text][/code]; the lines without a name are
## those of the client outside.

const ROOM := "lobby"


func test() -> void:
	var lines: Array = JSON.parse_string(file("conversation.json"))
	var clients: Dictionary[String, GuildhallChat] = {}
	var received: Array[String] = []
	for line: Array in lines:
		if line[0] == null or clients.has(line[0]):
			continue
		var chat := GuildhallChat.new()
		add_child(chat)
		clients[line[0]] = chat
		chat.connect_to_url(argument("url"), line[0] as String)
		chat.join_room(ROOM)
		await until(func() -> bool: return chat.room(ROOM).joined, "%s joins" % line[0])
		if clients.size() == 1:
			chat.line_received.connect(func(got: GuildhallLine) -> void: received.append(got.text))
	# The first line tells the client outside that all others have joined.
	for line: Array in lines:
		if line[0] != null:
			that(clients[line[0]].say_in(ROOM, line[1] as String) > 0, "%s says a line" % line[0])
		await until(func() -> bool: return received.has(line[1]), "received: %s" % line[1], 60.0)
