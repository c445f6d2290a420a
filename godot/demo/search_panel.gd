extends VBoxContainer
## The search: a field, and what was found, the newest first.

## The player has chosen a line that was found.
signal line_chosen(line: GuildhallLine)
## The player has closed the search.
signal closed

const MessageLog := preload("message_log.gd")

var _chat: GuildhallChat
var _lines: Array[GuildhallLine] = []
var _has_more := false

@onready var _words := $Words as LineEdit
@onready var _found := $Found as ItemList


func _ready() -> void:
	_words.placeholder_text = GuildhallCatalogue.scene_search_hint()
	_words.text_submitted.connect(_on_submitted)
	_words.gui_input.connect(_on_key)
	_found.gui_input.connect(_on_key)
	_found.gui_input.connect(_on_list_key)
	_found.item_clicked.connect(
		func(at: int, _position: Vector2, button: int) -> void:
			if button == MOUSE_BUTTON_LEFT:
				_on_activated(at)
	)


## Searches with this client.
func use(chat: GuildhallChat) -> void:
	_chat = chat
	chat.search_page.connect(_on_page)


## Opens the search, with these words.
func open(words := "") -> void:
	show()
	_words.grab_focus()
	if words != "":
		_words.text = words
		_on_submitted(words)


## Looks for more. Returns whether there is a search with more lines.
func go_on() -> bool:
	return _has_more and _chat.search_on() == OK


func _on_submitted(words: String) -> void:
	_tell(_chat.explain(mini(_chat.search("", words.strip_edges()), 0), words))


func _on_page(lines: Array[GuildhallLine], more: bool, is_first: bool) -> void:
	show()
	if is_first:
		_lines.clear()
	elif _found.item_count > _lines.size():
		_found.remove_item(_lines.size())
	if is_first:
		_found.clear()
	_has_more = more
	for line in lines:
		_lines.append(line)
		var said := GuildhallLog.one_line(line.text.replace("\n", " "))
		var speaker := MessageLog.own_name() if line.own else GuildhallLog.one_line(line.name)
		var time := MessageLog.clock(line.time)
		_found.add_item("#%s  %s  %s: %s" % [GuildhallLog.one_line(line.room), time, speaker, said])
	if _lines.is_empty():
		_tell(GuildhallCatalogue.scene_nothing_found())
	elif more:
		_found.add_item(GuildhallCatalogue.scene_more_found())
	_found.visible = _found.item_count > 0


# Shows a text in place of lines.
func _tell(text: String) -> void:
	if text == "":
		return
	_lines.clear()
	_found.clear()
	_found.add_item(text, null, false)
	_found.visible = true


func _on_activated(at: int) -> void:
	if at < _lines.size():
		line_chosen.emit(_lines[at])
	elif _has_more:
		_chat.search_on()


func _on_key(event: InputEvent) -> void:
	if event.is_action_pressed(&"ui_cancel"):
		closed.emit()
		accept_event()


# The list does not accept the key, and the scene would move the focus to the chat.
func _on_list_key(event: InputEvent) -> void:
	var selected := _found.get_selected_items()
	if event.is_action_pressed(&"ui_accept") and not selected.is_empty():
		_on_activated(selected[0])
		accept_event()
