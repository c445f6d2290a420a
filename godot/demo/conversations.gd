extends RefCounted
## The conversations of the player: the rooms that the player is in, and the whispers with
## each partner. It keeps which of them is shown, and follows the signals of a
## [GuildhallChat]; the scene shows what is here.

## The log of the current conversation has changed.
signal log_changed
## The titles of the conversations, or their numbers of unread lines, have changed.
signal tabs_changed
## Another conversation is the current one, or the current one has another title.
signal current_changed

const Conversation := preload("conversation.gd")
const MessageLog := preload("message_log.gd")

## The most partners with whispers of their own: any number of strangers can whisper to a player.
const MOST_WHISPERS := 64

## All conversations, in the order in which they were opened.
var all: Array[Conversation] = []
## The conversation that is shown, or null if there is none.
var current: Conversation = null

var _chat: GuildhallChat
# The log that is shown while there is no conversation.
var _log_without_conversation := MessageLog.new()
# Whether the next system message says what a message says already: that it waits.
var _is_hold_told := false


func _init(chat: GuildhallChat) -> void:
	_chat = chat
	chat.welcomed.connect(_on_welcomed)
	chat.system_message.connect(_on_system_message)
	chat.room_joined.connect(_on_room_joined)
	chat.room_left.connect(_close_room)
	chat.room_removed.connect(_on_room_removed)
	chat.refused.connect(_on_refused)
	chat.line_received.connect(_on_line_received)
	chat.history_loaded.connect(_on_history_loaded)
	chat.whisper_received.connect(_on_whisper_received)
	chat.line_edited.connect(_on_line_changed)
	chat.line_removed.connect(_on_line_changed)
	chat.lines_cleared.connect(_on_lines_gone)
	chat.lines_purged.connect(_on_lines_gone)
	chat.blocks_changed.connect(_on_blocks_changed)
	chat.message_held.connect(_on_message_held)
	chat.sanctions_listed.connect(_on_sanctions_listed)
	chat.reactions_changed.connect(_on_line_changed)
	chat.unread_listed.connect(_on_unread_listed)
	chat.read_mark.connect(_on_read_mark)
	chat.message_pending.connect(_on_message_pending)
	chat.message_sent.connect(_on_message_sent)
	chat.message_failed.connect(_on_message_failed)


## Returns the log that is shown.
func current_log() -> MessageLog:
	return _log_without_conversation if current == null else current.messages


## Returns the room that is shown, or an empty text.
func current_room() -> String:
	return "" if current == null else current.room


## Returns the conversation of a room, or null.
func find_room(room: String) -> Conversation:
	for conversation in all:
		if not conversation.is_whispers() and conversation.room == room:
			return conversation
	return null


## Returns the whispers with the client of this ID, or else of this name; or null. A
## client that takes a free name may be the same player after a new session.
func find_partner(id: int, partner_name: String) -> Conversation:
	var known := _find_partner_id(id)
	if known != null:
		return known
	for conversation in all:
		if conversation.is_with(partner_name):
			return conversation
	return null


## Adds a system message to the log that is shown.
func add_system_message(text: String, is_warning := false) -> void:
	current_log().add_system_message(text, is_warning)
	log_changed.emit()


## Joins a room and shows it.
func join(room: String) -> void:
	if room.is_empty():
		return
	_chat.join_room(room)
	# The player may have typed the name of a room in another way than the server does.
	var wanted := _chat.room(room)
	show_conversation(_room(room if wanted == null else wanted.name))


## Shows the whispers with a client.
func open_whispers(id: int, partner_name: String) -> void:
	show_conversation(_whispers(id, partner_name))


## Shows a conversation; if it is null, none.
func show_conversation(conversation: Conversation) -> void:
	if conversation != current:
		current_log().remove_divider()
	current = conversation
	current_log().mark_read()
	_tell_read()
	tabs_changed.emit()
	current_changed.emit()
	log_changed.emit()


## Leaves a room, or closes the whispers with a partner.
func leave(conversation: Conversation) -> void:
	if conversation.is_whispers():
		_close(conversation)
	else:
		_chat.leave_room(conversation.room)


func _all_logs() -> Array[MessageLog]:
	var logs: Array[MessageLog] = [_log_without_conversation]
	for conversation in all:
		logs.append(conversation.messages)
	return logs


func _find_partner_id(id: int) -> Conversation:
	for conversation in all:
		if id != 0 and conversation.partner_id == id:
			return conversation
	return null


# Returns the conversation of a room, which is opened if there is none.
func _room(room: String) -> Conversation:
	var known := find_room(room)
	return _open(Conversation.new(room)) if known == null else known


# Returns the whispers with a client, which are opened if there are none.
func _whispers(id: int, partner_name: String) -> Conversation:
	var known := find_partner(id, partner_name)
	if known != null:
		return known
	_make_place_for_whispers()
	return _open(Conversation.new("", id, partner_name))


# Closes the oldest whispers if there are as many as may be: first those that the player has not
# answered. What the player looks at, or has typed, stays.
func _make_place_for_whispers() -> void:
	var whispers := all.filter(
		func(conversation: Conversation) -> bool: return conversation.is_whispers()
	)
	if whispers.size() < MOST_WHISPERS:
		return
	for is_answered: bool in [false, true]:
		for conversation: Conversation in whispers:
			var is_needed := (
				conversation == current
				or conversation.draft != ""
				or conversation.messages.has_pending()
			)
			if conversation.is_answered == is_answered and not is_needed:
				_close(conversation)
				return


func _open(conversation: Conversation) -> Conversation:
	all.append(conversation)
	return conversation


func _close(conversation: Conversation) -> void:
	var at := all.find(conversation)
	if at < 0:
		return
	all.remove_at(at)
	if conversation != current:
		tabs_changed.emit()
	elif all.is_empty():
		show_conversation(null)
	else:
		show_conversation(all[maxi(0, at - 1)])


func _close_room(room: String) -> void:
	_close(find_room(room))


func _on_welcomed(_id: int, _own_name: String, resumed: bool) -> void:
	if resumed:
		return
	# In a new session, the IDs may belong to other clients. The player knows the names.
	for conversation in all:
		conversation.partner_id = 0


func _on_system_message(room: String, text: String) -> void:
	if _is_hold_told:
		_is_hold_told = false
		return
	var conversation := find_room(room)
	var log_of_room := current_log() if conversation == null else conversation.messages
	log_of_room.add_system_message(text, _chat.session.state >= GuildhallSession.State.WAITING)
	log_changed.emit()


func _on_room_joined(
	room: String,
	requested_name: String,
	resumed: bool,
	rejoined: bool,
	first_seq: int,
	last_seq: int
) -> void:
	if requested_name != room:
		_rename_room(requested_name, room)
	var conversation := _room(room)
	conversation.messages.is_first_visit = not rejoined
	if not resumed:
		conversation.messages.forget_numbers()
	var read_seq := _chat.room(room).read_seq
	if not rejoined and conversation != current and read_seq > 0 and read_seq < last_seq:
		# The server has counted what the player has not read since.
		_chat.list_unread()
	if not rejoined:
		conversation.messages.has_older = first_seq > 1
	tabs_changed.emit()
	if conversation == current:
		current_changed.emit()


# The server writes a room's name in its own way. The room of that name may have a
# conversation already, and then there is one too many.
func _rename_room(old_name: String, new_name: String) -> void:
	var renamed := find_room(old_name)
	var known := find_room(new_name)
	if renamed == null:
		return
	if known == null:
		renamed.room = new_name
		return
	var was_current := renamed == current
	_close(renamed)
	if was_current:
		show_conversation(known)


func _on_refused(
	request: GuildhallSession.RequestKind, subject: String, _failure: GuildhallFailure
) -> void:
	if request == GuildhallSession.RequestKind.JOIN:
		_close_room(subject)


func _on_line_received(line: GuildhallLine) -> void:
	var conversation := find_room(line.room)
	# The lines from before the player's first visit are not unread.
	var is_old := line.replay and conversation.messages.is_first_visit
	conversation.messages.add_line(line, not line.own and not is_old and conversation != current)
	if conversation == current:
		_tell_read()
	_on_message_added(conversation)


# The player sees the newest line of the room that is shown.
func _tell_read() -> void:
	var room := _chat.room(current_room())
	if room != null:
		_chat.mark_read(room.name, room.last_seq)


func _on_line_changed(change: GuildhallLineChange) -> void:
	var conversation := find_room(change.room)
	if conversation != null:
		conversation.messages.change_line(change)
		if conversation == current:
			log_changed.emit()


# Nothing is to be seen of these lines any more.
func _on_lines_gone(change: GuildhallLineChange) -> void:
	var conversation := find_room(change.room)
	if conversation != null and conversation.messages.take_out(change.is_about):
		_on_message_added(conversation)


# The lines of a blocked user vanish at once; the server sends no more of them.
func _on_blocks_changed() -> void:
	var is_of_blocked := func(line: GuildhallLine) -> bool: return _chat.is_blocked(line.sender)
	for conversation in all.duplicate() as Array[Conversation]:
		if conversation.is_whispers() and _chat.is_blocked(conversation.partner_id):
			_close(conversation)
		elif conversation.messages.take_out(is_of_blocked):
			_on_message_added(conversation)


# The message itself says that it waits, so that no further one has to.
func _on_message_held(nonce: int) -> void:
	for messages in _all_logs():
		_is_hold_told = messages.mark_held(nonce) or _is_hold_told
	log_changed.emit()


func _on_sanctions_listed(
	_room_name: String, sanctions: Array[GuildhallSanction], more: bool
) -> void:
	for sentence in GuildhallModerationTexts.sanctions_listed(sanctions, more):
		add_system_message(sentence)


# The numbers are from before the lines that have come since.
func _on_unread_listed(rooms: Array[GuildhallUnread]) -> void:
	for unread in rooms:
		var conversation := find_room(unread.room)
		if conversation != null and conversation != current:
			conversation.messages.unread = maxi(conversation.messages.unread, unread.lines)
	tabs_changed.emit()


# The player has read a room on another device.
func _on_read_mark(room: String, seq: int) -> void:
	var conversation := find_room(room)
	if conversation != null and conversation != current:
		conversation.messages.read_up_to(seq)
		tabs_changed.emit()


func _on_history_loaded(room: String, lines: Array[GuildhallLine], more: bool) -> void:
	find_room(room).messages.add_history(lines, more)
	log_changed.emit()


func _on_whisper_received(whisper: GuildhallWhisper) -> void:
	var id := whisper.receiver if whisper.own else whisper.sender
	var partner_name := whisper.receiver_name if whisper.own else whisper.sender_name
	var conversation := _whispers(id, partner_name)
	conversation.partner_id = id
	conversation.partner_name = partner_name
	var was_pending_here := whisper.own and current_log().is_pending(whisper.nonce)
	if whisper.own:
		conversation.is_answered = true
		for messages in _all_logs():
			messages.remove_pending(whisper.nonce)
	# A whisper that was typed in another conversation shows the partner's.
	if conversation != current and (was_pending_here or current == null):
		show_conversation(conversation)
	conversation.messages.add_whisper(whisper, not whisper.own and conversation != current)
	_on_message_added(conversation)


func _on_message_added(conversation: Conversation) -> void:
	tabs_changed.emit()
	if conversation == current:
		log_changed.emit()


func _on_message_pending(message: GuildhallMessage) -> void:
	var conversation := find_room(message.room)
	if message.is_whisper() and message.to != 0:
		conversation = _find_partner_id(message.to)
	elif message.is_whisper():
		conversation = find_partner(0, message.to_name)
	if conversation == null:
		current_log().add_pending(message, message.target())
	else:
		conversation.messages.add_pending(message, conversation.title())
	log_changed.emit()


func _on_message_sent(nonce: int) -> void:
	for messages in _all_logs():
		messages.mark_sent(nonce)
	log_changed.emit()


func _on_message_failed(nonce: int, failure: GuildhallFailure) -> void:
	_log_without_conversation.mark_failed(nonce, GuildhallTexts.failure(failure))
	for conversation in all:
		if conversation.messages.is_pending(nonce):
			conversation.messages.mark_failed(nonce, _failure_text(failure, conversation))
	log_changed.emit()


# If the partner is gone, the server may give the ID. The player knows the name, by which
# the next message goes: the partner may have come back.
func _failure_text(failure: GuildhallFailure, conversation: Conversation) -> String:
	var no_such_client := GuildhallChat.Packets.ErrorCode.ERROR_CODE_NO_SUCH_CLIENT
	var is_refused := failure.kind == GuildhallFailure.Kind.REFUSED
	if not (conversation.is_whispers() and is_refused and failure.code == no_such_client):
		return GuildhallTexts.failure(failure)
	conversation.partner_id = 0
	var by_name := GuildhallFailure.new()
	by_name.code = no_such_client
	by_name.arguments = [conversation.partner_name]
	return GuildhallTexts.failure(by_name)


func _on_room_removed(
	room: String, _reason: GuildhallChat.Packets.RemovedReason, _sanction: GuildhallSanction
) -> void:
	_close_room(room)
