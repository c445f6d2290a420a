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
## Set [member RichTextLabel.scroll_following] for a log that follows the newest entry. While
## it is at its end, the label has only the newest lines, because each line makes it slower.
## It has the others as soon as the player scrolls up. [method entries_text] has all of them.

## The indentation of the further lines of a message.
const INDENT := "    "
## All characters that end a line in Unicode, apart from the line feed.
const LINE_ENDS := ["\r\n", "\r", "\u000b", "\u000c", "\u0085", "\u2028", "\u2029"]

## How many marks one letter may have. No language needs as many; thousands of them keep
## the engine busy for minutes and cover the text around them.
const MAX_MARKS := 16

## How long the log may write in a frame, in microseconds. What it writes is laid out
## afterwards, which takes about as long.
const FRAME_BUDGET := 2_000
## How many lines the label has while the log is at its end, if they are more than
## [constant PAGES] times as high as the label. To remove a line, the engine looks at all
## others.
const LINES_AT_END := 60
const PAGES := 2.5

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
@export var badge_color := Color("b9a88c")

## With [member show_time], the time that the next entries begin with. If it is empty,
## they begin with the present time.
var entry_time := ""

# The lines of the log, oldest first, each as pairs of a text and its color. The label has the
# last of them.
var _kept: Array[Array] = []
var _shown := 0
# How many lines the label has at most while the log is at its end.
var _most_at_end := LINES_AT_END
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
	var badge := ""
	var message := ""
	var color := Color.WHITE
	var status := ""
	var status_color := Color.WHITE


func _init() -> void:
	get_v_scroll_bar().value_changed.connect(_on_value_changed)


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
	if not _is_adding_tail and not _waiting.has(_last):
		_hide_tail()
		if not _kept.is_empty():
			_kept[-1].append([_last.status, status_color])
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
	var texts := PackedStringArray(_kept.map(_text_of))
	for entry in _tail:
		texts.append_array(PackedStringArray(_lines(entry).map(_text_of)))
	return "\n".join(texts)


## Whether the label has all lines. At the end of the log, it has only the newest ones.
func has_all_lines() -> bool:
	return _shown == _kept.size()


## Removes all entries.
func clear_log() -> void:
	_clear_lines()
	_kept.clear()
	_waiting.clear()
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
		_kept.clear()
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
	_shown = 0
	_tail_lines = 0


func _wait_for_next_frame() -> void:
	if not _waiting.is_empty() and is_inside_tree():
		if not get_tree().process_frame.is_connected(_write_waiting):
			get_tree().process_frame.connect(_write_waiting, CONNECT_ONE_SHOT)


func _write_entry(entry: Entry) -> void:
	# Of a message with more lines than the log keeps, only the last ones would stay.
	for line in _lines(entry).slice(-max_lines):
		_kept.append(line)
		_write_line(line)
		while _kept.size() > max_lines:
			_kept.pop_front()
		_remove_oldest()


func _write_line(line: Array) -> void:
	if _shown > 0:
		newline()
	_shown += 1
	for part: Array in line:
		_write(part[0] as String, part[1] as Color)


func _remove_oldest() -> void:
	var count := _shown - _kept.size()
	if _shown > _most_at_end and _is_at_end() and _is_higher_than(PAGES):
		# One more than has come, until the label has few again.
		count = maxi(count, mini(2, _shown - _most_at_end))
	for _line in count:
		# Nothing reaches from one paragraph into the next. So they need not be laid out
		# again, which would take longer than all else.
		remove_paragraph(0, true)
	_shown -= maxi(0, count)


func _is_at_end() -> bool:
	var bar := get_v_scroll_bar()
	return bar.value >= bar.max_value - bar.page - 4.0


func _is_higher_than(pages: float) -> bool:
	var bar := get_v_scroll_bar()
	return bar.max_value > bar.page * pages


func _on_value_changed(value: float) -> void:
	if _is_at_end():
		_most_at_end = LINES_AT_END
	elif not has_all_lines() and value < get_v_scroll_bar().page:
		# The label may be in the midst of its layout.
		_show_more.call_deferred()


# Twice as many lines: if the label had all of them at once, the frame would be long.
func _show_more() -> void:
	var bar := get_v_scroll_bar()
	if has_all_lines() or _is_at_end() or bar.value >= bar.page:
		return
	var from_end := bar.max_value - bar.value
	_most_at_end = _shown * 2
	_clear_lines()
	for line: Array in _kept.slice(-_most_at_end):
		_write_line(line)
	_show_tail()
	bar.value = get_content_height() - from_end


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
	lines[0].push_front([entry.badge, badge_color])
	lines[0].push_front([entry.time, time_color])
	lines[-1].append([entry.status, entry.status_color])
	for line in lines:
		for part: Array in line:
			if (part[0] as String).length() > MAX_MARKS:
				part[0] = _too_many_marks.sub(part[0] as String, "$1", true)
	return lines


static func _text_of(line: Array) -> String:
	return "".join(line.map(func(part: Array) -> String: return part[0]))


func _write(message: String, color: Color) -> void:
	if message.is_empty():
		return
	push_color(color)
	# Unlike append_text(), it parses no tags.
	add_text(message)
	pop()
