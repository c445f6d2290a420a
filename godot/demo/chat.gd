extends Control
## A chat scene for games: conversations with their logs, members, an input line, and the
## state of the connection.

const Commands := preload("commands.gd")
const Completions := preload("completions.gd")
const Composer := preload("composer.gd")
const Conversation := preload("conversation.gd")
const Conversations := preload("conversations.gd")
const LineMenu := preload("line_menu.gd")
const LogView := preload("log_view.gd")
const MemberList := preload("member_list.gd")
const LineActions := preload("line_actions.gd")
const Placeholder := preload("placeholder.gd")
const RoomBar := preload("room_bar.gd")
const SearchPanel := preload("search_panel.gd")
const SubjectBar := preload("subject_bar.gd")

const STATE_COLORS: Array[Color] = [
	Color("8f8474"), Color("f0c05a"), Color("93d07c"), Color("f0c05a"), Color("ff8a70")
]
## The input line shows how many bytes are left once there are fewer than this.
const SHOW_BYTES_BELOW := 500
## In a window that is narrower than this, the list of members is hidden at first.
const WIDE := 640.0

## The address of the server. The command line or the page's address may name another:
## [code]godot -- --server=ws://…[/code], [code]?server=ws://…[/code].
@export var server_url := "ws://localhost:8080/ws"
## The wanted name; if it is empty, the server makes one up. The command line or the page's
## address may set another as [code]name[/code].
@export var player_name := ""
## A token of the player, for a server with accounts. The command line or the page's address may
## set another as [code]token[/code]: that is for trying it out. A game asks its backend for
## one, with [member GuildhallChat.get_token].
@export var player_token := ""
## The room that is joined first. The command line or the page's address may set another as
## [code]room[/code].
@export var first_room := "lobby"

## The rooms and the whispers, with their logs.
var conversations: Conversations

var _chat: GuildhallChat
# What has changed since it was shown: much can come in one frame.
var _is_log_stale := true
var _are_tabs_stale := true
var _are_members_stale := true
# The rooms that the server has listed, for completions.
var _listed_rooms: Array[String] = []
# Whether the next list of rooms is for the button that joins a room, and not for /rooms.
var _is_choosing_room := false
# The conversation whose draft is in the input line.
var _draft_owner: Conversation = null
var _line_actions: LineActions

@onready var _log := %Log as LogView
@onready var _input := %Input as Composer
@onready var _completions := %Completions as Completions
@onready var _status := %Status as Label
@onready var _dot := %Dot as Panel
@onready var _retry := %Retry as Button
@onready var _notice := %Notice as Label
@onready var _tabs := %Tabs as TabBar
@onready var _members := %Members as MemberList
@onready var _members_button := %MembersButton as Button
@onready var _own := %Own as Button
@onready var _room_bar := %RoomBar as RoomBar
@onready var _send := %Send as Button
@onready var _add := %Add as Button
@onready var _failed := %Failed as Control
@onready var _failed_text := %FailedText as Label


func _ready() -> void:
	_chat = Guildhall.chat
	conversations = Conversations.new(_chat)
	_line_actions = LineActions.new(_chat, conversations, _log, _input)
	_line_actions.use_menu(%LineMenu as LineMenu, %Subject as SubjectBar)
	_line_actions.use_search(%Search as SearchPanel, %SearchButton as Button)
	_line_actions.failed.connect(show_notice)
	_connect_signals()
	_set_texts()
	get_viewport().size_changed.connect(_on_window_resized)
	_on_window_resized()
	_input.grab_focus()
	var url := _setting("server", server_url)
	var token := _setting("token", player_token)
	if token != "":
		_chat.set_token(token)
	var error := _chat.connect_to_url(url, _setting("name", player_name))
	conversations.join(_setting("room", first_room))
	if error == ERR_INVALID_PARAMETER:
		var text := GuildhallCatalogue.scene_no_address(url)
		conversations.add_system_message(text, true)
	else:
		var text := GuildhallCatalogue.scene_connecting(url)
		conversations.add_system_message(text)
	_on_state_changed(_chat.session.state)


func _process(_delta: float) -> void:
	if _chat.session.state == GuildhallSession.State.WAITING:
		var seconds := ceili(_chat.seconds_to_retry())
		_status.text = GuildhallCatalogue.status_reconnecting(seconds)
	if _input.is_closed:
		# How long a mute still holds changes by itself.
		_input.show_why(Placeholder.of(conversations.current, _chat))
	if _is_log_stale:
		_is_log_stale = false
		_render_log()
	if _are_tabs_stale:
		_are_tabs_stale = false
		_show_tabs()
	if _are_members_stale:
		_are_members_stale = false
		_show_members()


func _unhandled_key_input(event: InputEvent) -> void:
	# As in most games, Enter moves the focus to the chat. A button keeps it.
	if get_viewport().gui_get_focus_owner() is BaseButton:
		return
	if event.is_action_pressed("ui_text_submit") and not _input.has_focus():
		_input.grab_focus()
		get_viewport().set_input_as_handled()


## Shows a notice above the input line; if it is empty, hides it.
func show_notice(text: String) -> void:
	_notice.text = text
	_notice.visible = text != ""


func _connect_signals() -> void:
	_chat.state_changed.connect(_on_state_changed)
	_chat.welcomed.connect(func(_id: int, own_name: String, _r: bool) -> void: _show_own(own_name))
	_chat.name_changed.connect(_show_own)
	_chat.room_changed.connect(func(_room: String) -> void: _show_rules())
	_chat.sanctioned.connect(
		func(_sanction: GuildhallSanction, _left: int) -> void: _show_rules.call_deferred()
	)
	_chat.sanction_ended.connect(
		func(_sanction: GuildhallSanction) -> void: _show_rules.call_deferred()
	)
	conversations.log_changed.connect(func() -> void: _is_log_stale = true)
	conversations.tabs_changed.connect(func() -> void: _are_tabs_stale = true)
	conversations.current_changed.connect(_on_current_changed)
	_chat.members_changed.connect(_on_members_changed)
	_chat.blocks_changed.connect(func() -> void: _are_members_stale = true)
	_chat.rooms_listed.connect(_on_rooms_listed)
	_chat.members_listed.connect(_on_members_listed)
	_input.use_completions(_completions)
	_input.names = _names
	_input.rooms = _rooms
	_input.line_submitted.connect(_on_line_submitted)
	_input.bytes_left_changed.connect(_on_bytes_left_changed)
	_input.gui_input.connect(_on_input_key)
	_send.pressed.connect(_input.submit)
	_retry.pressed.connect(_chat.go_online)
	(%TryAgain as Button).pressed.connect(_on_try_again_pressed)
	(%Discard as Button).pressed.connect(_on_discard_pressed)
	_members_button.toggled.connect(func(_is_on: bool) -> void: _show_members())
	_members.member_chosen.connect(_on_member_chosen)
	_own.pressed.connect(func() -> void: _input.fill_and_complete("/nick "))
	_add.pressed.connect(_on_add_pressed)
	_tabs.tab_selected.connect(_on_tab_selected)
	_tabs.tab_close_pressed.connect(_on_tab_close_pressed)
	_log.older_requested.connect(_load_older)


func _set_texts() -> void:
	_send.text = GuildhallCatalogue.send()
	_retry.text = GuildhallCatalogue.try_now()
	(%TryAgain as Button).text = GuildhallCatalogue.retry()
	(%Discard as Button).text = GuildhallCatalogue.discard()
	_add.tooltip_text = GuildhallCatalogue.join_room()
	_own.tooltip_text = GuildhallCatalogue.change_name()
	_failed_text.text = GuildhallCatalogue.scene_not_sent()


# Returns a setting from the command line or the page's address.
func _setting(setting_name: String, fallback: String) -> String:
	for argument in OS.get_cmdline_user_args():
		if argument.begins_with("--%s=" % setting_name):
			return argument.trim_prefix("--%s=" % setting_name)
	if OS.has_feature("web"):
		var script := "new URLSearchParams(location.search).get('%s') ?? ''" % setting_name
		var value: Variant = JavaScriptBridge.eval(script)
		if value is String and value != "":
			return value as String
	return fallback


func _on_line_submitted(line: String) -> void:
	# The input line is cleared first: a command may show another conversation, and the
	# line must not stay here as a draft.
	_input.clear()
	var command := GuildhallCommand.parse(line)
	var error := ""
	if command.kind == GuildhallCommand.Kind.SAY and _line_actions.has_subject():
		error = _line_actions.say(command.text)
	else:
		error = Commands.execute(command, conversations, _chat)
	if error == "":
		_input.add_to_history(line)
		show_notice("")
		_log.scroll_to_end()
	else:
		# The player can correct the line.
		_input.fill(line)
		show_notice(error)


func _on_bytes_left_changed(left: int) -> void:
	if left < 0:
		show_notice(GuildhallCatalogue.bytes_over(-left))
	elif left < SHOW_BYTES_BELOW:
		show_notice(GuildhallCatalogue.bytes_left(left))
	else:
		show_notice("")
	_show_send()


# Returns the names for completions: the members of the player's rooms, and the partners
# of whispers.
func _names() -> Array[String]:
	var names: Dictionary[String, bool] = {}
	for conversation in conversations.all:
		var room := _chat.room(conversation.room)
		if conversation.is_whispers():
			names[conversation.partner_name] = true
		elif room != null:
			for id in room.members:
				if id != _chat.session.id:
					names[room.members[id]] = true
	return names.keys()


# Returns the rooms for completions.
func _rooms() -> Array[String]:
	var rooms: Dictionary[String, bool] = {}
	for conversation in conversations.all:
		if not conversation.is_whispers():
			rooms[conversation.room] = true
	for room in _listed_rooms:
		rooms[room] = true
	return rooms.keys()


func _on_input_key(event: InputEvent) -> void:
	var key := event as InputEventKey
	var step := 0
	if key != null and key.pressed and key.alt_pressed:
		step = int(key.keycode == KEY_DOWN) - int(key.keycode == KEY_UP)
	if step != 0 and _tabs.tab_count > 0:
		_tabs.current_tab = posmod(_tabs.current_tab + step, _tabs.tab_count)
	elif event.is_action_pressed("ui_page_up"):
		_log.page_up()
	elif event.is_action_pressed("ui_page_down"):
		_log.page_down()
	else:
		return
	_input.accept_event()


func _load_older() -> void:
	if conversations.current_log().has_older:
		_chat.fetch_history(conversations.current_room())


func _render_log() -> void:
	var messages := conversations.current_log()
	_log.render(messages)
	_failed.visible = messages.first_failed() != 0


func _on_try_again_pressed() -> void:
	var messages := conversations.current_log()
	var nonce := messages.first_failed()
	if nonce == 0:
		return
	var error := ""
	var current := conversations.current
	if current != null and current.is_whispers():
		# The whisper goes to the client that has the name now: the old ID may be gone, or
		# belong to another client.
		var failed := messages.get_pending(nonce)
		error = Commands.say(failed.text, failed.action, current, _chat)
		if error == "":
			_chat.discard(nonce)
	else:
		var text := messages.get_pending(nonce).text
		var result := mini(_chat.retry(nonce), 0)
		error = _chat.explain(result, text, conversations.current_room())
	if error == "":
		_remove_failed(nonce)
	else:
		show_notice(error)


func _on_discard_pressed() -> void:
	_chat.discard(conversations.current_log().first_failed())
	_remove_failed(conversations.current_log().first_failed())


func _remove_failed(nonce: int) -> void:
	conversations.current_log().remove_pending(nonce)
	_is_log_stale = true
	_input.grab_focus()


func _on_state_changed(state: GuildhallSession.State) -> void:
	match state:
		GuildhallSession.State.ONLINE:
			_status.text = GuildhallCatalogue.status_connected()
			_show_rules()
			show_notice("")
		GuildhallSession.State.CONNECTING:
			_status.text = GuildhallCatalogue.status_connecting()
		_:
			_status.text = GuildhallCatalogue.status_disconnected()
	_retry.visible = state in [GuildhallSession.State.WAITING, GuildhallSession.State.CLOSED]
	_dot.self_modulate = STATE_COLORS[state]
	_show_header()


# In a narrow window, the button that reconnects takes the place of the name.
func _show_header() -> void:
	_own.visible = _own.text != "" and (_is_wide() or not _retry.visible)


func _on_rooms_listed(counts: Dictionary[String, int], total: int) -> void:
	_listed_rooms = counts.keys()
	if _is_choosing_room:
		_is_choosing_room = false
		# The player may have typed on.
		if _input.text == "/join ":
			_input.fill_and_complete(_input.text)
		return
	var rooms := PackedStringArray()
	for room in counts:
		rooms.append("#%s (%d)" % [GuildhallLog.one_line(room), counts[room]])
	var heading := GuildhallCatalogue.scene_rooms(maxi(total, counts.size()))
	conversations.add_system_message(heading + " " + ", ".join(rooms))


func _on_members_listed(
	room: String, count: int, _listed: bool, members: Dictionary[int, String]
) -> void:
	var names := PackedStringArray(members.values().map(GuildhallLog.one_line))
	names.sort()
	var heading := GuildhallCatalogue.scene_people(count, room)
	conversations.add_system_message(heading + " " + ", ".join(names))


func _on_members_changed(room: String, _count: int, _listed: bool) -> void:
	if room == conversations.current_room():
		_are_members_stale = true


func _show_own(own_name: String) -> void:
	_own.text = GuildhallLog.one_line(own_name)
	_own.disabled = _chat.session.user != "" and not _chat.session.may_rename
	_show_header()


func _on_current_changed() -> void:
	var current := conversations.current
	if current != _draft_owner:
		_line_actions.clear_subject()
		if _draft_owner != null:
			_draft_owner.draft = _input.text
		_draft_owner = current
		_input.fill("" if current == null else current.draft)
	_show_rules()
	_show_members()


func _show_rules() -> void:
	var room_name := conversations.current_room()
	_room_bar.show_room(_chat.room(room_name))
	_input.max_bytes = _chat.session.longest_text(room_name)
	_input.is_closed = Placeholder.why_closed(conversations.current, _chat) != ""
	_input.show_why(Placeholder.of(conversations.current, _chat))
	_show_send()


# Commands still work in a room in which the player may say nothing.
func _show_send() -> void:
	_send.disabled = _input.is_closed and not _input.text.begins_with("/")


func _show_members() -> void:
	var room := _chat.room(conversations.current_room())
	_members.show_members(room, _chat.session)
	_members.visible = room != null and _members_button.button_pressed
	_members_button.visible = room != null
	if room != null:
		var here := GuildhallCatalogue.scene_here(room.count)
		_members_button.tooltip_text = here
		_members_button.text = here if _is_wide() else str(room.count)


func _show_tabs() -> void:
	_tabs.set_block_signals(true)
	_tabs.tab_count = conversations.all.size()
	for at in conversations.all.size():
		var conversation := conversations.all[at]
		var sign_of_kind := "@" if conversation.is_whispers() else "#"
		var title := sign_of_kind + GuildhallLog.one_line(conversation.title())
		var unread := conversation.messages.unread
		_tabs.set_tab_title(at, title if unread == 0 else "%s (%d)" % [title, unread])
	_tabs.current_tab = conversations.all.find(conversations.current)
	_tabs.set_block_signals(false)


func _on_tab_selected(at: int) -> void:
	if at >= 0 and at < conversations.all.size():
		conversations.show_conversation(conversations.all[at])


func _on_tab_close_pressed(at: int) -> void:
	conversations.leave(conversations.all[at])
	_input.grab_focus()


func _on_add_pressed() -> void:
	# The list of rooms comes while the player types a name.
	_is_choosing_room = _chat.list_rooms() == OK
	_input.fill_and_complete("/join ")


func _on_member_chosen(id: int, member_name: String) -> void:
	if id != _chat.session.id:
		conversations.open_whispers(id, member_name)
	_input.grab_focus()


func _is_wide() -> bool:
	return get_viewport_rect().size.x >= WIDE


func _on_window_resized() -> void:
	_members_button.button_pressed = _is_wide()
	_are_members_stale = true
	_show_header()
