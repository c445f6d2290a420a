extends "standing.gd"
## The player's rights in a [GuildhallSession]: the token and when another one is needed, the
## packets that the server sends unasked (the player is out of a room, other settings hold,
## another name), and requests that it refuses for now.

## Of the rooms that tokens name, the session joins so many.
const MAX_GIVEN_ROOMS := 64
## The longest wait before a request is sent again, in milliseconds.
const MAX_WAIT := 60_000
## How often the shortest wait, of one second, doubles.
const MAX_DOUBLINGS := 5
## The shortest time between two joins of a room that another epoch of it leads to, in
## milliseconds.
const BETWEEN_EPOCHS := 5_000


## The game has tokens: the session asks for the first one before the first Hello. A game that
## calls [method set_token] needs not call this.
func use_tokens() -> void:
	_tokens.are_used = true


## The player's token: the answer to [signal GuildhallChat.token_needed], or one that the game
## has anyway. It goes out at once if the session is online (that of a guest with a new
## connection), and else with the next Hello. If it is empty, the next Hello is a guest's.
func set_token(token: String, now: int) -> void:
	_tokens.set_token(token)
	if _connection.release(now):
		_actions.append(Action.open())
	else:
		_refresh(now)


## The answer of a game that gets no token now: the session asks again later.
## [param reason] is for the player, as the [member close_reason]. [param random] is at least
## 0 and below 1.
func no_token(reason: String, now: int, random: float) -> void:
	if not _tokens.is_asked:
		return
	_tokens.is_asked = false
	if _connection.is_online():
		_tokens.failed(now, random)
	elif _connection.is_held:
		_connection.lost(Tokens.TOKEN_EXPIRED, reason, now, random)
		_disconnected()


# The player wants to be online.
func _connect(now: int) -> void:
	if not _connection.attempt(now):
		return
	if _tokens.is_needed(now):
		_connection.is_held = true
		_ask_for_token()
	else:
		_actions.append(Action.open())


func _ask_for_token() -> void:
	_tokens.due = 0
	if not _tokens.is_asked:
		_tokens.is_asked = true
		_events.append(Event.token_needed())


# Sends the token if the server has not got it. A guest brings it with another Hello, and so
# on a new connection.
func _refresh(now: int) -> void:
	if not _connection.is_online() or not _tokens.is_unsent():
		return
	if user == "":
		_connection.close_socket(Connection.SILENT)
		_connection.lost(Connection.LOST, "", now, 0.0)
		_disconnected()
		_connect(now)
	else:
		_before_asking()
		_requests.refresh(_tokens.for_hello())


# Time has passed.
func _tick_rights(now: int) -> void:
	if _hello_at != 0 and _hello_at <= now:
		_hello_at = 0
		_say_hello()
	if not _connection.is_online():
		return
	if _delayed_name != "" and _delayed_name_at <= now:
		_before_asking()
		_requests.rename(_delayed_name)
		_delayed_name = ""
	for wanted in rooms:
		if wanted.join_at != 0 and wanted.join_at <= now:
			_before_asking()
			_requests.join(wanted)
		if wanted.mark.is_due(now):
			_send_mark(wanted)
	if _tokens.due != 0 and _tokens.due <= now:
		_tokens.due = 0
		if _tokens.is_new():
			_refresh(now)
		else:
			_ask_for_token()
	_end_sanctions(now)


# Returns when the first of these things is due, or -1.
func _rights_wake_at() -> int:
	var times: Array[int] = []
	if not _connection.is_online():
		times = [_hello_at]
	else:
		times = [_tokens.due, _delayed_name_at if _delayed_name != "" else 0]
		for wanted in rooms:
			times.append_array([wanted.join_at, wanted.mark.again_at])
		times.append(maxi(_sanctions_wake_at(), 0))
	times = times.filter(func(time: int) -> bool: return time != 0)
	return -1 if times.is_empty() else times.min() as int


# Whether a request is sent again later, because it was refused for now.
func _is_delayed(
	request_id: int, request: Requests.PendingRequest, failure: GuildhallFailure, now: int
) -> bool:
	if request.wanted_name != "" and failure.code == Packets.ErrorCode.ERROR_CODE_NAME_TAKEN:
		_hello_at = _lost_hello.again_at(request.wanted_name, now)
		return _hello_at != 0
	if not failure.temporary:
		return false
	match request.kind:
		GuildhallSession.RequestKind.HELLO, GuildhallSession.RequestKind.REFRESH when (
			failure.code == Packets.ErrorCode.ERROR_CODE_BAD_TOKEN
		):
			return false
		GuildhallSession.RequestKind.HELLO when (
			request.wanted_name != "" and failure.is_about_name()
		):
			return false
		GuildhallSession.RequestKind.HELLO:
			_hello_at = _again_at(failure, 0, now)
		GuildhallSession.RequestKind.REFRESH:
			_tokens.delay(_again_at(failure, 0, now))
		GuildhallSession.RequestKind.RENAME:
			_delayed_name = request.subject
			_delayed_name_at = _again_at(failure, 0, now)
			_events.append(Event.rename_delayed(_delayed_name, failure))
		GuildhallSession.RequestKind.JOIN:
			var wanted := _room_of_join(request_id)
			if wanted != null:
				_delay_join(wanted, failure, now)
		_:
			return false
	return true


func _delay_join(wanted: GuildhallRoom, failure: GuildhallFailure, now: int) -> void:
	var is_news := wanted.delayed_by != failure.code
	wanted.delay_join(_again_at(failure, wanted.delays, now), failure.code)
	# To be in a room, and to be joining it for what was missed, is no news.
	if is_news and not wanted.joined:
		_events.append(Event.join_delayed(wanted.name, failure))


# The server sends lines of another epoch of a room: the room has begun anew. It is joined at
# once, but a server that goes on so does not make the client join all the time.
func _join_other_epoch(wanted: GuildhallRoom, now: int) -> void:
	if now < wanted.no_rejoin_before:
		wanted.join_at = wanted.no_rejoin_before
	else:
		wanted.no_rejoin_before = now + BETWEEN_EPOCHS
		_before_asking()
		_requests.join(wanted)


# Returns when to send again what was refused so many times before: when the server says, but
# each time later.
static func _again_at(failure: GuildhallFailure, times: int, now: int) -> int:
	var least := 1_000 << mini(times, MAX_DOUBLINGS)
	return now + mini(maxi(failure.retry_after, least), MAX_WAIT)


# Returns the room that this Join has asked for, or null.
func _room_of_join(request_id: int) -> GuildhallRoom:
	for wanted in rooms:
		if wanted.join_id == request_id:
			return wanted
	return null


func _take_account(welcome: Packets.Welcome) -> void:
	user = Limits.short_user(welcome.get_user())
	info = Limits.short_info(welcome.get_info())
	session_number = welcome.get_session_number()
	may_rename = welcome.get_may_rename()


# The token names these rooms: the player wants each of them, unless the player has wanted it
# before and has left it.
func _give_rooms(names: Array[String]) -> void:
	for given in names:
		if _given_rooms.size() < MAX_GIVEN_ROOMS and not _given_rooms.has(given):
			_given_rooms.append(given)
			_want_room(given)


func _want_room(room_name: String) -> void:
	if room(room_name) != null:
		return
	var wanted := GuildhallRoom.new(Limits.truncate_name(room_name))
	rooms.append(wanted)
	if _connection.is_online():
		_before_asking()
		_requests.join(wanted)


func _on_removed(removed: Packets.Removed) -> void:
	var left := _joined_room(removed.get_room())
	if left == null or left.join_id != 0:
		return
	rooms.erase(left)
	_given_rooms.erase(left.name)
	var reason := removed.get_reason()
	if not Packets.RemovedReason.values().has(reason):
		# A later server may know others.
		reason = Packets.RemovedReason.REMOVED_REASON_UNSPECIFIED
	var sanction: GuildhallSanction = null
	if removed.has_sanction():
		sanction = GuildhallSanction.own_of(removed.get_sanction())
	_events.append(Event.room_removed(left.name, reason, sanction))
	_messages.fail_outside(rooms)


func _on_room_changed(changed: Packets.RoomChanged) -> void:
	var wanted := _joined_room(changed.get_room())
	if wanted != null:
		_set_settings(wanted, changed.get_settings())


func _set_settings(wanted: GuildhallRoom, wire: Packets.RoomSettings) -> void:
	if wanted.set_settings(GuildhallRoomSettings.of(wire)):
		_events.append(Event.room_changed(wanted.name))


# The client has another name, and did not ask for one. A guest did not want it.
func _on_renamed(new_name: String) -> void:
	if new_name.is_empty():
		return
	_accepted_name = "" if user.is_empty() else new_name
	name = new_name
	_events.append(Event.name_changed(new_name))


# The player has said something in a room, in this session or in another one.
func _on_said(wanted: GuildhallRoom, now: int) -> void:
	if wanted.settings.slow_mode > 0:
		_wait_to_say(wanted, now + wanted.settings.slow_mode)


# The server has refused a message for now.
func _on_message_delayed(failure: GuildhallFailure, now: int) -> void:
	var is_slow := failure.code == Packets.ErrorCode.ERROR_CODE_SLOW_MODE
	var wanted := (
		room(failure.arguments[0]) if is_slow and not failure.arguments.is_empty() else null
	)
	if wanted != null:
		_wait_to_say(wanted, now + failure.retry_after)


func _wait_to_say(wanted: GuildhallRoom, until: int) -> void:
	if wanted.may_say_at != until:
		wanted.may_say_at = until
		_events.append(Event.slow_mode(wanted.name, until))
