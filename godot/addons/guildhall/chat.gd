class_name GuildhallChat
extends Node
## A chat with names, rooms, whispers and history: the client of
## [code]guildhall.v1[/code]. The autoload has one, [code]Guildhall.chat[/code].
##
## It comes back by itself when the connection is lost, joins its rooms again, and
## asks for what was said meanwhile. What is typed without a connection is sent
## when there is one.
## [codeblock]
## Guildhall.chat.line_received.connect(func(line): print(line.name, ": ", line.text))
## Guildhall.chat.connect_to_url("ws://localhost:8080/ws", "Mira")
## Guildhall.chat.join_room("tavern")
## Guildhall.chat.say_in("tavern", "hello")
## [/codeblock]
## What peers type is in texts and names: show them as text, never as BBCode.

## What the client is doing has changed. [member close_code] and
## [member close_reason] say how a connection has ended.
signal state_changed(state: GuildhallSession.State)
## The server has let the client in, under this ID and name. [param resumed]: it
## goes on with the session that it had before.
signal welcomed(id: int, own_name: String, resumed: bool)
## The wanted name was refused; the server makes one up.
signal name_refused(failure: GuildhallFailure)
## The client is in a room, which it knew as [param asked] until now. The lines
## from [param first_seq] to [param last_seq] follow at once. [param rejoined]
## without [param resumed]: what was said before these may be missing.
signal room_joined(
	room: String, asked: String, resumed: bool, rejoined: bool, first_seq: int, last_seq: int
)
## The client is in a room no longer.
signal room_left(room: String)
## The next line of a room, own ones included.
signal line_received(line: GuildhallLine)
## Older lines of a room, oldest first, after [method fetch_history].
## [param more]: there are some before these.
signal history_loaded(room: String, lines: Array[GuildhallLine], more: bool)
## Lines of a room that are lost, from the first number to the last.
signal gap(room: String, from: int, to: int)
## A whisper, own ones included.
signal whisper_received(whisper: GuildhallWhisper)
## Whispers that are lost, from the first number to the last.
signal whisper_gap(from: int, to: int)
## Who is in a room has changed: see [method room]. [param listed]: its members
## are all of them.
signal members_changed(room: String, count: int, listed: bool)
## Somebody came into a room.
signal member_came(room: String, id: int, member_name: String)
## Somebody left a room.
signal member_went(room: String, id: int, member_name: String)
## Somebody in a room has another name.
signal member_renamed(room: String, id: int, old_name: String, new_name: String)
## What was said or whispered waits for its answer.
signal message_pending(message: GuildhallMessage)
## It has arrived.
signal message_sent(nonce: int)
## It has not; [method retry] sends it again, [method discard] forgets it.
signal message_failed(nonce: int, failure: GuildhallFailure)
## The client has another name.
signal name_changed(own_name: String)
## The answer to [method list_rooms]: how many are in each room, the fullest first.
## [param total] is how many rooms there are, where not all are listed.
signal rooms_listed(rooms: Dictionary[String, int], total: int)
## The answer to [method list_members]: names by ID.
signal members_listed(room: String, count: int, listed: bool, members: Dictionary[int, String])
## Something else was refused; [param subject] is the room or name it is about.
signal refused(what: GuildhallSession.Ask, subject: String, failure: GuildhallFailure)
## Something came that is no packet, and was dropped: [param error] is one of
## [enum Packets.PB_ERR], [constant GuildhallClient.TEXT_MESSAGE] or
## [constant GuildhallClient.TOO_BIG].
signal bad_message(error: int)
## What has happened, in words for the player ([GuildhallWords]), after the signal
## that it belongs to. [param room] is the room it is about, or empty.
signal system_message(room: String, words: String)

const Packets := preload("packets.gd")

## The WebSocket subprotocol that the server has to speak.
const SUBPROTOCOL := "guildhall.v1"
## The rules; all that is known is in it, and only to be read.
var session := GuildhallSession.new()
## The present connection. Another object after each try.
var socket := WebSocketPeer.new()

var _url := ""
var _tls_options: TLSOptions = null
# Whether this socket's handshake was done.
var _was_open := false
var _doubt := GuildhallDoubt.new()
var _is_settling := false


func _ready() -> void:
	# Other players do not stop talking while this one's game is paused.
	process_mode = Node.PROCESS_MODE_ALWAYS


func _process(_delta: float) -> void:
	poll()


func _exit_tree() -> void:
	close()


## Connects to a server, [code]ws://host:8080/ws[/code] or [code]wss://…[/code],
## and keeps up the connection from then on. Without a name the server makes one
## up. An error is returned where the address is no good; all else comes as a
## signal.
func connect_to_url(url: String, wanted_name := "", tls_options: TLSOptions = null) -> int:
	if not (url.begins_with("ws://") or url.begins_with("wss://")):
		return ERR_INVALID_PARAMETER
	close()
	session = GuildhallSession.new(wanted_name)
	_url = url
	_tls_options = tls_options
	_doubt = GuildhallDoubt.new(url, tls_options)
	session.go_online(Time.get_ticks_msec())
	_settle()
	return OK if session.state != GuildhallSession.State.CLOSED else ERR_CANT_CONNECT


## Says goodbye, and stays away until [method go_online].
func close() -> void:
	_doubt.drop_probe()
	session.close()
	_settle()


## Connects again: at once instead of after the wait, and after [method close] or
## a connection that nothing follows. Session and rooms are as they were.
func go_online() -> void:
	session.go_online(Time.get_ticks_msec())
	_settle()


## Seconds until the next try to connect, or 0.
func seconds_to_retry() -> float:
	if session.state != GuildhallSession.State.WAITING:
		return 0.0
	return maxf(0.0, (session.waiting_until - Time.get_ticks_msec()) / 1000.0)


## Enters a room, and enters it again after each lost connection.
func join_room(room_name: String) -> void:
	session.join(room_name)
	_settle()


## Leaves a room.
func leave_room(room_name: String) -> void:
	session.leave(room_name)
	_settle()


## A room that the client is in or wants to be in, or null.
func room(room_name: String) -> GuildhallRoom:
	return session.room(room_name)


## Says something in a room; [param action]: tells what the player does. Returns
## the message's nonce, which is above 0; or one of
## [enum GuildhallSession.SendError], and nothing is sent.
func say_in(room_name: String, text: String, action := false) -> int:
	var nonce := session.say(room_name, text, action)
	_settle()
	return nonce


## Whispers to the client with this name. Returns what [method say_in] does.
func whisper(to_name: String, text: String, action := false) -> int:
	var nonce := session.whisper(0, to_name, text, action)
	_settle()
	return nonce


## Whispers to the client with this ID. Returns what [method say_in] does.
func whisper_to(id: int, text: String, action := false) -> int:
	var nonce := session.whisper(id, "", text, action)
	_settle()
	return nonce


## Sends a failed message again, as a new one. Returns what [method say_in] does.
func retry(nonce: int) -> int:
	var new_nonce := session.retry(nonce)
	_settle()
	return new_nonce


## Forgets a failed message.
func discard(nonce: int) -> void:
	session.discard(nonce)


## Asks for another name. [constant OK], or one of
## [enum GuildhallSession.SendError]; so do the following ones.
func rename(new_name: String) -> int:
	return _after(session.rename(new_name))


## Asks which rooms there are: [signal rooms_listed].
func list_rooms() -> int:
	return _after(session.list_rooms())


## Asks who is in a room: [signal members_listed].
func list_members(room_name: String) -> int:
	return _after(session.list_members(room_name))


## Asks for the lines before the oldest that the client has:
## [signal history_loaded].
func fetch_history(room_name: String) -> int:
	return _after(session.fetch_history(room_name))


## Moves everything on. Called every frame; a game whose frames have stopped can
## call it too.
func poll() -> void:
	if _url.is_empty():
		return
	_doubt.poll()
	var due := session.wake_at()
	if due >= 0 and Time.get_ticks_msec() >= due:
		session.tick(Time.get_ticks_msec(), randf())
		_settle()
	if session.state in [GuildhallSession.State.CONNECTING, GuildhallSession.State.ONLINE]:
		_poll_socket()


func _poll_socket() -> void:
	# A handler of a signal may connect anew: then this socket is history.
	var polled := socket
	polled.poll()
	var ready_state := polled.get_ready_state()
	# A connection can have come and gone between two frames.
	var waiting := polled.get_available_packet_count()
	if not _was_open and (ready_state == WebSocketPeer.STATE_OPEN or waiting > 0):
		_opened(polled)
	while polled == socket and polled.get_available_packet_count() > 0:
		var bytes := polled.get_packet()
		if polled.was_string_packet():
			bad_message.emit(GuildhallClient.TEXT_MESSAGE)
		elif bytes.size() > GuildhallClient.MAX_SERVER_PACKET_BYTES:
			bad_message.emit(GuildhallClient.TOO_BIG)
		else:
			session.received(bytes, Time.get_ticks_msec())
			_settle()
	if polled == socket and ready_state == WebSocketPeer.STATE_CLOSED:
		_closed(polled.get_close_code(), polled.get_close_reason())


func _opened(polled: WebSocketPeer) -> void:
	_was_open = true
	if polled.get_selected_protocol() != SUBPROTOCOL:
		_refuse_server()
		return
	_doubt.spoke()
	if not OS.has_feature("web"):
		polled.set_no_delay(true)
	session.opened(Time.get_ticks_msec())
	_settle()


func _closed(code: int, reason: String) -> void:
	if _doubt.ended():
		_refuse_server()
		return
	_forget_socket()
	code = code if code > 0 else GuildhallConnection.LOST
	session.closed(code, reason, Time.get_ticks_msec(), randf())
	_settle()


func _refuse_server() -> void:
	_drop_socket(GuildhallConnection.GOODBYE)
	session.refused(GuildhallWords.no_subprotocol())
	_settle()
	system_message.emit("", GuildhallWords.no_subprotocol())


func _after(error: int) -> int:
	_settle()
	return error


# Does what the session wants done, and tells what it has to tell. A handler of a
# signal may ask for more: that is done after it, so that all handlers are told
# the same in the same order.
func _settle() -> void:
	if _is_settling:
		return
	_is_settling = true
	while true:
		var action := session.next_action()
		if action != null:
			_do(action)
			continue
		var event := session.next_event()
		if event == null:
			break
		callv(&"emit_signal", [event.kind] + event.arguments)
		var words := GuildhallWords.event(event, session)
		if words != "":
			system_message.emit(event.room(), words)
	_is_settling = false


func _do(action: GuildhallAction) -> void:
	match action.kind:
		GuildhallAction.Kind.OPEN:
			_open()
		GuildhallAction.Kind.HANG:
			_doubt.forget()
			_drop_socket(action.code)
		GuildhallAction.Kind.SEND:
			if socket.send(action.bytes) != OK:
				# What is not taken here is sent again on the next connection.
				_drop_socket(GuildhallConnection.GOODBYE)
				var lost := GuildhallConnection.LOST
				session.closed(lost, "", Time.get_ticks_msec(), randf())


func _open() -> void:
	_forget_socket()
	_doubt.drop_probe()
	socket.supported_protocols = PackedStringArray([SUBPROTOCOL])
	socket.inbound_buffer_size = 1 << 20
	socket.outbound_buffer_size = 1 << 20
	socket.max_queued_packets = 1 << 14
	var error := socket.connect_to_url(_url, _tls_options)
	if error != OK:
		session.refused(error_string(error))


func _drop_socket(code: int) -> void:
	if socket.get_ready_state() != WebSocketPeer.STATE_CLOSED:
		socket.close(code)
		socket.poll()
	_forget_socket()


func _forget_socket() -> void:
	socket = WebSocketPeer.new()
	_was_open = false
