extends RefCounted
## Actions of the player on messages that were said before: the menu of a message, replies and
## edits in the input line, and the search.

## Something was not done, for this reason.
signal failed(reason: String)

const Composer := preload("composer.gd")
const Conversations := preload("conversations.gd")
const LineMenu := preload("line_menu.gd")
const LogView := preload("log_view.gd")
const MessageLog := preload("message_log.gd")
const ReportForm := preload("report_form.gd")
const SearchPanel := preload("search_panel.gd")
const SubjectBar := preload("subject_bar.gd")

## How long a moderator mutes from the menu, in seconds.
const TIMEOUT := 600

var _chat: GuildhallChat
var _conversations: Conversations
var _log: LogView
var _input: Composer
var _menu: LineMenu
var _subject: SubjectBar
var _search: SearchPanel
var _search_button: Button
var _report: ReportForm


func _init(
	chat: GuildhallChat, conversations: Conversations, log_view: LogView, input: Composer
) -> void:
	_chat = chat
	_conversations = conversations
	_log = log_view
	_input = input
	_log.menu_requested.connect(_on_menu_requested)
	_input.gui_input.connect(_on_input_key)


## Uses this menu, and shows there what the input line is about.
func use_menu(menu: LineMenu, subject: SubjectBar) -> void:
	_menu = menu
	_subject = subject
	menu.reply_chosen.connect(_begin.bind(false))
	menu.edit_chosen.connect(_begin.bind(true))
	menu.delete_chosen.connect(_on_delete_chosen)
	menu.reaction_chosen.connect(_on_reaction_chosen)
	menu.block_chosen.connect(_on_block_chosen)
	menu.report_chosen.connect(_on_report_chosen)
	menu.sanction_chosen.connect(_on_sanction_chosen)
	_report = ReportForm.new(_chat)
	_report.confirmed.connect(_on_report_confirmed)
	menu.add_sibling.call_deferred(_report)
	subject.cancelled.connect(_cancel)


## Uses this search, which the button opens.
func use_search(search: SearchPanel, button: Button) -> void:
	_search = search
	_search_button = button
	button.text = GuildhallCatalogue.scene_search()
	button.toggled.connect(_on_search_toggled)
	search.use(_chat)
	search.visibility_changed.connect(func() -> void: button.set_pressed_no_signal(search.visible))
	search.closed.connect(_close_search)
	search.line_chosen.connect(_on_line_chosen)


## Whether the player replies to a message or edits one.
func has_subject() -> bool:
	return _subject.entry != null


## The player has submitted a reply or an edit. Returns an error for the player, or an empty text.
func say(text: String) -> String:
	var line := _subject.entry.line
	var result := 0
	if _subject.is_edit:
		result = _chat.edit_line(line.room, line.seq, text)
	else:
		result = _chat.reply(line.room, line.seq, text)
	if result >= 0:
		clear_subject()
		return ""
	return _chat.explain(result, text, line.room)


## The player replies to nothing and edits nothing any more.
func clear_subject() -> void:
	_subject.clear()


func _on_menu_requested(key: int, at: Vector2) -> void:
	var entry := _conversations.current_log().find_key(key)
	if entry != null and _chat.room(_conversations.current_room()) != null:
		_menu.open_for(entry, _chat, at)


func _begin(entry: MessageLog.Entry, edits: bool) -> void:
	_subject.show_subject(entry, edits)
	if edits:
		_input.fill(entry.text)
	_input.grab_focus()


func _cancel() -> void:
	if _subject.is_edit:
		_input.clear()
	clear_subject()
	_input.grab_focus()


func _on_input_key(event: InputEvent) -> void:
	if event.is_action_pressed(&"ui_cancel") and has_subject():
		_cancel()
		_input.accept_event()


func _on_delete_chosen(entry: MessageLog.Entry) -> void:
	_tell(_chat.remove_line(entry.line.room, entry.line.seq))
	_log.grab_focus()


func _on_reaction_chosen(entry: MessageLog.Entry, reaction: String, take_back: bool) -> void:
	_tell(_chat.react(entry.line.room, entry.line.seq, reaction, take_back))
	_log.grab_focus()


func _on_block_chosen(entry: MessageLog.Entry) -> void:
	_tell(_chat.block(entry.line.sender))
	_input.grab_focus()


func _on_report_chosen(entry: MessageLog.Entry) -> void:
	_report.open_for(entry)


func _on_report_confirmed() -> void:
	var error := _report.send()
	failed.emit("" if error >= 0 else _report.explain(error))
	_input.grab_focus()


func _on_sanction_chosen(entry: MessageLog.Entry, kind: LineMenu.Packets.SanctionKind) -> void:
	var imposition := GuildhallImposition.new()
	imposition.kind = kind
	imposition.room = entry.line.room
	imposition.user = entry.line.sender
	imposition.reason = LineMenu.Packets.Reason.REASON_OTHER
	if kind == LineMenu.Packets.SanctionKind.SANCTION_KIND_MUTE:
		imposition.seconds = TIMEOUT
	_tell(_chat.impose(imposition))
	_log.grab_focus()


func _tell(result: int) -> void:
	failed.emit("" if result >= 0 else _chat.explain(result))


func _on_search_toggled(is_on: bool) -> void:
	if is_on:
		_search.open()
	else:
		_close_search()


func _close_search() -> void:
	_search.hide()
	_input.grab_focus()


# Shows the room of a line that was found, and the line if it is in the log.
func _on_line_chosen(line: GuildhallLine) -> void:
	var conversation := _conversations.find_room(line.room)
	if conversation == null:
		return
	_conversations.show_conversation(conversation)
	var entry := conversation.messages.find_line(line.seq)
	if entry != null and entry.line.epoch == line.epoch:
		_log.render(conversation.messages)
		_log.flush()
		_log.grab_focus()
		_log.choose(entry.key)
