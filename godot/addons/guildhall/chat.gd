@icon("icon.svg")
class_name GuildhallChat
extends Node
## A chat client with names, rooms, whispers and history. It speaks
## [code]guildhall.v1[/code]; the autoload has one, [code]Guildhall.chat[/code].
##
## After a lost connection it connects again by itself, rejoins its rooms, and fetches
## the lines that it has missed. Messages that are written without a connection are sent
## once there is one.
## [codeblock]
## func _ready() -> void:
##     Guildhall.chat.line_received.connect(_on_line)
##     Guildhall.chat.connect_to_url("ws://localhost:8080/ws", "Mira")
##     Guildhall.chat.join_room("tavern")
##     Guildhall.chat.say_in("tavern", "hello")
##
## func _on_line(line: GuildhallLine) -> void:
##     # A replay is from before the player came.
##     print("(earlier) " if line.replay else "", line.name, ": ", line.text)
## [/codeblock]
## Connect the signals to methods of your scene: they end with it. A lambda that does not
## use [code]self[/code] stays connected, and a scene that is entered again has two.
## Texts and names come from peers: show them as text, never as BBCode.

# The session's events name the signals that this class emits.
@warning_ignore_start("unused_signal")
## The state of the client has changed. The session's [code]close_code[/code] and
## [code]close_reason[/code] say how the last connection ended.
signal state_changed(state: GuildhallSession.State)
## The server has accepted the client and given it this ID and name. [param resumed]: the
## session of the last connection goes on.
signal welcomed(id: int, own_name: String, resumed: bool)
## The server has refused the wanted name and makes one up.
signal name_refused(failure: GuildhallFailure)
## The client has joined a room, which it asked for as [param requested_name]. The lines
## from [param first_seq] to [param last_seq] follow at once. If [param rejoined] but not
## [param resumed], lines before these may be missing.
signal room_joined(
	room: String,
	requested_name: String,
	resumed: bool,
	rejoined: bool,
	first_seq: int,
	last_seq: int
)
## The client has left a room.
signal room_left(room: String)
## The next line of a room, also if the client itself sent it.
signal line_received(line: GuildhallLine)
## Older lines of a room, oldest first, after [method fetch_history]. [param more]: the
## server has lines before these.
signal history_loaded(room: String, lines: Array[GuildhallLine], more: bool)
## Lines of a room are lost, from the first number to the last.
signal gap(room: String, from: int, to: int)
## A whisper, also if the client itself sent it.
signal whisper_received(whisper: GuildhallWhisper)
## Whispers are lost, from the first number to the last.
signal whisper_gap(from: int, to: int)
## The members of a room have changed: see [method room]. [param listed]: the room's
## list has all of them.
signal members_changed(room: String, count: int, listed: bool)
## Another client has joined a room.
signal member_joined(room: String, id: int, member_name: String)
## Another client has left a room.
signal member_left(room: String, id: int, member_name: String)
## A client in a room has another name.
signal member_renamed(room: String, id: int, old_name: String, new_name: String)
## What to tell the player of those who joined, left or have new names: one notice for all at
## once. There is none in a room with many members, and none about this client or about
## somebody who has said something since joining. [param renamed]: old and new names.
signal presence_notice(
	room: String, joined: Array[String], left: Array[String], renamed: Array[PackedStringArray]
)
## Something waits for the server's answer, and nothing came from it for 5 s; or the server
## answers again.
signal server_answers(answers: bool)
## A message is waiting for the server's answer.
signal message_pending(message: GuildhallMessage)
## The server has stored the message.
signal message_sent(nonce: int)
## The message has failed. [method retry] sends it again, [method discard] forgets it.
signal message_failed(nonce: int, failure: GuildhallFailure)
## The client has another name.
signal name_changed(own_name: String)
## The answer to [method list_rooms]: the number of members of each room, the largest
## room first. [param total] is the number of all rooms, if not all are listed.
signal rooms_listed(rooms: Dictionary[String, int], total: int)
## The answer to [method list_members]: names by ID.
signal members_listed(room: String, count: int, listed: bool, members: Dictionary[int, String])
## A request that is not a message has failed. [param subject] is the room or the name
## that it was about.
signal refused(request: GuildhallSession.RequestKind, subject: String, failure: GuildhallFailure)
## The server has sent something that is not a valid packet, and it was dropped.
## [param error] is one of [enum Packets.PB_ERR], [constant GuildhallClient.TEXT_MESSAGE]
## or [constant GuildhallClient.TOO_BIG].
signal bad_message(error: int)
## A text for the player that describes an event ([GuildhallTexts]). It follows the
## signal of the event. [param room] is the room that the event is about, or empty.
signal system_message(room: String, text: String)
@warning_ignore_restore("unused_signal")

const Packets := preload("packets.gd")
const Action := preload("session/action.gd")
const Connection := preload("session/connection.gd")
const KeptSession := preload("kept_session.gd")
const PacketQueue := preload("packet_queue.gd")
const Requests := preload("session/requests.gd")
const SubprotocolProbe := preload("subprotocol_probe.gd")
const Warnings := preload("warnings.gd")

## The WebSocket subprotocol that the server has to speak.
const SUBPROTOCOL := "guildhall.v1"

## Whether the player keeps ID and name if the game is killed and started again: the secret
## of the session is stored until [method close]. See docs/godot.md.
var keeps_session := true
## The state machine behind this client. Read it, but call the methods of this class.
var session := GuildhallSession.new()
## The present socket. Each attempt to connect has a new one.
var socket := WebSocketPeer.new()

var _url := ""
var _tls_options: TLSOptions = null
# Whether the handshake of the present socket has succeeded.
var _was_open := false
var _subprotocol_probe := SubprotocolProbe.new()
var _is_draining := false
var _received := PacketQueue.new()
var _ping_bytes := Requests.ping_bytes()
var _kept := KeptSession.new()
# Whether the client connects once another copy of the game had the time to say that it runs.
var _connects_later := false
var _warnings := Warnings.new()


func _init() -> void:
	_renew_session("")


func _ready() -> void:
	# The other players go on talking while this player's game is paused.
	process_mode = Node.PROCESS_MODE_ALWAYS


func _process(_delta: float) -> void:
	poll()


func _exit_tree() -> void:
	close()


## Connects to a server, [code]ws://host:8080/ws[/code] or [code]wss://…[/code], and
## keeps the connection up from then on. Without a name, the server makes one up. Returns
## [constant OK], or an error if the address is not valid; everything else is reported
## with signals.[br]
## Rooms that were joined before are joined at this server, too, and what was said before
## the first call is sent. A further call ends the present connection and starts anew.
func connect_to_url(url: String, wanted_name := "", tls_options: TLSOptions = null) -> int:
	if not (url.begins_with("ws://") or url.begins_with("wss://")):
		Warnings.bad_address(url)
		return ERR_INVALID_PARAMETER
	if session.state != GuildhallSession.State.IDLE:
		close()
		_renew_session(wanted_name)
	elif wanted_name != "":
		session.rename(wanted_name)
	_url = url
	_tls_options = tls_options
	_warnings.begin(url)
	_subprotocol_probe = SubprotocolProbe.new(url, tls_options)
	if keeps_session:
		_kept.begin(url, wanted_name, Time.get_ticks_msec())
	_connects_later = _kept.is_asking()
	if not _connects_later:
		_connect()
	return OK if session.state != GuildhallSession.State.CLOSED else ERR_CANT_CONNECT


## Closes the connection and stays offline until [method go_online].
func close() -> void:
	_subprotocol_probe.cancel()
	_connects_later = false
	_kept.forget()
	session.close()
	_drain_session()


## Connects again: at once instead of after the wait, and also after [method close] or a
## close code that allows no reconnection. The session keeps its rooms.
func go_online() -> void:
	_connects_later = false
	session.go_online(Time.get_ticks_msec())
	_drain_session()


## Returns the seconds until the next attempt to connect, or 0.
func seconds_to_retry() -> float:
	if session.state != GuildhallSession.State.WAITING:
		return 0.0
	return maxf(0.0, (session.waiting_until - Time.get_ticks_msec()) / 1000.0)


## Joins a room, and rejoins it after each lost connection.
func join_room(room_name: String) -> void:
	_warnings.joins(room_name)
	session.join(room_name)
	_drain_session()


## Leaves a room.
func leave_room(room_name: String) -> void:
	session.leave(room_name)
	_drain_session()


## Returns a room that the client is in or wants to be in, or null.
func room(room_name: String) -> GuildhallRoom:
	return session.room(room_name)


## Says something in a room; with [param action], says what the player does. Returns the
## message's nonce, which is above 0; or one of [enum GuildhallSession.SendError], which
## are below 0, and then nothing is sent ([method explain]).
func say_in(room_name: String, text: String, action := false) -> int:
	var result := session.say(room_name, text, action)
	if result == GuildhallSession.SendError.NOT_IN_ROOM:
		_warnings.says_outside(room_name)
	return _drain_and_return(result)


## Whispers to the client with this name. Returns the same as [method say_in].
func whisper(to_name: String, text: String, action := false) -> int:
	return _drain_and_return(session.whisper(0, to_name, text, action))


## Whispers to the client with this ID. Returns the same as [method say_in].
func whisper_to(id: int, text: String, action := false) -> int:
	return _drain_and_return(session.whisper(id, "", text, action))


## Sends a failed message again, as a new one. Returns the same as [method say_in].
func retry(nonce: int) -> int:
	return _drain_and_return(session.retry(nonce))


## Forgets a failed message.
func discard(nonce: int) -> void:
	session.discard(nonce)


## Asks for another name. Returns [constant OK], or one of
## [enum GuildhallSession.SendError].
func rename(new_name: String) -> int:
	return _drain_and_return(session.rename(new_name))


## Asks which rooms there are; [signal rooms_listed] has the answer. Returns the same as
## [method rename].
func list_rooms() -> int:
	return _drain_and_return(session.list_rooms())


## Asks for the members of a room; [signal members_listed] has the answer. Returns the
## same as [method rename].
func list_members(room_name: String) -> int:
	return _drain_and_return(session.list_members(room_name))


## Asks for the lines before the oldest known line; [signal history_loaded] has the
## answer. Returns the same as [method rename].
func fetch_history(room_name: String) -> int:
	return _drain_and_return(session.fetch_history(room_name))


## Returns a text for the player that explains an error of [method say_in] or of another
## method that sends. [param text] is what was to be sent.
func explain(error: int, text := "") -> String:
	return GuildhallTexts.send_error(error, text.to_utf8_buffer().size(), session.limits.text_bytes)


## Receives, sends and reports what is due. This is called in every frame; a game whose
## frames have stopped can call it too.
func poll() -> void:
	if _url.is_empty():
		# A game may join rooms long before it connects. Messages are not meant to wait.
		if session.has_pending:
			var other := get_parent() as GuildhallClient
			_warnings.waits("" if other == null else other.url, Time.get_ticks_msec())
		return
	_kept.poll(Time.get_ticks_msec())
	if _connects_later and not _kept.is_asking():
		_connect()
	_subprotocol_probe.poll()
	var due := session.wake_at()
	if due >= 0 and Time.get_ticks_msec() >= due:
		session.tick(Time.get_ticks_msec(), randf())
		_drain_session()
	if session.state in [GuildhallSession.State.CONNECTING, GuildhallSession.State.ONLINE]:
		_poll_socket()


func _poll_socket() -> void:
	# A signal handler may open another connection, which replaces the socket.
	var polled := socket
	polled.poll()
	var ready_state := polled.get_ready_state()
	# A connection can open and close again between two frames.
	var packet_count := polled.get_available_packet_count()
	if not _was_open and (ready_state == WebSocketPeer.STATE_OPEN or packet_count > 0):
		_on_socket_opened(polled)
	# Pings do not wait: the server takes a client that does not answer for gone.
	for _ping in _received.fill(polled, _ping_bytes):
		session.received(_ping_bytes, Time.get_ticks_msec())
		_drain_session()
	while polled == socket and _received.has_turn():
		var packet: Variant = _received.pop()
		if packet is String:
			bad_message.emit(GuildhallClient.TEXT_MESSAGE)
		else:
			session.received(packet as PackedByteArray, Time.get_ticks_msec())
			_drain_session()
	# What came before the end is handled before it.
	var is_over := ready_state == WebSocketPeer.STATE_CLOSED and _received.is_empty()
	if polled == socket and is_over:
		_on_socket_closed(polled.get_close_code(), polled.get_close_reason())


func _on_socket_opened(polled: WebSocketPeer) -> void:
	_was_open = true
	_warnings.reached()
	if polled.get_selected_protocol() != SUBPROTOCOL:
		_refuse_server()
		return
	_subprotocol_probe.confirm()
	if not OS.has_feature("web"):
		polled.set_no_delay(true)
	session.opened(Time.get_ticks_msec())
	_drain_session()


func _on_socket_closed(code: int, reason: String) -> void:
	if _subprotocol_probe.attempt_failed():
		_refuse_server()
		return
	_warnings.failed()
	_forget_socket()
	code = code if code > 0 else Connection.LOST
	session.closed(code, reason, Time.get_ticks_msec(), randf())
	_drain_session()


func _refuse_server() -> void:
	Warnings.other_server(_url)
	_drop_socket(Connection.GOODBYE)
	session.refused(GuildhallCatalogue.no_subprotocol())
	_drain_session()
	system_message.emit("", GuildhallCatalogue.no_subprotocol())


func _drain_and_return(result: int) -> int:
	_drain_session()
	return result


# Performs the session's actions and emits its events. A signal handler may call this
# class again: the events of that call wait until all handlers have seen this one, so that
# every handler sees the same events in the same order.
func _drain_session() -> void:
	if _is_draining:
		return
	_is_draining = true
	while true:
		var action := session.next_action()
		if action != null:
			_perform(action)
			continue
		var event := session.next_event()
		if event == null:
			break
		if event.kind == &"welcomed" and keeps_session:
			_kept.keep(session.secret)
		callv(&"emit_signal", [event.kind] + event.arguments)
		var host := _url.get_slice("//", 1).get_slice("/", 0)
		var text := GuildhallTexts.event(event, session, host)
		if text != "":
			system_message.emit(event.about_room(), text)
	_is_draining = false


func _perform(action: Action) -> void:
	match action.kind:
		Action.Kind.OPEN:
			_open()
		Action.Kind.CLOSE:
			_subprotocol_probe.reset()
			if action.code != Connection.GOODBYE:
				_warnings.failed()
			_drop_socket(action.code)
		Action.Kind.SEND:
			if socket.send(action.bytes) != OK:
				# The next connection sends the message again.
				_drop_socket(Connection.GOODBYE)
				var lost := Connection.LOST
				session.closed(lost, "", Time.get_ticks_msec(), randf())


# Connects for the first time, with the session of the last run of the game.
func _connect() -> void:
	if not _kept.secret().is_empty():
		session.resume(_kept.secret(), 0)
	go_online()


func _open() -> void:
	_forget_socket()
	_subprotocol_probe.cancel()
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


# Makes a new session, which wants the rooms of the one before. Its request IDs are above
# those of any earlier run of the game, which may have begun a session that it goes on with.
func _renew_session(wanted_name: String) -> void:
	var rooms := session.rooms
	session = GuildhallSession.new(wanted_name)
	session.resume(PackedByteArray(), int(Time.get_unix_time_from_system() * 1000.0))
	for wanted in rooms:
		session.join(wanted.name)


func _forget_socket() -> void:
	socket = WebSocketPeer.new()
	_received.clear()
	_was_open = false
