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


## Shows what [param typed] can become, none of it chosen. A command stands there
## under its first name, unless another was begun.
func offer(wholes: Array[String], typed := "") -> void:
	if wholes.is_empty() and not visible:
		return
	var is_offered := func(whole: String) -> bool: return not _is_another_name(whole, typed)
	_wholes = wholes.filter(is_offered).slice(0, MOST)
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


# Whether it is a command whose first name fits what was typed as well.
static func _is_another_name(whole: String, typed: String) -> bool:
	var known := GuildhallCommand.named(whole.strip_edges())
	if known.is_empty():
		return false
	var first: String = known["names"][0]
	return whole.strip_edges() != first and first.begins_with(typed.to_lower())


# A command is shown with what it does.
static func _label(whole: String) -> String:
	var command := whole.strip_edges()
	var known := GuildhallCommand.named(command)
	if known.is_empty():
		return Log.one_line(whole)
	var usage := (known["usage"] as String).replace(known["names"][0] as String, command)
	return usage + "   " + GuildhallWords.command_help(known["kind"] as GuildhallCommand.Kind)


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
