extends RefCounted
## The rooms that the player is in, with what their logs show, and which of them is
## shown. It listens to a [GuildhallChat]; the scene draws it.

## What the log shows has changed.
signal changed
## The names of the rooms, or how many lines are unread, have changed.
signal listed_anew
## Another room is shown.
signal shown_anew

const Story := preload("story.gd")

## The room that is shown, or empty.
var shown := ""

var _chat: GuildhallChat
# By room; what belongs to no room is in the one that is shown.
var _stories: Dictionary[String, Story] = {}
# For when there is no room.
var _no_room := Story.new()


func _init(chat: GuildhallChat) -> void:
	_chat = chat
	chat.system_message.connect(_on_system_message)
	chat.room_joined.connect(_on_room_joined)
	chat.room_left.connect(_on_room_gone)
	chat.refused.connect(_on_refused)
	chat.line_received.connect(_on_line_received)
	chat.history_loaded.connect(_on_history_loaded)
	chat.whisper_received.connect(_on_whisper_received)
	chat.message_pending.connect(_on_message_pending)
	chat.message_sent.connect(_on_message_sent)
	chat.message_failed.connect(_on_message_failed)


## Their names, in the order in which they were joined.
func names() -> Array[String]:
	return _stories.keys()


## How many lines of a room the player has not seen.
func unread(room: String) -> int:
	return _stories[room].unread


## The story that is shown.
func story() -> Story:
	return _stories.get(shown, _no_room)


## Tells the player something, where it looks.
func tell(words: String, is_warning := false) -> void:
	if story().last_words() != words:
		story().add_system(words, is_warning)
	changed.emit()


## Joins a room and shows it.
func join(room: String) -> void:
	if room.is_empty():
		return
	_chat.join_room(room)
	var wanted := _chat.room(room)
	if wanted != null and _stories.has(wanted.name):
		show_room(wanted.name)
		return
	_stories[room] = Story.new()
	show_room(room)


## Shows a room.
func show_room(room: String) -> void:
	if room != shown:
		story().looked_away()
	shown = room
	story().looked_at()
	listed_anew.emit()
	shown_anew.emit()
	changed.emit()


func _on_system_message(room: String, words: String) -> void:
	var of: Story = _stories.get(room, story())
	# Not again for every try that fails.
	if of.last_words() != words:
		of.add_system(words, _chat.session.state >= GuildhallSession.State.WAITING)
	changed.emit()


func _on_room_joined(
	room: String, asked: String, _resumed: bool, rejoined: bool, first_seq: int, _last_seq: int
) -> void:
	if asked != room and _stories.has(asked):
		var of := _stories[asked]
		_stories.erase(asked)
		if not _stories.has(room):
			_stories[room] = of
		if shown == asked:
			show_room(room)
	if not _stories.has(room):
		_stories[room] = Story.new()
	_stories[room].is_first_visit = not rejoined
	if not rejoined:
		_stories[room].has_older = first_seq > 1
	listed_anew.emit()


func _on_room_gone(room: String) -> void:
	var at := names().find(room)
	if at < 0:
		return
	_stories.erase(room)
	if room != shown:
		listed_anew.emit()
	elif _stories.is_empty():
		show_room("")
	else:
		show_room(names()[maxi(0, at - 1)])


func _on_refused(what: GuildhallSession.Ask, subject: String, _why: GuildhallFailure) -> void:
	if what == GuildhallSession.Ask.JOIN:
		_on_room_gone(subject)


func _on_line_received(line: GuildhallLine) -> void:
	var of := _stories[line.room]
	# What was said before the player came is not unread.
	var is_news := not line.own and not (line.replay and of.is_first_visit)
	of.add_line(line, is_news and line.room != shown)
	if line.room == shown:
		changed.emit()
	else:
		listed_anew.emit()


func _on_history_loaded(room: String, lines: Array[GuildhallLine], more: bool) -> void:
	_stories[room].add_history(lines, more)
	changed.emit()


func _on_whisper_received(whisper: GuildhallWhisper) -> void:
	for of: Story in _all_stories():
		if whisper.own and of.is_pending(whisper.nonce):
			of.add_whisper(whisper)
			changed.emit()
			return
	story().add_whisper(whisper)
	changed.emit()


func _on_message_pending(message: GuildhallMessage) -> void:
	var of: Story = _stories.get(message.room, story())
	of.add_pending(message)
	changed.emit()


func _on_message_sent(nonce: int) -> void:
	for of: Story in _all_stories():
		if of.is_pending(nonce):
			of.sent(nonce)
	changed.emit()


func _on_message_failed(nonce: int, failure: GuildhallFailure) -> void:
	for of: Story in _all_stories():
		if of.is_pending(nonce):
			of.failed(nonce, GuildhallWords.failure(failure))
	changed.emit()


func _all_stories() -> Array:
	return _stories.values() + [_no_room]
