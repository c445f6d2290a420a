extends Control
## A chat to put into a game: rooms, who is in them, whispers, a log, a line to type
## into, and the state of the connection in words.

const Talks := preload("talks.gd")
const Orders := preload("orders.gd")
const Composer := preload("composer.gd")
const Choices := preload("choices.gd")

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

## The rooms that the player is in and the whispers, with what their logs show.
var talks: Talks

var _chat: GuildhallChat
var _is_stale := true
# Rooms that the server has told of, for completion.
var _known_rooms: Array[String] = []
# Whether the list of rooms is for who has pressed [+], and no answer to /rooms.
var _is_asking_for_room := false
# The conversation whose draft is in the line.
var _typed_in: Talks.Talk = null

@onready var _log := %Log as Log
@onready var _input := %Input as Composer
@onready var _choices := %Choices as Choices
@onready var _status := %Status as Label
@onready var _dot := %Dot as Panel
@onready var _retry := %Retry as Button
@onready var _notice := %Notice as Label
@onready var _tabs := %Tabs as TabBar
@onready var _members := %Members as ItemList
@onready var _members_button := %MembersButton as Button
@onready var _own := %Own as Button
@onready var _add := %Add as Button
@onready var _failed := %Failed as Control
@onready var _failed_words := %FailedWords as Label


func _ready() -> void:
	_chat = Guildhall.chat
	talks = Talks.new(_chat)
	_connect_signals()
	_say_in_language()
	get_viewport().size_changed.connect(_on_window_resized)
	_on_window_resized()
	_input.grab_focus()
	var url := _setting("server", server_url)
	var error := _chat.connect_to_url(url, _setting("name", player_name))
	talks.join(_setting("room", first_room))
	if error == ERR_INVALID_PARAMETER:
		talks.tell(GuildhallWords.either("No address: {0}", "Keine Adresse: {0}", [url]), true)
	else:
		talks.tell(GuildhallWords.either("Connecting to {0}", "Verbinde mit {0}", [url]))
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
	_chat.welcomed.connect(func(_id: int, own_name: String, _r: bool) -> void: _show_own(own_name))
	_chat.name_changed.connect(_show_own)
	talks.changed.connect(func() -> void: _is_stale = true)
	talks.listed_anew.connect(_show_tabs)
	talks.shown_anew.connect(_on_shown_anew)
	_chat.members_changed.connect(_on_members_changed)
	_chat.rooms_listed.connect(_on_rooms_listed)
	_chat.members_listed.connect(_on_members_listed)
	_input.complete_in(_choices)
	_input.names = _names
	_input.rooms = _rooms
	_input.wished.connect(_submit)
	_input.counted.connect(_on_counted)
	_input.gui_input.connect(_on_input_key)
	(%Send as Button).pressed.connect(_input.submit)
	_retry.pressed.connect(_chat.go_online)
	(%TryAgain as Button).pressed.connect(_on_try_again_pressed)
	(%Discard as Button).pressed.connect(_on_discard_pressed)
	_members_button.toggled.connect(_on_members_toggled)
	_members.item_activated.connect(_on_member_activated)
	_members.item_clicked.connect(_on_member_clicked)
	_own.pressed.connect(func() -> void: _input.begin("/nick "))
	_add.pressed.connect(_on_add_pressed)
	_tabs.tab_selected.connect(_on_tab_selected)
	_tabs.tab_close_pressed.connect(_on_tab_close_pressed)
	_log.get_v_scroll_bar().value_changed.connect(_on_scrolled)
	_log.gui_input.connect(_on_log_input)


func _say_in_language() -> void:
	(%Send as Button).text = GuildhallWords.either("Send", "Senden")
	_retry.text = GuildhallWords.either("Try now", "Jetzt versuchen")
	(%TryAgain as Button).text = GuildhallWords.either("Try again", "Noch einmal")
	(%Discard as Button).text = GuildhallWords.either("Forget it", "Verwerfen")
	_add.tooltip_text = GuildhallWords.either("Join a room", "Raum betreten")
	_own.tooltip_text = GuildhallWords.either("Change your name", "Namen ändern")


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


func _submit(typed: String) -> void:
	# Out of the line first: what is done may show another conversation, and it is
	# no draft of this one.
	_input.clear()
	var error := Orders.carry_out(GuildhallCommand.parse(typed), self, _chat)
	if error == "":
		_input.remember(typed)
		notice("")
		_log.scroll_to_line(maxi(0, _log.get_line_count() - 1))
	else:
		# It goes back, to be mended.
		_input.put(typed)
		notice(error)


func _on_counted(bytes_left: int) -> void:
	if bytes_left < 0:
		notice(GuildhallWords.either("{0} bytes too long", "{0} Bytes zu lang", [-bytes_left]))
	elif bytes_left < COUNT_WITHIN:
		notice(GuildhallWords.either("{0} bytes left", "{0} Bytes übrig", [bytes_left]))
	else:
		notice("")


# Whom a text may be about: everybody in the player's rooms, and who whispers.
func _names() -> Array[String]:
	var found: Dictionary[String, bool] = {}
	for talk in talks.all:
		var room := _chat.room(talk.room)
		if talk.is_whispers():
			found[talk.partner_name] = true
		elif room != null:
			for id in room.members:
				if id != _chat.session.id:
					found[room.members[id]] = true
	return found.keys()


func _rooms() -> Array[String]:
	var found: Dictionary[String, bool] = {}
	for talk in talks.all:
		if not talk.is_whispers():
			found[talk.room] = true
	for room in _known_rooms:
		found[room] = true
	return found.keys()


func _on_input_key(event: InputEvent) -> void:
	var key := event as InputEventKey
	var step := 0
	if key != null and key.pressed and key.alt_pressed:
		step = int(key.keycode == KEY_DOWN) - int(key.keycode == KEY_UP)
	if step != 0 and _tabs.tab_count > 0:
		_tabs.current_tab = posmod(_tabs.current_tab + step, _tabs.tab_count)
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
	if talks.story().has_older:
		_chat.fetch_history(talks.shown_room())


func _draw_story() -> void:
	var bar := _log.get_v_scroll_bar()
	var was_at_end := bar.value >= bar.max_value - bar.page - 4.0
	# Read from the bottom: what is added at the top moves nothing.
	var from_end := bar.max_value - bar.value
	var is_anew := talks.story().draw(_log)
	if was_at_end:
		_log.scroll_to_line(maxi(0, _log.get_line_count() - 1))
	elif is_anew:
		bar.value = maxf(1.0, _log.get_content_height() - from_end)
	var failed := talks.story().first_failed()
	_failed.visible = failed != 0
	_failed_words.text = GuildhallWords.either("Not sent.", "Nicht gesendet.")


func _on_try_again_pressed() -> void:
	var nonce := talks.story().first_failed()
	if nonce == 0:
		return
	var error := ""
	if talks.shown != null and talks.shown.is_whispers():
		# To who has the name now: the ID of before may be gone, or another's.
		var said := talks.story().pending(nonce)
		error = Orders.say(said.text, said.action, talks.shown, _chat)
		if error == "":
			_chat.discard(nonce)
	else:
		error = GuildhallWords.send_error(mini(_chat.retry(nonce), 0))
	if error != "":
		notice(error)
		return
	talks.story().forget(nonce)
	_is_stale = true
	_input.grab_focus()


func _on_discard_pressed() -> void:
	var nonce := talks.story().first_failed()
	_chat.discard(nonce)
	talks.story().forget(nonce)
	_is_stale = true
	_input.grab_focus()


func _on_state_changed(state: GuildhallSession.State) -> void:
	match state:
		GuildhallSession.State.ONLINE:
			_status.text = GuildhallWords.either("Connected", "Verbunden")
			_input.most_bytes = _chat.session.limits.text_bytes
			notice("")
		GuildhallSession.State.CONNECTING:
			_status.text = GuildhallWords.either("Connecting…", "Verbinde…")
		_:
			_status.text = GuildhallWords.either("Disconnected", "Getrennt")
	_retry.visible = state in [GuildhallSession.State.WAITING, GuildhallSession.State.CLOSED]
	_dot.self_modulate = STATE_COLORS[state]
	_show_header()


# In a narrow window, what can be done about a lost connection comes first.
func _show_header() -> void:
	_own.visible = _own.text != "" and (_is_wide() or not _retry.visible)


func _on_rooms_listed(counts: Dictionary[String, int], total: int) -> void:
	_known_rooms = counts.keys()
	if _is_asking_for_room:
		# For who is typing its name.
		_is_asking_for_room = false
		if _input.text == "/join ":
			_input.begin(_input.text)
		return
	var words := PackedStringArray()
	for room in counts:
		words.append("#%s (%d)" % [Log.one_line(room), counts[room]])
	var head := GuildhallWords.either(
		"Rooms ({0}): ", "Räume ({0}): ", [maxi(total, counts.size())]
	)
	talks.tell(head + ", ".join(words))


func _on_members_listed(
	room: String, count: int, _listed: bool, members: Dictionary[int, String]
) -> void:
	var names := PackedStringArray(members.values().map(Log.one_line))
	names.sort()
	var head := GuildhallWords.either("{0} in “{1}”. ", "{0} in „{1}“. ", [count, room])
	talks.tell(head + ", ".join(names))


func _on_members_changed(room: String, _count: int, _listed: bool) -> void:
	if room == talks.shown_room():
		_show_members()


func _show_own(own_name: String) -> void:
	_own.text = Log.one_line(own_name)
	_show_header()


# Another conversation: its draft, and who is there.
func _on_shown_anew() -> void:
	var talk := talks.shown
	if talk != _typed_in:
		if _typed_in != null:
			_typed_in.draft = _input.text
		_typed_in = talk
		_input.put("" if talk == null else talk.draft)
	_input.placeholder_text = _placeholder(talk)
	_show_members()


# Whom a text would go to.
func _placeholder(talk: Talks.Talk) -> String:
	if talk == null:
		return GuildhallWords.either(
			"You are in no room. Join one with +", "Du bist in keinem Raum. Betritt einen mit +"
		)
	var title: Array[String] = [Log.one_line(talk.title())]
	if talk.is_whispers():
		return GuildhallWords.either("Whisper to {0}", "Flüstere mit {0}", title)
	return GuildhallWords.either("Write to {0}, or /help", "Schreib an {0}, oder /help", title)


func _show_members() -> void:
	_members.clear()
	var room := _chat.room(talks.shown_room())
	_members_button.visible = room != null
	_members.visible = room != null and _members_button.button_pressed
	if room == null:
		return
	_members_button.text = GuildhallWords.either("{0} here", "{0} da", [room.count])
	var ids := room.members.keys()
	ids.sort_custom(
		func(one: int, other: int) -> bool:
			return room.members[one].naturalnocasecmp_to(room.members[other]) < 0
	)
	for id: int in ids:
		var member := Log.one_line(room.members[id])
		var is_own := id == _chat.session.id
		_members.add_item("%s (%s)" % [member, talks.Story.own_name()] if is_own else member)
		_members.set_item_metadata(_members.item_count - 1, id)
		_members.set_item_tooltip_enabled(_members.item_count - 1, false)


func _show_tabs() -> void:
	_tabs.set_block_signals(true)
	_tabs.tab_count = talks.all.size()
	for at in talks.all.size():
		var talk := talks.all[at]
		var title := ("@" if talk.is_whispers() else "#") + Log.one_line(talk.title())
		var unread := talk.story.unread
		_tabs.set_tab_title(at, title if unread == 0 else "%s (%d)" % [title, unread])
	_tabs.current_tab = talks.all.find(talks.shown)
	_tabs.set_block_signals(false)


func _on_tab_selected(at: int) -> void:
	if at >= 0 and at < talks.all.size():
		talks.show_talk(talks.all[at])


func _on_tab_close_pressed(at: int) -> void:
	talks.leave(talks.all[at])
	_input.grab_focus()


# Which rooms there are comes while the player thinks of a name.
func _on_add_pressed() -> void:
	_is_asking_for_room = _chat.list_rooms() == OK
	_input.begin("/join ")


func _on_members_toggled(_is_on: bool) -> void:
	_show_members()


# One click is enough, as on a button.
func _on_member_clicked(at: int, _where: Vector2, button: int) -> void:
	if button == MOUSE_BUTTON_LEFT:
		_on_member_activated(at)


func _on_member_activated(at: int) -> void:
	var id: int = _members.get_item_metadata(at)
	if id != _chat.session.id:
		talks.whisper_with(id, _chat.room(talks.shown_room()).members[id])
	_input.grab_focus()


func _is_wide() -> bool:
	return get_viewport_rect().size.x >= WIDE


func _on_window_resized() -> void:
	_members_button.button_pressed = _is_wide()
	_show_header()
