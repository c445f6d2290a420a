extends Check
## The client without names and rooms against a server that does all that a server can do.
## The paths below are the behaviours of engine/rude_server.mjs.

const Packets := preload("res://addons/guildhall/packets.gd")
const Client := preload("res://addons/guildhall/guildhall.gd")

var _client: GuildhallClient
# The signals of the present client, as texts, in order.
var _signals: Array[String] = []
var _texts: Array[String] = []
var _refused: Array[int] = []
var _waits: Array[float] = []


func test() -> void:
	await _sends_and_receives_chat_lines()
	await _does_not_send_what_the_server_would_refuse()
	await _refuses_invalid_packets()
	await _receives_everything_before_a_close()
	await _a_crowd_does_not_stop_the_game()
	await _reconnects_if_the_close_code_allows_it()
	await _reconnects_after_failed_attempts()
	await _gives_an_unanswered_attempt_up()
	await _reports_messages_that_may_be_missing()
	await _survives_messages_larger_than_its_buffers()
	await _closes_and_clears()
	await _connects_again_from_a_signal_handler()
	_waits_at_random()
	_explains_errors()


func _sends_and_receives_chat_lines() -> void:
	await _connect("hall")
	equal(
		_signals, ["state 1", "state 2", "connected", "packet", "id 5"], "the signals come in order"
	)
	equal(_client.client_id, 5, "the client knows its ID")
	equal(_client.say("hi"), OK, "a line is sent")
	await until(func() -> bool: return _texts.size() == 1, "the echo comes")
	# The server answers with what it has received, in hexadecimal digits.
	equal(_texts, ["2: 12040a026869"], "the bytes are those of the tutorial's client")
	var packet := Packets.Packet.new()
	packet.set_sender_id(99)
	packet.new_chat().set_msg("hi")
	equal(_client.send(packet), OK, "a packet is sent")
	await until(func() -> bool: return _texts.size() == 2, "its echo comes")
	equal(_texts[1], "2: 12040a026869", "a sender that the game sets is not sent")
	var longest := "é".repeat(8189)
	equal(longest.to_utf8_buffer().size(), Client.MAX_TEXT_BYTES, "the longest text")
	equal(_client.say(longest), OK, "the longest text is sent")
	await until(func() -> bool: return _texts.size() == 3, "its echo comes")
	equal(_texts[2], "2: 16384 bytes", "it makes the largest packet")


func _does_not_send_what_the_server_would_refuse() -> void:
	var lone := Client.new()
	equal(lone.say("hi"), ERR_UNAVAILABLE, "nothing is sent without a connection")
	equal(
		lone.connect_to_url("http://localhost:1/"),
		ERR_INVALID_PARAMETER,
		"an http address is not valid"
	)
	equal(lone.state, Client.State.CLOSED, "the client stays closed")
	lone.free()
	await _connect("hall")
	equal(_client.say(""), ERR_INVALID_PARAMETER, "an empty text is refused")
	equal(
		_client.say("x".repeat(16_379)),
		ERR_PARAMETER_RANGE_ERROR,
		"a text that is too long is refused"
	)
	await _connect("deaf")
	var errors := {}
	for _i in 2000:
		errors[_client.say("x".repeat(16_000))] = true
	that(errors.has(OK) and errors.has(ERR_BUSY), "a full send buffer is reported: %s" % errors)
	equal(_client.state, Client.State.OPEN, "the connection stays open")


func _refuses_invalid_packets() -> void:
	await _connect("garbage")
	await until(func() -> bool: return _texts.size() >= 3, "the last good line comes")
	equal(_texts, ["2: good", "2: newline", "2: still here"], "the good lines come whole")
	var truncated := Packets.PB_ERR.LENGTHDEL_SIZE_MISMATCH
	var wanted: Array[int] = [
		truncated,
		Packets.PB_ERR.VARINT_NOT_FOUND,
		Packets.PB_ERR.EMPTY,
		Packets.PB_ERR.REPEATED,
		Packets.PB_ERR.UTF8_INVALID,
		Client.TEXT_MESSAGE,
		Client.TOO_BIG,
	]
	equal(_refused, wanted, "each bad packet is refused with its error")
	equal(_client.state, Client.State.OPEN, "the connection stays open")


func _receives_everything_before_a_close() -> void:
	await _connect("burst")
	await until(func() -> bool: return _signals.has("lost"), "the close comes")
	equal(_texts.size(), 500, "every line before the close was received")
	equal(_texts[-1], "2: line 499", "the last line was received")
	that(_signals.find("lost") > _signals.rfind("packet"), "the lines came before the close")


# Each line takes a millisecond here, and a frame has eight for all of them.
func _a_crowd_does_not_stop_the_game() -> void:
	await _connect("burst")
	var frames: Dictionary[int, int] = {}
	_client.chat_received.connect(
		func(_id: int, _text: String) -> void:
			var frame := Engine.get_process_frames()
			frames[frame] = frames.get(frame, 0) + 1
			OS.delay_usec(1_000)
	)
	await until(func() -> bool: return _signals.has("lost"), "the close comes")
	equal(_texts.size(), 500, "every line before the close was received")
	that(frames.size() > 20, "they take many frames: %d" % frames.size())
	that(frames.values().max() <= 9, "no frame has many of them: %s" % [frames.values().max()])


func _reconnects_if_the_close_code_allows_it() -> void:
	for code: int in [1001, 1011, 1012, 3000, 3001, 3499, 4999]:
		await _is_closed_with(code, code < 3500)
	for code: int in [1000, 1002, 1003, 1007, 1008, 1009, 3500, 4000]:
		await _is_closed_with(code, false)
	for code: int in [1005, 1006, 1012, 1013, 1014]:
		that(Client.reconnects_after(code), "reconnects after %d" % code)
	that(not Client.reconnects_after(1010), "does not reconnect after 1010")
	that(not Client.reconnects_after(1015), "does not reconnect after 1015")


func _is_closed_with(code: int, reconnects: bool) -> void:
	await _connect("close/%d" % code)
	await until(func() -> bool: return _signals.has("lost"), "%d: the connection is lost" % code)
	that(
		_signals.has("closed %d because" % code),
		"%d: the signal has code and reason: %s" % [code, _signals]
	)
	equal(_client.close_code, code, "%d: the code is kept" % code)
	equal(_waits[-1] >= 0.0, reconnects, "%d: whether it reconnects" % code)
	var state := Client.State.WAITING if reconnects else Client.State.CLOSED
	equal(_client.state, state, "%d: the state" % code)
	_client.clear()


func _reconnects_after_failed_attempts() -> void:
	# The server cuts the first two connections at the first line, then refuses two attempts.
	await _connect("flaky")
	_client.id_received.connect(func(_id: int) -> void: _client.say("hi"))
	equal(_client.say("hi"), OK, "a line is sent, and the connection is cut")
	await until(func() -> bool: return _texts.has("2: at last"), "the client reconnects", 30.0)
	equal(_waits.size(), 4, "there were four failures: %s" % [_waits])
	equal(_signals.count("connected"), 3, "there were three connections")
	equal(_signals.count("lost"), 2, "two of them were lost; failed attempts are no losses")
	equal(
		_signals.count("closed 1006 "), 4, "each failure is reported with its code: %s" % [_signals]
	)


func _gives_an_unanswered_attempt_up() -> void:
	_new_client()
	_client.connect_timeout = 0.3
	equal(
		_client.connect_to_url(argument("url") + "silent"),
		OK,
		"the client connects to a silent server"
	)
	await until(
		func() -> bool: return _signals.has("closed 1006 no answer"),
		"the client gives the attempt up"
	)
	equal(_client.state, Client.State.WAITING, "it waits for the next attempt")
	equal(_signals.count("lost"), 1, "the first failed attempt is reported")
	that(_client.seconds_to_retry() > 0.0, "the next attempt has a time")
	_client.retry_now()
	await until(
		func() -> bool: return _signals.count("state 1") == 2,
		"it starts at once if the game says so"
	)


func _reports_messages_that_may_be_missing() -> void:
	_new_client()
	_client.max_queued_packets = 64
	equal(_client.connect_to_url(argument("url") + "flood"), OK, "the client connects to a flood")
	await until(func() -> bool: return _texts.size() == 1, "the flood's first line")
	# As in the background, nothing polls while messages come.
	_client.set_process(false)
	equal(_client.say("go"), OK, "the flood begins")
	var waiting := func() -> int: return _client.get_socket().get_available_packet_count()
	await until(func() -> bool: return waiting.call() == 64, "the queue is full")
	_client.set_process(true)
	await until(
		func() -> bool: return _signals.has("missing"),
		"the client reports that messages may be missing"
	)
	that(_texts.size() < 1000, "messages are missing: %d" % _texts.size())
	equal(_client.state, Client.State.OPEN, "the connection stays open")


func _survives_messages_larger_than_its_buffers() -> void:
	# In a browser, the engine drops such a message with an error of its own.
	await _connect("huge")
	await until(func() -> bool: return _texts.has("2: still here"), "the next line comes")
	equal(_client.state, Client.State.OPEN, "the connection stays open")
	equal(_texts.size(), 1, "no part of the large message was received")
	_client.clear()
	# Many messages can fill the buffer, too.
	_new_client()
	_client.inbound_buffer_size = 1 << 16
	equal(_client.connect_to_url(argument("url") + "flood"), OK, "the client connects to a flood")
	await until(func() -> bool: return _texts.size() == 1, "the flood's first line")
	_client.set_process(false)
	equal(_client.say("x".repeat(1000)), OK, "a flood of long lines begins")
	var socket := _client.get_socket()
	var before := -1
	while before < socket.get_available_packet_count() or before < 60:
		before = socket.get_available_packet_count()
		await get_tree().process_frame
	_client.set_process(true)
	await until(
		func() -> bool: return _signals.has("missing"),
		"the client reports that messages may be missing"
	)


func _closes_and_clears() -> void:
	await _connect("hall")
	_client.close(1000, "bye")
	equal(_client.state, Client.State.CLOSING, "the client is closing")
	await until(func() -> bool: return _signals.has("lost"), "the server answers the close")
	equal(_client.state, Client.State.CLOSED, "the client is closed")
	equal(_waits, [-1.0] as Array[float], "it does not reconnect")
	await _connect("deaf")
	_client.close()
	await until(func() -> bool: return _signals.has("lost"), "a close needs no answer")
	equal(_client.state, Client.State.CLOSED, "the client is closed all the same")
	await _connect("hall")
	_client.clear()
	equal(_client.state, Client.State.CLOSED, "clear() closes the client")
	equal(_client.client_id, 0, "clear() forgets the ID")
	that(not _signals.has("lost"), "clear() emits no signal")
	_new_client()
	_client.auto_reconnect = false
	equal(_client.connect_to_url(argument("url") + "close/1001"), OK, "the client connects once")
	await until(func() -> bool: return _signals.has("lost"), "the connection ends")
	equal(_client.state, Client.State.CLOSED, "the client does not reconnect if the game says so")


func _connects_again_from_a_signal_handler() -> void:
	await _connect("close/1001")
	var again := argument("url") + "hall"
	_client.connection_closed.connect(
		func() -> void: _client.connect_to_url(again), CONNECT_ONE_SHOT
	)
	await until(
		func() -> bool: return _client.state == Client.State.OPEN, "a handler connects again"
	)
	var losses := _signals.count("lost")
	var connections := _signals.count("connected")
	var old := _client.get_socket()
	equal(_client.connect_to_url(again), OK, "the client connects while it is connected")
	that(_client.get_socket() != old, "this is another connection")
	await until(
		func() -> bool: return _signals.count("connected") > connections,
		"this connection opens, too"
	)
	equal(_signals.count("lost"), losses, "the replaced connection is no loss")


func _waits_at_random() -> void:
	_new_client()
	_client.reconnect_base = 0.5
	_client.reconnect_cap = 20.0
	# The client never connects: only the computed waits are of interest.
	for attempt in 200:
		_client.call("_end", 1006, "", true)
		var longest := minf(20.0, 0.5 * 2.0 ** mini(attempt, 30))
		that(_waits[-1] <= maxf(0.1, longest), "attempt %d waits %f" % [attempt, _waits[-1]])
		that(_waits[-1] >= 0.1, "attempt %d waits at all" % attempt)
	var late := _waits.slice(10)
	late.sort()
	that(late[0] < 4.0 and late[-1] > 16.0, "waits are spread: %f to %f" % [late[0], late[-1]])


func _explains_errors() -> void:
	equal(Client.explain(OK), "", "no error has no text")
	for error: int in [ERR_UNAVAILABLE, ERR_BUSY, ERR_PARAMETER_RANGE_ERROR, ERR_BUG]:
		that(Client.explain(error).begins_with("Not sent: "), "error %d has a text" % error)


func _connect(path: String) -> void:
	_new_client()
	equal(_client.connect_to_url(argument("url") + path), OK, "the client connects to " + path)
	await until(func() -> bool: return _signals.has("id 5"), path + " answers")


func _new_client() -> void:
	if _client != null:
		_client.free()
	_client = Client.new()
	_client.reconnect_base = 0.01
	add_child(_client)
	_signals = []
	_texts = []
	_refused = []
	_waits = []
	# These handlers have as few arguments as those of the tutorial.
	_client.connected_to_server.connect(func() -> void: _signals.append("connected"))
	_client.connection_closed.connect(func() -> void: _signals.append("lost"))
	_client.packet_received.connect(
		func(packet: Packets.Packet) -> void:
			_signals.append("packet")
			that(packet.which_msg() != 0, "the packet has a body")
	)
	_client.state_changed.connect(func(state: int) -> void: _signals.append("state %d" % state))
	_client.messages_lost.connect(func() -> void: _signals.append("missing"))
	_client.id_received.connect(func(id: int) -> void: _signals.append("id %d" % id))
	_client.chat_received.connect(
		func(id: int, text: String) -> void: _texts.append("%d: %s" % [id, text])
	)
	_client.packet_refused.connect(
		func(error: int, _bytes: PackedByteArray) -> void: _refused.append(error)
	)
	_client.closed.connect(
		func(code: int, reason: String, retry_in: float) -> void:
			_signals.append("closed %d %s" % [code, reason])
			_waits.append(retry_in)
	)
