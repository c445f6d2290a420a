@icon("icon.svg")
class_name GuildhallLog
extends RichTextLabel
## A log of messages and events. It shows text as text: BBCode in a peer's message has no
## effect, and no line of a message looks like an entry of its own. Text is shown as it
## is, with two exceptions: further lines of a message are indented, and if a letter has
## more than [constant MAX_MARKS] marks, the rest of them is left out.
##
## Set [member RichTextLabel.scroll_following] for a log that follows the newest entry.

## The indentation of the further lines of a message.
const INDENT := "    "
## All characters that end a line in Unicode, apart from the line feed.
const LINE_ENDS := ["\r\n", "\r", "\u000b", "\u000c", "\u0085", "\u2028", "\u2029"]

## How many marks one letter may have. No language needs as many; thousands of them keep
## the engine busy for minutes and cover the text around them.
const MAX_MARKS := 16

## The most lines that are kept. The oldest are removed first.
@export_range(1, 10_000) var max_lines := 500
## Whether each entry begins with the time of day.
@export var show_time := false
@export_group("Colors")
@export var info_color := Color("e9dfd0")
@export var warning_color := Color("f0c05a")
@export var error_color := Color("ff8a70")
@export var success_color := Color("93d07c")
@export var name_color := Color("8db8f0")
@export var chat_color := Color("f4ecdf")
@export var time_color := Color("8f8474")

## With [member show_time], the time that the next entries begin with. If it is empty,
## they begin with the present time.
var entry_time := ""

var _is_empty := true
# Matches too many marks or invisible characters in a row.
var _too_many_marks := RegEx.create_from_string("([\\p{M}\\p{Cf}]{%d})[\\p{M}\\p{Cf}]+" % MAX_MARKS)


## Adds an entry that informs.
func info(message: String) -> void:
	_add(message, info_color)


## Adds an entry that warns.
func warning(message: String) -> void:
	_add(message, warning_color)


## Adds an entry about an error.
func error(message: String) -> void:
	_add(message, error_color)


## Adds an entry about a success.
func success(message: String) -> void:
	_add(message, success_color)


## Adds what a client has said. Name and message may come from any peer.
func chat(sender_name: String, message: String, color := name_color) -> void:
	_add(message, chat_color, one_line(sender_name) + ": ", color)


## Adds what a client does, as after /me. Name and message may come from any peer.
func action(sender_name: String, message: String, color := name_color) -> void:
	_add(message, chat_color, "* " + one_line(sender_name) + " ", color)


## Appends a delivery status to the last entry.
func append_status(message: String, color := time_color) -> void:
	_write("  " + one_line(message), color)


## Removes all entries.
func clear_log() -> void:
	clear()
	_is_empty = true


## Returns a name without what would affect the text around it: line ends, control
## characters, and marks that change the direction of writing.
static func one_line(peer_name: String) -> String:
	var kept := ""
	for letter in peer_name:
		var code := letter.unicode_at(0)
		var is_control := code < 0x20 or (code >= 0x7F and code < 0xA0)
		var is_line_end := code == 0x2028 or code == 0x2029
		var changes_direction := (
			code in [0x061C, 0x200E, 0x200F]
			or (code >= 0x202A and code <= 0x202E)
			or (code >= 0x2066 and code <= 0x2069)
		)
		if not (is_control or is_line_end or changes_direction):
			kept += letter
	return kept


func _add(message: String, color: Color, heading := "", heading_color := color) -> void:
	for line_end: String in LINE_ENDS:
		message = message.replace(line_end, "\n")
	_begin_line()
	if show_time:
		var now := Time.get_time_string_from_system().left(5)
		_write((entry_time if entry_time != "" else now) + "  ", time_color)
	_write(heading, heading_color)
	var lines := message.split("\n")
	_write(lines[0], color)
	# The indentation keeps a line of a message from looking like an entry of its own.
	for at in range(1, lines.size()):
		_begin_line()
		_write(INDENT + lines[at], color)
	while get_paragraph_count() > max_lines:
		remove_paragraph(0)


func _begin_line() -> void:
	if not _is_empty:
		newline()
	_is_empty = false


func _write(message: String, color: Color) -> void:
	if message.is_empty():
		return
	push_color(color)
	# Unlike append_text(), add_text() parses no tags.
	add_text(_too_many_marks.sub(message, "$1", true))
	pop()
