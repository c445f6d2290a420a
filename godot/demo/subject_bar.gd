extends HBoxContainer
## The message that the input line is about, above it: the player replies to it, or edits it.

## The player replies to no message and edits none any more.
signal cancelled

const MessageLog := preload("message_log.gd")

## The message; null if there is none.
var entry: MessageLog.Entry = null
## Whether the player edits the message, and does not reply to it.
var is_edit := false

@onready var _label := $Label as Label
@onready var _cancel := $Cancel as Button


func _ready() -> void:
	_cancel.text = GuildhallCatalogue.scene_cancel()
	_cancel.pressed.connect(func() -> void: cancelled.emit())


## Shows a message that the player replies to or edits.
func show_subject(subject: MessageLog.Entry, edits: bool) -> void:
	entry = subject
	is_edit = edits
	var text := GuildhallLog.one_line(subject.text.replace("\n", " "))
	if edits:
		_label.text = GuildhallCatalogue.scene_editing(text)
	else:
		_label.text = GuildhallCatalogue.scene_replying(
			GuildhallLog.one_line(subject.heading), text
		)
	show()


## Shows none.
func clear() -> void:
	entry = null
	hide()
