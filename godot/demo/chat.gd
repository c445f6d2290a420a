extends Control
## A chat to put into a game: a log, a line to type into, and the state of the
## connection in words.

const STATE_COLORS := {
	GuildhallClient.State.OPEN: Color("93d07c"),
	GuildhallClient.State.CONNECTING: Color("f0c05a"),
	GuildhallClient.State.WAITING: Color("f0c05a"),
	GuildhallClient.State.CLOSING: Color("8f8474"),
	GuildhallClient.State.CLOSED: Color("ff8a70"),
}
const OWN_COLOR := Color("e0b25a")
## How near the longest text the counter shows, in bytes.
const COUNT_WITHIN := 500

## The server, unless the command line or the page's address names another:
## [code]godot -- --server=ws://…[/code], [code]?server=ws://…[/code].
@export var server_url := "ws://localhost:8080/ws"

var _last_text := ""

@onready var _log := %Log as Log
@onready var _input := %Input as LineEdit
@onready var _send := %Send as Button
@onready var _status := %Status as Label
@onready var _dot := %Dot as Panel
@onready var _retry := %Retry as Button
@onready var _notice := %Notice as Label


func _ready() -> void:
	Guildhall.state_changed.connect(_on_state_changed)
	Guildhall.connection_closed.connect(_on_connection_closed)
	Guildhall.id_received.connect(_on_id_received)
	Guildhall.chat_received.connect(_on_chat_received)
	Guildhall.packet_refused.connect(_on_packet_refused)
	Guildhall.messages_lost.connect(_on_messages_lost)
	_input.text_submitted.connect(_on_text_submitted)
	_input.text_changed.connect(_on_text_changed)
	_input.gui_input.connect(_on_input_key)
	_send.pressed.connect(_on_send_pressed)
	_retry.pressed.connect(Guildhall.retry_now)
	_input.grab_focus()
	_on_state_changed(Guildhall.state)
	var url := _server_url()
	_log.info("Connecting to %s" % url)
	var error := Guildhall.connect_to_url(url)
	if error != OK:
		_log.error("Cannot connect to %s: %s." % [url, error_string(error)])


func _process(_delta: float) -> void:
	if Guildhall.state == GuildhallClient.State.WAITING:
		_status.text = "Reconnecting in %d s" % ceili(Guildhall.seconds_to_retry())


func _unhandled_key_input(event: InputEvent) -> void:
	# As in most games: Enter goes to the chat.
	if event.is_action_pressed("ui_text_submit") and not _input.has_focus():
		_input.grab_focus()
		get_viewport().set_input_as_handled()


func _server_url() -> String:
	for word in OS.get_cmdline_user_args():
		if word.begins_with("--server="):
			return word.trim_prefix("--server=")
	if OS.has_feature("web"):
		var script := "new URLSearchParams(location.search).get('server') ?? ''"
		var named: Variant = JavaScriptBridge.eval(script)
		if named is String and named != "":
			return named as String
	return server_url


func _say(text: String) -> void:
	# Spaces alone say nothing.
	if text.strip_edges().is_empty():
		return
	var error := Guildhall.say(text)
	if error != OK:
		# The text stays where it is, to be sent again.
		_notice_that(GuildhallClient.explain(error))
		return
	_log.chat("You", text, OWN_COLOR)
	_log.scroll_to_line(maxi(0, _log.get_line_count() - 1))
	_last_text = text
	_input.clear()
	_notice_that("")


func _notice_that(words: String) -> void:
	_notice.text = words
	_notice.visible = words != ""


func _on_text_submitted(text: String) -> void:
	_say(text)
	# Engines before 4.4 let go of the keyboard here.
	if not _input.has_focus():
		_input.grab_focus()


func _on_send_pressed() -> void:
	_say(_input.text)
	_input.grab_focus()


func _on_text_changed(text: String) -> void:
	var left := GuildhallClient.MAX_TEXT_BYTES - text.to_utf8_buffer().size()
	if left < 0:
		_notice_that("%d bytes too long" % -left)
	elif left < COUNT_WITHIN:
		_notice_that("%d bytes left" % left)
	else:
		_notice_that("")


func _on_input_key(event: InputEvent) -> void:
	if event.is_action_pressed("ui_up") and _input.text.is_empty() and _last_text != "":
		_input.text = _last_text
		_input.caret_column = _last_text.length()
		_input.accept_event()
	elif event.is_action_pressed("ui_page_up"):
		_log.get_v_scroll_bar().value -= _log.size.y * 0.9
		_input.accept_event()
	elif event.is_action_pressed("ui_page_down"):
		_log.get_v_scroll_bar().value += _log.size.y * 0.9
		_input.accept_event()


func _on_state_changed(state: GuildhallClient.State) -> void:
	match state:
		GuildhallClient.State.OPEN:
			_status.text = "Connected"
		GuildhallClient.State.CONNECTING:
			_status.text = "Connecting…"
		_:
			_status.text = "Disconnected"
	_retry.visible = state == GuildhallClient.State.WAITING
	_dot.self_modulate = STATE_COLORS[state]
	if state == GuildhallClient.State.OPEN:
		_notice_that("")


func _on_connection_closed() -> void:
	var was_lost := Guildhall.close_code == GuildhallClient.LOST
	var words := "Connection lost" if was_lost else "The server closed the connection"
	if Guildhall.close_reason != "":
		words += ": " + Log.one_line(Guildhall.close_reason)
	if Guildhall.state == GuildhallClient.State.WAITING:
		_log.warning(words + ". Trying again.")
	else:
		_log.error("%s (code %d)." % [words, Guildhall.close_code])


func _on_id_received(id: int) -> void:
	_log.success("Connected. You are client %d." % id)


func _on_chat_received(sender_id: int, text: String) -> void:
	_log.chat("Client %d" % sender_id, text, _speaker_color(sender_id))


func _on_packet_refused(error: int, bytes: PackedByteArray) -> void:
	_log.error("A message of %d bytes could not be read (error %d)." % [bytes.size(), error])


func _on_messages_lost() -> void:
	_log.warning("Too much was said at once: some messages may be missing.")


## A colour of their own for each speaker, light enough for a dark background.
func _speaker_color(id: int) -> Color:
	return Color.from_ok_hsl(fposmod(id * 0.381966, 1.0), 0.75, 0.75)
