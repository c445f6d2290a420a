extends GuildhallLog
## The log of the chat scene: it renders the log of a conversation, keeps its place while
## messages come, and asks for older messages at its top.

## The player has scrolled up at the top of the log.
signal older_requested
## The player wants the menu of a message, at this point of the window.
signal menu_requested(key: int, at: Vector2)

const MessageLog := preload("message_log.gd")

## How much of the height the page keys scroll.
const PAGE := 0.9
## How long a press is that opens the menu, in seconds.
const LONG_PRESS := 0.5
const CHOSEN_COLOR := Color(0.878, 0.698, 0.353, 0.18)

# The key of the message that the arrow keys have chosen; 0 for none.
var _chosen := 0
var _messages: MessageLog = null
# Which press is the present one, and whether it goes on.
var _presses := 0
var _is_pressed := false


func _ready() -> void:
	get_v_scroll_bar().value_changed.connect(_on_scrolled)
	gui_input.connect(_on_gui_input)
	draw.connect(_on_draw)
	focus_exited.connect(_choose.bind(0))


## Renders a conversation's log. The view stays at the end if it was there.
func render(messages: MessageLog) -> void:
	if messages != _messages:
		_messages = messages
		_choose(0)
	var bar := get_v_scroll_bar()
	var was_at_end := bar.value >= bar.max_value - bar.page - 4.0
	# Messages that are added at the top do not change the distance from the end.
	var from_end := bar.max_value - bar.value
	var rendered_all := messages.render(self)
	if was_at_end:
		scroll_to_end()
	elif rendered_all:
		flush()
		bar.value = maxf(1.0, get_content_height() - from_end)


## Scrolls to the newest entry.
func scroll_to_end() -> void:
	scroll_to_line(maxi(0, get_line_count() - 1))


## Scrolls up by a page.
func page_up() -> void:
	if _is_at_top():
		older_requested.emit()
	get_v_scroll_bar().value -= size.y * PAGE


## Scrolls down by a page.
func page_down() -> void:
	get_v_scroll_bar().value += size.y * PAGE


func _is_at_top() -> bool:
	return get_v_scroll_bar().value <= 0.0 and has_all_lines()


func _on_scrolled(_value: float) -> void:
	# A log without a scroll bar is always at its top.
	if _is_at_top() and get_v_scroll_bar().max_value > size.y + 1.0:
		older_requested.emit()


## Chooses the message with this key, and scrolls to it.
func choose(key: int) -> void:
	_choose(key)
	var rect := rect_of(key)
	if rect.has_area() and not Rect2(Vector2.ZERO, size).encloses(rect):
		get_v_scroll_bar().value += rect.position.y - size.y * 0.4


func _choose(key: int) -> void:
	_chosen = key
	queue_redraw()


func _on_draw() -> void:
	if _chosen != 0:
		draw_rect(rect_of(_chosen), CHOSEN_COLOR)


func _on_gui_input(event: InputEvent) -> void:
	var button := event as InputEventMouseButton
	if button != null:
		_on_button(button)
	elif event is InputEventMouseMotion:
		# The player selects text.
		_is_pressed = _is_pressed and (event as InputEventMouseMotion).relative.length() < 3.0
	elif event.is_action_pressed(&"ui_up", true):
		_step(-1)
	elif event.is_action_pressed(&"ui_down", true):
		_step(1)
	elif event.is_action_pressed(&"ui_accept") or event.is_action_pressed(&"ui_menu"):
		if _chosen != 0:
			var rect := rect_of(_chosen)
			var below := Vector2(40.0, clampf(rect.end.y, 0.0, size.y))
			menu_requested.emit(_chosen, get_screen_position() + below)
			accept_event()


func _step(step: int) -> void:
	var next := _messages.next_key(_chosen, step) if _messages != null else 0
	if next != 0:
		choose(next)
	accept_event()


func _on_button(button: InputEventMouseButton) -> void:
	match button.button_index:
		MOUSE_BUTTON_WHEEL_UP when button.pressed and _is_at_top():
			older_requested.emit()
		MOUSE_BUTTON_RIGHT when button.pressed:
			_request_menu(button.position)
		MOUSE_BUTTON_LEFT:
			_presses += 1
			_is_pressed = button.pressed
			if button.pressed:
				var end := _on_long_press.bind(_presses, button.position)
				get_tree().create_timer(LONG_PRESS).timeout.connect(end)


func _on_long_press(press: int, at: Vector2) -> void:
	if _is_pressed and press == _presses:
		_is_pressed = false
		_request_menu(at)


func _request_menu(at: Vector2) -> void:
	var key := key_at(at)
	if key != 0:
		_choose(key)
		menu_requested.emit(key, get_screen_position() + at)
