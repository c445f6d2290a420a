extends Check
## Several people in one engine who hold a conversation with one outside of it, for
## a picture. The file talk.json is a list of [code][name, text][/code]; where the
## name is null, the one outside is waited for.

const ROOM := "lobby"


func test() -> void:
	var talk: Array = JSON.parse_string(file("talk.json"))
	var people: Dictionary[String, GuildhallChat] = {}
	var heard: Array[String] = []
	for said: Array in talk:
		if said[0] == null or people.has(said[0]):
			continue
		var chat := GuildhallChat.new()
		add_child(chat)
		people[said[0]] = chat
		chat.connect_to_url(argument("url"), said[0] as String)
		chat.join_room(ROOM)
		await until(func() -> bool: return chat.room(ROOM).joined, "%s is there" % said[0])
		if people.size() == 1:
			chat.line_received.connect(func(line: GuildhallLine) -> void: heard.append(line.text))
	# Whoever is outside is told that everybody is there, by the first line.
	for said: Array in talk:
		if said[0] != null:
			that(people[said[0]].say_in(ROOM, said[1] as String) > 0, "%s speaks" % said[0])
		await until(func() -> bool: return heard.has(said[1]), "heard: %s" % said[1], 60.0)
