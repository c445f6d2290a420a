@icon("icon.svg")
class_name GuildhallLog
extends "log_label.gd"
## A log of messages and events. It shows text as text: BBCode in a peer's message has no
## effect, and no line of a message looks like an entry of its own. Text is shown as it
## is, with two exceptions: further lines of a message are indented, and if a letter has
## more than [constant MAX_MARKS] marks, the rest of them is left out.
##
## A crowd's entries do not stop the game: those that are more than a frame has time for
## come in the next frames, and of those that wait, only the newest [member max_lines] come
## at all. [method flush] writes them at once.
##
## Set [member RichTextLabel.scroll_following] for a log that follows the newest entry. While
## it is at its end, the label has only the newest lines, because each line makes it slower.
## It has the others as soon as the player scrolls up. [method entries_text] has all of them.

## The indentation of the further lines of a message.
const INDENT := "    "
## All characters that end a line in Unicode, apart from the line feed.
const LINE_ENDS := ["\r\n", "\r", "\u000b", "\u000c", "\u0085", "\u2028", "\u2029"]

## The sign before a quote.
const QUOTE_SIGN := "» "
## After the label was written again for entries that have changed, that much longer it waits
## until the next time: whoever changes a lot must not stop the game.
const REST := 10

## How many marks one letter may have. No language needs as many; thousands of them keep
## the engine busy for minutes and cover the text around them.
const MAX_MARKS := 16

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
@export var badge_color := Color("b9a88c")

## With [member show_time], the time that the next entries begin with. If it is empty,
## they begin with the present time.
var entry_time := ""
## The key of the next entry alone: any number above 0. [method key_at] and [method rect_of] have
## it, and another entry with the same key may take its place.
var entry_key := 0
## Whether the next entry alone takes the place of the one with the same key. Without such an entry
## nothing is added.
var entry_replaces := false
## The quote that the next entry alone replies to: a line of its own before it.
var entry_quote := ""
## A line of its own behind the next entry alone.
var entry_note := ""

# The entries that have to be kept, oldest first.
var _waiting: Array[Entry] = []
# The entries that take the place of others, by their keys, and when they do so at the earliest.
var _replacing: Dictionary[int, Entry] = {}
var _replace_at := 0
# The entries behind all others.
var _tail: Array[Entry] = []
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
	var key := 0
	var quote := ""
	var note := ""
	var time := ""
	var heading := ""
	var heading_color := Color.WHITE
	var badge := ""
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


## Adds what a client has said. Name and message may come from any peer. A badge
## ([member GuildhallInfo.badge]) stands before the name, in [member badge_color]: so a name
## cannot look like one.
func chat(sender_name: String, message: String, color := name_color, badge := "") -> void:
	_add(message, chat_color, one_line(sender_name) + ": ", color, badge)


## Adds what a client does, as after /me. Name and message may come from any peer.
func action(sender_name: String, message: String, color := name_color, badge := "") -> void:
	_add(message, chat_color, "* " + one_line(sender_name) + " ", color, badge)


## Appends a delivery status to the entry that was added last.
func append_status(message: String, status_color := time_color) -> void:
	if _last == null:
		return
	_last.status = "  " + one_line(message)
	_last.status_color = status_color
	if _replacing.get(_last.key) == _last:
		return
	if not _is_adding_tail and not _waiting.has(_last):
		_hide_tail()
		if not _kept.is_empty():
			_kept[-1].append([_last.status, status_color])
		if _unwritten == 0:
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
	_replace_at = 0
	_replace_entries()
	_write_waiting(false)
	_show_tail()


## Returns the text of all entries, without those that wait.
func entries_text() -> String:
	var texts := PackedStringArray(_kept.map(_text_of))
	for entry in _tail:
		texts.append_array(PackedStringArray(_lines(entry).map(_text_of)))
	return "\n".join(texts)


## Removes all entries.
func clear_log() -> void:
	_forget_lines()
	_waiting.clear()
	_replacing.clear()
	_tail.clear()
	_last = null


## Returns a name without what would affect the text around it: line ends, control
## characters, and marks that change the direction of writing.
static func one_line(peer_name: String) -> String:
	for at in peer_name.length():
		var code := peer_name.unicode_at(at)
		if code < 0x20 or code >= 0x7F:
			return _without_controls(peer_name)
	return peer_name


static func _without_controls(peer_name: String) -> String:
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


func _add(
	message: String, color: Color, heading := "", heading_color := color, badge := ""
) -> void:
	for line_end: String in LINE_ENDS:
		message = message.replace(line_end, "\n")
	var entry := Entry.new()
	entry.message = message
	entry.color = color
	entry.heading = heading
	entry.heading_color = heading_color
	if badge != "":
		entry.badge = "[%s] " % one_line(badge)
	if show_time:
		var now := Time.get_time_string_from_system().left(5)
		entry.time = (entry_time if entry_time != "" else now) + "  "
	entry.key = entry_key
	entry.quote = one_line(entry_quote)
	entry.note = one_line(entry_note)
	entry_key = 0
	entry_quote = ""
	entry_note = ""
	_last = entry
	if entry_replaces:
		entry_replaces = false
		_replace(entry)
		return
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
	var is_done := _waiting.is_empty() and _unwritten == 0
	if is_done or (is_paced and _spent >= FRAME_BUDGET):
		_wait_for_next_frame()
		return
	var begun := Time.get_ticks_usec()
	if _waiting.size() >= max_lines:
		# Not one of the present lines would stay. To remove them one by one takes longest.
		_forget_lines()
	_hide_tail()
	while _keep_next() or _write_next(is_paced):
		if is_paced and _spent + Time.get_ticks_usec() - begun >= FRAME_BUDGET:
			break
	_spent += Time.get_ticks_usec() - begun
	if not _tail.is_empty():
		_show_tail.call_deferred()
	_wait_for_next_frame()


# Takes the place of another entry, together with all others of the frame.
func _replace(entry: Entry) -> void:
	for at in _waiting.size():
		if _waiting[at].key == entry.key:
			_waiting[at] = entry
			return
	_replacing[entry.key] = entry
	if is_inside_tree() and not get_tree().process_frame.is_connected(_replace_entries):
		get_tree().process_frame.connect(_replace_entries)


func _replace_entries() -> void:
	if Time.get_ticks_msec() < _replace_at:
		return
	if is_inside_tree() and get_tree().process_frame.is_connected(_replace_entries):
		get_tree().process_frame.disconnect(_replace_entries)
	var is_stale := false
	for key in _replacing:
		is_stale = _replace_kept(_lines(_replacing[key]), key) or is_stale
	_replacing.clear()
	if is_stale:
		var begun := Time.get_ticks_msec()
		_write_again()
		_lines_written()
		_replace_at = begun + (Time.get_ticks_msec() - begun) * (REST + 1)


func _lines_written() -> void:
	_show_tail()


func _wait_for_next_frame() -> void:
	if not (_waiting.is_empty() and _unwritten == 0) and is_inside_tree():
		if not get_tree().process_frame.is_connected(_write_waiting):
			get_tree().process_frame.connect(_write_waiting, CONNECT_ONE_SHOT)


# Keeps the next entry. Returns false if there is none.
func _keep_next() -> bool:
	if _waiting.is_empty():
		return false
	# Of a message with more lines than the log keeps, only the last ones would stay.
	var entry: Entry = _waiting.pop_front()
	_keep(_lines(entry).slice(-max_lines), entry.key)
	return true


# A line of the tail is a paragraph without a line end, because the label cannot remove the
# line end before its last line.
func _show_tail() -> void:
	if _tail_lines > 0:
		return
	for entry in _tail:
		for line in _lines(entry):
			push_paragraph(HORIZONTAL_ALIGNMENT_LEFT)
			_write_parts(line)
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
	lines[0].push_front([entry.badge, badge_color])
	lines[0].push_front([entry.time, time_color])
	lines[-1].append([entry.status, entry.status_color])
	if entry.quote != "":
		lines.push_front([[INDENT + QUOTE_SIGN + entry.quote, time_color]])
	if entry.note != "":
		lines.append([[INDENT + entry.note, badge_color]])
	for line in lines:
		for part: Array in line:
			if (part[0] as String).length() > MAX_MARKS:
				part[0] = _too_many_marks.sub(part[0] as String, "$1", true)
	return lines


static func _text_of(line: Array) -> String:
	return "".join(line.map(func(part: Array) -> String: return part[0]))
