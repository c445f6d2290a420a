class_name Log
extends RichTextLabel
## A log of what is said and what happens. Text is text: whatever a peer types,
## no BBCode of theirs takes effect, and no line of theirs looks like another's.
## It is shown as it is, but for two things: a line that goes on is set in, and of
## more than [constant MAX_MARKS] marks on one letter the rest is left out.
##
## Set [member RichTextLabel.scroll_following] for a log that shows the newest.

## What a line that goes on from the one above begins with.
const CONTINUED := "    "
## Characters that end a line, in all the ways Unicode has.
const LINE_ENDS := ["\r\n", "\r", "\u000b", "\u000c", "\u0085", "\u2028", "\u2029"]

## How many marks may stand on one letter. No language needs as many; thousands
## of them keep the engine busy for minutes and hide what is around them.
const MAX_MARKS := 16

## Lines beyond this number fall off at the top.
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

## What the next entries begin with, with [member show_time], instead of the time
## of day: the time at which something was said.
var entry_time := ""

var _is_empty := true
# A run of marks or invisible characters that is too long.
var _too_many_marks := RegEx.create_from_string("([\\p{M}\\p{Cf}]{%d})[\\p{M}\\p{Cf}]+" % MAX_MARKS)


## Something worth knowing.
func info(message: String) -> void:
	_add(message, info_color)


## Something that may go wrong.
func warning(message: String) -> void:
	_add(message, warning_color)


## Something that went wrong.
func error(message: String) -> void:
	_add(message, error_color)


## Something that went well.
func success(message: String) -> void:
	_add(message, success_color)


## What somebody said. Name and message may come from anybody.
func chat(sender_name: String, message: String, color := name_color) -> void:
	_add(message, chat_color, one_line(sender_name) + ": ", color)


## What somebody does. Name and message may come from anybody.
func action(sender_name: String, message: String, color := name_color) -> void:
	_add(message, chat_color, "* " + one_line(sender_name) + " ", color)


## A remark at the end of the entry that was added last.
func remark(message: String, color := time_color) -> void:
	_put("  " + one_line(message), color)


## Removes everything.
func clear_log() -> void:
	clear()
	_is_empty = true


## A name as one line that changes nothing around it: without line ends, control
## characters and the marks that turn the direction of writing.
static func one_line(text: String) -> String:
	var kept := ""
	for letter in text:
		var code := letter.unicode_at(0)
		var is_control := code < 0x20 or (code >= 0x7F and code < 0xA0)
		var is_line_end := code == 0x2028 or code == 0x2029
		var turns := (
			code in [0x061C, 0x200E, 0x200F]
			or (code >= 0x202A and code <= 0x202E)
			or (code >= 0x2066 and code <= 0x2069)
		)
		if not (is_control or is_line_end or turns):
			kept += letter
	return kept


func _add(message: String, color: Color, who := "", who_color := color) -> void:
	for line_end: String in LINE_ENDS:
		message = message.replace(line_end, "\n")
	_begin_line()
	if show_time:
		var now := Time.get_time_string_from_system().left(5)
		_put((entry_time if entry_time != "" else now) + "  ", time_color)
	_put(who, who_color)
	var lines := message.split("\n")
	_put(lines[0], color)
	# A line of a message is never where an entry of its own would begin.
	for at in range(1, lines.size()):
		_begin_line()
		_put(CONTINUED + lines[at], color)
	while get_paragraph_count() > max_lines:
		remove_paragraph(0)


func _begin_line() -> void:
	if not _is_empty:
		newline()
	_is_empty = false


func _put(words: String, color: Color) -> void:
	if words.is_empty():
		return
	push_color(color)
	# Unlike append_text(), this takes no word for a tag.
	add_text(_too_many_marks.sub(words, "$1", true))
	pop()
