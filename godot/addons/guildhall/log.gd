@icon("icon.svg")
class_name GuildhallLog
extends RichTextLabel
## A log of messages and events. It shows text as text: BBCode in a peer's message has no
## effect, and no line of a message looks like an entry of its own. Text is shown as it
## is, with two exceptions: further lines of a message are indented, and if a letter has
## more than [constant MAX_MARKS] marks, the rest of them is left out.
##
## A crowd's entries do not stop the game: those that are more than a frame has time for
## come in the next frames, and of those that wait, only the newest [member max_lines] come
## at all. [method flush] writes them at once.
##
## Set [member RichTextLabel.scroll_following] for a log that follows the newest entry.

## The indentation of the further lines of a message.
const INDENT := "    "
## All characters that end a line in Unicode, apart from the line feed.
const LINE_ENDS := ["\r\n", "\r", "\u000b", "\u000c", "\u0085", "\u2028", "\u2029"]

## How many marks one letter may have. No language needs as many; thousands of them keep
## the engine busy for minutes and cover the text around them.
const MAX_MARKS := 16

## How long the log may write in a frame, in microseconds. What it writes is laid out
## afterwards, which takes about as long.
const FRAME_BUDGET := 3_000

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
# The entries that have to be written, oldest first.
var _waiting: Array[Entry] = []
# The entries behind all others, and how many lines of them are shown.
var _tail: Array[Entry] = []
var _tail_lines := 0
# Whether the entries that are added now are those of the tail.
var _is_adding_tail := false
# The entry that was added last, and whether it waits.
var _last: Entry = null
# The frame in which the log has written for so many microseconds.
var _frame := -1
var _spent := 0
# Matches too many marks or invisible characters in a row.
var _too_many_marks := RegEx.create_from_string("([\\p{M}\\p{Cf}]{%d})[\\p{M}\\p{Cf}]+" % MAX_MARKS)


## One entry.
class Entry:
	var time := ""
	var heading := ""
	var heading_color := Color.WHITE
	var message := ""
	var color := Color.WHITE
	var status := ""
	var status_color := Color.WHITE


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


## Appends a delivery status to the entry that was added last.
func append_status(message: String, status_color := time_color) -> void:
	if _last == null:
		return
	_last.status = "  " + one_line(message)
	_last.status_color = status_color
	if not _is_adding_tail and not _waiting.has(_last):
		_hide_tail()
		_write(_last.status, status_color)
		_show_tail.call_deferred()


## The entries that are added until [method end_tail] replace the tail: they stay behind all
## other entries. It is the place for messages that are still on their way.
func begin_tail() -> void:
	_tail.clear()
	_is_adding_tail = true


## Ends what [method begin_tail] has begun.
func end_tail() -> void:
	_is_adding_tail = false
	_hide_tail()
	_show_tail.call_deferred()


## Writes the entries that wait for the next frames.
func flush() -> void:
	_write_waiting(false)
	_show_tail()


## Returns the text of all entries, without those that wait.
func entries_text() -> String:
	_show_tail()
	var text := get_parsed_text()
	var tail := PackedStringArray()
	for entry in _tail:
		for line in _lines(entry):
			tail.append("".join(line.map(func(part: Array) -> String: return part[0])))
	# The label has no line ends before these lines.
	var before := text.left(text.length() - "".join(tail).length())
	return "\n".join(([] if _is_empty else [before]) + Array(tail))


## Removes all entries.
func clear_log() -> void:
	_clear_lines()
	_waiting.clear()
	_tail.clear()
	_last = null


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
	var entry := Entry.new()
	entry.message = message
	entry.color = color
	entry.heading = heading
	entry.heading_color = heading_color
	if show_time:
		var now := Time.get_time_string_from_system().left(5)
		entry.time = (entry_time if entry_time != "" else now) + "  "
	_last = entry
	if _is_adding_tail:
		_tail.append(entry)
		return
	_waiting.append(entry)
	if _waiting.size() > max_lines:
		_waiting.pop_front()
	# Outside the tree, there are no frames.
	_write_waiting(is_inside_tree())


func _write_waiting(is_paced := true) -> void:
	if _frame != Engine.get_process_frames():
		_frame = Engine.get_process_frames()
		_spent = 0
	if _waiting.is_empty() or (is_paced and _spent >= FRAME_BUDGET):
		_wait_for_next_frame()
		return
	var begun := Time.get_ticks_usec()
	if _waiting.size() >= max_lines:
		# Not one of the present lines would stay. To remove them one by one takes longest.
		_clear_lines()
	_hide_tail()
	while not _waiting.is_empty():
		_write_entry(_waiting.pop_front() as Entry)
		if is_paced and _spent + Time.get_ticks_usec() - begun >= FRAME_BUDGET:
			break
	_spent += Time.get_ticks_usec() - begun
	if not _tail.is_empty():
		_show_tail.call_deferred()
	_wait_for_next_frame()


func _clear_lines() -> void:
	clear()
	_is_empty = true
	_tail_lines = 0


func _wait_for_next_frame() -> void:
	if not _waiting.is_empty() and is_inside_tree():
		if not get_tree().process_frame.is_connected(_write_waiting):
			get_tree().process_frame.connect(_write_waiting, CONNECT_ONE_SHOT)


func _write_entry(entry: Entry) -> void:
	var lines := _lines(entry)
	# Of a message with more lines than the log keeps, only the last ones would stay.
	for at in range(maxi(0, lines.size() - max_lines), lines.size()):
		if not _is_empty:
			newline()
		_is_empty = false
		for part: Array in lines[at]:
			_write(part[0] as String, part[1] as Color)
	while get_paragraph_count() > max_lines:
		# Nothing reaches from one paragraph into the next. So they need not be laid out
		# again, which would take longer than all else.
		remove_paragraph(0, true)


# A line of the tail is a paragraph without a line end, because the label cannot remove the
# line end before its last line.
func _show_tail() -> void:
	if _tail_lines > 0:
		return
	for entry in _tail:
		for line in _lines(entry):
			push_paragraph(HORIZONTAL_ALIGNMENT_LEFT)
			for part: Array in line:
				_write(part[0] as String, part[1] as Color)
			pop()
			_tail_lines += 1


func _hide_tail() -> void:
	for _line in _tail_lines:
		remove_paragraph(get_paragraph_count() - 1, true)
	_tail_lines = 0


# Returns the lines of an entry, each as pairs of a text and its color.
func _lines(entry: Entry) -> Array[Array]:
	var lines: Array[Array] = []
	for line in entry.message.split("\n"):
		# The indentation keeps a line of a message from looking like an entry of its own.
		lines.append([[line if lines.is_empty() else INDENT + line, entry.color]])
	lines[0].push_front([entry.heading, entry.heading_color])
	lines[0].push_front([entry.time, time_color])
	lines[-1].append([entry.status, entry.status_color])
	for line in lines:
		for part: Array in line:
			part[0] = _too_many_marks.sub(part[0] as String, "$1", true)
	return lines


func _write(message: String, color: Color) -> void:
	if message.is_empty():
		return
	push_color(color)
	# Unlike append_text(), it parses no tags.
	add_text(message)
	pop()
