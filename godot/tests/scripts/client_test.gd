extends Check
## The client against a server that does all a server can do: see
## engine/rude_server.mjs, which the paths below name.

const Packets := preload("res://addons/guildhall/packets.gd")
const Client := preload("res://addons/guildhall/guildhall.gd")

var _client: GuildhallClient
# What the signals of the present client have said, in order.
var _told: Array[String] = []
var _texts: Array[String] = []
var _refused: Array[int] = []
var _waits: Array[float] = []


func test() -> void:
	await _chats()
	await _refuses_to_send()
	await _refuses_what_is_no_packet()
	await _takes_everything_before_a_close()
	await _comes_back_or_not()
	await _comes_back_after_failures()
	await _gives_up_on_silence()
	await _says_when_messages_may_be_missing()
	await _survives_what_no_buffer_holds()
	await _closes_and_clears()
	await _connects_anew_from_a_handler()
	_jitter()
	_words()


func _chats() -> void:
	await _connect("hall")
	equal(_told, ["state 1", "state 2", "connected", "packet", "id 5"], "connecting, in order")
	equal(_client.client_id, 5, "the client knows its ID")
	equal(_client.say("hi"), OK, "a line is sent")
	await until(func() -> bool: return _texts.size() == 1, "the echo comes")
	# The server repeats what it got, and who sent it.
	equal(_texts, ["2: 12040a026869"], "the client's bytes are the tutorial's")
	var packet := Packets.Packet.new()
	packet.set_sender_id(99)
	packet.new_chat().set_msg("hi")
	equal(_client.send(packet), OK, "a packet is sent")
	await until(func() -> bool: return _texts.size() == 2, "its echo comes")
	equal(_texts[1], "2: 12040a026869", "no sender is sent, whatever the game says")
	var longest := "é".repeat(8189)
	equal(longest.to_utf8_buffer().size(), Client.MAX_TEXT_BYTES, "the longest text")
	equal(_client.say(longest), OK, "the longest text is sent")
	await until(func() -> bool: return _texts.size() == 3, "its echo comes")
	equal(_texts[2], "2: 16384 bytes", "it is the largest packet")


func _refuses_to_send() -> void:
	var lone := Client.new()
	equal(lone.say("hi"), ERR_UNAVAILABLE, "not connected")
	equal(lone.connect_to_url("http://localhost:1/"), ERR_INVALID_PARAMETER, "no chat's address")
	equal(lone.state, Client.State.CLOSED, "and nothing to wait for")
	lone.free()
	await _connect("hall")
	equal(_client.say(""), ERR_INVALID_PARAMETER, "an empty text")
	equal(_client.say("x".repeat(16_379)), ERR_PARAMETER_RANGE_ERROR, "a text too long")
	await _connect("deaf")
	var errors := {}
	for _i in 2000:
		errors[_client.say("x".repeat(16_000))] = true
	that(errors.has(OK) and errors.has(ERR_BUSY), "a full buffer is said: %s" % errors)
	equal(_client.state, Client.State.OPEN, "the connection is still there")


func _refuses_what_is_no_packet() -> void:
	await _connect("garbage")
	await until(func() -> bool: return _texts.size() >= 3, "the last good line comes")
	equal(_texts, ["2: good", "2: newline", "2: still here"], "good lines come, whole")
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
	equal(_refused, wanted, "each bad one is refused with its error")
	equal(_client.state, Client.State.OPEN, "the connection goes on")


func _takes_everything_before_a_close() -> void:
	await _connect("burst")
	await until(func() -> bool: return _told.has("lost"), "the close comes")
	equal(_texts.size(), 500, "every line before the close was handed on")
	equal(_texts[-1], "2: line 499", "to the last")
	that(_told.find("lost") > _told.rfind("packet"), "and before the close")


func _comes_back_or_not() -> void:
	for code: int in [1001, 1011, 1012, 3000, 3001, 3499, 4999]:
		await _closed_by_server(code, code < 3500)
	for code: int in [1000, 1002, 1003, 1007, 1008, 1009, 3500, 4000]:
		await _closed_by_server(code, false)
	for code: int in [1005, 1006, 1012, 1013, 1014]:
		that(Client.reconnects_after(code), "comes back after %d" % code)
	that(not Client.reconnects_after(1010), "does not come back after 1010")
	that(not Client.reconnects_after(1015), "does not come back after 1015")


func _closed_by_server(code: int, returns: bool) -> void:
	await _connect("close/%d" % code)
	await until(func() -> bool: return _told.has("lost"), "%d comes" % code)
	that(_told.has("closed %d because" % code), "%d and its reason are told: %s" % [code, _told])
	equal(_client.close_code, code, "%d is kept" % code)
	equal(_waits[-1] >= 0.0, returns, "%d: coming back" % code)
	var state := Client.State.WAITING if returns else Client.State.CLOSED
	equal(_client.state, state, "%d: the state" % code)
	_client.clear()


func _comes_back_after_failures() -> void:
	# The first two connections are cut when they speak; two tries are refused.
	await _connect("flaky")
	_client.id_received.connect(func(_id: int) -> void: _client.say("hi"))
	equal(_client.say("hi"), OK, "speaking, to be cut")
	await until(func() -> bool: return _texts.has("2: at last"), "it comes back", 30.0)
	equal(_waits.size(), 4, "after four failures: %s" % [_waits])
	equal(_told.count("connected"), 3, "three connections")
	equal(_told.count("lost"), 2, "two were lost; the tries that failed are not losses")
	equal(_told.count("closed 1006 "), 4, "each end is told with its code: %s" % [_told])


func _gives_up_on_silence() -> void:
	_new_client()
	_client.connect_timeout = 0.3
	equal(_client.connect_to_url(argument("url") + "silent"), OK, "connecting to silence")
	await until(func() -> bool: return _told.has("closed 1006 no answer"), "it gives up")
	equal(_client.state, Client.State.WAITING, "and will try again")
	equal(_told.count("lost"), 1, "the first failed try is told")
	that(_client.seconds_to_retry() > 0.0, "it knows when")
	_client.retry_now()
	await until(func() -> bool: return _told.count("state 1") == 2, "it tries when told to")


func _says_when_messages_may_be_missing() -> void:
	_new_client()
	_client.max_queued_packets = 64
	equal(_client.connect_to_url(argument("url") + "flood"), OK, "connecting to a flood")
	await until(func() -> bool: return _texts.size() == 1, "the flood's first line")
	# As in the background: nobody polls while messages come.
	_client.set_process(false)
	equal(_client.say("go"), OK, "the flood begins")
	var waiting := func() -> int: return _client.get_socket().get_available_packet_count()
	await until(func() -> bool: return waiting.call() == 64, "the queue is full")
	_client.set_process(true)
	await until(func() -> bool: return _told.has("missing"), "it says that messages are missing")
	that(_texts.size() < 1000, "and they are: %d" % _texts.size())
	equal(_client.state, Client.State.OPEN, "the connection goes on")


func _survives_what_no_buffer_holds() -> void:
	# A browser's engine drops such a message with an error of its own.
	await _connect("huge")
	await until(func() -> bool: return _texts.has("2: still here"), "the next line comes")
	equal(_client.state, Client.State.OPEN, "the connection goes on")
	equal(_texts.size(), 1, "nothing was half-read")
	_client.clear()
	# Many messages of a size can fill the buffer as well.
	_new_client()
	_client.inbound_buffer_size = 1 << 16
	equal(_client.connect_to_url(argument("url") + "flood"), OK, "connecting to a flood")
	await until(func() -> bool: return _texts.size() == 1, "the flood's first line")
	_client.set_process(false)
	equal(_client.say("x".repeat(1000)), OK, "a flood of bytes begins")
	var socket := _client.get_socket()
	var before := -1
	while before < socket.get_available_packet_count() or before < 60:
		before = socket.get_available_packet_count()
		await get_tree().process_frame
	_client.set_process(true)
	await until(func() -> bool: return _told.has("missing"), "it says that messages are missing")


func _closes_and_clears() -> void:
	await _connect("hall")
	_client.close(1000, "bye")
	equal(_client.state, Client.State.CLOSING, "saying goodbye")
	await until(func() -> bool: return _told.has("lost"), "the goodbye is answered")
	equal(_client.state, Client.State.CLOSED, "closed for good")
	equal(_waits, [-1.0] as Array[float], "and not coming back")
	await _connect("deaf")
	_client.close()
	await until(func() -> bool: return _told.has("lost"), "a goodbye needs no answer")
	equal(_client.state, Client.State.CLOSED, "closed all the same")
	await _connect("hall")
	_client.clear()
	equal(_client.state, Client.State.CLOSED, "cleared")
	equal(_client.client_id, 0, "and forgotten")
	that(not _told.has("lost"), "without a word")
	_new_client()
	_client.auto_reconnect = false
	equal(_client.connect_to_url(argument("url") + "close/1001"), OK, "connecting once")
	await until(func() -> bool: return _told.has("lost"), "it ends")
	equal(_client.state, Client.State.CLOSED, "and stays away where the game says so")


func _connects_anew_from_a_handler() -> void:
	await _connect("close/1001")
	var again := argument("url") + "hall"
	_client.connection_closed.connect(
		func() -> void: _client.connect_to_url(again), CONNECT_ONE_SHOT
	)
	await until(func() -> bool: return _client.state == Client.State.OPEN, "it connects anew")
	var losses := _told.count("lost")
	var connections := _told.count("connected")
	var old := _client.get_socket()
	equal(_client.connect_to_url(again), OK, "connecting while connected")
	that(_client.get_socket() != old, "is another connection")
	await until(func() -> bool: return _told.count("connected") > connections, "that opens, too")
	equal(_told.count("lost"), losses, "and the one that was left is no loss")


func _jitter() -> void:
	_new_client()
	_client.reconnect_base = 0.5
	_client.reconnect_cap = 20.0
	# The server is never reached: only the arithmetic is of interest.
	for attempt in 200:
		_client.call("_end", 1006, "", true)
		var longest := minf(20.0, 0.5 * 2.0 ** mini(attempt, 30))
		that(_waits[-1] <= maxf(0.1, longest), "try %d waits %f" % [attempt, _waits[-1]])
		that(_waits[-1] >= 0.1, "try %d does not spin" % attempt)
	var late := _waits.slice(10)
	late.sort()
	that(late[0] < 4.0 and late[-1] > 16.0, "waits are spread: %f to %f" % [late[0], late[-1]])


func _words() -> void:
	equal(Client.explain(OK), "", "no error is no words")
	for error: int in [ERR_UNAVAILABLE, ERR_BUSY, ERR_PARAMETER_RANGE_ERROR, ERR_BUG]:
		that(Client.explain(error).begins_with("Not sent: "), "error %d in words" % error)


func _connect(path: String) -> void:
	_new_client()
	equal(_client.connect_to_url(argument("url") + path), OK, "connecting to " + path)
	await until(func() -> bool: return _told.has("id 5"), path + " answers")


func _new_client() -> void:
	if _client != null:
		_client.free()
	_client = Client.new()
	_client.reconnect_base = 0.01
	add_child(_client)
	_told = []
	_texts = []
	_refused = []
	_waits = []
	# As few arguments as the tutorial's handlers have.
	_client.connected_to_server.connect(func() -> void: _told.append("connected"))
	_client.connection_closed.connect(func() -> void: _told.append("lost"))
	_client.packet_received.connect(
		func(packet: Packets.Packet) -> void:
			_told.append("packet")
			that(packet.which_msg() != 0, "a packet that says something")
	)
	_client.state_changed.connect(func(state: int) -> void: _told.append("state %d" % state))
	_client.messages_lost.connect(func() -> void: _told.append("missing"))
	_client.id_received.connect(func(id: int) -> void: _told.append("id %d" % id))
	_client.chat_received.connect(
		func(id: int, text: String) -> void: _texts.append("%d: %s" % [id, text])
	)
	_client.packet_refused.connect(
		func(error: int, _bytes: PackedByteArray) -> void: _refused.append(error)
	)
	_client.closed.connect(
		func(code: int, reason: String, retry_in: float) -> void:
			_told.append("closed %d %s" % [code, reason])
			_waits.append(retry_in)
	)
