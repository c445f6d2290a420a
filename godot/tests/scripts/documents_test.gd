extends Check
## Every script in the documents loads, and does what the text around it says, in a scene as
## the editor writes it. The argument [code]--url[/code] is a real server, the file
## godot.md is docs/godot.md, and secret.txt has a secret for tokens.

## What the steps tell the reader to set, by the words in bold, and what the editor writes
## for it.
const SETTINGS := {
	"Full Rect":
	(
		"anchors_preset = 15\nanchor_right = 1.0\nanchor_bottom = 1.0\n"
		+ "grow_horizontal = 2\ngrow_vertical = 2"
	),
	"Scroll Following": "scroll_following = true",
	"Expand": "size_flags_vertical = 3",
	"Keep Editing on Text Submit": "keep_editing_on_text_submit = true",
}
## What the editor writes for a new container.
const NEW_CONTAINER := "offset_right = 40.0\noffset_bottom = 40.0"
const ADDRESS := "ws://localhost:8080/ws"

var _scripts: Array[String] = []
var _steps := ""


func test() -> void:
	_load_all()
	_steps = file("godot.md").get_slice("## From an empty project", 1).get_slice("```", 0)
	await _the_first_chat_chats()
	await _a_second_player_gets_another_name()
	await _examples_may_be_visited_again()
	_a_game_translates_a_text()
	_a_backend_makes_a_token()


func _load_all() -> void:
	while ResourceLoader.exists("res://tests/documents/%d.gd" % _scripts.size()):
		var path := "res://tests/documents/%d.gd" % _scripts.size()
		var script := load(path) as GDScript
		that(script != null and script.can_instantiate(), "the script %s loads" % path)
		_scripts.append(FileAccess.get_file_as_string(path))
	that(_scripts.size() >= 5, "the documents have scripts: %d" % _scripts.size())


func _the_first_chat_chats() -> void:
	var scene := _first_chat()
	var shown := func() -> String: return (scene.get_node("Log") as GuildhallLog).get_parsed_text()
	await until(func() -> bool: return shown.call().contains("You joined “lobby”."), "it joins")
	var lines: PackedStringArray = shown.call().split("\n")
	equal(lines[0], "Welcome, Mira!", "the first line")
	equal(scene.size, scene.get_viewport_rect().size, "the chat is as large as the window")
	var log_size := (scene.get_node("Log") as Control).size
	that(log_size.y > scene.size.y * 0.8, "the log has most of it: %s" % log_size)
	that((scene.get_node("Log") as RichTextLabel).scroll_following, "the log follows new lines")
	var input := scene.get_node("Input") as LineEdit
	_type(input, "hello")
	await until(func() -> bool: return shown.call().ends_with("Mira: hello"), "it says a line")
	equal(input.text, "", "the input line is empty again")
	that(input.keep_editing_on_text_submit, "and keeps the focus")
	_type(input, "x".repeat(4097))
	var too_long := "The text is too long: 4097 bytes, and at most 4096 are allowed."
	that(shown.call().ends_with(too_long), "a long text: " + shown.call())
	equal(input.text.length(), 4097, "the text can be made shorter")
	scene.free()
	Guildhall.chat.close()


func _a_second_player_gets_another_name() -> void:
	var mira := GuildhallChat.new()
	add_child(mira)
	mira.connect_to_url(argument("url"), "Mira")
	await until(func() -> bool: return mira.session.id > 0, "the first window has the name")
	var scene := _first_chat()
	var log_node := scene.get_node("Log") as GuildhallLog
	var has_joined := func() -> bool:
		return log_node.get_parsed_text().contains("You joined “lobby”.")
	await until(has_joined, "the second window joins")
	var shown := log_node.get_parsed_text()
	that(shown.contains("Welcome, Guest"), "it has another name")
	that(shown.contains("“Mira” is taken"), "the log says why: " + shown)
	that(not shown.contains("/nick"), "it offers no command that the game does not have")
	scene.free()
	mira.free()
	Guildhall.chat.close()


# The client outlives the scenes. The runner counts what they print.
func _examples_may_be_visited_again() -> void:
	for visit in 3:
		var scene := _instance(_script_with('Guildhall.chat.say_in("lobby", "hello")')) as Node
		var heard := [false]
		var on_line := func(line: GuildhallLine) -> void: heard[0] = heard[0] or line.own
		add_child(scene)
		Guildhall.chat.line_received.connect(on_line)
		await until(func() -> bool: return heard[0], "visit %d is heard" % visit)
		Guildhall.chat.line_received.disconnect(on_line)
		scene.free()
	Guildhall.chat.close()
	var plain := _instance(_script_with('Guildhall.say.bind("hello")')) as Node
	add_child(plain)
	await until(func() -> bool: return Guildhall.client_id > 0, "the client without rooms")
	Guildhall.close()
	plain.free()


func _a_game_translates_a_text() -> void:
	var before := TranslationServer.get_locale()
	var scene := _instance(_script_with("Bienvenue")) as Node
	add_child(scene)
	TranslationServer.set_locale("fr")
	equal(GuildhallCatalogue.welcome("Mira"), "Bienvenue, Mira !", "the game's own text")
	TranslationServer.set_locale(before)
	scene.free()


# The token is what it prints, and the runner has a server look at it.
func _a_backend_makes_a_token() -> void:
	var backend := _instance(_script_with("func chat_token(")) as Node
	add_child(backend)
	backend.free()


# Makes the scene of the steps in the document, and opens it as a game does.
func _first_chat() -> Control:
	var script := _save("first_chat.gd", _script_with("extends VBoxContainer"))
	var root := _setting("Full Rect") if _is_told("Full Rect") else NEW_CONTAINER
	var text := (
		"""[gd_scene load_steps=3 format=3]

[ext_resource type="Script" path="%s" id="1_a8y0d"]
[ext_resource type="Script" path="res://addons/guildhall/log.gd" id="2_k2q7c"]

[node name="VBoxContainer" type="VBoxContainer"]
%s
script = ExtResource("1_a8y0d")

[node name="Log" type="RichTextLabel" parent="."]
layout_mode = 2
%s
%s
script = ExtResource("2_k2q7c")

[node name="Input" type="LineEdit" parent="."]
layout_mode = 2
%s
"""
		% [
			script,
			root,
			_setting("Expand"),
			_setting("Scroll Following"),
			_setting("Keep Editing on Text Submit"),
		]
	)
	var scene := (load(_save("first_chat.tscn", text)) as PackedScene).instantiate() as Control
	# An engine without a screen has a window of 64 pixels.
	var window := SubViewport.new()
	window.size = Vector2i(960, 600)
	add_child(window)
	window.add_child(scene)
	return scene


func _is_told(words: String) -> bool:
	return _steps.contains("**%s**" % words)


func _setting(words: String) -> String:
	return SETTINGS[words] if _is_told(words) else ""


func _type(input: LineEdit, text: String) -> void:
	input.text = text
	input.text_submitted.emit(text)


func _script_with(words: String) -> String:
	for text in _scripts:
		if text.contains(words):
			return text
	that(false, "a document has a script with " + words)
	return ""


func _instance(text: String) -> Object:
	return (load(_save("%d.gd" % text.hash(), text)) as GDScript).new()


# Saves a file for this server. What a script prints is told to the runner.
func _save(file_name: String, text: String) -> String:
	var path := "user://" + file_name
	text = text.replace(ADDRESS, argument("url")).replace("print(", 'print("OUT ", ')
	FileAccess.open(path, FileAccess.WRITE).store_string(text)
	return path
