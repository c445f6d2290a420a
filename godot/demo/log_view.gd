extends GuildhallLog
## The log of the chat scene: it renders the log of a conversation, keeps its place while
## messages come, and asks for older messages at its top.

## The player has scrolled up at the top of the log.
signal older_requested

const MessageLog := preload("message_log.gd")

## How much of the height the page keys scroll.
const PAGE := 0.9


func _ready() -> void:
	get_v_scroll_bar().value_changed.connect(_on_scrolled)
	gui_input.connect(_on_gui_input)


## Renders a conversation's log. The view stays at the end if it was there.
func render(messages: MessageLog) -> void:
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


func _on_gui_input(event: InputEvent) -> void:
	var wheel := event as InputEventMouseButton
	if wheel != null and wheel.button_index == MOUSE_BUTTON_WHEEL_UP and wheel.pressed:
		if _is_at_top():
			older_requested.emit()
