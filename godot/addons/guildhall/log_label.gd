extends RichTextLabel
## The lines of a [GuildhallLog], and those of them that the label has. It is a part of that
## class: it knows lines, and no entries.

## How long the log may write in a frame, in microseconds. It lays out each line that it
## writes, because that takes ten times as long as to write it.
const FRAME_BUDGET := 3_000
## How many lines the label has while the log is at its end, if they are more than
## [constant PAGES] times as high as the label. To remove a line, the engine looks at all
## others.
const LINES_AT_END := 60
const PAGES := 2.5
## How many lines the label loses at most with each one that it gets.
const MOST_REMOVED := 2

## The most lines that are kept. The oldest are removed first.
@export_range(1, 10_000) var max_lines := 500

# The lines of the log, oldest first, each as pairs of a text and its color. The label has
# those before the last _unwritten, and of them the last _shown.
var _kept: Array[Array] = []
var _shown := 0
var _unwritten := 0
# How many lines are written before others are left out: else a crowd's label would have the
# beginning of its newest lines in each frame, and never all of them.
var _until_leaving_out := 0
# For each kept line, the key of its entry.
var _keys := PackedInt64Array()
# How many lines the label has at most while the log is at its end.
var _most_at_end := LINES_AT_END
# How many lines of the tail are shown.
var _tail_lines := 0


func _init() -> void:
	get_v_scroll_bar().value_changed.connect(_on_value_changed)


## Whether the label has all lines. At the end of the log, it has only the newest ones.
func has_all_lines() -> bool:
	return _shown >= _kept.size()


## Returns the key of the entry at this position in the label; 0 if there is none, or if it has
## none.
func key_at(at: Vector2) -> int:
	var height := at.y + get_v_scroll_bar().value
	var found := -1
	for line in mini(_shown, get_paragraph_count()):
		if get_paragraph_offset(line) > height:
			break
		found = line
	var index := _first_in_label() + found
	return _keys[index] if found >= 0 and index < _keys.size() else 0


## Returns where the entry with this key is in the label, also if the player has scrolled away
## from it. An empty rectangle: the label does not have it.
func rect_of(key: int) -> Rect2:
	var from := _keys.find(key, maxi(_first_in_label(), 0)) - _first_in_label()
	if key == 0 or from < 0 or from >= _shown:
		return Rect2()
	var to := from
	while to < _shown and _keys[_first_in_label() + to] == key:
		to += 1
	var end := get_content_height() as float
	if to < get_paragraph_count():
		end = get_paragraph_offset(to)
	var top := get_paragraph_offset(from)
	return Rect2(0.0, top - get_v_scroll_bar().value, size.x, end - top)


# The index of the label's first line among the kept ones.
func _first_in_label() -> int:
	return _kept.size() - _unwritten - _shown


func _keep(lines: Array[Array], key: int) -> void:
	_kept.append_array(lines)
	for _line in lines:
		_keys.append(key)
	_unwritten += lines.size()
	if _kept.size() > max_lines:
		_kept = _kept.slice(-max_lines)
		_keys = _keys.slice(-max_lines)
	_unwritten = mini(_unwritten, _kept.size())


# Replaces the kept lines of an entry. Returns whether the label has to be written again.
func _replace_kept(lines: Array[Array], key: int) -> bool:
	var from := _keys.find(key)
	if from < 0:
		return false
	var to := from
	while to < _keys.size() and _keys[to] == key:
		to += 1
	var keys := PackedInt64Array()
	keys.resize(lines.size())
	keys.fill(key)
	var more := lines.size() - (to - from)
	var first := _first_in_label()
	var end := first + _shown
	_kept = _kept.slice(0, from) + lines + _kept.slice(to)
	_keys = _keys.slice(0, from) + keys + _keys.slice(to)
	if from >= end:
		_unwritten += more
	elif from >= first:
		_shown += more
		return true
	return false


# Writes all lines of the label again, and shows what was shown before.
func _write_again() -> void:
	var bar := get_v_scroll_bar()
	var value := bar.value
	var was_at_end := _is_at_end()
	var first := maxi(_first_in_label(), 0)
	var lines := _kept.slice(first, _kept.size() - _unwritten)
	_clear_lines()
	for line: Array in lines:
		_write_line(line)
	get_content_height()
	if not was_at_end:
		bar.value = value


func _forget_lines() -> void:
	_clear_lines()
	_kept.clear()
	_keys.clear()
	_unwritten = 0


func _clear_lines() -> void:
	clear()
	_shown = 0
	_tail_lines = 0


# Writes the next kept line. Returns false if there is none.
func _write_next(is_paced: bool) -> bool:
	if _unwritten == 0:
		return false
	if is_paced:
		_leave_out()
	_write_line(_kept[-_unwritten])
	_unwritten -= 1
	_until_leaving_out -= 1
	_remove_oldest(MOST_REMOVED if is_paced else _shown)
	if is_paced:
		# Lays the line out.
		get_content_height()
	return true


# At the end of the log, the label would soon lose the lines that have more behind them than it
# keeps: it does not get them.
func _leave_out() -> void:
	var font_size := get_theme_font_size(&"normal_font_size")
	var height := maxf(get_theme_font(&"normal_font").get_height(font_size), 1.0)
	var most := maxi(LINES_AT_END, ceili(size.y * PAGES / height))
	if _until_leaving_out <= 0 and _unwritten > most and _is_at_end():
		_clear_lines()
		_unwritten = most
		_until_leaving_out = most


func _write_line(line: Array) -> void:
	if _shown > 0:
		newline()
	_shown += 1
	_write_parts(line)


func _remove_oldest(most: int) -> void:
	var count := mini(most, maxi(0, _shown + _unwritten - _kept.size()))
	if _shown > _most_at_end and _is_at_end() and _is_higher_than(PAGES):
		# One more than has come, until the label has few again.
		count = maxi(count, mini(MOST_REMOVED, _shown - _most_at_end))
	for _line in count:
		# Nothing reaches from one paragraph into the next. So they need not be laid out
		# again, which would take longer than all else.
		remove_paragraph(0, true)
	_shown -= count


func _is_at_end() -> bool:
	var bar := get_v_scroll_bar()
	return bar.value >= bar.max_value - bar.page - 4.0


func _is_higher_than(pages: float) -> bool:
	var bar := get_v_scroll_bar()
	return bar.max_value > bar.page * pages


func _on_value_changed(value: float) -> void:
	if _is_at_end():
		_most_at_end = LINES_AT_END
	elif _first_in_label() > 0 and _shown > 0 and value < get_v_scroll_bar().page:
		# The label may be in the midst of its layout.
		_show_more.call_deferred()


# Twice as many lines: if the label had all of them at once, the frame would be long.
func _show_more() -> void:
	var bar := get_v_scroll_bar()
	if _first_in_label() <= 0 or _shown == 0 or _is_at_end() or bar.value >= bar.page:
		return
	var from_end := bar.max_value - bar.value
	_most_at_end = _shown * 2
	_clear_lines()
	for line: Array in _kept.slice(-_most_at_end - _unwritten, _kept.size() - _unwritten):
		_write_line(line)
	_lines_written()
	bar.value = get_content_height() - from_end


func _write_parts(line: Array) -> void:
	for part: Array in line:
		_write(part[0] as String, part[1] as Color)


func _write(message: String, color: Color) -> void:
	if message.is_empty():
		return
	push_color(color)
	# Unlike append_text(), it parses no tags.
	add_text(message)
	pop()


# The label has its lines again: what stands behind them may follow.
func _lines_written() -> void:
	pass
