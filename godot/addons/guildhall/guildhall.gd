@icon("icon.svg")
class_name GuildhallClient
extends Node
## The client of a Guildhall chat server, as an autoload.
##
## The plugin adds it under the name [code]Guildhall[/code]. It connects, connects again
## by itself after a lost connection, and emits a signal for every packet:
## [codeblock]
## func _ready() -> void:
##     Guildhall.chat_received.connect(_on_chat)
##     Guildhall.connected_to_server.connect(_on_connected)
##     Guildhall.connect_to_url("ws://localhost:8080/ws")
##
## func _on_chat(id: int, text: String) -> void:
##     print(id, ": ", text)
##
## func _on_connected() -> void:
##     Guildhall.say("hello")
## [/codeblock]

## The client is connected: packets can be sent.
signal connected_to_server
## The connection has ended, the first attempt to connect has failed, or the client gives
## up. It is not emitted for further attempts that fail: [signal closed] is.
signal connection_closed
## The server has sent a valid packet.
signal packet_received(packet: Packets.Packet)
## The client [param sender_id] has sent a chat line. A server does not send a client its
## own lines.
signal chat_received(sender_id: int, text: String)
## The server has sent this client's own ID: [member client_id].
signal id_received(id: int)
## [member state] has changed.
signal state_changed(state: State)
## A connection, or an attempt to connect, has ended with a WebSocket close
## [param code] (1006: without a close frame). The next attempt starts in
## [param retry_in] seconds; if that is below 0, there is none.
signal closed(code: int, reason: String, retry_in: float)
## A message of the server was not a valid packet: [param error] is one of
## [enum Packets.PB_ERR], [constant TEXT_MESSAGE] or [constant TOO_BIG]. The whole message
## was dropped, and the connection stays open.
signal packet_refused(error: int, bytes: PackedByteArray)
## The receive buffer was full, as it may be after minutes in the background: messages may
## be missing.
signal messages_lost

## The states of a client.
enum State {
	## There is no connection until [method connect_to_url].
	CLOSED,
	## The client waits for the server's answer.
	CONNECTING,
	## The client is connected.
	OPEN,
	## The client closes the connection, after [method close].
	CLOSING,
	## The client waits before the next attempt: [method seconds_to_retry].
	WAITING,
}

## The packets, and their binary form.
const Packets := preload("packets.gd")
const PacketQueue := preload("packet_queue.gd")
const Warnings := preload("warnings.gd")

## The longest text of a chat line, in bytes of UTF-8.
const MAX_TEXT_BYTES := MAX_CLIENT_PACKET_BYTES - 6
## The largest message that a server accepts, in bytes.
const MAX_CLIENT_PACKET_BYTES := 16 * 1024
## The largest message that a server sends, in bytes.
const MAX_SERVER_PACKET_BYTES := 32 * 1024
## Error of [signal packet_refused]: it was a text message, and packets are binary.
const TEXT_MESSAGE := -100
## Error of [signal packet_refused]: it was larger than
## [constant MAX_SERVER_PACKET_BYTES].
const TOO_BIG := -101

## The close code of a connection that ended without a close frame.
const LOST := 1006
## How long the server may take to answer a close frame, in seconds.
const CLOSE_SECONDS := 3.0
## After this many seconds a connection counts as stable: its loss is the first failure
## again.
const STABLE_SECONDS := 10.0
## The shortest wait before another attempt, in seconds.
const SHORTEST_WAIT := 0.1

## Whether to connect again after a lost connection.
var auto_reconnect := true
## The wait before the n-th attempt is random, but at most
## [code]reconnect_base * 2 ** n[/code] seconds, and at most [member reconnect_cap].
var reconnect_base := 0.5
## The longest wait between two attempts, in seconds.
var reconnect_cap := 20.0
## How long the server may take to answer an attempt, in seconds.
var connect_timeout := 10.0
## The size of the socket's receive buffer, in bytes. Godot's default is so small that a
## chat fills it while the game is in the background.
var inbound_buffer_size := 1 << 20
## The size of the socket's send buffer, in bytes.
var outbound_buffer_size := 1 << 18
## How many packets the receive buffer may hold.
var max_queued_packets := 1 << 14
## Headers of the next handshakes, each as [code]Name: value[/code]. A browser sends none.
var handshake_headers := PackedStringArray()
## The subprotocols that the next handshakes ask for.
var supported_protocols := PackedStringArray()
## What [method connect_to_url] uses if it is called without options.
var tls_options: TLSOptions = null

## The state of the client.
var state := State.CLOSED
## The client's own ID, or 0 before the server has sent it.
var client_id := 0
## The close code of the last connection.
var close_code := 0
## The close reason of the last connection.
var close_reason := ""
## The present socket. Each attempt to connect has a new one.
var socket := WebSocketPeer.new()
## The state of the socket, as in the tutorial's client.
var last_state: WebSocketPeer.State:
	get:
		return socket.get_ready_state()
## The address of the server; empty before [method connect_to_url].
var url := ""
## The chat client with names, rooms and whispers, on a connection of its own. All other
## members of this class are for the chat without them.
var chat := GuildhallChat.new()

var _warnings := Warnings.new()
var _tls_options: TLSOptions = null
var _attempts := 0
var _was_open := false
var _received := PacketQueue.new()
# When the present state ends by itself, in milliseconds of Time.get_ticks_msec().
var _deadline := 0


func _init() -> void:
	chat.name = "Chat"
	add_child(chat)


func _ready() -> void:
	# The other players go on talking while this player's game is paused.
	process_mode = Node.PROCESS_MODE_ALWAYS


func _process(_delta: float) -> void:
	poll()


func _exit_tree() -> void:
	if state == State.OPEN:
		close(1000, "the game has ended")
		socket.poll()


## Connects to a server, [code]ws://host:8080/ws[/code] or [code]wss://…[/code], and
## keeps the connection up from then on. Returns [constant OK], or an error if the address
## is not valid; everything else is reported with signals.
func connect_to_url(server_url: String, server_tls: TLSOptions = null) -> int:
	url = server_url
	_tls_options = server_tls if server_tls != null else tls_options
	_attempts = 0
	_warnings.begin(url)
	var error := _open()
	if error != OK:
		Warnings.bad_address(url)
	return error


## Sends a packet. Returns [constant OK], or an error ([method explain]) if it was not
## sent. Nothing is queued: keep what was not sent.
func send(packet: Packets.Packet) -> int:
	# The server may have started to close the connection.
	if state != State.OPEN or socket.get_ready_state() != WebSocketPeer.STATE_OPEN:
		if url == "" and chat.session.state != GuildhallSession.State.IDLE:
			Warnings.other_client()
		return ERR_UNAVAILABLE
	# Only the server sets the sender.
	packet.set_sender_id(0)
	var bytes := packet.to_bytes()
	if bytes.size() > MAX_CLIENT_PACKET_BYTES:
		return ERR_PARAMETER_RANGE_ERROR
	if socket.get_current_outbound_buffered_amount() + bytes.size() > outbound_buffer_size:
		return ERR_BUSY
	return socket.send(bytes)


## Sends a chat line. Returns [constant OK], or an error ([method explain]) if it was not
## sent.
func say(text: String) -> int:
	if text.is_empty():
		return ERR_INVALID_PARAMETER
	var packet := Packets.Packet.new()
	packet.new_chat().set_msg(text)
	return send(packet)


## Removes and returns the next received packet. Returns [code]null[/code] if there is
## none, or if the message is not a valid packet ([signal packet_refused] has the reason).
## [method poll] does this for every packet, so few games need it.
func get_packet() -> Packets.Packet:
	if _received.is_empty():
		_received.fill(socket)
	if _received.is_empty():
		return null
	var next: Variant = _received.pop()
	if next is String:
		packet_refused.emit(TEXT_MESSAGE, (next as String).to_utf8_buffer())
		return null
	var bytes: PackedByteArray = next
	if bytes.size() > MAX_SERVER_PACKET_BYTES:
		packet_refused.emit(TOO_BIG, bytes)
		return null
	var packet := Packets.Packet.new()
	var error := packet.from_bytes(bytes)
	if error != Packets.PB_ERR.NO_ERRORS:
		packet_refused.emit(error, bytes)
		return null
	return packet


## Closes the connection and stays offline until [method connect_to_url].
func close(code: int = 1000, reason: String = "") -> void:
	match state:
		State.OPEN:
			_deadline = _in_seconds(CLOSE_SECONDS)
			_set_state(State.CLOSING)
			socket.close(code, reason)
		State.CONNECTING, State.WAITING:
			_replace_socket()
			_end(code, reason, false)


## Drops the connection without waiting for the server. [signal state_changed] is the only signal.
func clear() -> void:
	_replace_socket()
	_was_open = false
	client_id = 0
	_set_state(State.CLOSED)


## Returns the present socket.
func get_socket() -> WebSocketPeer:
	return socket


## Connects again at once, instead of after the wait.
func retry_now() -> void:
	if state == State.WAITING:
		_deadline = Time.get_ticks_msec()


## Returns the seconds until the next attempt to connect, or 0.
func seconds_to_retry() -> float:
	if state != State.WAITING:
		return 0.0
	return maxf(0.0, (_deadline - Time.get_ticks_msec()) / 1000.0)


## Receives, sends and reports what is due. This is called in every frame; a game whose
## frames have stopped can call it too.
func poll() -> void:
	match state:
		State.CLOSED:
			return
		State.WAITING:
			if Time.get_ticks_msec() >= _deadline:
				_reconnect()
			return
	# A signal handler may open another connection, which replaces the socket.
	var polled := socket
	polled.poll()
	var ready_state := polled.get_ready_state()
	# A connection can open and close again between two frames.
	var is_open := (
		ready_state == WebSocketPeer.STATE_OPEN or polled.get_available_packet_count() > 0
	)
	if is_open and state == State.CONNECTING:
		_was_open = true
		_warnings.reached()
		_deadline = _in_seconds(STABLE_SECONDS)
		if not OS.has_feature("web"):
			polled.set_no_delay(true)
		_set_state(State.OPEN)
		connected_to_server.emit()
	if polled == socket:
		_drain(polled)
	if polled != socket or state == State.CLOSED or state == State.WAITING:
		return
	if not _received.is_empty():
		# What came before the end is handled before it, in the next frames.
		return
	if ready_state == WebSocketPeer.STATE_CLOSED:
		_end(polled.get_close_code(), polled.get_close_reason(), state != State.CLOSING)
	elif Time.get_ticks_msec() >= _deadline:
		_on_deadline()


## Whether a client should connect again after the close code [param code]. It should
## not if the server would only close the next connection for the same reason.
static func reconnects_after(code: int) -> bool:
	match code:
		1000, 1002, 1003, 1007, 1008, 1009, 1010, 1015:
			return false
	return code < 3500


## Returns a text for players that explains an error of [method send], [method say] or
## [method connect_to_url].
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
	var error := socket.connect_to_url(url, _tls_options)
	if error != OK:
		_set_state(State.CLOSED)
		return error
	_deadline = _in_seconds(connect_timeout)
	_set_state(State.CONNECTING)
	return OK


func _reconnect() -> void:
	var error := _open()
	if error != OK:
		_end(LOST, error_string(error), true)


func _drain(polled: WebSocketPeer) -> void:
	var full := polled.get_available_packet_count() >= max_queued_packets
	_received.fill(polled)
	# There may have been no room for the next message.
	full = full or _received.filled_bytes > inbound_buffer_size - MAX_SERVER_PACKET_BYTES
	while polled == socket and _received.has_turn():
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
	if full:
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


func _end(code: int, reason: String, may_reconnect: bool) -> void:
	close_code = code if code > 0 else LOST
	close_reason = reason
	# Further attempts that fail belong to the same loss.
	var is_first_failure := _was_open or _attempts == 0
	_was_open = false
	var retry_in := -1.0
	if may_reconnect:
		_warnings.failed()
	if may_reconnect and auto_reconnect and reconnects_after(close_code):
		# Full jitter, so that the clients of a server that restarts do not all come back
		# at the same time.
		var longest := minf(reconnect_cap, reconnect_base * 2.0 ** mini(_attempts, 30))
		retry_in = maxf(SHORTEST_WAIT, randf() * longest)
		_attempts += 1
		_deadline = _in_seconds(retry_in)
	_set_state(State.CLOSED if retry_in < 0.0 else State.WAITING)
	closed.emit(close_code, close_reason, retry_in)
	if is_first_failure or retry_in < 0.0:
		connection_closed.emit()


func _replace_socket() -> void:
	if socket.get_ready_state() != WebSocketPeer.STATE_CLOSED:
		socket.close()
		socket.poll()
	_received.clear()
	socket = WebSocketPeer.new()
	socket.inbound_buffer_size = inbound_buffer_size
	socket.outbound_buffer_size = outbound_buffer_size
	socket.max_queued_packets = max_queued_packets
	socket.handshake_headers = handshake_headers
	socket.supported_protocols = supported_protocols
	# Only a heartbeat notices a cable that was pulled. Engines older than 4.5 do not have
	# this property; browsers have a heartbeat of their own.
	socket.set("heartbeat_interval", 20.0)


func _set_state(next: State) -> void:
	if state == next:
		return
	state = next
	state_changed.emit(state)


func _in_seconds(seconds: float) -> int:
	return Time.get_ticks_msec() + int(seconds * 1000.0)
