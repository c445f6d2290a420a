extends "pushes.gd"
## The receiving half of a [GuildhallSession]: what the client knows, and how the
## server's packets change it. A packet counts only if it answers a pending request or
## fits what is known.

## The longest session token that is kept, in bytes: it has to fit into a Hello.
const MAX_TOKEN_BYTES := 1024
## The close code for a user who is banned from the server.
const BANNED := 3503
## The close code for a session that goes on over another connection.
const REPLACED := 3500


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
	elif packet.has_going_away():
		_connection.going_away(packet.get_going_away().get_return_within())
	elif packet.has_reply():
		_on_reply(packet.get_reply(), now)
	elif packet.has_line():
		_on_line(packet.get_line(), now)
	elif packet.has_whisper():
		_on_whisper(packet.get_whisper())
	elif packet.has_presence():
		_on_presence(packet.get_presence())
	elif packet.has_catch_up():
		_on_catch_up(packet.get_catch_up(), now)
	elif packet.has_removed():
		_on_removed(packet.get_removed())
	elif packet.has_room_changed():
		_on_room_changed(packet.get_room_changed())
	elif packet.has_read_mark():
		_on_read_mark(packet.get_read_mark())
	elif _connection.is_online():
		_on_push(packet, now)


func _on_reply(reply: Packets.Reply, now: int) -> void:
	var request := _requests.take(reply.get_id())
	if request == null:
		# The reply may answer a message.
		_on_message_answer(reply, now)
	elif reply.has_error():
		_on_error(reply.get_id(), request, GuildhallFailure.refused(reply.get_error()), now)
	elif not _on_result(reply, request, now):
		_requests.put_back(reply.get_id(), request)
		_events.append(Event.bad_message(Packets.PB_ERR.UNDEFINED_STATE))


func _on_message_answer(reply: Packets.Reply, now: int) -> void:
	var nonce := reply.get_id()
	if reply.has_error() and reply.get_error().get_temporary():
		if _messages.delayed(nonce, reply.get_error().get_retry_after(), now):
			_on_message_delayed(GuildhallFailure.refused(reply.get_error()), now)
			_messages.fail_outside(rooms)
	elif reply.has_error():
		if _messages.refused(nonce, GuildhallFailure.refused(reply.get_error())):
			_send_unblocked()
	elif reply.has_repeated():
		_stored(nonce)
	elif reply.has_held():
		if _messages.held(nonce, _own_session()):
			_events.append(Event.message_held(nonce))
			_send_unblocked()


# Returns whether it is news that the message is stored.
func _stored(nonce: int) -> bool:
	var is_news := _messages.stored(nonce)
	if is_news:
		_send_unblocked()
	return is_news


# Returns false if the reply does not fit the request.
func _on_result(reply: Packets.Reply, request: Requests.PendingRequest, now: int) -> bool:
	match request.kind:
		GuildhallSession.RequestKind.HELLO when reply.has_welcome():
			_lost_hello.forget()
			_on_welcome(reply.get_welcome(), request.wanted_name != "", now)
		GuildhallSession.RequestKind.JOIN when reply.has_joined():
			_on_joined(reply.get_id(), reply.get_joined())
		GuildhallSession.RequestKind.LEAVE when reply.has_left():
			_on_left(reply.get_left().get_room())
		GuildhallSession.RequestKind.RENAME when reply.has_renamed():
			name = reply.get_renamed().get_name()
			_accepted_name = name
			_events.append(Event.name_changed(name))
		GuildhallSession.RequestKind.REFRESH when reply.has_refreshed():
			_tokens.taken(reply.get_refreshed().get_ttl(), now)
		GuildhallSession.RequestKind.LIST_ROOMS when request.is_check and reply.has_rooms():
			pass
		GuildhallSession.RequestKind.LIST_ROOMS when reply.has_rooms():
			_events.append(Event.rooms_listed(reply.get_rooms()))
		GuildhallSession.RequestKind.LIST_MEMBERS when reply.has_members():
			_on_members(request.subject, reply.get_members())
		GuildhallSession.RequestKind.FETCH_HISTORY when reply.has_history():
			_on_history(request, reply.get_history())
		GuildhallSession.RequestKind.LIST_UNREAD when request.is_mark and reply.has_marked_read():
			_on_marked_read(request.subject, now)
		GuildhallSession.RequestKind.LIST_UNREAD when not request.is_mark and reply.has_unread():
			_events.append(Event.unread_listed(reply.get_unread()))
		GuildhallSession.RequestKind.SEARCH when reply.has_found():
			_on_found(reply.get_id(), request.is_first, reply.get_found())
		_:
			return _on_moderation_result(reply, request)
	return true


func _on_error(
	request_id: int, request: Requests.PendingRequest, failure: GuildhallFailure, now: int
) -> void:
	var subject := request.subject
	if request.is_mark:
		_on_mark_refused(subject, failure, now)
	if request.is_check or request.is_mark or _is_delayed(request_id, request, failure, now):
		# An error is an answer, too.
		return
	if request.kind == GuildhallSession.RequestKind.SEARCH and not _is_search_refused(request_id):
		return
	match request.kind:
		GuildhallSession.RequestKind.HELLO when (
			request.wanted_name != "" and failure.is_about_name()
		):
			_pending_name = ""
			_accepted_name = ""
			_events.append(Event.name_refused(failure))
			_send_hello("")
			return
		GuildhallSession.RequestKind.HELLO, GuildhallSession.RequestKind.REFRESH when (
			failure.code == Packets.ErrorCode.ERROR_CODE_BAD_TOKEN
		):
			# The server's close says whether another token helps.
			_tokens.forget()
		GuildhallSession.RequestKind.HELLO:
			var code := _close_code_of(failure)
			if code != REPLACED:
				_events.append(Event.refused(request.kind, subject, failure))
			_connection.close_socket(Connection.GOODBYE)
			_connection.closed(code, "")
			_disconnected()
			return
		GuildhallSession.RequestKind.JOIN:
			var wanted := _room_of_join(request_id)
			if wanted == null:
				return
			rooms.erase(wanted)
			_given_rooms.erase(wanted.name)
		GuildhallSession.RequestKind.LEAVE when (
			failure.code == Packets.ErrorCode.ERROR_CODE_NOT_IN_ROOM
		):
			# The player wanted to leave, and is not in the room.
			return
		GuildhallSession.RequestKind.FETCH_HISTORY when room(subject) != null:
			if not request.is_of_time:
				room(subject).stop_fetching()
	_events.append(Event.refused(request.kind, subject, failure))
	_messages.fail_outside(rooms)


## The close code of a session whose Hello was refused for this; 0: none.
func _close_code_of(failure: GuildhallFailure) -> int:
	if failure.code == Packets.ErrorCode.ERROR_CODE_BANNED:
		# The server would close with this code, too.
		return BANNED
	if failure.code == Packets.ErrorCode.ERROR_CODE_BAD_REQUEST and not secret.is_empty():
		# It knows later requests of the session, which another program has sent.
		return REPLACED
	return 0


func _on_welcome(welcome: Packets.Welcome, asked_for_name: bool, now: int) -> void:
	var resumed := welcome.get_resumed()
	_take_account(welcome)
	_take_standing(welcome, now)
	var is_same_user := user != "" and id == welcome.get_id()
	_tokens.taken(welcome.get_ttl(), now)
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
	_take_sanctions(welcome.get_sanctions(), now)
	if resumed:
		_skip_lost_whispers(welcome.get_whisper_gap())
	else:
		_whisper_seq = 0
		last_whisper = 0
		_messages.fail_uncertain(is_same_user)
		if not is_first:
			_messages.fail_whispers_to_ids()
	if new_name != "":
		_requests.rename(new_name)
	for wanted in rooms:
		_requests.join(wanted)
	_give_rooms(welcome.get_rooms())
	_send_messages("")
	_refresh(now)


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
	_take_room(wanted, requested_name, joined)


# Two wanted rooms are the same room: the one that was known before stays. It has the members
# of the answer: the server takes the client to know them.
func _merge_rooms(duplicate: GuildhallRoom, known: GuildhallRoom, answer: Packets.Joined) -> void:
	rooms.erase(duplicate)
	if known.joined:
		known.set_members(answer.get_count(), answer.get_listed(), answer.get_members())
	var next := known.last_seq + 1
	_events.append(Event.room_joined(known.name, duplicate.name, true, true, next, known.last_seq))
	if known.joined:
		_set_settings(known, answer.get_settings())
		_events.append(Event.members_changed(known))
		_send_messages(known.name)


# A room that is still wanted, by another name, is joined again.
func _on_left(room_name: String) -> void:
	var wanted := _joined_room(room_name)
	if wanted != null and wanted.join_id == 0:
		wanted.joined = false
		_requests.join(wanted)


func _on_members(room_name: String, list: Packets.MemberList) -> void:
	var wanted := room(room_name)
	# Only if the room was not left meanwhile, and is not being joined again.
	if wanted != null and wanted.joined:
		wanted.set_members(list.get_count(), list.get_listed(), list.get_members())
		_events.append(Event.members_changed(wanted))
	_events.append(Event.members_listed(room_name, list))


func _on_line(wire: Packets.Line, now: int) -> void:
	var line := GuildhallLine.of(wire, id, session_number)
	var nonce := wire.get_nonce()
	var said_in := 0
	if line.own:
		said_in = _session_or_id(wire.get_session())
	var is_mine := line.own and said_in == _own_session()
	var is_answer := (is_mine or _messages.is_held(nonce, said_in)) and _stored(nonce)
	var is_gone := wire.get_hidden() or line.removed
	var wanted := _joined_room(line.room)
	if wanted == null:
		return
	match wanted.apply_line(line, not wire.has_change() and not is_gone):
		GuildhallRoom.LineOrder.NEXT when wire.get_hidden():
			# It has its number, and nothing is shown of it.
			pass
		GuildhallRoom.LineOrder.NEXT when wire.has_change():
			_on_change(wanted, wire.get_change(), line)
		GuildhallRoom.LineOrder.NEXT when line.removed and not is_answer:
			# A line that was removed leaves a trace only for who had it: here, who said it.
			pass
		GuildhallRoom.LineOrder.NEXT:
			_events.append(Event.line_received(line))
			if line.own and not line.replay:
				_on_said(wanted, now)
		GuildhallRoom.LineOrder.AHEAD:
			# Asks for the lines that are missing.
			_requests.join(wanted)
		GuildhallRoom.LineOrder.OTHER_EPOCH:
			_join_other_epoch(wanted, now)


# Changes are no messages: they change one.
func _on_change(wanted: GuildhallRoom, wire: Packets.Change, line: GuildhallLine) -> void:
	var change := GuildhallLineChange.of(wire, line)
	if change == null:
		return
	change.replay = line.replay
	var event := wanted.apply_change(change)
	if event != null:
		_events.append(event)


func _on_history(request: Requests.PendingRequest, page: Packets.HistoryPage) -> void:
	if request.is_of_time:
		_on_history_of(request.subject, page)
		return
	var wanted := room(request.subject)
	if wanted != null:
		var events := wanted.apply_history(page, request.epoch, request.before, id, session_number)
		_events.append_array(events)


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
		last_whisper = whisper.seq
		last_whisperer = whisper.sender
		last_whisperer_name = whisper.sender_name
	_events.append(Event.whisper_received(whisper))


# The server has left out lines of a room, and continues behind them.
func _on_catch_up(joined: Packets.Joined, now: int) -> void:
	var wanted := _joined_room(joined.get_room())
	if wanted == null or wanted.join_id != 0:
		return
	if wanted.epoch != joined.get_epoch():
		if joined.get_epoch() != 0 and wanted.join_at == 0:
			_join_other_epoch(wanted, now)
		return
	var events := wanted.apply_joined(joined, wanted.name)
	_set_settings(wanted, joined.get_settings())
	# Without the first one: that the room was joined.
	_events.append_array(events.slice(1))
	_events.append(Event.members_changed(wanted))


func _on_presence(presence: Packets.Presence) -> void:
	var wanted := _joined_room(presence.get_room())
	if wanted != null:
		_events.append_array(wanted.apply_presence(presence, id))
