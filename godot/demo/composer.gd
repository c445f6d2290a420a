extends LineEdit
## The input line: it submits and completes what the player types, and keeps a history of
## what was submitted.

## The player has submitted a line.
signal line_submitted(line: String)
## The text has changed: this many bytes are left, or, below 0, too many.
signal bytes_left_changed(bytes_left: int)

const Completions := preload("completions.gd")

## The most lines in the history.
const MAX_HISTORY := 50
## How much of the line is seen while the player can say nothing.
const CLOSED := 0.6

## The longest text, in bytes.
var max_bytes := GuildhallSession.Limits.new().text_bytes
## Whether the player can say nothing here: the line is greyed out. Commands still work.
var is_closed := false:
	set(value):
		is_closed = value
		modulate.a = CLOSED if value else 1.0
## Returns the names that may complete a line.
var names := func() -> Array[String]: return []
## Returns the rooms that may complete a line.
var rooms := func() -> Array[String]: return []

var _completions: Completions
# The submitted lines, oldest first.
var _history: Array[String] = []
# The index of the line that was recalled; past the end if none was.
var _recalled := 0


func _ready() -> void:
	text_submitted.connect(func(_text: String) -> void: submit())
	text_changed.connect(_on_text_changed)
	gui_input.connect(_on_key)
	focus_exited.connect(func() -> void: _completions.close())


## Sets the list that shows completions.
func use_completions(completions: Completions) -> void:
	_completions = completions
	completions.chosen.connect(fill)


## Shows where a message would go, or why none can.
func show_why(why: String) -> void:
	if placeholder_text != why:
		placeholder_text = why
		tooltip_text = why if is_closed else ""


## Replaces the text, for the player to edit.
func fill(new_text: String) -> void:
	text = new_text
	caret_column = new_text.length()
	_completions.close()
	grab_focus()
	_count_bytes()


## Replaces the text and shows its completions.
func fill_and_complete(new_text: String) -> void:
	fill(new_text)
	_complete()


## Submits the line, unless it has only white space.
func submit() -> void:
	_completions.close()
	if not text.strip_edges().is_empty():
		line_submitted.emit(text)
	# Engines before 4.4 release the focus here.
	if not has_focus():
		grab_focus()


## Adds a line to the history, from which the Up key recalls it.
func add_to_history(line: String) -> void:
	if _history.is_empty() or _history[-1] != line:
		_history.append(line)
	if _history.size() > MAX_HISTORY:
		_history.remove_at(0)
	_recalled = _history.size()


func _on_text_changed(new_text: String) -> void:
	_count_bytes()
	# Commands are completed while the player types; names only after Tab.
	if new_text.begins_with("/") and not new_text.contains(" "):
		_complete()
	else:
		_completions.close()


func _on_key(event: InputEvent) -> void:
	var key := event as InputEventKey
	if key == null or not key.pressed:
		return
	if key.keycode == KEY_TAB and not key.ctrl_pressed and not key.alt_pressed:
		_on_tab(key)
	elif key.keycode == KEY_ESCAPE and _completions.is_open():
		_completions.close()
		accept_event()
	elif not key.alt_pressed and event.is_action_pressed(&"ui_up"):
		_recall(-1)
	elif not key.alt_pressed and event.is_action_pressed(&"ui_down"):
		_recall(1)


# If there is nothing to complete, Tab moves the focus as everywhere.
func _on_tab(key: InputEventKey) -> void:
	if text.is_empty():
		return
	if not _completions.is_open() and not key.shift_pressed:
		_complete()
	if _completions.is_open():
		text = _completions.step(key.shift_pressed)
		caret_column = text.length()
		_count_bytes()
		accept_event()


func _complete() -> void:
	var known_names: Array[String] = names.call()
	var known_rooms: Array[String] = rooms.call()
	_completions.offer(GuildhallCommand.complete(text, known_names, known_rooms), text)


# Replaces an empty line or a recalled one, and nothing else that the player has typed.
func _recall(step: int) -> void:
	var is_recalled := _recalled < _history.size() and _history[_recalled] == text
	if not is_recalled:
		if not text.is_empty() or step > 0:
			return
		_recalled = _history.size()
	var to := _recalled + step
	if to < 0 or to > _history.size():
		return
	_recalled = to
	fill("" if to == _history.size() else _history[to])
	accept_event()


func _count_bytes() -> void:
	bytes_left_changed.emit(max_bytes - text.to_utf8_buffer().size())
