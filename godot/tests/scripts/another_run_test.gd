extends Check
## A game that was killed and started again keeps its player's name. The argument
## [code]--run[/code] says which run this is; the runner kills the first one at its end, and
## brings the second one the file that the first one has printed.

const KeptSession := preload("res://addons/guildhall/kept_session.gd")

var _chat: GuildhallChat


func test() -> void:
	_chat = _connect_as_mira()
	await until(func() -> bool: return _chat.session.id > 0, "the client is welcome")
	match argument("run"):
		"first":
			await _first_run()
		"second":
			equal(_chat.session.name, "Mira", "the player has the name again")
			equal(str(_chat.session.id), argument("id"), "and the ID")
			await _says("I am back")
			await _another_copy_gets_another_name()
			_a_goodbye_leaves_nothing()
			await _a_game_may_keep_nothing()
		"stranger":
			that(_chat.session.name != "Mira", "the name is still taken: " + _chat.session.name)


func _first_run() -> void:
	equal(_chat.session.name, "Mira", "the player has the wanted name")
	await _says("first run")
	print("OUT ", _chat.session.id)
	var names := DirAccess.get_files_at(KeptSession.FOLDER)
	equal(names.size(), 1, "one file is kept")
	var path := ProjectSettings.globalize_path(KeptSession.FOLDER.path_join(names[0]))
	print("OUT ", path)
	print("OUT ", FileAccess.get_file_as_string(path))


# The first copy still runs: nobody takes its session.
func _another_copy_gets_another_name() -> void:
	var other := _connect_as_mira()
	await until(func() -> bool: return other.session.id > 0, "another copy is welcome")
	that(other.session.name != "Mira", "it has another name: " + other.session.name)
	await _says("still me")
	equal(_chat.session.state, GuildhallSession.State.ONLINE, "the first copy stays connected")
	other.free()


func _a_goodbye_leaves_nothing() -> void:
	equal(DirAccess.get_files_at(KeptSession.FOLDER).size(), 1, "one file is kept")
	_chat.close()
	equal(DirAccess.get_files_at(KeptSession.FOLDER).size(), 0, "no file is kept")


func _a_game_may_keep_nothing() -> void:
	var other := _connect_as_mira(false)
	await until(func() -> bool: return other.session.id > 0, "another client is welcome")
	equal(DirAccess.get_files_at(KeptSession.FOLDER).size(), 0, "it keeps no file")
	other.free()


func _says(text: String) -> void:
	var sent := [0]
	var nonce := _chat.say_in("lobby", text)
	_chat.message_sent.connect(func(which: int) -> void: sent[0] = which, CONNECT_ONE_SHOT)
	await until(func() -> bool: return sent[0] == nonce, "the server has stored: " + text)


func _connect_as_mira(keeps_session := true) -> GuildhallChat:
	var chat := GuildhallChat.new()
	chat.keeps_session = keeps_session
	# As on a desktop.
	(chat.get("_kept") as KeptSession).uses_files = true
	add_child(chat)
	equal(chat.connect_to_url(argument("url"), "Mira"), OK, "the game connects")
	chat.join_room("lobby")
	return chat
