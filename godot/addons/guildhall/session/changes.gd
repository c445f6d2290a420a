extends "receiver.gd"
## Messages that the player of a [GuildhallSession] says, and its changes of a line: its text,
## whether it is there, and the reactions to it. Changes go out as messages do, in the same order,
## and are sent again like them; but a change that has failed is forgotten.

const Unseen := preload("unseen.gd")


## Says something in a room; with [param action], says what the player does; with
## [param reply_to], in reply to the line with this number. Returns the message's nonce, which is
## above 0, or one of [enum GuildhallSession.SendError], which are below.
func say(room_name: String, text: String, action := false, reply_to := -1) -> int:
	var line_epoch := 0
	var error := _check_text(text)
	if error == OK and reply_to >= 0:
		error = _check_line(room_name, reply_to)
		line_epoch = room(room_name).epoch if error == OK else 0
	if error != OK:
		return error
	return _say(room_name, text, action, maxi(reply_to, 0), line_epoch)


## Whispers to the client with this ID or, if the ID is 0, to the client with this name.
## Returns the same as [method say].
func whisper(to: int, to_name: String, text: String, action := false) -> int:
	var error := _check_text(text)
	if error == OK and to == 0 and to_name.is_empty():
		error = GuildhallSession.SendError.EMPTY
	if error == OK:
		error = _check_not_muted("")
	if error == OK:
		error = _check_pending()
	if error != OK:
		return error
	var message := GuildhallMessage.new()
	message.to = to
	message.to_name = Limits.truncate_name(to_name) if to == 0 else ""
	message.text = text
	message.action = action
	_queue(message)
	if _connection.is_online():
		_send_messages("")
	return message.nonce


## Sends a failed message again, as a new one, and forgets the old one. Returns the same
## as [method say].
func retry(nonce: int) -> int:
	var failed := _messages.get_failed(nonce)
	if failed == null:
		return GuildhallSession.SendError.NO_SUCH_MESSAGE
	var new_nonce: int
	if failed.is_whisper():
		new_nonce = whisper(failed.to, failed.to_name, failed.text, failed.action)
	else:
		new_nonce = _say(
			failed.room, failed.text, failed.action, failed.reply_to, failed.line_epoch
		)
	if new_nonce > 0:
		_messages.discard(nonce)
	return new_nonce


## Forgets a failed message.
func discard(nonce: int) -> void:
	_messages.discard(nonce)


## Gives the line with this number, which the player has said, another text: at once, or when
## the room is joined. Returns the change's nonce, or one of [enum GuildhallSession.SendError].
func edit(room_name: String, seq: int, text: String) -> int:
	var error := _check_text(text)
	if error == OK:
		error = _check_line(room_name, seq)
	if error == OK:
		error = _check_not_muted(room_name)
	if error == OK and text.to_utf8_buffer().size() > longest_text(room_name):
		error = GuildhallSession.SendError.TOO_LONG
	var change := GuildhallMessage.new()
	change.kind = GuildhallMessage.Kind.EDIT
	change.text = text
	return _change(room_name, seq, change, error)


## Removes the line with this number. Returns the same as [method edit].
func remove(room_name: String, seq: int) -> int:
	var error := _check_not_closed()
	if error == OK:
		error = _check_line(room_name, seq)
	var change := GuildhallMessage.new()
	change.kind = GuildhallMessage.Kind.REMOVE
	return _change(room_name, seq, change, error)


## Adds a reaction of the player to the line with this number, or takes it back. Returns the
## same as [method edit].
func react(room_name: String, seq: int, reaction: String, take_back := false) -> int:
	var error := _check_message(reaction, limits.reaction_bytes)
	if error == OK:
		error = _check_line(room_name, seq)
	if error == OK:
		error = _check_not_muted(room_name)
	var change := GuildhallMessage.new()
	change.kind = GuildhallMessage.Kind.REACT
	change.reaction = reaction
	change.take_back = take_back
	return _change(room_name, seq, change, error)


func _say(room_name: String, text: String, action: bool, reply_to: int, line_epoch: int) -> int:
	var error := _check_text(text)
	var to_room := room(room_name)
	if error == OK and to_room == null:
		error = GuildhallSession.SendError.NOT_IN_ROOM
	if error == OK and to_room.settings.read_only:
		error = GuildhallSession.SendError.READ_ONLY
	if error == OK:
		error = _check_not_muted(room_name)
	if error == OK and text.to_utf8_buffer().size() > longest_text(room_name):
		error = GuildhallSession.SendError.TOO_LONG
	if error != OK:
		return error
	var message := GuildhallMessage.new()
	message.text = text
	message.action = action
	message.reply_to = reply_to
	message.line_epoch = line_epoch
	return _queue_in_room(to_room, message)


func _change(room_name: String, seq: int, change: GuildhallMessage, error: int) -> int:
	if error != OK:
		return error
	var in_room := room(room_name)
	change.line = seq
	change.line_epoch = in_room.epoch
	return _queue_in_room(in_room, change)


func _queue_in_room(to_room: GuildhallRoom, message: GuildhallMessage) -> int:
	var error := _check_pending()
	if error != OK:
		return error
	message.room = to_room.name
	_queue(message)
	if to_room.joined:
		_send_messages(to_room.name)
	return message.nonce


func _queue(message: GuildhallMessage) -> void:
	message.nonce = _requests.next_id()
	_messages.add(message)


func _check_not_closed() -> int:
	return GuildhallSession.SendError.NOT_ONLINE if state == GuildhallSession.State.CLOSED else OK


func _check_text(text: String) -> int:
	return _check_message(text, limits.text_bytes)


# Whether the player may send this, which may have so many bytes.
func _check_message(text: String, limit: int) -> int:
	var error := _check_not_closed()
	if error == OK and text.to_utf8_buffer().size() > limit:
		error = GuildhallSession.SendError.TOO_LONG
	if error == OK and Unseen.is_blank(text):
		error = GuildhallSession.SendError.EMPTY
	return error


# Whether a wanted room has a line with this number.
func _check_line(room_name: String, seq: int) -> int:
	var wanted := room(room_name)
	if wanted == null:
		return GuildhallSession.SendError.NOT_IN_ROOM
	if wanted.epoch == 0 or seq < 1 or seq > wanted.last_seq:
		return GuildhallSession.SendError.NO_SUCH_LINE
	return OK


func _check_pending() -> int:
	if _messages.pending_count() >= limits.unanswered:
		return GuildhallSession.SendError.TOO_MANY_PENDING
	return OK
