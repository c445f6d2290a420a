extends RefCounted
## What the log of one conversation shows: lines, whispers and system messages in
## their order, and behind them what this player has said and the server has not
## stored yet. [code]talks.gd[/code] fills it, and the scene has it drawn into a
## [Log].

## What an entry is.
enum Kind { LINE, WHISPER, SYSTEM, WARNING }

const OWN_COLOR := Color("e0b25a")
const WHISPER_COLOR := Color("d79be8")

## More entries than this are not kept.
const MOST := 1500

## How many lines the player has not seen.
var unread := 0
## Whether the server has lines before these.
var has_older := false
## Whether the player was never here before this connection: what the server
## sends at first is old.
var is_first_visit := true

var _entries: Array[Entry] = []
# What has no answer or has failed, by nonces.
var _pending: Dictionary[int, Entry] = {}
# Before which entry the divider of unread lines is; below 0: there is none.
var _divider := -1
# How many entries the log has; below 0: it has to be drawn anew.
var _drawn := -1


## One entry.
class Entry:
	var kind := Kind.LINE
	var time := ""
	var who := ""
	var text := ""
	var action := false
	var color := Color.WHITE
	## What became of an own one, in words.
	var mark := ""
	var has_failed := false


## A line of the room.
func add_line(line: GuildhallLine, is_news: bool) -> void:
	if line.own:
		forget(line.nonce)
	if is_news:
		_count_unread()
	_add(_of_line(line))


## Older lines, before all others.
func add_history(lines: Array[GuildhallLine], more: bool) -> void:
	has_older = more and _entries.size() < MOST
	var older: Array[Entry] = []
	for line in lines:
		if line.own:
			forget(line.nonce)
		older.append(_of_line(line))
	_entries = older + _entries
	_drawn = -1
	if _divider >= 0:
		_divider += older.size()


## A whisper to this player or from it.
func add_whisper(whisper: GuildhallWhisper, is_news: bool) -> void:
	if whisper.own:
		forget(whisper.nonce)
	if is_news:
		_count_unread()
	var entry := Entry.new()
	entry.kind = Kind.WHISPER
	entry.time = _clock(whisper.time)
	entry.text = whisper.text
	entry.action = whisper.action
	entry.color = WHISPER_COLOR
	if whisper.own:
		entry.who = _to(whisper.receiver_name)
	else:
		entry.who = GuildhallWords.either("{0} whispers", "{0} flüstert", [whisper.sender_name])
	_add(entry)


## Something that has happened, in words.
func add_system(words: String, is_warning := false) -> void:
	var entry := Entry.new()
	entry.kind = Kind.WARNING if is_warning else Kind.SYSTEM
	entry.time = _clock(int(Time.get_unix_time_from_system() * 1000.0))
	entry.text = words
	_add(entry)


## Something that this player says and the server has not stored yet; [param to]:
## what the receiver of a whisper is called.
func add_pending(message: GuildhallMessage, to: String) -> void:
	var entry := Entry.new()
	entry.time = _clock(int(Time.get_unix_time_from_system() * 1000.0))
	entry.text = message.text
	entry.action = message.action
	entry.mark = GuildhallWords.either("(sending…)", "(wird gesendet…)")
	entry.who = own_name()
	entry.color = OWN_COLOR
	if message.is_whisper():
		entry.kind = Kind.WHISPER
		entry.who = _to(to)
		entry.color = WHISPER_COLOR
	_pending[message.nonce] = entry
	_drawn = -1


## Whether it is shown here as one without an answer.
func is_pending(nonce: int) -> bool:
	return _pending.has(nonce)


## What is shown of one without an answer.
func pending(nonce: int) -> Entry:
	return _pending[nonce]


## It has arrived. Its line follows, or was there already.
func sent(nonce: int) -> void:
	_pending[nonce].mark = ""


## It has not, for this reason.
func failed(nonce: int, why: String) -> void:
	_pending[nonce].mark = GuildhallWords.either("(not sent: {0})", "(nicht gesendet: {0})", [why])
	_pending[nonce].has_failed = true


## It is shown no longer.
func forget(nonce: int) -> void:
	if _pending.erase(nonce):
		_drawn = -1


## The first of those that have failed, or 0.
func first_failed() -> int:
	for nonce in _pending:
		if _pending[nonce].has_failed:
			return nonce
	return 0


## The player sees it from now on: what was unread stays marked until
## [method looked_away].
func looked_at() -> void:
	unread = 0
	_drawn = -1


## The player sees another conversation.
func looked_away() -> void:
	_divider = -1


## The text of the newest entry that is no line, where it is the last; or empty.
func last_words() -> String:
	if _entries.is_empty() or _entries[-1].kind < Kind.SYSTEM:
		return ""
	return _entries[-1].text


## Shows it: all of it, or what has come since it was shown last. Whether it was
## all.
func draw(on: Log) -> bool:
	var is_anew := _drawn < 0
	if is_anew:
		on.clear_log()
		_drawn = 0
	for at in range(_drawn, _entries.size()):
		if at == _divider:
			on.entry_time = _entries[at].time
			on.error(GuildhallWords.either("——— new ———", "——— neu ———"))
		_draw_entry(_entries[at], on)
	# What is pending stays behind what comes next.
	_drawn = _entries.size() if _pending.is_empty() else -1
	for nonce in _pending:
		_draw_entry(_pending[nonce], on)
	on.entry_time = ""
	return is_anew


## What the player is called in its own log.
static func own_name() -> String:
	return GuildhallWords.either("You", "Du")


func _draw_entry(entry: Entry, on: Log) -> void:
	on.entry_time = entry.time
	match entry.kind:
		Kind.SYSTEM:
			on.info(entry.text)
		Kind.WARNING:
			on.warning(entry.text)
		_:
			if entry.action:
				on.action(entry.who, entry.text, entry.color)
			else:
				on.chat(entry.who, entry.text, entry.color)
	if entry.mark != "":
		on.append_status(entry.mark, on.error_color if entry.has_failed else on.time_color)


func _count_unread() -> void:
	if unread == 0:
		_divider = _entries.size()
	unread += 1


func _add(entry: Entry) -> void:
	_entries.append(entry)
	if _entries.size() > MOST:
		_entries.remove_at(0)
		_divider -= 1
		_drawn -= 1
		# What was dropped here cannot be asked for again.
		has_older = false


func _of_line(line: GuildhallLine) -> Entry:
	var entry := Entry.new()
	entry.time = _clock(line.time)
	entry.who = own_name() if line.own else line.name
	entry.text = line.text
	entry.action = line.action
	entry.color = OWN_COLOR if line.own else _speaker_color(line.sender)
	return entry


static func _to(receiver: String) -> String:
	return GuildhallWords.either("You whisper to {0}", "Du flüsterst {0} zu", [receiver])


# The time of day here, of milliseconds since 1970.
static func _clock(milliseconds: int) -> String:
	var bias := int(Time.get_time_zone_from_system()["bias"] as float) * 60
	return Time.get_time_string_from_unix_time(floori(milliseconds / 1000.0) + bias).left(5)


# A colour of their own for each speaker, light enough for a dark background.
static func _speaker_color(id: int) -> Color:
	return Color.from_ok_hsl(fposmod(id * 0.381966, 1.0), 0.75, 0.75)
