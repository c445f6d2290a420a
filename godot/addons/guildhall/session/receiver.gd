extends RefCounted
## The receiving half of a [GuildhallSession]: what the client knows, and how the
## server's packets change it. A packet counts only if it answers a pending request or
## fits what is known.

const Answers := preload("answers.gd")
const Packets := preload("../packets.gd")
const Action := preload("action.gd")
const Connection := preload("connection.gd")
const Event := preload("event.gd")
const Limits := preload("limits.gd")
const Messages := preload("messages.gd")
const Requests := preload("requests.gd")

## The longest session token that is kept, in bytes: it has to fit into a Hello.
const MAX_TOKEN_BYTES := 1024

## What the session is doing.
var state: GuildhallSession.State:
	get:
		return _connection.state
## The close code of the last connection.
var close_code: int:
	get:
		return _connection.close_code
## The close reason of the last connection.
var close_reason: String:
	get:
		return _connection.close_reason
## When the next attempt starts, in [constant GuildhallSession.WAITING].
var waiting_until: int:
	get:
		return _connection.waiting_until
## Whether the server answers. It does not if something waits for its answer and nothing at
## all came from it for 5 s.
var server_answers: bool:
	get:
		return not _answers.are_overdue
## Whether the server was reached on the last connection that has ended.
var was_open: bool:
	get:
		return _connection.was_open
## Whether messages wait for the server's answer.
var has_pending: bool:
	get:
		return _messages.pending_count() > 0
## The client's ID; 0 before the first Welcome.
var id := 0
## The client's name; before the first Welcome, the wanted name.
var name := ""
## The server's limits.
var limits := Limits.new()
## The wanted rooms, in the order in which the player asked for them.
var rooms: Array[GuildhallRoom] = []
## The ID of the client that sent the last whisper; 0 if there is none yet.
var last_whisperer := 0
## The name of the client that sent the last whisper.
var last_whisperer_name := ""
## The secret of the last Welcome: whoever has it can go on with this session.
var secret := PackedByteArray()

var _actions: Array[Action] = []
var _events: Array[Event] = []
var _connection := Connection.new(_actions, _events)
var _answers := Answers.new()
var _requests := Requests.new(_actions)
var _messages := Messages.new(_events)
var _whisper_seq := 0
# The name that the player wants and that was not sent yet.
var _pending_name := ""
# The last name that the player wanted and the server accepted.
var _accepted_name := ""


func _init(wanted_name := "") -> void:
	name = Limits.truncate_name(wanted_name)
	_pending_name = name
	_connection.longest_silence = limits.longest_silence()


## The socket has received a binary message.
func received(bytes: PackedByteArray, now: int) -> void:
	if not _connection.is_open:
		return
	_connection.message_received(now)
	_on_packet(bytes, now)
	if _connection.is_online() and _answers.received(now, _waits_for_answer()):
		_events.append(Event.server_answers(true))


func _on_packet(bytes: PackedByteArray, now: int) -> void:
	if bytes.size() > GuildhallClient.MAX_SERVER_PACKET_BYTES:
		_events.append(Event.bad_message(GuildhallClient.TOO_BIG))
		return
	var packet := Packets.Packet.new()
	var error := packet.from_bytes(bytes)
	if error != Packets.PB_ERR.NO_ERRORS:
		_events.append(Event.bad_message(error))
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
	elif packet.has_catch_up():
		_on_catch_up(packet.get_catch_up())


## Removes and returns the next action, or null if there is none.
func next_action() -> Action:
	return _actions.pop_front()


## Removes and returns the next event, or null if there is none.
func next_event() -> Event:
	return _events.pop_front()


## Returns a wanted room by its name, or else by the name that the player asked for; or
## null.
func room(room_name: String) -> GuildhallRoom:
	room_name = Limits.truncate_name(room_name)
	for wanted in rooms:
		if wanted.name == room_name:
			return wanted
	for wanted in rooms:
		if wanted.was_requested_as(room_name):
			return wanted
	return null


## The client keeps no lines of a room before this one any more: [method fetch_history] asks
## for those before it. Does nothing if that is none of the room's lines.
func forget_before(room_name: String, seq: int) -> void:
	var wanted := room(room_name)
	if wanted != null:
		wanted.forget_before(seq)


# Whether something that was sent on this connection has no answer.
func _waits_for_answer() -> bool:
	return not _requests.is_empty() or _messages.wait_for_answer()


# Something is sent that the server has to answer. The time is not known here: if nothing
# else waits, the next tick tells since when.
func _before_asking() -> void:
	if not _waits_for_answer():
		_answers.asked()


func _send_messages(room_name: String) -> void:
	_before_asking()
	for message in _messages.unsent(room_name):
		_requests.message(message)


func _send_hello(wanted_name: String) -> void:
	_requests.hello(wanted_name, secret, _whisper_seq)


# Fails or keeps what was pending on the lost connection.
func _disconnected() -> void:
	_answers.reset()
	for wanted in rooms:
		wanted.disconnected()
	var failure := GuildhallFailure.of_kind(GuildhallFailure.Kind.DISCONNECTED)
	for request in _requests.take_all():
		if request.fails_with_connection():
			_events.append(Event.refused(request.kind, request.subject, failure))
	_messages.disconnected()
	if state == GuildhallSession.State.CLOSED:
		_messages.fail_all()
	else:
		_messages.fail_outside(rooms)


func _on_reply(reply: Packets.Reply, now: int) -> void:
	var request := _requests.take(reply.get_id())
	if request == null:
		# The reply may answer a message.
		_on_message_answer(reply, now)
	elif reply.has_error():
		_on_error(reply.get_id(), request, GuildhallFailure.refused(reply.get_error()))
	elif not _on_result(reply, request, now):
		_requests.put_back(reply.get_id(), request)
		_events.append(Event.bad_message(Packets.PB_ERR.UNDEFINED_STATE))


func _on_message_answer(reply: Packets.Reply, now: int) -> void:
	var nonce := reply.get_id()
	if reply.has_error() and reply.get_error().get_temporary():
		if _messages.delayed(nonce, reply.get_error().get_retry_after(), now):
			_messages.fail_outside(rooms)
	elif reply.has_error():
		if _messages.refused(nonce, GuildhallFailure.refused(reply.get_error())):
			_send_unblocked()
	elif reply.has_repeated():
		_stored(nonce)


func _stored(nonce: int) -> void:
	if _messages.stored(nonce):
		_send_unblocked()


# Sends the messages that nothing keeps from being sent any more.
func _send_unblocked() -> void:
	if not _connection.is_online():
		return
	for wanted in rooms:
		if wanted.joined:
			_send_messages(wanted.name)
	_send_messages("")


# Returns false if the reply does not fit the request.
func _on_result(reply: Packets.Reply, request: Requests.PendingRequest, now: int) -> bool:
	match request.kind:
		GuildhallSession.RequestKind.HELLO when reply.has_welcome():
			_on_welcome(reply.get_welcome(), request.asks_for_name, now)
		GuildhallSession.RequestKind.JOIN when reply.has_joined():
			_on_joined(reply.get_id(), reply.get_joined())
		GuildhallSession.RequestKind.LEAVE when reply.has_left():
			_on_left(reply.get_left().get_room())
		GuildhallSession.RequestKind.RENAME when reply.has_renamed():
			name = reply.get_renamed().get_name()
			_accepted_name = name
			_events.append(Event.name_changed(name))
		GuildhallSession.RequestKind.LIST_ROOMS when request.is_check and reply.has_rooms():
			pass
		GuildhallSession.RequestKind.LIST_ROOMS when reply.has_rooms():
			_events.append(Event.rooms_listed(reply.get_rooms()))
		GuildhallSession.RequestKind.LIST_MEMBERS when reply.has_members():
			_on_members(request.subject, reply.get_members())
		GuildhallSession.RequestKind.FETCH_HISTORY when reply.has_history():
			var wanted := room(request.subject)
			if wanted != null:
				var page := reply.get_history()
				_events.append(wanted.apply_history(page, request.epoch, request.before, id))
		_:
			return false
	return true


func _on_error(
	request_id: int, request: Requests.PendingRequest, failure: GuildhallFailure
) -> void:
	var subject := request.subject
	if request.is_check:
		# An error is an answer, too.
		return
	match request.kind:
		GuildhallSession.RequestKind.HELLO when request.asks_for_name and failure.is_about_name():
			_pending_name = ""
			_accepted_name = ""
			_events.append(Event.name_refused(failure))
			_send_hello("")
			return
		GuildhallSession.RequestKind.HELLO:
			_events.append(Event.refused(request.kind, subject, failure))
			_connection.close_socket(Connection.GOODBYE)
			_connection.closed(0, "")
			_disconnected()
			return
		GuildhallSession.RequestKind.JOIN:
			var wanted := _room_of_join(request_id)
			if wanted == null:
				return
			rooms.erase(wanted)
		GuildhallSession.RequestKind.LEAVE when (
			failure.code == Packets.ErrorCode.ERROR_CODE_NOT_IN_ROOM
		):
			# The player wanted to leave, and is not in the room.
			return
		GuildhallSession.RequestKind.FETCH_HISTORY when room(subject) != null:
			room(subject).is_fetching = false
	_events.append(Event.refused(request.kind, subject, failure))
	_messages.fail_outside(rooms)


func _on_welcome(welcome: Packets.Welcome, asked_for_name: bool, now: int) -> void:
	var resumed := welcome.get_resumed()
	if welcome.has_limits():
		limits.update(welcome.get_limits())
	_connection.longest_silence = limits.longest_silence()
	var is_first := id == 0
	id = welcome.get_id()
	name = welcome.get_name()
	secret = welcome.get_session()
	if secret.size() > MAX_TOKEN_BYTES:
		secret.clear()
	# A resumed session keeps its name, so that a new one is a request of its own.
	if _pending_name == name:
		_accepted_name = name
	var new_name := _pending_name if resumed and _pending_name != name else ""
	_pending_name = ""
	if asked_for_name and not resumed:
		_accepted_name = name
	_connection.welcomed(now)
	_events.append(Event.welcomed(id, name, resumed))
	if resumed:
		_skip_lost_whispers(welcome.get_whisper_gap())
	else:
		_whisper_seq = 0
		_messages.fail_uncertain()
		if not is_first:
			_messages.fail_whispers_to_ids()
	if new_name != "":
		_requests.rename(new_name)
	for wanted in rooms:
		_requests.join(wanted)
	_send_messages("")


func _skip_lost_whispers(gap: Packets.Gap) -> void:
	if gap != null and gap.get_from() <= gap.get_to() and _whisper_seq < gap.get_to():
		var from := maxi(gap.get_from(), _whisper_seq + 1)
		_whisper_seq = gap.get_to()
		_events.append(Event.whisper_gap(from, gap.get_to()))


func _on_joined(request_id: int, joined: Packets.Joined) -> void:
	var wanted := _room_of_join(request_id)
	if wanted == null:
		return
	var requested_name := wanted.name
	if joined.get_room() != requested_name:
		_messages.room_renamed(requested_name, joined.get_room())
		for same in rooms:
			if same.name == joined.get_room():
				_merge_rooms(wanted, same, joined)
				return
		wanted.name = joined.get_room()
	_events.append_array(wanted.apply_joined(joined, requested_name))
	_events.append(Event.members_changed(wanted))
	_send_messages(wanted.name)


# Two wanted rooms are the same room: the one that was known before stays. It has the members
# of the answer: the server takes the client to know them.
func _merge_rooms(duplicate: GuildhallRoom, known: GuildhallRoom, answer: Packets.Joined) -> void:
	rooms.erase(duplicate)
	var next := known.last_seq + 1
	_events.append(Event.room_joined(known.name, duplicate.name, true, true, next, known.last_seq))
	if known.joined:
		known.set_members(answer.get_count(), answer.get_listed(), answer.get_members())
		_events.append(Event.members_changed(known))
		_send_messages(known.name)


# A room that is still wanted, by another name, is joined again.
func _on_left(room_name: String) -> void:
	for wanted in rooms:
		if wanted.name == room_name and wanted.joined and wanted.join_id == 0:
			wanted.joined = false
			_requests.join(wanted)
			return


func _on_members(room_name: String, list: Packets.MemberList) -> void:
	var wanted := room(room_name)
	if wanted != null:
		wanted.set_members(list.get_count(), list.get_listed(), list.get_members())
		_events.append(Event.members_changed(wanted))
	_events.append(Event.members_listed(room_name, list))


func _on_line(wire: Packets.Line) -> void:
	var line := GuildhallLine.of(wire, id)
	if line.own:
		_stored(line.nonce)
	for wanted in rooms:
		if wanted.name == line.room:
			match wanted.apply_line(line):
				GuildhallRoom.LineOrder.NEXT:
					_events.append(Event.line_received(line))
				GuildhallRoom.LineOrder.AHEAD:
					# Asks for the lines that are missing.
					_requests.join(wanted)
			return


func _on_whisper(wire: Packets.WhisperLine) -> void:
	if state != GuildhallSession.State.ONLINE:
		return
	var whisper := GuildhallWhisper.of(wire, id)
	if whisper.own:
		_stored(whisper.nonce)
	if whisper.seq <= _whisper_seq:
		return
	_whisper_seq = whisper.seq
	if not whisper.own:
		last_whisperer = whisper.sender
		last_whisperer_name = whisper.sender_name
	_events.append(Event.whisper_received(whisper))


# The server has left out lines of a room, and continues behind them.
func _on_catch_up(joined: Packets.Joined) -> void:
	for wanted in rooms:
		var is_it := wanted.name == joined.get_room() and wanted.epoch == joined.get_epoch()
		if is_it and wanted.joined and wanted.join_id == 0:
			var events := wanted.apply_joined(joined, wanted.name)
			# Without the first one: that the room was joined.
			_events.append_array(events.slice(1))
			_events.append(Event.members_changed(wanted))
			return


func _on_presence(presence: Packets.Presence) -> void:
	for wanted in rooms:
		if wanted.name == presence.get_room() and wanted.joined:
			_events.append_array(wanted.apply_presence(presence, id))


# Returns the room that this Join has asked for, or null.
func _room_of_join(request_id: int) -> GuildhallRoom:
	for wanted in rooms:
		if wanted.join_id == request_id:
			return wanted
	return null
