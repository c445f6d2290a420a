extends "line_log.gd"
## The messages of one conversation: lines, whispers and system messages in their order,
## and after them the player's own messages that the server has not stored yet.
## [code]conversations.gd[/code] fills it, and the scene renders it into a [GuildhallLog].

const Reactions := preload("reactions.gd")

const OWN_COLOR := Color("e0b25a")
const WHISPER_COLOR := Color("d79be8")
## How light a name has to be: what a game's backend chooses may be black.
const LEAST_LIGHT := 0.65
## So many texts about users are kept as they were read.
const MAX_INFOS := 256

## The most entries that are kept. The oldest are removed first. The log view keeps as many
## lines: with more of them, it takes longer to remove one.
const MAX_ENTRIES := 1000

# The infos that were read last, by their texts.
static var _infos: Dictionary[String, GuildhallInfo] = {}
# The key of the entry that was made last: they are unique in all logs.
static var _last_key := 0
static var _last_minute := -1
static var _last_clock := ""

## How many lines the player has not seen.
var unread := 0
## Whether the server has lines before these.
var has_older := false
## Whether the player has joined the room for the first time: the lines that the server
## sends at first are not unread then.
var is_first_visit := true

# The messages that are pending or have failed, by their nonces.
var _pending: Dictionary[int, Entry] = {}
# The index of the entry that follows the divider before the unread lines; below 0 if
# there is no divider.
var _divider := -1
# How many entries are rendered; below 0 if all of them have to be rendered again.
var _rendered := -1
# Whether the pending messages have changed since they were rendered.
var _is_tail_stale := true


## Adds a line of the room.
func add_line(line: GuildhallLine, is_unread: bool) -> void:
	if line.own:
		remove_pending(line.nonce)
	if is_unread:
		_count_unread()
	_add(_line_entry(line))


## Adds older lines before all others.
func add_history(lines: Array[GuildhallLine], more: bool) -> void:
	has_older = more and _entries.size() < MAX_ENTRIES
	var older: Array[Entry] = []
	for line in lines:
		if line.own:
			remove_pending(line.nonce)
		older.append(_line_entry(line))
		if _entries.size() + older.size() <= MAX_ENTRIES:
			_by_seq[line.seq] = older[-1]
	_entries = older + _entries
	_rendered = -1
	if _divider >= 0:
		_divider += older.size()


## Adds a whisper to this player or from this player.
func add_whisper(whisper: GuildhallWhisper, is_unread: bool) -> void:
	if whisper.own:
		remove_pending(whisper.nonce)
	if is_unread:
		_count_unread()
	var entry := _entry(Kind.WHISPER, whisper.time, whisper.text)
	entry.action = whisper.action
	entry.color = WHISPER_COLOR
	if whisper.own:
		entry.heading = _whisper_heading(whisper.receiver_name)
	else:
		entry.heading = GuildhallCatalogue.scene_whispers(whisper.sender_name)
		entry.badge = info_of(whisper.sender_info).badge
	_add(entry)


## Adds a system message. One that repeats the last entry is left out: attempts to connect
## may fail many times.
func add_system_message(text: String, is_warning := false) -> void:
	if not _entries.is_empty() and _entries[-1].kind >= Kind.SYSTEM and _entries[-1].text == text:
		return
	_add(_entry(Kind.WARNING if is_warning else Kind.SYSTEM, _now(), text))


## Adds a message that the server has not stored yet. [param receiver] is the name of a
## whisper's receiver.
func add_pending(message: GuildhallMessage, receiver: String) -> void:
	var entry := _entry(Kind.LINE, _now(), message.text)
	entry.action = message.action
	entry.status = GuildhallCatalogue.scene_sending()
	entry.heading = own_name()
	entry.color = OWN_COLOR
	if message.is_whisper():
		entry.kind = Kind.WHISPER
		entry.heading = _whisper_heading(receiver)
		entry.color = WHISPER_COLOR
	_pending[message.nonce] = entry
	_is_tail_stale = true


## Whether the message is shown here as pending or failed.
func is_pending(nonce: int) -> bool:
	return _pending.has(nonce)


## Returns the entry of a message that is pending or has failed.
func get_pending(nonce: int) -> Entry:
	return _pending[nonce]


## The server has stored the message, if it is shown here. The copy of a whisper follows, and says
## where it belongs; the line of a room may be here already, or lie in a gap.
func mark_sent(nonce: int) -> void:
	if not _pending.has(nonce):
		return
	if _pending[nonce].kind == Kind.WHISPER:
		_pending[nonce].status = ""
		_is_tail_stale = true
	else:
		remove_pending(nonce)


## Whether messages of the player are shown as pending or failed.
func has_pending() -> bool:
	return not _pending.is_empty()


## The message waits for a moderator, if it is shown here. Returns whether it is.
func mark_held(nonce: int) -> bool:
	if not _pending.has(nonce):
		return false
	_pending[nonce].status = GuildhallCatalogue.waits_for_moderator()
	_is_tail_stale = true
	return true


## Takes out the lines that this is true of, without a trace.
func take_out(is_gone: Callable) -> bool:
	var were_any := super(is_gone)
	if were_any:
		# The place of the divider is not known any more.
		_divider = -1
		_rendered = -1
	return were_any


## The message has failed, if it is shown here, for this reason.
func mark_failed(nonce: int, reason: String) -> void:
	if not _pending.has(nonce):
		return
	var status := GuildhallCatalogue.scene_failed(reason)
	_pending[nonce].status = status
	_pending[nonce].has_failed = true
	_is_tail_stale = true


## Removes a message that was pending or has failed.
func remove_pending(nonce: int) -> void:
	if _pending.erase(nonce):
		_is_tail_stale = true


## Returns the nonce of the first message that has failed, or 0.
func first_failed() -> int:
	for nonce in _pending:
		if _pending[nonce].has_failed:
			return nonce
	return 0


## The player sees this log: nothing is unread. The divider stays until
## [method remove_divider].
func mark_read() -> void:
	unread = 0
	_rendered = -1


## The player has seen the lines up to this number, on another device.
func read_up_to(seq: int) -> void:
	unread = mini(unread, _count_behind(seq))


## The player sees another log.
func remove_divider() -> void:
	_divider = -1


## Renders the entries that are new since the last call, or all of them. Returns whether
## it was all.
func render(on: GuildhallLog) -> bool:
	var renders_all := _rendered < 0
	if renders_all:
		on.clear_log()
		_rendered = 0
	for at in range(_rendered, _entries.size()):
		if at == _divider:
			on.entry_time = _entries[at].time
			on.error(GuildhallCatalogue.scene_new())
		_render_entry(_entries[at], on)
	_rendered = _entries.size()
	for entry in _changed if not renders_all else [] as Array[Entry]:
		on.entry_replaces = true
		_render_entry(entry, on)
	_changed.clear()
	if renders_all or _is_tail_stale:
		_is_tail_stale = false
		on.begin_tail()
		for nonce in _pending:
			_render_entry(_pending[nonce], on)
		on.end_tail()
	on.entry_time = ""
	return renders_all


## Returns what the log calls the player.
static func own_name() -> String:
	return GuildhallCatalogue.you()


## Reads an info, or returns what was read before: most lines have the same one as others.
static func info_of(json: String) -> GuildhallInfo:
	if not _infos.has(json):
		if _infos.size() >= MAX_INFOS:
			_infos.clear()
		_infos[json] = GuildhallInfo.read(json)
	return _infos[json]


## Returns a color that is light enough for a dark background.
static func readable(color: Color) -> Color:
	var light := maxf(color.ok_hsl_l, LEAST_LIGHT)
	return Color.from_ok_hsl(color.ok_hsl_h, color.ok_hsl_s, light)


func _render_entry(entry: Entry, on: GuildhallLog) -> void:
	on.entry_time = entry.time
	on.entry_key = entry.key
	var shown := entry.text
	if entry.line != null:
		on.entry_quote = quote_of(entry.line.reply_to)
		on.entry_note = Reactions.describe(entry.line.reactions, entry.own_reactions)
		if entry.line.removed:
			shown = GuildhallCatalogue.scene_removed()
	match entry.kind:
		Kind.SYSTEM:
			on.info(entry.text)
		Kind.WARNING:
			on.warning(entry.text)
		_:
			if entry.action:
				on.action(entry.heading, shown, entry.color, entry.badge)
			else:
				on.chat(entry.heading, shown, entry.color, entry.badge)
	if entry.line != null and entry.line.edited != 0 and not entry.line.removed:
		on.append_status(GuildhallCatalogue.scene_edited())
	if entry.status != "":
		on.append_status(entry.status, on.error_color if entry.has_failed else on.time_color)


func _count_unread() -> void:
	if unread == 0:
		_divider = _entries.size()
	unread += 1


func _add(entry: Entry) -> void:
	_entries.append(entry)
	if entry.line != null:
		_by_seq[entry.line.seq] = entry
	if _entries.size() > MAX_ENTRIES:
		var oldest: Entry = _entries.pop_front()
		if oldest.line != null and _by_seq.get(oldest.line.seq) == oldest:
			_by_seq.erase(oldest.line.seq)
		_divider -= 1
		_rendered -= 1
		# The session does not fetch again what was removed here.
		has_older = false


func _line_entry(line: GuildhallLine) -> Entry:
	var entry := _entry(Kind.LINE, line.time, line.text)
	entry.line = line
	entry.heading = own_name() if line.own else line.name
	entry.action = line.action
	if line.own:
		entry.color = OWN_COLOR
	else:
		var info := info_of(line.info)
		entry.color = readable(info.color_or(_sender_color(line.sender)))
		entry.badge = info.badge
	return entry


static func _entry(kind: Kind, milliseconds: int, text: String) -> Entry:
	var entry := Entry.new()
	_last_key += 1
	entry.key = _last_key
	entry.kind = kind
	entry.time = clock(milliseconds)
	entry.text = text
	return entry


static func _whisper_heading(receiver: String) -> String:
	return GuildhallCatalogue.you_whisper(receiver)


# Returns the present time in milliseconds since 1970.
static func _now() -> int:
	return int(Time.get_unix_time_from_system() * 1000.0)


## Returns the local time of day for a time in milliseconds since 1970. In a crowd, most lines
## have the minute of the line before.
static func clock(milliseconds: int) -> String:
	var minute := floori(milliseconds / 60_000.0)
	if minute != _last_minute:
		_last_minute = minute
		var bias := int(Time.get_time_zone_from_system()["bias"] as float)
		_last_clock = Time.get_time_string_from_unix_time((minute + bias) * 60).left(5)
	return _last_clock


# Returns a color for each sender that is light enough for a dark background.
static func _sender_color(id: int) -> Color:
	return Color.from_ok_hsl(fposmod(id * 0.381966, 1.0), 0.75, 0.75)
