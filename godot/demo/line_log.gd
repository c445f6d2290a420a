extends RefCounted
## The entries of a conversation's log, and those among them that are lines of the room, as they
## are now: what the player can reply to, edit or react to. [code]message_log.gd[/code] adds them.

## The kinds of entries.
enum Kind { LINE, WHISPER, SYSTEM, WARNING }

## How many characters of a message a quote has.
const QUOTE := 80

var _entries: Array[Entry] = []
# The entries of the room's lines, by their numbers.
var _by_seq: Dictionary[int, Entry] = {}
# The entries that have changed since they were rendered.
var _changed: Array[Entry] = []


## One entry.
class Entry:
	var kind := Kind.LINE
	## The number that distinguishes it from all others.
	var key := 0
	## The line of the room, as it is now; null for all else.
	var line: GuildhallLine = null
	## The reactions that the player has added, as far as that was seen.
	var own_reactions: Dictionary[String, bool] = {}
	var time := ""
	var heading := ""
	var text := ""
	var action := false
	var color := Color.WHITE
	## A short text before the heading.
	var badge := ""
	## The delivery status of an own message, for the player.
	var status := ""
	var has_failed := false


## Applies what has changed of a line, if it is here.
func change_line(change: GuildhallLineChange) -> void:
	var entry: Entry = _by_seq.get(change.line)
	if entry == null or not entry.line.apply(change):
		return
	if change.own and change.kind == GuildhallLineChange.Kind.REACTED:
		entry.own_reactions[change.reaction] = true
	elif change.own and change.kind == GuildhallLineChange.Kind.TOOK_BACK:
		entry.own_reactions.erase(change.reaction)
	entry.text = entry.line.text
	if not _changed.has(entry):
		_changed.append(entry)
	if entry.line.removed or change.kind == GuildhallLineChange.Kind.EDITED:
		# The quotes of it.
		for other in _entries:
			if other.line != null and other.line.reply_to == change.line:
				_changed.append(other)


## Takes out the lines that this is true of, without a trace. Returns whether there were any.
func take_out(is_gone: Callable) -> bool:
	var kept: Array[Entry] = []
	for entry in _entries:
		if entry.line == null or not is_gone.call(entry.line):
			kept.append(entry)
		elif _by_seq.get(entry.line.seq) == entry:
			_by_seq.erase(entry.line.seq)
	var were_any := kept.size() < _entries.size()
	_entries = kept
	return were_any


## The room has begun anew: the numbers of the lines are other lines' from now on.
func forget_numbers() -> void:
	_by_seq.clear()


## Returns the entry of the line with this number, or null.
func find_line(seq: int) -> Entry:
	return _by_seq.get(seq)


## Returns the entry with this key if it is a line that can be changed or replied to, or null.
func find_key(key: int) -> Entry:
	for entry in _entries:
		if entry.key == key:
			var is_known: bool = entry.line != null and _by_seq.get(entry.line.seq) == entry
			return entry if is_known and not entry.line.removed else null
	return null


## Returns the newest line of the player, or of others; or null.
func newest_line(is_own: bool) -> Entry:
	for at in range(_entries.size() - 1, -1, -1):
		var line := _entries[at].line
		if line != null and line.own == is_own and not line.removed:
			if _by_seq.get(line.seq) == _entries[at]:
				return _entries[at]
	return null


## Returns the key of the line before the one with this key, or behind it; 0 if there is none.
## Without a key, the newest line's.
func next_key(key: int, step: int) -> int:
	var at := _entries.size() if key == 0 else -1
	for index in _entries.size():
		if _entries[index].key == key:
			at = index
	at += -1 if key == 0 else step
	while at >= 0 and at < _entries.size():
		if find_key(_entries[at].key) != null:
			return _entries[at].key
		at += -1 if key == 0 else step
	return 0


## Returns how the line with this number begins, with the name of who has said it; empty for 0.
func quote_of(seq: int) -> String:
	if seq == 0:
		return ""
	var entry := find_line(seq)
	if entry == null:
		return GuildhallCatalogue.scene_older_message()
	var text := GuildhallCatalogue.scene_removed() if entry.line.removed else entry.text
	text = GuildhallLog.one_line(text.replace("\n", " "))
	return "%s: %s" % [entry.heading, text if text.length() <= QUOTE else text.left(QUOTE) + "…"]


# Returns how many lines others have said behind the one with this number.
func _count_behind(seq: int) -> int:
	var behind := 0
	for at in range(_entries.size() - 1, -1, -1):
		var line := _entries[at].line
		if line != null and line.seq <= seq:
			break
		if line != null and not line.own:
			behind += 1
	return behind
