class_name GuildhallSession
extends RefCounted
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

const Packets := preload("packets.gd")

## What it is doing.
var state: State:
	get:
		return _connection.state
## How the last connection ended.
var close_code: int:
	get:
		return _connection.close_code
var close_reason: String:
	get:
		return _connection.close_reason
## When the next attempt follows, in [constant WAITING].
var waiting_until: int:
	get:
		return _connection.waiting_until
## The client's ID; 0 before the first Welcome.
var id := 0
## The client's name: what it wants to be called, and what it is called.
var name := ""
## What the server allows.
var limits := GuildhallLimits.new()
## The wanted rooms, in the order in which they were wanted.
var rooms: Array[GuildhallRoom] = []
## From whom the last whisper came; 0 and empty before there is one.
var last_whisperer := 0
var last_whisperer_name := ""

var _actions: Array[GuildhallAction] = []
var _events: Array[GuildhallEvent] = []
var _connection := GuildhallConnection.new(_actions, _events)
var _requests := GuildhallRequests.new(_actions)
var _messages := GuildhallMessages.new(_events)
var _session := PackedByteArray()
var _whisper_seq := 0


func _init(wanted_name := "") -> void:
	name = wanted_name


## The user wants to be online. Cuts a wait short.
func go_online(now: int) -> void:
	if not _connection.has_socket():
		_connection.attempt(now)


## The user wants no connection.
func close() -> void:
	if state == State.IDLE or state == State.CLOSED:
		return
	if _connection.has_socket():
		_connection.hang(GuildhallConnection.GOODBYE)
	_forget_connection()
	_connection.ended(GuildhallConnection.GOODBYE, "")


## The platform has refused to open a socket at all.
func refused(reason: String) -> void:
	_forget_connection()
	_connection.ended(0, reason)


## The socket's handshake is done.
func opened(now: int) -> void:
	if state == State.CONNECTING and not _connection.is_open:
		_connection.is_open = true
		_connection.heard(now)
		_requests.hello(name, _session, _whisper_seq)


## A binary message has come.
func received(bytes: PackedByteArray, now: int) -> void:
	if not _connection.is_open:
		return
	_connection.heard(now)
	var packet := Packets.Packet.new()
	var error := packet.from_bytes(bytes)
	if error != Packets.PB_ERR.NO_ERRORS:
		_events.append(GuildhallEvent.bad_message(error))
	elif packet.has_ping():
		_requests.pong()
	elif packet.has_reply():
		_on_reply(packet.get_reply(), now)
	elif packet.has_line():
		_on_line(packet.get_line())
	elif packet.has_whisper():
		_on_whisper(packet.get_whisper())
	elif packet.has_presence():
		_on_presence(packet.get_presence())


## The socket is closed; [param random] is from 0 up to, but not including, 1.
func closed(code: int, reason: String, now: int, random: float) -> void:
	if _connection.has_socket():
		_forget_connection()
		_connection.lost(code, reason, now, random)


## Time has passed.
func tick(now: int, random: float) -> void:
	var due := wake_at()
	if due < 0 or now < due:
		return
	if state == State.WAITING:
		_connection.attempt(now)
	else:
		_connection.hang(GuildhallConnection.GOODBYE)
		closed(GuildhallConnection.LOST, "", now, random)


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
	var wanted := GuildhallRoom.new()
	wanted.name = room_name
	rooms.append(wanted)
	if _connection.is_online():
		_requests.join(wanted)


## Wants to be in a room no longer.
func leave(room_name: String) -> void:
	var left := room(room_name)
	if left == null:
		return
	_drop_room(left)
	if _connection.is_online():
		_requests.leave(left)
	else:
		_events.append(GuildhallEvent.room_left(room_name))


## Says something in a room. The ID of the message, its nonce; or one of
## [enum SendError], which are below 0, and nothing was queued.
func say(room_name: String, text: String, action := false) -> int:
	var message := GuildhallMessage.new()
	message.room = room_name
	message.text = text
	message.action = action
	return _queue(message)


## Whispers to the client with this ID, or with this name where the ID is 0.
## Returns what [method say] does.
func whisper(to: int, to_name: String, text: String, action := false) -> int:
	var message := GuildhallMessage.new()
	message.to = to
	message.to_name = to_name
	message.text = text
	message.action = action
	return _queue(message)


## Sends a failed message again, as a new one. Returns what [method say] does.
func retry(nonce: int) -> int:
	var failed := _messages.get_failed(nonce)
	if failed == null:
		return SendError.NO_SUCH_MESSAGE
	var new_nonce := _queue(failed.again())
	if new_nonce > 0:
		_messages.discard(nonce)
	return new_nonce


## Forgets a failed message.
func discard(nonce: int) -> void:
	_messages.discard(nonce)


## Asks for another name. 0, or one of [enum SendError].
func rename(new_name: String) -> int:
	if not _connection.is_online():
		return SendError.NOT_ONLINE
	_requests.rename(new_name)
	return OK


## Asks which rooms there are. 0, or one of [enum SendError].
func list_rooms() -> int:
	if not _connection.is_online():
		return SendError.NOT_ONLINE
	_requests.list_rooms()
	return OK


## Asks who is in a room. 0, or one of [enum SendError].
func list_members(room_name: String) -> int:
	if not _connection.is_online():
		return SendError.NOT_ONLINE
	_requests.list_members(room_name)
	return OK


## Asks for the lines before the oldest one of a room that the client has.
## 0, or one of [enum SendError].
func fetch_history(room_name: String) -> int:
	if not _connection.is_online():
		return SendError.NOT_ONLINE
	var of := room(room_name)
	if of == null or not of.joined:
		return SendError.NOT_IN_ROOM
	_requests.fetch_history(of)
	return OK


## A wanted room by its name, or null.
func room(room_name: String) -> GuildhallRoom:
	for wanted in rooms:
		if wanted.name == room_name:
			return wanted
	return null


func _queue(message: GuildhallMessage) -> int:
	var bytes := message.text.to_utf8_buffer().size()
	var to_room := room(message.room)
	if bytes == 0:
		return SendError.EMPTY
	if bytes > limits.text_bytes:
		return SendError.TOO_LONG
	if to_room == null and not message.is_whisper():
		return SendError.NOT_IN_ROOM
	if _messages.pending_count() >= limits.unanswered:
		return SendError.TOO_MANY_PENDING
	message.nonce = _requests.take_id()
	_messages.add(message)
	if _connection.is_online() and (message.is_whisper() or to_room.joined):
		_requests.message(message)
	return message.nonce


func _drop_room(wanted: GuildhallRoom) -> void:
	rooms.erase(wanted)
	_messages.fail_unsent_in(wanted.name)


func _forget_connection() -> void:
	for wanted in rooms:
		wanted.disconnected()
	var lost := GuildhallFailure.because(GuildhallFailure.Kind.DISCONNECTED)
	for asked in _requests.forget():
		if asked.what != Ask.HELLO and asked.what != Ask.JOIN:
			_events.append(GuildhallEvent.refused(asked.what, asked.subject, lost))


func _on_reply(reply: Packets.Reply, now: int) -> void:
	var asked := _requests.answered(reply.get_id())
	if reply.has_error():
		_on_error(reply.get_id(), asked, GuildhallFailure.refused(reply.get_error()))
	elif reply.has_repeated():
		_messages.arrived(reply.get_id())
	elif asked == null:
		return
	elif reply.has_welcome():
		_on_welcome(reply.get_welcome(), now)
	elif reply.has_joined() and asked.room != null:
		_on_joined(asked.room, reply.get_joined())
	elif reply.has_left():
		_events.append(GuildhallEvent.room_left(reply.get_left().get_room()))
	elif reply.has_rooms():
		_events.append(GuildhallEvent.rooms_listed(reply.get_rooms()))
	elif reply.has_renamed():
		name = reply.get_renamed().get_name()
		_events.append(GuildhallEvent.name_changed(name))
	elif reply.has_members():
		_on_members(reply.get_members())
	elif reply.has_history() and asked.room != null:
		var page := reply.get_history()
		var lines := asked.room.take_history(page, id)
		_events.append(GuildhallEvent.history_loaded(asked.room.name, lines, page.get_more()))


func _on_error(nonce: int, asked: GuildhallRequests.Asked, failure: GuildhallFailure) -> void:
	if asked == null:
		_messages.failed(nonce, failure)
		return
	match asked.what:
		Ask.HELLO:
			if failure.is_about_name() and asked.subject != "":
				_events.append(GuildhallEvent.name_refused(failure))
				name = ""
				_requests.hello(name, _session, _whisper_seq)
				return
			_events.append(GuildhallEvent.refused(asked.what, asked.subject, failure))
			_connection.hang(GuildhallConnection.GOODBYE)
			_forget_connection()
			_connection.ended(GuildhallConnection.GOODBYE, "")
		Ask.JOIN:
			_drop_room(asked.room)
			_events.append(GuildhallEvent.refused(asked.what, asked.subject, failure))
		_:
			_events.append(GuildhallEvent.refused(asked.what, asked.subject, failure))


func _on_welcome(welcome: Packets.Welcome, now: int) -> void:
	var is_new := not welcome.get_resumed()
	id = welcome.get_id()
	name = welcome.get_name()
	_session = welcome.get_session()
	if welcome.has_limits():
		limits = GuildhallLimits.of(welcome.get_limits())
	_connection.longest_silence = limits.heartbeat_seconds * 2000
	_connection.welcomed(now)
	_events.append(GuildhallEvent.welcomed(id, name, welcome.get_resumed()))
	if is_new:
		_whisper_seq = 0
		_messages.fail_sent()
	if welcome.has_whisper_gap():
		var gap := welcome.get_whisper_gap()
		_whisper_seq = gap.get_to()
		_events.append(GuildhallEvent.whisper_gap(gap.get_from(), gap.get_to()))
	for wanted in rooms:
		_requests.join(wanted)
	for message in _messages.whispers():
		_requests.message(message)


func _on_joined(wanted: GuildhallRoom, joined: Packets.Joined) -> void:
	if not wanted in rooms:
		return
	var rejoined := wanted.epoch != 0
	_messages.rename_room(wanted.name, joined.get_room())
	wanted.take_joined(joined)
	for other in rooms.duplicate() as Array[GuildhallRoom]:
		if other != wanted and other.name == wanted.name:
			rooms.erase(other)
	_events.append(GuildhallEvent.room_joined(wanted, joined, rejoined))
	if joined.has_gap():
		var gap := joined.get_gap()
		_events.append(GuildhallEvent.gap(wanted.name, gap.get_from(), gap.get_to()))
	_events.append(GuildhallEvent.members_changed(wanted))
	for message in _messages.says_in(wanted.name):
		_requests.message(message)


func _on_members(list: Packets.MemberList) -> void:
	var of := room(list.get_room())
	if of != null and of.joined:
		of.take_members(list.get_count(), list.get_listed(), list.get_members())
	_events.append(GuildhallEvent.members_listed(list))


func _on_line(wire: Packets.Line) -> void:
	var line := GuildhallLine.of(wire, id)
	var of := room(line.room)
	if of == null:
		return
	var verdict := of.take_line(line)
	match verdict:
		GuildhallRoom.Verdict.TELL:
			_events.append(GuildhallEvent.line_received(line))
		GuildhallRoom.Verdict.ASK:
			_requests.join(of)
	if line.own and verdict != GuildhallRoom.Verdict.ASK:
		_messages.arrived(line.nonce)


func _on_whisper(wire: Packets.WhisperLine) -> void:
	var told := GuildhallWhisper.of(wire, id)
	if told.own:
		_messages.arrived(told.nonce)
	if told.seq <= _whisper_seq:
		return
	_whisper_seq = told.seq
	if not told.own:
		last_whisperer = told.sender
		last_whisperer_name = told.sender_name
	_events.append(GuildhallEvent.whisper_received(told))


func _on_presence(presence: Packets.Presence) -> void:
	var of := room(presence.get_room())
	if of != null and of.joined:
		_events.append_array(of.take_presence(presence))
