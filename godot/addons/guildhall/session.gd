class_name GuildhallSession
extends GuildhallReceiver
## The client's side of [code]guildhall.v1[/code], as docs/client.md describes it:
## what to send and what to tell the player, so that every message is seen once
## and in order, or a gap is told of.
##
## It does no I/O and has no clock: it is told what happened, with the time in
## milliseconds, and answers with actions and events. [GuildhallChat] owns one and
## a socket: it takes [method next_action] and [method next_event] until both are
## [code]null[/code] after each call.

## What the session is doing.
enum State {
	## Nothing yet.
	IDLE,
	## From the attempt to connect until the server's Welcome.
	CONNECTING,
	## Chatting.
	ONLINE,
	## Lost; the next attempt follows by itself, at [member waiting_until].
	WAITING,
	## No attempt follows by itself.
	CLOSED,
}

## The requests that [signal GuildhallChat.refused] can be about.
enum Ask { HELLO, JOIN, LEAVE, RENAME, LIST_ROOMS, LIST_MEMBERS, FETCH_HISTORY }

## Why nothing was queued.
enum SendError {
	EMPTY = -1,
	TOO_LONG = -2,
	TOO_MANY_PENDING = -3,
	NOT_IN_ROOM = -4,
	NOT_ONLINE = -5,
	NO_SUCH_MESSAGE = -6,
}


## The user wants to be online. Cuts a wait short.
func go_online(now: int) -> void:
	_connection.attempt(now)


## The user wants no connection. What has no answer has failed.
func close() -> void:
	if state != State.CLOSED:
		_connection.hang(GuildhallConnection.GOODBYE)
		_connection.ended(GuildhallConnection.GOODBYE, "")
		_disconnected()


## The platform has refused to open a socket at all.
func refused(reason: String) -> void:
	if state == State.CONNECTING:
		_connection.ended(0, reason)
		_disconnected()


## The socket's handshake is done.
func opened(now: int) -> void:
	if _connection.opened(now):
		_say_hello(_wish if _wish != "" else _chosen)


## The socket is closed; [param random] is from 0 up to, but not including, 1.
func closed(code: int, reason: String, now: int, random: float) -> void:
	if _connection.has_socket():
		_connection.lost(code, reason, now, random)
		_disconnected()


## Time has passed. Due at [method wake_at], and allowed at any time.
func tick(now: int, random: float) -> void:
	var due := wake_at()
	if due < 0 or now < due:
		return
	if _connection.has_socket():
		_connection.hang(GuildhallConnection.SILENT)
		closed(GuildhallConnection.LOST, "", now, random)
	else:
		_connection.attempt(now)


## When [method tick] is due, or -1.
func wake_at() -> int:
	return _connection.wake_at()


## The next thing to do, or null.
func next_action() -> GuildhallAction:
	return _actions.pop_front()


## The next thing to tell, or null.
func next_event() -> GuildhallEvent:
	return _events.pop_front()


## Wants to be in a room, on this connection and the next ones.
func join(room_name: String) -> void:
	if room(room_name) != null:
		return
	var wanted := GuildhallRoom.new(GuildhallLimits.cut(room_name))
	rooms.append(wanted)
	if _connection.is_online():
		_requests.join(wanted)


## Wants to be in a room no longer.
func leave(room_name: String) -> void:
	var left := room(room_name)
	if left == null:
		return
	rooms.erase(left)
	if _connection.is_online():
		_requests.leave(left.name)
	_events.append(GuildhallEvent.room_left(left.name))
	_messages.fail_outside(rooms)


## Says something in a room. The message's nonce, which is above 0; or one of
## [enum SendError], which are below, and nothing was queued.
func say(room_name: String, text: String, action := false) -> int:
	var error := _check_text(text)
	var to_room := room(room_name)
	if error == OK and to_room == null:
		error = SendError.NOT_IN_ROOM
	if error == OK:
		error = _check_pending()
	if error != OK:
		return error
	var message := GuildhallMessage.new()
	message.room = to_room.name
	message.text = text
	message.action = action
	_add(message)
	if to_room.joined:
		_send_messages(to_room.name)
	return message.nonce


## Whispers to the client with this ID, or with this name where the ID is 0.
## Returns what [method say] does.
func whisper(to: int, to_name: String, text: String, action := false) -> int:
	var error := _check_text(text)
	if error == OK and to == 0 and to_name.is_empty():
		error = SendError.EMPTY
	if error == OK:
		error = _check_pending()
	if error != OK:
		return error
	var message := GuildhallMessage.new()
	message.to = to
	message.to_name = GuildhallLimits.cut(to_name) if to == 0 else ""
	message.text = text
	message.action = action
	_add(message)
	if _connection.is_online():
		_send_messages("")
	return message.nonce


## Sends a failed message again, as a new one; the old one is forgotten. Returns
## what [method say] does.
func retry(nonce: int) -> int:
	var failed := _messages.get_failed(nonce)
	if failed == null:
		return SendError.NO_SUCH_MESSAGE
	var again: int
	if failed.is_whisper():
		again = whisper(failed.to, failed.to_name, failed.text, failed.action)
	else:
		again = say(failed.room, failed.text, failed.action)
	if again > 0:
		_messages.discard(nonce)
	return again


## Forgets a failed message.
func discard(nonce: int) -> void:
	_messages.discard(nonce)


## Wants another name; without a connection, in the next one. 0, or one of
## [enum SendError].
func rename(new_name: String) -> int:
	if new_name.is_empty():
		return SendError.EMPTY
	new_name = GuildhallLimits.cut(new_name)
	if _connection.is_online():
		var error := _check_asked()
		if error == OK:
			_requests.rename(new_name)
		return error
	_wish = new_name
	if id == 0:
		name = new_name
	return OK


## Asks which rooms there are. 0, or one of [enum SendError].
func list_rooms() -> int:
	var error := _check_asked()
	if error == OK:
		_requests.list_rooms()
	return error


## Asks who is in a joined room. 0, or one of [enum SendError].
func list_members(room_name: String) -> int:
	var of := room(room_name)
	var error := _check_asked_about(of)
	if error == OK:
		_requests.list_members(of.name)
	return error


## Asks for the page of lines before the oldest one that is known of a joined
## room, unless one is on its way. 0, or one of [enum SendError].
func fetch_history(room_name: String) -> int:
	var of := room(room_name)
	var error := _check_asked_about(of)
	if error == OK and not of.is_fetching:
		of.is_fetching = true
		_requests.fetch_history(of)
	return error


func _check_text(text: String) -> int:
	if state == State.CLOSED:
		return SendError.NOT_ONLINE
	if text.is_empty():
		return SendError.EMPTY
	if text.to_utf8_buffer().size() > limits.text_bytes:
		return SendError.TOO_LONG
	return OK


func _check_pending() -> int:
	return OK if _messages.pending_count() < limits.unanswered else SendError.TOO_MANY_PENDING


func _check_asked() -> int:
	if not _connection.is_online():
		return SendError.NOT_ONLINE
	return SendError.TOO_MANY_PENDING if _requests.is_full() else OK


func _check_asked_about(of: GuildhallRoom) -> int:
	var error := _check_asked()
	if error == OK and (of == null or not of.joined):
		error = SendError.NOT_IN_ROOM
	return error


func _add(message: GuildhallMessage) -> void:
	message.nonce = _requests.take_id()
	_messages.add(message)
