extends ItemList
## What the text in the line can become: a list above it that Tab goes through.
## The composer fills it.

## One of them was pressed.
signal chosen(whole: String)

## More than these are not shown.
const MOST := 12
## So much of the log stays in sight, in pixels.
const LEFT_OF_LOG := 40.0

# The whole texts that they make of what was typed.
var _wholes: Array[String] = []
# Which of them is in the line; below 0: none yet.
var _at := -1


func _ready() -> void:
	item_clicked.connect(_on_item_clicked)
	(get_parent() as Control).resized.connect(_fit)


## Shows these, none of them chosen.
func offer(wholes: Array[String]) -> void:
	if wholes.is_empty() and not visible:
		return
	_wholes = wholes.slice(0, MOST)
	_at = -1
	clear()
	for whole in _wholes:
		add_item(_label(whole))
		set_item_tooltip_enabled(item_count - 1, false)
	visible = not _wholes.is_empty()
	_fit.call_deferred()


## Whether there are any.
func are_open() -> bool:
	return not _wholes.is_empty()


## The next one, or the one before.
func step(back: bool) -> String:
	var count := _wholes.size()
	if _at < 0:
		_at = count - 1 if back else 0
	else:
		_at = posmod(_at + (-1 if back else 1), count)
	var whole := _wholes[_at]
	if count == 1:
		offer([])
	else:
		select(_at)
		ensure_current_is_visible()
	return whole


# A command is shown with what it does.
func _label(whole: String) -> String:
	var command := whole.strip_edges()
	for known in GuildhallCommand.COMMANDS:
		var names: Array = known["names"]
		if command in names:
			var usage := (known["usage"] as String).replace(names[0] as String, command)
			var does := GuildhallWords.command_help(known["kind"] as GuildhallCommand.Kind)
			return usage + "   " + does
	return Log.one_line(whole)


func _on_item_clicked(at: int, _where: Vector2, button: int) -> void:
	if button == MOUSE_BUTTON_LEFT:
		var whole := _wholes[at]
		offer([])
		chosen.emit(whole)


# As high as its items, but not higher than the log.
func _fit() -> void:
	if not visible or item_count == 0:
		return
	var last := get_item_rect(item_count - 1)
	var margins := get_theme_stylebox(&"panel").get_minimum_size().y
	var most := (get_parent() as Control).size.y - LEFT_OF_LOG
	custom_minimum_size.y = clampf(last.end.y + margins, 0.0, maxf(most, 0.0))
