class_name GuildhallClient
extends Node
## The client of a Guildhall chat server, as an autoload.
##
## The plugin adds it under the name [code]Guildhall[/code]. It connects, comes
## back by itself when the connection is lost, and hands every packet on as a
## signal:
## [codeblock]
## Guildhall.chat_received.connect(func(id, text): print(id, ": ", text))
## Guildhall.connect_to_url("ws://localhost:8080/ws")
## Guildhall.say("hello")
## [/codeblock]

## A connection is there: packets can be sent.
signal connected_to_server
## The connection is gone, or the first try to connect has failed, or the client
## gives up. Not again for each further try that fails: [signal closed] has those.
signal connection_closed
## A packet of the server, whole and valid.
signal packet_received(packet: Packets.Packet)
## A chat line by the client [param sender_id]. A server sends nobody their own.
signal chat_received(sender_id: int, text: String)
## The server has told this client its own ID: [member client_id].
signal id_received(id: int)
## [member state] has changed.
signal state_changed(state: State)
## A connection, or a try to connect, has ended with a WebSocket close
## [param code] (1006: without goodbye). The next try comes in
## [param retry_in] seconds; below 0 there is none.
signal closed(code: int, reason: String, retry_in: float)
## A message of the server was no packet: [param error] is one of
## [enum Packets.PB_ERR], [constant TEXT_MESSAGE] or [constant TOO_BIG].
## It was dropped whole, and the connection goes on.
signal packet_refused(error: int, bytes: PackedByteArray)
## The receive buffer was full, as after minutes in the background: messages
## may be missing.
signal messages_lost

## What a client can be doing.
enum State {
	## Nothing, until [method connect_to_url].
	CLOSED,
	## Waiting for the server's answer.
	CONNECTING,
	## Chatting.
	OPEN,
	## Saying goodbye, after [method close].
	CLOSING,
	## Waiting to connect again: [method seconds_to_retry].
	WAITING,
}

## The messages, and their binary form.
const Packets := preload("packets.gd")

## The longest text of a chat line, in bytes of UTF-8.
const MAX_TEXT_BYTES := MAX_CLIENT_PACKET_BYTES - 6
## The largest message a server takes.
const MAX_CLIENT_PACKET_BYTES := 16 * 1024
## The largest message a server sends.
const MAX_SERVER_PACKET_BYTES := 32 * 1024
## Error of [signal packet_refused]: a text message, and packets are binary.
const TEXT_MESSAGE := -100
## Error of [signal packet_refused]: above [constant MAX_SERVER_PACKET_BYTES].
const TOO_BIG := -101

## The close code of a connection that was lost without one.
const LOST := 1006
## Seconds a goodbye may take.
const GOODBYE_SECONDS := 3.0
## Seconds after which a connection counts as good, and the next loss as a new one.
const STABLE_SECONDS := 10.0
## The shortest wait before another try, in seconds.
const SHORTEST_WAIT := 0.1

## Whether to come back when the connection is lost.
var auto_reconnect := true
## The wait before the n-th try is random, up to
## [code]reconnect_base * 2 ** n[/code] seconds and [member reconnect_cap].
var reconnect_base := 0.5
## The longest wait between two tries, in seconds.
var reconnect_cap := 20.0
## How many seconds the server has for its answer.
var connect_timeout := 10.0
## Sizes of the socket's buffers, in bytes and packets. Godot's own defaults are
## small enough for a chat to fill while a game is in the background.
var inbound_buffer_size := 1 << 20
var outbound_buffer_size := 1 << 18
var max_queued_packets := 1 << 14

## What the client is doing.
var state := State.CLOSED
## The client's own ID, or 0 before the server has told it.
var client_id := 0
## How the last connection ended.
var close_code := 0
var close_reason := ""
## The present connection. Another object after each try.
var socket := WebSocketPeer.new()
## The chat with names, rooms and whispers, on a connection of its own. What is
## above is without them.
var chat := GuildhallChat.new()

var _url := ""
var _tls_options: TLSOptions = null
var _attempts := 0
var _was_open := false
# Bytes taken from the socket in this frame.
var _drained := 0
# In milliseconds of Time.get_ticks_msec(): when the present state is given up,
# or changes by itself.
var _deadline := 0


func _init() -> void:
	chat.name = "Chat"
	add_child(chat)


func _ready() -> void:
	# Other players do not stop talking while this one's game is paused.
	process_mode = Node.PROCESS_MODE_ALWAYS


func _process(_delta: float) -> void:
	poll()


func _exit_tree() -> void:
	if state == State.OPEN:
		close(1000, "the game has ended")
		socket.poll()


## Connects to a server, [code]ws://host:8080/ws[/code] or [code]wss://…[/code],
## and keeps up the connection from then on. An error is returned where the
## address is no good; all else comes as a signal.
func connect_to_url(url: String, tls_options: TLSOptions = null) -> int:
	_url = url
	_tls_options = tls_options
	_attempts = 0
	return _open()


## Sends a packet. [constant OK], or why it was not sent: see [method explain].
## Nothing is kept for later, so keep what was not sent.
func send(packet: Packets.Packet) -> int:
	# The server may be saying goodbye already.
	if state != State.OPEN or socket.get_ready_state() != WebSocketPeer.STATE_OPEN:
		return ERR_UNAVAILABLE
	# Who speaks is the server's to say.
	packet.set_sender_id(0)
	var bytes := packet.to_bytes()
	if bytes.size() > MAX_CLIENT_PACKET_BYTES:
		return ERR_PARAMETER_RANGE_ERROR
	if socket.get_current_outbound_buffered_amount() + bytes.size() > outbound_buffer_size:
		return ERR_BUSY
	return socket.send(bytes)


## Sends a line of chat. [constant OK], or why it was not sent: see
## [method explain].
func say(text: String) -> int:
	if text.is_empty():
		return ERR_INVALID_PARAMETER
	var packet := Packets.Packet.new()
	packet.new_chat().set_msg(text)
	return send(packet)


## Takes the next packet that waits, or [code]null[/code] where none does or
## where it is none ([signal packet_refused] says why).
## [method poll] does this for every packet, so few games need it.
func get_packet() -> Packets.Packet:
	if socket.get_available_packet_count() < 1:
		return null
	var bytes := socket.get_packet()
	_drained += bytes.size()
	if socket.was_string_packet():
		packet_refused.emit(TEXT_MESSAGE, bytes)
		return null
	if bytes.size() > MAX_SERVER_PACKET_BYTES:
		packet_refused.emit(TOO_BIG, bytes)
		return null
	var packet := Packets.Packet.new()
	var error := packet.from_bytes(bytes)
	if error != Packets.PB_ERR.NO_ERRORS:
		packet_refused.emit(error, bytes)
		return null
	return packet


## Says goodbye and stays away until [method connect_to_url].
func close(code: int = 1000, reason: String = "") -> void:
	match state:
		State.OPEN:
			_deadline = _in_seconds(GOODBYE_SECONDS)
			_set_state(State.CLOSING)
			socket.close(code, reason)
		State.CONNECTING, State.WAITING:
			_replace_socket()
			_end(code, reason, false)


## Drops the connection without goodbye, and forgets it.
func clear() -> void:
	_replace_socket()
	_was_open = false
	client_id = 0
	_set_state(State.CLOSED)


## The present connection.
func get_socket() -> WebSocketPeer:
	return socket


## Tries again at once, instead of after the wait.
func retry_now() -> void:
	if state == State.WAITING:
		_deadline = Time.get_ticks_msec()


## Seconds until the next try to connect, or 0.
func seconds_to_retry() -> float:
	if state != State.WAITING:
		return 0.0
	return maxf(0.0, (_deadline - Time.get_ticks_msec()) / 1000.0)


## Moves everything on. Called every frame; a game whose frames have stopped can
## call it too.
func poll() -> void:
	match state:
		State.CLOSED:
			return
		State.WAITING:
			if Time.get_ticks_msec() >= _deadline:
				_try_again()
			return
	# A handler of a signal may connect anew: then this socket is history.
	var polled := socket
	polled.poll()
	var ready_state := polled.get_ready_state()
	# A connection can have come and gone between two frames.
	var is_open := (
		ready_state == WebSocketPeer.STATE_OPEN or polled.get_available_packet_count() > 0
	)
	if is_open and state == State.CONNECTING:
		_was_open = true
		_deadline = _in_seconds(STABLE_SECONDS)
		if not OS.has_feature("web"):
			polled.set_no_delay(true)
		_set_state(State.OPEN)
		connected_to_server.emit()
	if polled == socket:
		_drain(polled)
	if polled != socket or state == State.CLOSED or state == State.WAITING:
		return
	if ready_state == WebSocketPeer.STATE_CLOSED:
		_end(polled.get_close_code(), polled.get_close_reason(), state != State.CLOSING)
	elif Time.get_ticks_msec() >= _deadline:
		_on_deadline()


## Whether a client should come back after the close code [param code]: after
## everything that passes, and not where it would only do the same wrong again.
static func reconnects_after(code: int) -> bool:
	match code:
		1000, 1002, 1003, 1007, 1008, 1009, 1010, 1015:
			return false
	return code < 3500


## What an error of [method send], [method say] or [method connect_to_url] means,
## in words for players.
static func explain(error: int) -> String:
	match error:
		OK:
			return ""
		ERR_UNAVAILABLE:
			return "Not sent: not connected."
		ERR_INVALID_PARAMETER:
			return "There is nothing to send."
		ERR_PARAMETER_RANGE_ERROR:
			return "Not sent: the text is too long."
		ERR_BUSY, ERR_OUT_OF_MEMORY:
			return "Not sent: the connection is too slow. Try again in a moment."
	return "Not sent: %s." % error_string(error)


func _open() -> int:
	_replace_socket()
	_was_open = false
	var error := socket.connect_to_url(_url, _tls_options)
	if error != OK:
		_set_state(State.CLOSED)
		return error
	_deadline = _in_seconds(connect_timeout)
	_set_state(State.CONNECTING)
	return OK


func _try_again() -> void:
	var error := _open()
	if error != OK:
		_end(LOST, error_string(error), true)


func _drain(polled: WebSocketPeer) -> void:
	var full := polled.get_available_packet_count() >= max_queued_packets
	_drained = 0
	while polled == socket and polled.get_available_packet_count() > 0:
		var packet := get_packet()
		if packet == null:
			continue
		if packet.has_id():
			client_id = packet.get_id().get_id()
		packet_received.emit(packet)
		if packet.has_id():
			id_received.emit(packet.get_id().get_id())
		elif packet.has_chat():
			chat_received.emit(packet.get_sender_id(), packet.get_chat().get_msg())
	# The next message may not have fitted in beside these.
	if full or _drained > inbound_buffer_size - MAX_SERVER_PACKET_BYTES:
		messages_lost.emit()


func _on_deadline() -> void:
	match state:
		State.OPEN:
			_attempts = 0
			_deadline = _in_seconds(STABLE_SECONDS)
		State.CONNECTING:
			_replace_socket()
			_end(LOST, "no answer", true)
		State.CLOSING:
			_replace_socket()
			_end(1000, "", false)


func _end(code: int, reason: String, may_return: bool) -> void:
	close_code = code if code > 0 else LOST
	close_reason = reason
	# Once for a loss, not for every try after it.
	var is_news := _was_open or _attempts == 0
	_was_open = false
	var retry_in := -1.0
	if may_return and auto_reconnect and reconnects_after(close_code):
		# Full jitter: a thousand clients of a server that restarts do not come
		# back in step.
		var longest := minf(reconnect_cap, reconnect_base * 2.0 ** mini(_attempts, 30))
		retry_in = maxf(SHORTEST_WAIT, randf() * longest)
		_attempts += 1
		_deadline = _in_seconds(retry_in)
	_set_state(State.CLOSED if retry_in < 0.0 else State.WAITING)
	closed.emit(close_code, close_reason, retry_in)
	if is_news or retry_in < 0.0:
		connection_closed.emit()


func _replace_socket() -> void:
	if socket.get_ready_state() != WebSocketPeer.STATE_CLOSED:
		socket.close()
		socket.poll()
	socket = WebSocketPeer.new()
	socket.inbound_buffer_size = inbound_buffer_size
	socket.outbound_buffer_size = outbound_buffer_size
	socket.max_queued_packets = max_queued_packets
	# A cable that was pulled is noticed by this alone. Engines older than 4.5 do
	# not have it; browsers do their own.
	socket.set("heartbeat_interval", 20.0)


func _set_state(next: State) -> void:
	if state == next:
		return
	state = next
	state_changed.emit(state)


func _in_seconds(seconds: float) -> int:
	return Time.get_ticks_msec() + int(seconds * 1000.0)
