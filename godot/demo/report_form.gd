extends ConfirmationDialog
## The form of a report to the moderators: the reason, and what the player wants to say.

const MessageLog := preload("message_log.gd")
const Packets := preload("res://addons/guildhall/packets.gd")
## A line is as wide as this.
const WIDTH := 320.0

var _entry: MessageLog.Entry = null
var _chat: GuildhallChat
var _reasons := OptionButton.new()
var _note := LineEdit.new()


## Makes the form. It reports with this client.
func _init(chat: GuildhallChat) -> void:
	_chat = chat
	title = GuildhallCatalogue.scene_report_title()
	ok_button_text = GuildhallCatalogue.scene_report_send()
	cancel_button_text = GuildhallCatalogue.scene_cancel()
	_note.placeholder_text = GuildhallCatalogue.scene_report_note()
	_note.custom_minimum_size.x = WIDTH
	for reason: int in Packets.Reason.values():
		if reason != Packets.Reason.REASON_UNSPECIFIED:
			_reasons.add_item(GuildhallModerationTexts.reason(reason), reason)
	var column := VBoxContainer.new()
	column.add_child(_reasons)
	column.add_child(_note)
	add_child(column)
	register_text_enter(_note)


## Opens the form for a message.
func open_for(entry: MessageLog.Entry) -> void:
	_entry = entry
	_note.clear()
	_reasons.select(0)
	popup_centered()
	_reasons.grab_focus()


## Sends the report that the player has made. Returns OK, or an error of the client.
func send() -> int:
	var reason := _reasons.get_selected_id() as Packets.Reason
	var line := _entry.line
	return _chat.report_line(line.room, line.seq, reason, _note.text)


## Returns the text of an error of [method send].
func explain(error: int) -> String:
	var most := _chat.session.limits.note_bytes
	return GuildhallTexts.send_error(error, _note.text.to_utf8_buffer().size(), most)
