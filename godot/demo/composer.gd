extends LineEdit
## The line to type into: sends, recalls and completes. A text leaves it only once
## it was done.

## Something was typed that is to be done.
signal wished(typed: String)
## What was typed may be too long: so many bytes are left, below 0: too many.
signal counted(bytes_left: int)

const Choices := preload("choices.gd")

## More of the player's own texts are not kept.
const MOST_RECALLED := 50

## The longest text, in bytes.
var most_bytes := GuildhallLimits.new().text_bytes
## What the names and rooms are that a text may be completed with.
var names := func() -> Array[String]: return []
var rooms := func() -> Array[String]: return []

var _choices: Choices
# What was sent, and which of it is in the line; past the end: none.
var _sent: Array[String] = []
var _recalled := 0


func _ready() -> void:
	text_submitted.connect(func(_text: String) -> void: submit())
	text_changed.connect(_on_text_changed)
	gui_input.connect(_on_key)
	focus_exited.connect(func() -> void: _choices.offer([]))


## Shows what a text can become in this list.
func complete_in(choices: Choices) -> void:
	_choices = choices
	choices.chosen.connect(put)


## Puts a text into the line, to go on with.
func put(words: String) -> void:
	text = words
	caret_column = words.length()
	_choices.offer([])
	grab_focus()
	_count()


## Puts a text into the line and shows at once what it can become.
func begin(words: String) -> void:
	put(words)
	_complete()


## What is in the line, which is empty then.
func take() -> String:
	var words := text
	clear()
	_choices.offer([])
	return words


## Has done what was typed, if there is anything.
func submit() -> void:
	_choices.offer([])
	if not text.strip_edges().is_empty():
		wished.emit(text)
	# Engines before 4.4 let go of the keyboard here.
	if not has_focus():
		grab_focus()


## This was typed and done: Up brings it back.
func remember(words: String) -> void:
	if _sent.is_empty() or _sent[-1] != words:
		_sent.append(words)
	if _sent.size() > MOST_RECALLED:
		_sent.remove_at(0)
	_recalled = _sent.size()


func _on_text_changed(words: String) -> void:
	_count()
	# A command is offered while it is typed; names only when Tab asks.
	if words.begins_with("/") and not words.contains(" "):
		_complete()
	else:
		_choices.offer([])


func _on_key(event: InputEvent) -> void:
	var key := event as InputEventKey
	if key == null or not key.pressed:
		return
	if key.keycode == KEY_TAB and not key.ctrl_pressed and not key.alt_pressed:
		_on_tab(key)
	elif key.keycode == KEY_ESCAPE and _choices.are_open():
		_choices.offer([])
		accept_event()
	elif not key.alt_pressed and event.is_action_pressed(&"ui_up"):
		_recall(-1)
	elif not key.alt_pressed and event.is_action_pressed(&"ui_down"):
		_recall(1)


# In an empty line, and where nothing fits, Tab goes on as everywhere.
func _on_tab(key: InputEventKey) -> void:
	if text.is_empty():
		return
	if not _choices.are_open() and not key.shift_pressed:
		_complete()
	if _choices.are_open():
		text = _choices.step(key.shift_pressed)
		caret_column = text.length()
		_count()
		accept_event()


func _complete() -> void:
	var known_names: Array[String] = names.call()
	var known_rooms: Array[String] = rooms.call()
	_choices.offer(GuildhallCommand.complete(text, known_names, known_rooms), text)


# A text of the player's own is not overwritten: only an empty line and what was
# recalled is.
func _recall(step: int) -> void:
	var is_recalled := _recalled < _sent.size() and _sent[_recalled] == text
	if not is_recalled:
		if not text.is_empty() or step > 0:
			return
		_recalled = _sent.size()
	var to := _recalled + step
	if to < 0 or to > _sent.size():
		return
	_recalled = to
	put("" if to == _sent.size() else _sent[to])
	accept_event()


func _count() -> void:
	counted.emit(most_bytes - text.to_utf8_buffer().size())
