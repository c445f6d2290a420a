extends Node
## How a [GuildhallChat] drives its session: the socket, the session that is kept for the next
## run of the game, and the player's tokens. It emits the signals of [GuildhallChat] by name.

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
## How long the function for tokens may take, in milliseconds.
const TOKEN_PATIENCE := 30_000
## Without frames for this long, in milliseconds, the device has slept, or the game was in the
## background.
const ASLEEP_AFTER := 5_000
## How often a hidden page looks whether there are frames, in milliseconds.
const HIDDEN_POLL := 2_000

## Whether the player keeps ID and name if the game is killed and started again: the secret
## of the session is stored until [method close]. See docs/godot.md.
var keeps_session := true
## Returns a token of the player, as the game's backend has signed it: the client calls this
## whenever it needs another one. It may be a coroutine that asks the backend. An empty text
## lets the player in as a guest; [code]null[/code]: there is none now, and the client asks again
## later. Instead, a game can answer [signal GuildhallChat.token_needed].
var get_token := Callable():
	set(value):
		get_token = value
		if value.is_valid():
			session.use_tokens()
			# The one before may be gone without an answer, with its scene.
			if session.awaits_token:
				_get_token()
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
# When the function for tokens has to have answered; -1: it is not asked.
var _token_due := -1
# When the last frame was, by both clocks: one stands still while a device sleeps.
var _polled_at := 0
var _polled_at_time := 0.0
# Calls [method poll] while the page of a web export is hidden. The engine keeps no callback alive.
var _hidden_poll: JavaScriptObject = null
var _hidden_timer := -1
# Whether the client connects once another copy of the game had the time to say that it runs.
var _connects_later := false
var _warnings := Warnings.new()


func _init() -> void:
	_renew_session("")


func _ready() -> void:
	# The other players go on talking while this player's game is paused.
	process_mode = Node.PROCESS_MODE_ALWAYS


func _enter_tree() -> void:
	_poll_while_hidden()


func _exit_tree() -> void:
	if _hidden_timer >= 0:
		(JavaScriptBridge.get_interface("window") as JavaScriptObject).clearInterval(_hidden_timer)
		_hidden_timer = -1


func _process(_delta: float) -> void:
	poll()


## Receives, sends and reports what is due. This is called in every frame; a game whose
## frames have stopped can call it too.
func poll() -> void:
	if _url.is_empty():
		# A game may join rooms long before it connects. Messages are not meant to wait.
		if session.has_pending:
			var other := get_parent() as GuildhallClient
			_warnings.waits("" if other == null else other.url, Time.get_ticks_msec())
		return
	_notice_sleep()
	_kept.poll(Time.get_ticks_msec())
	if _connects_later and not _kept.is_asking():
		_connect()
	_subprotocol_probe.poll()
	if _token_due >= 0 and Time.get_ticks_msec() >= _token_due:
		_give_up_token("get_token gave no answer for %d s" % (TOKEN_PATIENCE / 1_000))
	var due := session.wake_at()
	if due >= 0 and Time.get_ticks_msec() >= due:
		session.tick(Time.get_ticks_msec(), randf())
		_drain_session()
	# An attempt that waits for the player's token has no socket.
	if session.has_socket:
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
			emit_signal(&"bad_message", GuildhallClient.TEXT_MESSAGE)
		else:
			session.received(packet as PackedByteArray, Time.get_ticks_msec())
			_drain_session()
	# Packets that came before the end are handled before it.
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
	if code == Connection.GOING_AWAY and not OS.has_feature("web"):
		# The engine drops what comes in the same moment as the close
		# (github.com/godotengine/godot/issues/107442): the server may have said when to come back.
		session.spread_return()
	session.closed(code, reason, Time.get_ticks_msec(), randf())
	_drain_session()


func _refuse_server() -> void:
	Warnings.other_server(_url)
	_drop_socket(Connection.GOODBYE)
	session.refused(GuildhallCatalogue.no_subprotocol())
	_drain_session()
	emit_signal(&"system_message", "", GuildhallCatalogue.no_subprotocol())


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
		if event.kind == &"token_needed" and not get_token.is_null():
			_get_token()
		var host := _url.get_slice("//", 1).get_slice("/", 0)
		var text := GuildhallTexts.event(event, session, host)
		if text != "":
			emit_signal(&"system_message", event.about_room(), text)
	_is_draining = false


# Asks the game for a token. Another connection may have begun when the answer is there.
func _get_token() -> void:
	if not get_token.is_valid():
		_give_up_token("the object of get_token is gone: set one that lives as long as the client")
		return
	var asking := session
	_token_due = Time.get_ticks_msec() + TOKEN_PATIENCE
	@warning_ignore("redundant_await")
	var token: Variant = await get_token.call()
	if asking != session or not session.awaits_token:
		return
	_token_due = -1
	if token is String:
		session.set_token(token as String, Time.get_ticks_msec())
	else:
		session.no_token("", Time.get_ticks_msec(), randf())
	_drain_session()


# The client asks again later.
func _give_up_token(why: String) -> void:
	_token_due = -1
	if session.awaits_token:
		push_warning("Guildhall: %s." % why)
		session.no_token("", Time.get_ticks_msec(), randf())
		_drain_session()


# Frames stop while the game is in the background or the device sleeps. Then the connection may
# be dead without a word, and a wait of before is of no use.
func _notice_sleep() -> void:
	var now := Time.get_ticks_msec()
	var time := Time.get_unix_time_from_system()
	var silent := maxf(now - _polled_at, (time - _polled_at_time) * 1_000.0)
	var was_polled := _polled_at_time > 0.0
	_polled_at = now
	_polled_at_time = time
	if not was_polled or silent < ASLEEP_AFTER:
		return
	if session.state == GuildhallSession.State.WAITING:
		_go_online()
	else:
		session.check(now)
		_drain_session()


# A hidden page has no frames, and the server would take the client for gone.
func _poll_while_hidden() -> void:
	if not OS.has_feature("web"):
		return
	var window := JavaScriptBridge.get_interface("window")
	if window == null:
		return
	_hidden_poll = JavaScriptBridge.create_callback(
		func(_arguments: Array) -> void:
			if Time.get_ticks_msec() - _polled_at >= HIDDEN_POLL / 2:
				poll()
	)
	_hidden_timer = window.setInterval(_hidden_poll, HIDDEN_POLL)


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
			# One that has ended is handled in its turn, behind what it has received.
			var is_ending := socket.get_ready_state() >= WebSocketPeer.STATE_CLOSING
			if not is_ending and socket.send(action.bytes) != OK:
				# The next connection sends the message again.
				_drop_socket(Connection.SILENT)
				var lost := Connection.LOST
				session.closed(lost, "", Time.get_ticks_msec(), randf())


# Connects for the first time, with the session of the last run of the game.
func _connect() -> void:
	if not _kept.secret().is_empty():
		session.resume(_kept.secret(), 0)
	_go_online()


func _go_online() -> void:
	_connects_later = false
	session.go_online(Time.get_ticks_msec())
	_drain_session()


func _open() -> void:
	_forget_socket()
	_subprotocol_probe.cancel()
	socket.supported_protocols = PackedStringArray([SUBPROTOCOL])
	socket.inbound_buffer_size = 1 << 20
	socket.outbound_buffer_size = 1 << 20
	socket.max_queued_packets = 1 << 14
	var error := socket.connect_to_url(_url, _tls_options)
	if error == OK:
		return
	# Natively, the engine connects at once if it knows the address, and fails without a network.
	if OS.has_feature("web") or error == ERR_INVALID_PARAMETER:
		session.refused(error_string(error))
	else:
		_forget_socket()
		session.closed(Connection.LOST, error_string(error), Time.get_ticks_msec(), randf())


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
	if get_token.is_valid():
		session.use_tokens()
	for wanted in rooms:
		session.join(wanted.name)


func _forget_socket() -> void:
	socket = WebSocketPeer.new()
	_received.clear()
	_was_open = false
