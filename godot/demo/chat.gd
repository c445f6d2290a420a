extends Control
## A chat to put into a game: rooms, who is in them, a log, a line to type into,
## and the state of the connection in words.

const Rooms := preload("rooms.gd")
const Orders := preload("orders.gd")

const STATE_COLORS: Array[Color] = [
	Color("8f8474"), Color("f0c05a"), Color("93d07c"), Color("f0c05a"), Color("ff8a70")
]
## How near the longest text the counter shows, in bytes.
const COUNT_WITHIN := 500
## In a narrower window the list of members is hidden until it is asked for.
const WIDE := 640.0

## The server, unless the command line or the page's address names another:
## [code]godot -- --server=ws://…[/code], [code]?server=ws://…[/code].
@export var server_url := "ws://localhost:8080/ws"
## The wanted name; empty: the server makes one up. [code]name[/code] in the
## command line or the page's address.
@export var player_name := ""
## The room to begin with.
@export var first_room := "lobby"

## The rooms that the player is in, and what their logs show.
var rooms: Rooms

var _chat: GuildhallChat
var _is_stale := true
var _last_text := ""

@onready var _log := %Log as Log
@onready var _input := %Input as LineEdit
@onready var _status := %Status as Label
@onready var _dot := %Dot as Panel
@onready var _retry := %Retry as Button
@onready var _notice := %Notice as Label
@onready var _tabs := %Tabs as TabBar
@onready var _members := %Members as ItemList
@onready var _members_button := %MembersButton as Button
@onready var _failed := %Failed as Control
@onready var _failed_words := %FailedWords as Label


func _ready() -> void:
	_chat = Guildhall.chat
	rooms = Rooms.new(_chat)
	_connect_signals()
	_say_in_language()
	get_viewport().size_changed.connect(_on_window_resized)
	_on_window_resized()
	_input.grab_focus()
	var url := _setting("server", server_url)
	var error := _chat.connect_to_url(url, _setting("name", player_name))
	rooms.join(_setting("room", first_room))
	if error == ERR_INVALID_PARAMETER:
		rooms.tell(GuildhallWords.either("No address: {0}", "Keine Adresse: {0}", [url]), true)
	else:
		rooms.tell(GuildhallWords.either("Connecting to {0}", "Verbinde mit {0}", [url]))
	_on_state_changed(_chat.session.state)


func _process(_delta: float) -> void:
	if _chat.session.state == GuildhallSession.State.WAITING:
		var seconds := ceili(_chat.seconds_to_retry())
		_status.text = GuildhallWords.either(
			"Reconnecting in {0} s", "Neuer Versuch in {0} s", [seconds]
		)
	if _is_stale:
		_is_stale = false
		_draw_story()


func _unhandled_key_input(event: InputEvent) -> void:
	# As in most games: Enter goes to the chat. A button takes it for itself.
	if get_viewport().gui_get_focus_owner() is BaseButton:
		return
	if event.is_action_pressed("ui_text_submit") and not _input.has_focus():
		_input.grab_focus()
		get_viewport().set_input_as_handled()


## Tells what is wrong with what was typed, and leaves it there.
func notice(words: String) -> void:
	_notice.text = words
	_notice.visible = words != ""


func _connect_signals() -> void:
	_chat.state_changed.connect(_on_state_changed)
	rooms.changed.connect(func() -> void: _is_stale = true)
	rooms.listed_anew.connect(_show_tabs)
	rooms.shown_anew.connect(_show_members)
	_chat.members_changed.connect(_on_members_changed)
	_chat.rooms_listed.connect(_on_rooms_listed)
	_chat.members_listed.connect(_on_members_listed)
	_input.text_submitted.connect(_submit)
	_input.text_changed.connect(_on_text_changed)
	_input.gui_input.connect(_on_input_key)
	(%Send as Button).pressed.connect(_on_send_pressed)
	_retry.pressed.connect(_chat.go_online)
	(%TryAgain as Button).pressed.connect(_on_try_again_pressed)
	(%Discard as Button).pressed.connect(_on_discard_pressed)
	_members_button.toggled.connect(_on_members_toggled)
	_members.item_activated.connect(_on_member_activated)
	_tabs.tab_selected.connect(_on_tab_selected)
	_tabs.tab_close_pressed.connect(_on_tab_close_pressed)
	_log.get_v_scroll_bar().value_changed.connect(_on_scrolled)
	_log.gui_input.connect(_on_log_input)


func _say_in_language() -> void:
	(%Send as Button).text = GuildhallWords.either("Send", "Senden")
	_retry.text = GuildhallWords.either("Try now", "Jetzt versuchen")
	(%TryAgain as Button).text = GuildhallWords.either("Try again", "Noch einmal")
	(%Discard as Button).text = GuildhallWords.either("Forget it", "Verwerfen")
	_input.placeholder_text = GuildhallWords.either(
		"Say something, or /help", "Sag etwas, oder /help"
	)


func _setting(setting_name: String, otherwise: String) -> String:
	for word in OS.get_cmdline_user_args():
		if word.begins_with("--%s=" % setting_name):
			return word.trim_prefix("--%s=" % setting_name)
	if OS.has_feature("web"):
		var script := "new URLSearchParams(location.search).get('%s') ?? ''" % setting_name
		var named: Variant = JavaScriptBridge.eval(script)
		if named is String and named != "":
			return named as String
	return otherwise


func _submit(text: String) -> void:
	var error := Orders.carry_out(GuildhallCommand.parse(text), self, _chat)
	if error != "":
		# The text stays where it is, to be mended.
		notice(error)
	elif not text.strip_edges().is_empty():
		_last_text = text
		_input.clear()
		notice("")
		_log.scroll_to_line(maxi(0, _log.get_line_count() - 1))
	# Engines before 4.4 let go of the keyboard here.
	if not _input.has_focus():
		_input.grab_focus()


func _on_send_pressed() -> void:
	_submit(_input.text)


func _on_text_changed(text: String) -> void:
	var left := _chat.session.limits.text_bytes - text.to_utf8_buffer().size()
	if left < 0:
		notice(GuildhallWords.either("{0} bytes too long", "{0} Bytes zu lang", [-left]))
	elif left < COUNT_WITHIN:
		notice(GuildhallWords.either("{0} bytes left", "{0} Bytes übrig", [left]))
	else:
		notice("")


func _on_input_key(event: InputEvent) -> void:
	var key := event as InputEventKey
	var step := 0
	if key != null and key.pressed and key.alt_pressed:
		step = int(key.keycode == KEY_DOWN) - int(key.keycode == KEY_UP)
	if step != 0 and _tabs.tab_count > 0:
		_tabs.current_tab = posmod(_tabs.current_tab + step, _tabs.tab_count)
	elif event.is_action_pressed("ui_up") and _input.text.is_empty() and _last_text != "":
		_input.text = _last_text
		_input.caret_column = _last_text.length()
	elif event.is_action_pressed("ui_page_up"):
		_scroll_up()
	elif event.is_action_pressed("ui_page_down"):
		_log.get_v_scroll_bar().value += _log.size.y * 0.9
	else:
		return
	_input.accept_event()


func _scroll_up() -> void:
	var bar := _log.get_v_scroll_bar()
	if bar.value <= 0.0:
		_load_older()
	bar.value -= _log.size.y * 0.9


func _on_scrolled(value: float) -> void:
	# At the top of a log that has one: older lines, please.
	if value <= 0.0 and _log.get_v_scroll_bar().max_value > _log.size.y + 1.0:
		_load_older()


func _on_log_input(event: InputEvent) -> void:
	var wheel := event as InputEventMouseButton
	if wheel != null and wheel.button_index == MOUSE_BUTTON_WHEEL_UP and wheel.pressed:
		if _log.get_v_scroll_bar().value <= 0.0:
			_load_older()


func _load_older() -> void:
	if rooms.story().has_older:
		_chat.fetch_history(rooms.shown)


func _draw_story() -> void:
	var bar := _log.get_v_scroll_bar()
	var was_at_end := bar.value >= bar.max_value - bar.page - 4.0
	# Read from the bottom: what is added at the top moves nothing.
	var from_end := bar.max_value - bar.value
	var is_anew := rooms.story().draw(_log)
	if was_at_end:
		_log.scroll_to_line(maxi(0, _log.get_line_count() - 1))
	elif is_anew:
		bar.value = maxf(1.0, _log.get_content_height() - from_end)
	var failed := rooms.story().first_failed()
	_failed.visible = failed != 0
	_failed_words.text = GuildhallWords.either("Not sent.", "Nicht gesendet.")


func _on_try_again_pressed() -> void:
	var nonce := rooms.story().first_failed()
	if nonce == 0:
		return
	var error := _chat.retry(nonce)
	if error < 0:
		notice(GuildhallWords.send_error(error))
		return
	rooms.story().forget(nonce)
	_is_stale = true
	_input.grab_focus()


func _on_discard_pressed() -> void:
	var nonce := rooms.story().first_failed()
	_chat.discard(nonce)
	rooms.story().forget(nonce)
	_is_stale = true
	_input.grab_focus()


func _on_state_changed(state: GuildhallSession.State) -> void:
	match state:
		GuildhallSession.State.ONLINE:
			_status.text = GuildhallWords.either("Connected", "Verbunden")
			notice("")
		GuildhallSession.State.CONNECTING:
			_status.text = GuildhallWords.either("Connecting…", "Verbinde…")
		_:
			_status.text = GuildhallWords.either("Disconnected", "Getrennt")
	_retry.visible = state in [GuildhallSession.State.WAITING, GuildhallSession.State.CLOSED]
	_dot.self_modulate = STATE_COLORS[state]


func _on_rooms_listed(counts: Dictionary[String, int], total: int) -> void:
	var words := PackedStringArray()
	for room in counts:
		words.append("%s (%d)" % [Log.one_line(room), counts[room]])
	var head := GuildhallWords.either("{0} rooms: ", "{0} Räume: ", [maxi(total, counts.size())])
	rooms.tell(head + ", ".join(words))


func _on_members_listed(
	room: String, count: int, _listed: bool, members: Dictionary[int, String]
) -> void:
	var names := PackedStringArray(members.values().map(Log.one_line))
	names.sort()
	var head := GuildhallWords.either("{0} in “{1}”. ", "{0} in „{1}“. ", [count, room])
	rooms.tell(head + ", ".join(names))


func _on_members_changed(room: String, _count: int, _listed: bool) -> void:
	if room == rooms.shown:
		_show_members()


func _show_members() -> void:
	_members.clear()
	var room := _chat.room(rooms.shown)
	var count := 0 if room == null else room.count
	_members_button.text = GuildhallWords.either("{0} here", "{0} da", [count])
	if room == null:
		return
	var names: Array[String] = room.members.values()
	names.sort()
	for member in names:
		_members.add_item(Log.one_line(member))
		_members.set_item_metadata(_members.item_count - 1, member)
		_members.set_item_tooltip_enabled(_members.item_count - 1, false)


func _show_tabs() -> void:
	var names := rooms.names()
	_tabs.set_block_signals(true)
	_tabs.tab_count = names.size()
	for at in names.size():
		var unread := rooms.unread(names[at])
		var title := Log.one_line(names[at])
		_tabs.set_tab_title(at, title if unread == 0 else "%s (%d)" % [title, unread])
	_tabs.current_tab = names.find(rooms.shown)
	_tabs.set_block_signals(false)


func _on_tab_selected(at: int) -> void:
	if at >= 0 and at < rooms.names().size():
		rooms.show_room(rooms.names()[at])


func _on_tab_close_pressed(at: int) -> void:
	_chat.leave_room(rooms.names()[at])
	_input.grab_focus()


func _on_members_toggled(is_on: bool) -> void:
	_members.visible = is_on


func _on_member_activated(at: int) -> void:
	_input.text = '/w "%s" ' % _members.get_item_metadata(at)
	_input.caret_column = _input.text.length()
	_input.grab_focus()


func _on_window_resized() -> void:
	_members_button.button_pressed = get_viewport_rect().size.x >= WIDE
