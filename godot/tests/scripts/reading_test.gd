extends Check
## Read marks and searches of a player, against the real server.

var _unread: Array[GuildhallUnread] = []
var _found: Array[GuildhallLine] = []
var _pages := 0
var _of_time: Array[GuildhallLine] = []


func test() -> void:
	var mira := await _player("Mira")
	var tom := await _player("Tom")
	var seen: Array[GuildhallLine] = []
	tom.line_received.connect(func(line: GuildhallLine) -> void: seen.append(line))
	tom.unread_listed.connect(func(rooms: Array[GuildhallUnread]) -> void: _unread = rooms)
	tom.search_page.connect(_on_page)
	tom.history_of_time.connect(
		func(_room: String, lines: Array[GuildhallLine], _more: bool) -> void: _of_time = lines
	)
	for text: String in ["a red dragon", "hello Tom", "a blue bird"]:
		mira.say_in("lobby", text)
	await until(func() -> bool: return seen.size() == 3, "Tom has the lines")

	tom.mark_read("lobby", seen[0].seq)
	equal(tom.room("lobby").read_seq, seen[0].seq, "Tom has read the first one")
	equal(tom.list_unread(), OK, "he asks")
	await until(func() -> bool: return _unread.size() == 1, "the room with unread lines")
	equal(_unread[0].room, "lobby", "its name")
	equal([_unread[0].lines, _unread[0].mentions], [2, 1], "its lines, and who names him")
	equal(_unread[0].seq, seen[0].seq, "where he has stopped")

	equal(tom.search("lobby", "DRAGON red"), OK, "he looks for words, in any letter case")
	await until(func() -> bool: return _pages == 1, "the answer")
	equal(_found.map(func(line: GuildhallLine) -> String: return line.text), ["a red dragon"], "")
	tom.search("", "", "Mira")
	await until(func() -> bool: return _pages == 2, "what Mira has said")
	equal(_found.size(), 3, "all of it")
	equal(_found[0].text, "a blue bird", "the newest first")
	equal(tom.search("attic", "x"), GuildhallSession.SendError.NOT_IN_ROOM as int, "elsewhere")
	equal(tom.fetch_history_of("lobby", 0, seen[1].time), OK, "he asks for the lines of a time")
	await until(func() -> bool: return not _of_time.is_empty(), "the lines")
	that(_of_time[-1].text == "a blue bird", "oldest first")


func _on_page(lines: Array[GuildhallLine], _more: bool, is_first: bool) -> void:
	that(is_first, "it is the first page")
	_pages += 1
	_found = lines


func _player(player_name: String) -> GuildhallChat:
	var chat := GuildhallChat.new()
	chat.keeps_session = false
	add_child(chat)
	equal(chat.connect_to_url(argument("url"), player_name), OK, "the address")
	chat.join_room("lobby")
	await until(func() -> bool: return chat.room("lobby").joined, player_name + " is in the lobby")
	return chat
