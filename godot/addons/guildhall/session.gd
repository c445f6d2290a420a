class_name GuildhallSession
extends "session/moderation.gd"
## The client's side of [code]guildhall.v1[/code], as docs/client.md describes it: what
## to send and what to report, so that the player sees every message once and in order,
## or learns of a gap.
##
## It does no I/O and has no clock. Its owner, a [GuildhallChat], reports what happens to
## the socket, with the time in milliseconds, and after each call takes
## [method next_action] and [method next_event] until both return [code]null[/code].

## What the session is doing.
enum State {
	## Nothing: no connection was asked for yet.
	IDLE,
	## Connecting: from the start of an attempt until the server's Welcome.
	CONNECTING,
	## Chatting.
	ONLINE,
	## Waiting after a lost connection; the next attempt starts by itself at
	## [member waiting_until].
	WAITING,
	## Nothing: no attempt starts by itself.
	CLOSED,
}

## The requests that [signal GuildhallChat.refused] can be about.
enum RequestKind {
	HELLO,
	JOIN,
	LEAVE,
	RENAME,
	LIST_ROOMS,
	LIST_MEMBERS,
	FETCH_HISTORY,
	REFRESH,
	LIST_UNREAD,
	SEARCH,
	BLOCK,
	UNBLOCK,
	LIST_BLOCKS,
	REPORT,
	IMPOSE,
	LIFT,
	CHANGE_ROOM,
	CLEAR,
	PURGE,
	SET_ROLE,
	LIST_MODERATORS,
	LIST_SANCTIONS,
}

## Why a call failed. Nothing is queued and nothing is sent.
enum SendError {
	## There is no text, or no name.
	EMPTY = -1,
	## The text is longer than the server allows.
	TOO_LONG = -2,
	## Too many messages or requests are pending.
	TOO_MANY_PENDING = -3,
	## The client is not in the room.
	NOT_IN_ROOM = -4,
	## There is no connection.
	NOT_ONLINE = -5,
	## There is no failed message with this nonce.
	NO_SUCH_MESSAGE = -6,
	## The player may say nothing in the room.
	READ_ONLY = -7,
	## The room has no such line.
	NO_SUCH_LINE = -8,
	## The player is muted: [method muted] says why and until when.
	MUTED = -9,
}


## Goes on with the session of an earlier run of the game, if the server still has it:
## the player keeps ID and name. [param old_secret] is the [member secret] of that run. The
## IDs of requests go on after [param after], which has to be above all of that run: the
## milliseconds since 1970, for example. An empty secret only moves the IDs. This does nothing
## while there is a socket.
func resume(old_secret: PackedByteArray, after: int) -> void:
	if not _connection.has_socket():
		_requests.skip_to(after)
		secret = old_secret


## Connects, at once even if the session is waiting for the next attempt.
func go_online(now: int) -> void:
	_connect(now)


## Closes the connection for good. Everything that is pending fails.
func close() -> void:
	if state != State.CLOSED:
		for wanted in rooms:
			_send_last_mark(wanted)
		_connection.close_socket(Connection.GOODBYE)
		_connection.closed(Connection.GOODBYE, "")
		_disconnected()


## The owner could not open a socket, or gives the server up.
func refused(reason: String) -> void:
	if state == State.CONNECTING:
		_connection.closed(0, reason)
		_disconnected()


## The socket's handshake has succeeded.
func opened(now: int) -> void:
	if _connection.opened(now):
		_say_hello()


## The socket is closed. [param random] is at least 0 and below 1.
func closed(code: int, reason: String, now: int, random: float) -> void:
	if _connection.has_socket():
		_tokens.closed(code, _connection.is_online())
		_connection.lost(code, reason, now, random)
		_disconnected()


## Time has passed. A call is due at [method wake_at], and allowed at any time.
## [param random] is at least 0 and below 1.
func tick(now: int, random: float) -> void:
	if _messages.end_delays(now):
		_send_unblocked()
	_tick_rights(now)
	if _connection.is_online() and _waits_for_answer() and _answers.tick(now):
		_events.append(Event.server_answers(false))
	var due := _connection.wake_at()
	if due < 0 or now < due:
		return
	if _connection.has_socket():
		_connection.close_socket(Connection.SILENT)
		_connection.lost(Connection.LOST, "", now, random)
		_disconnected()
	else:
		_connect(now)


## Returns when [method tick] is due, or -1 if it is not.
func wake_at() -> int:
	var due := _connection.wake_at()
	if due < 0:
		return due
	var delayed := _messages.wake_at()
	if delayed > 0:
		due = mini(due, delayed)
	var rights := _rights_wake_at()
	if rights >= 0:
		due = mini(due, rights)
	if _connection.is_online() and _waits_for_answer():
		var answers := _answers.wake_at(_connection.last_received())
		if answers >= 0:
			due = mini(due, answers)
	return due


## Finds out whether the server still answers, as after the device has slept: asks for
## something small, unless something waits for an answer anyway.
func check(now: int) -> void:
	if _connection.is_online() and not _waits_for_answer():
		_before_asking()
		_requests.check()
		_answers.tick(now)


## The server stops, and the client may not have heard when to come back: it comes back within
## some seconds, unless it has.
func spread_return() -> void:
	_connection.spread_return()


## Joins a room, on this connection and the next ones.
func join(room_name: String) -> void:
	_want_room(room_name)


## Leaves a room.
func leave(room_name: String) -> void:
	var left := room(room_name)
	if left == null:
		return
	_send_last_mark(left)
	rooms.erase(left)
	if _connection.is_online():
		_before_asking()
		_requests.leave(left.name)
	_events.append(Event.room_left(left.name))
	_messages.fail_outside(rooms)


## Asks for another name. Without a connection, the next one asks for it. Returns 0, or
## one of [enum SendError].
func rename(new_name: String) -> int:
	if new_name.is_empty():
		return SendError.EMPTY
	new_name = Limits.truncate_name(new_name)
	_delayed_name = ""
	if _connection.is_online():
		var error := _check_request()
		if error == OK:
			_before_asking()
			_requests.rename(new_name)
		return error
	_pending_name = new_name
	if id == 0:
		name = new_name
	return OK


## Asks which rooms there are. Returns 0, or one of [enum SendError].
func list_rooms() -> int:
	var error := _check_request()
	if error == OK:
		_before_asking()
		_requests.list_rooms()
	return error


## Asks for the members of a joined room. Returns 0, or one of [enum SendError].
func list_members(room_name: String) -> int:
	var wanted := room(room_name)
	var error := _check_room_request(wanted)
	if error == OK:
		_before_asking()
		_requests.list_members(wanted.name)
	return error


## Asks for the page of lines before the oldest known line of a joined room. Does nothing
## while such a request is pending. Returns 0, or one of [enum SendError].
func fetch_history(room_name: String) -> int:
	var wanted := room(room_name)
	var error := _check_room_request(wanted)
	if error == OK and not wanted.is_fetching:
		wanted.is_fetching = true
		_before_asking()
		_requests.fetch_history(wanted)
	return error
