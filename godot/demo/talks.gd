extends RefCounted
## The conversations: the rooms that the player is in, and the whispers with each
## partner; and which of them is shown. It listens to a [GuildhallChat]; the scene
## draws it.

## What the log shows has changed.
signal changed
## The titles of the conversations, or how many lines are unread, have changed.
signal listed_anew
## Another conversation is shown.
signal shown_anew

const Talk := preload("talk.gd")
const Story := preload("story.gd")

## All of them, in the order in which they were opened.
var all: Array[Talk] = []
## The one that is shown, or null where there is none.
var shown: Talk = null

var _chat: GuildhallChat
# For when there is none.
var _no_talk := Story.new()


func _init(chat: GuildhallChat) -> void:
	_chat = chat
	chat.welcomed.connect(_on_welcomed)
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


## The story that is shown.
func story() -> Story:
	return _no_talk if shown == null else shown.story


## The room that is shown, or empty.
func shown_room() -> String:
	return "" if shown == null else shown.room


## The one of a room, or null.
func of_room(room: String) -> Talk:
	for talk in all:
		if not talk.is_whispers() and talk.room == room:
			return talk
	return null


## The whispers with who has this ID, or else this name: whoever had it before is
## not here by it any more, and may well be the same player. Or null.
func of_partner(id: int, partner_name: String) -> Talk:
	var known := _of_id(id)
	if known != null:
		return known
	for talk in all:
		if talk.is_with(partner_name):
			return talk
	return null


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
	var talk := of_room(room if wanted == null else wanted.name)
	show_talk(_opened(Talk.new(room)) if talk == null else talk)


## Shows the whispers with somebody.
func whisper_with(id: int, partner_name: String) -> void:
	var talk := of_partner(id, partner_name)
	show_talk(_opened(Talk.new("", id, partner_name)) if talk == null else talk)


## Shows a conversation; null: none.
func show_talk(talk: Talk) -> void:
	if talk != shown:
		story().looked_away()
	shown = talk
	story().looked_at()
	listed_anew.emit()
	shown_anew.emit()
	changed.emit()


## Leaves a room, or puts the whispers with somebody away.
func leave(talk: Talk) -> void:
	if talk.is_whispers():
		_close(talk)
	else:
		_chat.leave_room(talk.room)


func _of_id(id: int) -> Talk:
	for talk in all:
		if id != 0 and talk.partner == id:
			return talk
	return null


func _opened(talk: Talk) -> Talk:
	all.append(talk)
	return talk


func _close(talk: Talk) -> void:
	var at := all.find(talk)
	if at < 0:
		return
	all.remove_at(at)
	if talk != shown:
		listed_anew.emit()
	elif all.is_empty():
		show_talk(null)
	else:
		show_talk(all[maxi(0, at - 1)])


func _on_welcomed(_id: int, _own_name: String, resumed: bool) -> void:
	if resumed:
		return
	# IDs may be other people's now; names are what the player knows.
	for talk in all:
		talk.partner = 0


func _on_system_message(room: String, words: String) -> void:
	var talk := of_room(room)
	var of := story() if talk == null else talk.story
	# Not again for every try that fails.
	if of.last_words() != words:
		of.add_system(words, _chat.session.state >= GuildhallSession.State.WAITING)
	changed.emit()


func _on_room_joined(
	room: String, asked: String, _resumed: bool, rejoined: bool, first_seq: int, _last_seq: int
) -> void:
	var before := of_room(asked)
	if asked != room and before != null:
		var known := of_room(room)
		if known == null:
			before.room = room
		else:
			var was_shown := before == shown
			_close(before)
			if was_shown:
				show_talk(known)
	var talk := of_room(room)
	if talk == null:
		talk = _opened(Talk.new(room))
	talk.story.is_first_visit = not rejoined
	if not rejoined:
		talk.story.has_older = first_seq > 1
	listed_anew.emit()
	if talk == shown:
		shown_anew.emit()


func _on_room_gone(room: String) -> void:
	var talk := of_room(room)
	if talk != null:
		_close(talk)


func _on_refused(what: GuildhallSession.RequestKind, subject: String, _why: GuildhallFailure) -> void:
	if what == GuildhallSession.RequestKind.JOIN:
		_on_room_gone(subject)


func _on_line_received(line: GuildhallLine) -> void:
	var talk := of_room(line.room)
	# What was said before the player came is not unread.
	var is_news := not line.own and not (line.replay and talk.story.is_first_visit)
	talk.story.add_line(line, is_news and talk != shown)
	_added_to(talk)


func _on_history_loaded(room: String, lines: Array[GuildhallLine], more: bool) -> void:
	of_room(room).story.add_history(lines, more)
	changed.emit()


func _on_whisper_received(whisper: GuildhallWhisper) -> void:
	var id := whisper.receiver if whisper.own else whisper.sender
	var partner_name := whisper.receiver_name if whisper.own else whisper.sender_name
	var talk := of_partner(id, partner_name)
	if talk == null:
		talk = _opened(Talk.new("", id, partner_name))
	talk.partner = id
	talk.partner_name = partner_name
	# What was typed elsewhere goes on here.
	var was_typed_here := whisper.own and story().is_pending(whisper.nonce)
	if whisper.own:
		for of: Story in _all_stories():
			of.forget(whisper.nonce)
	if talk != shown and (was_typed_here or shown == null):
		show_talk(talk)
	talk.story.add_whisper(whisper, not whisper.own and talk != shown)
	_added_to(talk)


func _added_to(talk: Talk) -> void:
	listed_anew.emit()
	if talk == shown:
		changed.emit()


func _on_message_pending(message: GuildhallMessage) -> void:
	var talk := of_room(message.room)
	if message.is_whisper() and message.to != 0:
		talk = _of_id(message.to)
	elif message.is_whisper():
		talk = of_partner(0, message.to_name)
	var to := message.target() if talk == null else talk.title()
	(story() if talk == null else talk.story).add_pending(message, to)
	changed.emit()


func _on_message_sent(nonce: int) -> void:
	for of: Story in _all_stories():
		if of.is_pending(nonce):
			of.sent(nonce)
	changed.emit()


func _on_message_failed(nonce: int, failure: GuildhallFailure) -> void:
	for talk in all:
		if talk.story.is_pending(nonce):
			talk.story.failed(nonce, _why(failure, talk))
	if _no_talk.is_pending(nonce):
		_no_talk.failed(nonce, GuildhallWords.failure(failure))
	changed.emit()


# Where it is the partner who is not here, with the name that the player knows, and
# not the ID. By that name, somebody may be here again.
func _why(failure: GuildhallFailure, talk: Talk) -> String:
	var code := GuildhallChat.Packets.ErrorCode.ERROR_CODE_NO_SUCH_CLIENT
	if not talk.is_whispers() or failure.kind != GuildhallFailure.Kind.REFUSED:
		return GuildhallWords.failure(failure)
	if failure.code != code:
		return GuildhallWords.failure(failure)
	talk.partner = 0
	var gone := GuildhallFailure.new()
	gone.code = code
	gone.arguments = [talk.partner_name]
	return GuildhallWords.failure(gone)


func _all_stories() -> Array:
	return all.map(func(talk: Talk) -> Story: return talk.story) + [_no_talk]
