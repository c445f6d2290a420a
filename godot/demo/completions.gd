extends ItemList
## The lines that complete what the player has typed: a list above the input line, which
## Tab steps through. The composer fills it.

## The player has clicked a line.
signal chosen(line: String)

## The most lines that are shown.
const MAX_LINES := 12
## How much of the log stays visible, in pixels.
const VISIBLE_LOG := 40.0

# The complete lines.
var _lines: Array[String] = []
# The index of the line that was stepped to; below 0 before the first step.
var _at := -1


func _ready() -> void:
	item_clicked.connect(_on_item_clicked)
	(get_parent() as Control).resized.connect(_fit)


## Shows these lines, none of them selected. If [param typed] fits several names of a
## command, only the first name is shown.
func offer(lines: Array[String], typed := "") -> void:
	if lines.is_empty() and not visible:
		return
	var is_shown := func(line: String) -> bool: return not _is_other_name(line, typed)
	_lines = lines.filter(is_shown).slice(0, MAX_LINES)
	_at = -1
	clear()
	for line in _lines:
		add_item(_label(line))
		set_item_tooltip_enabled(item_count - 1, false)
	visible = not _lines.is_empty()
	_fit.call_deferred()


## Hides the list.
func close() -> void:
	offer([])


## Whether the list is shown.
func is_open() -> bool:
	return not _lines.is_empty()


## Selects and returns the next line, or the one before. A single line closes the list.
func step(back: bool) -> String:
	var count := _lines.size()
	if _at < 0:
		_at = count - 1 if back else 0
	else:
		_at = posmod(_at + (-1 if back else 1), count)
	var line := _lines[_at]
	if count == 1:
		close()
	else:
		select(_at)
		ensure_current_is_visible()
	return line


# Whether the line is another name of a command whose first name fits as well.
static func _is_other_name(line: String, typed: String) -> bool:
	var known := GuildhallCommand.named(line.strip_edges())
	if known.is_empty():
		return false
	var first: String = known["names"][0]
	return line.strip_edges() != first and first.begins_with(typed.to_lower())


# Returns what the list shows for a line: commands are shown with their help.
static func _label(line: String) -> String:
	var command := line.strip_edges()
	var known := GuildhallCommand.named(command)
	if known.is_empty():
		return GuildhallLog.one_line(line)
	var usage := (known["usage"] as String).replace(known["names"][0] as String, command)
	return usage + "   " + GuildhallTexts.command_help(known["names"][0] as String)


func _on_item_clicked(at: int, _position: Vector2, button: int) -> void:
	if button == MOUSE_BUTTON_LEFT:
		var line := _lines[at]
		close()
		chosen.emit(line)


# Makes the list as high as its items, but not higher than the log.
func _fit() -> void:
	if not visible or item_count == 0:
		return
	var last := get_item_rect(item_count - 1)
	var margins := get_theme_stylebox(&"panel").get_minimum_size().y
	var available := (get_parent() as Control).size.y - VISIBLE_LOG
	custom_minimum_size.y = clampf(last.end.y + margins, 0.0, maxf(available, 0.0))
