class_name GuildhallReceiver
extends RefCounted
## The receiving half of a [GuildhallSession]: what is known, and what the
## server's packets change in it. They are believed only as far as they answer
## what was asked, and fit what is known.

const Packets := preload("../packets.gd")

## The longest secret that is taken: Hello has to hold it.
const LONGEST_TOKEN := 1024

## What it is doing.
var state: GuildhallSession.State:
	get:
		return _connection.state
## How the last connection ended.
var close_code: int:
	get:
		return _connection.close_code
var close_reason: String:
	get:
		return _connection.close_reason
## When the next attempt follows, in [constant WAITING].
var waiting_until: int:
	get:
		return _connection.waiting_until
## The client's ID; 0 before the first Welcome.
var id := 0
## The client's name: what it wants to be called, and what it is called.
var name := ""
## What the server allows.
var limits := GuildhallLimits.new()
## The wanted rooms, in the order in which they were wanted.
var rooms: Array[GuildhallRoom] = []
## From whom the last whisper came; 0 and empty before there is one.
var last_whisperer := 0
var last_whisperer_name := ""

var _actions: Array[GuildhallAction] = []
var _events: Array[GuildhallEvent] = []
var _connection := GuildhallConnection.new(_actions, _events)
var _requests := GuildhallRequests.new(_actions)
var _messages := GuildhallMessages.new(_events)
# What goes into the next Hello: the secret of the last Welcome, if any.
var _token := PackedByteArray()
var _whisper_seq := 0
# The name that the player wants and no server has heard of; and the last one
# that the player had chosen.
var _wish := ""
var _chosen := ""


func _init(wanted_name := "") -> void:
	name = GuildhallLimits.cut(wanted_name)
	_wish = name
	_connection.longest_silence = limits.silence()


## A binary message has come.
func received(bytes: PackedByteArray, now: int) -> void:
	if not _connection.is_open:
		return
	_connection.heard(now)
	if bytes.size() > GuildhallClient.MAX_SERVER_PACKET_BYTES:
		_events.append(GuildhallEvent.bad_message(GuildhallClient.TOO_BIG))
		return
	var packet := Packets.Packet.new()
	var error := packet.from_bytes(bytes)
	if error != Packets.PB_ERR.NO_ERRORS:
		_events.append(GuildhallEvent.bad_message(error))
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


## A wanted room by its name, or by the one that it was asked for by; or null.
func room(room_name: String) -> GuildhallRoom:
	room_name = GuildhallLimits.cut(room_name)
	for wanted in rooms:
		if wanted.name == room_name:
			return wanted
	for wanted in rooms:
		if wanted.was_asked_as(room_name):
			return wanted
	return null


func _send_messages(room_name: String) -> void:
	for message in _messages.unsent(room_name):
		_requests.message(message)


func _say_hello(wanted_name: String) -> void:
	_requests.hello(wanted_name, _token, _whisper_seq)


# Sees to what was lost with the connection.
func _disconnected() -> void:
	for wanted in rooms:
		wanted.disconnected()
	var lost := GuildhallFailure.because(GuildhallFailure.Kind.DISCONNECTED)
	for asked in _requests.take_all():
		if asked.is_lost():
			_events.append(GuildhallEvent.refused(asked.what, asked.subject, lost))
	_messages.disconnected()
	if state == GuildhallSession.State.CLOSED:
		_messages.fail_all()
	else:
		_messages.fail_outside(rooms)


func _on_reply(reply: Packets.Reply, now: int) -> void:
	var asked := _requests.take(reply.get_id())
	if asked == null:
		# Perhaps the answer to a message.
		if reply.has_error():
			_messages.refused(reply.get_id(), GuildhallFailure.refused(reply.get_error()))
		elif reply.has_repeated():
			_messages.stored(reply.get_id())
	elif reply.has_error():
		_on_error(reply.get_id(), asked, GuildhallFailure.refused(reply.get_error()))
	elif not _on_answer(reply, asked, now):
		_requests.put_back(reply.get_id(), asked)
		_events.append(GuildhallEvent.bad_message(Packets.PB_ERR.UNDEFINED_STATE))


# Whether it is an answer to what was asked.
func _on_answer(reply: Packets.Reply, asked: GuildhallRequests.Asked, now: int) -> bool:
	match asked.what:
		GuildhallSession.Ask.HELLO when reply.has_welcome():
			_on_welcome(reply.get_welcome(), asked.is_named, now)
		GuildhallSession.Ask.JOIN when reply.has_joined():
			_on_joined(reply.get_id(), reply.get_joined())
		GuildhallSession.Ask.LEAVE when reply.has_left():
			_on_left(reply.get_left().get_room())
		GuildhallSession.Ask.RENAME when reply.has_renamed():
			name = reply.get_renamed().get_name()
			_chosen = name
			_events.append(GuildhallEvent.name_changed(name))
		GuildhallSession.Ask.LIST_ROOMS when reply.has_rooms():
			_events.append(GuildhallEvent.rooms_listed(reply.get_rooms()))
		GuildhallSession.Ask.LIST_MEMBERS when reply.has_members():
			_on_members(asked.subject, reply.get_members())
		GuildhallSession.Ask.FETCH_HISTORY when reply.has_history():
			var of := room(asked.subject)
			if of != null:
				var page := reply.get_history()
				_events.append(of.take_history(page, asked.epoch, asked.before, id))
		_:
			return false
	return true


func _on_error(request_id: int, asked: GuildhallRequests.Asked, failure: GuildhallFailure) -> void:
	var subject := asked.subject
	match asked.what:
		GuildhallSession.Ask.HELLO when asked.is_named and failure.is_about_name():
			_wish = ""
			_chosen = ""
			_events.append(GuildhallEvent.name_refused(failure))
			_say_hello("")
			return
		GuildhallSession.Ask.HELLO:
			_events.append(GuildhallEvent.refused(asked.what, subject, failure))
			_connection.hang(GuildhallConnection.GOODBYE)
			_connection.ended(0, "")
			_disconnected()
			return
		GuildhallSession.Ask.JOIN:
			var wanted := _room_joining(request_id)
			if wanted == null:
				return
			rooms.erase(wanted)
		GuildhallSession.Ask.LEAVE when failure.code == Packets.ErrorCode.ERROR_CODE_NOT_IN_ROOM:
			# Which is what the player wants.
			return
		GuildhallSession.Ask.FETCH_HISTORY when room(subject) != null:
			room(subject).is_fetching = false
	_events.append(GuildhallEvent.refused(asked.what, subject, failure))
	_messages.fail_outside(rooms)


func _on_welcome(welcome: Packets.Welcome, is_named: bool, now: int) -> void:
	var resumed := welcome.get_resumed()
	if welcome.has_limits():
		limits.take(welcome.get_limits())
	_connection.longest_silence = limits.silence()
	var is_first := id == 0
	id = welcome.get_id()
	name = welcome.get_name()
	_token = welcome.get_session()
	if _token.size() > LONGEST_TOKEN:
		_token.clear()
	var wish := _wish if resumed and _wish != name else ""
	_wish = ""
	if is_named and not resumed:
		_chosen = name
	_connection.welcomed(now)
	_events.append(GuildhallEvent.welcomed(id, name, resumed))
	if resumed:
		_skip_lost_whispers(welcome.get_whisper_gap())
	else:
		_whisper_seq = 0
		_messages.fail_uncertain()
		if not is_first:
			_messages.fail_to_ids()
	if wish != "":
		_requests.rename(wish)
	for wanted in rooms:
		_requests.join(wanted)
	_send_messages("")


func _skip_lost_whispers(gap: Packets.Gap) -> void:
	if gap != null and gap.get_from() <= gap.get_to() and _whisper_seq < gap.get_to():
		var from := maxi(gap.get_from(), _whisper_seq + 1)
		_whisper_seq = gap.get_to()
		_events.append(GuildhallEvent.whisper_gap(from, gap.get_to()))


func _on_joined(request_id: int, joined: Packets.Joined) -> void:
	var wanted := _room_joining(request_id)
	if wanted == null:
		return
	var asked := wanted.name
	if joined.get_room() != asked:
		_messages.room_is_called(asked, joined.get_room())
		for same in rooms:
			if same.name == joined.get_room():
				_join_once(wanted, same)
				return
		wanted.name = joined.get_room()
	_events.append_array(wanted.take_joined(joined, asked))
	_events.append(GuildhallEvent.members_changed(wanted))
	_send_messages(wanted.name)


# Two wanted rooms are one: the one that was known already stays.
func _join_once(twice: GuildhallRoom, stays: GuildhallRoom) -> void:
	rooms.erase(twice)
	var last := stays.last_seq
	_events.append(GuildhallEvent.room_joined(stays.name, twice.name, true, true, last + 1, last))
	if stays.joined:
		_send_messages(stays.name)


# Where the room is wanted by another name, it is joined again.
func _on_left(room_name: String) -> void:
	for of in rooms:
		if of.name == room_name and of.joined and of.joining == 0:
			of.joined = false
			_requests.join(of)
			return


func _on_members(room_name: String, list: Packets.MemberList) -> void:
	var of := room(room_name)
	if of != null:
		of.take_members(list.get_count(), list.get_listed(), list.get_members())
		_events.append(GuildhallEvent.members_changed(of))
	_events.append(GuildhallEvent.members_listed(room_name, list))


func _on_line(wire: Packets.Line) -> void:
	var line := GuildhallLine.of(wire, id)
	if line.own:
		_messages.stored(line.nonce)
	for of in rooms:
		if of.name == line.room:
			match of.take_line(line):
				GuildhallRoom.Place.NEXT:
					_events.append(GuildhallEvent.line_received(line))
				GuildhallRoom.Place.AHEAD:
					_requests.join(of)
			return


func _on_whisper(wire: Packets.WhisperLine) -> void:
	if state != GuildhallSession.State.ONLINE:
		return
	var told := GuildhallWhisper.of(wire, id)
	if told.own:
		_messages.stored(told.nonce)
	if told.seq <= _whisper_seq:
		return
	_whisper_seq = told.seq
	if not told.own:
		last_whisperer = told.sender
		last_whisperer_name = told.sender_name
	_events.append(GuildhallEvent.whisper_received(told))


func _on_presence(presence: Packets.Presence) -> void:
	for of in rooms:
		if of.name == presence.get_room() and of.joined:
			_events.append_array(of.take_presence(presence))


func _room_joining(request_id: int) -> GuildhallRoom:
	for wanted in rooms:
		if wanted.joining == request_id:
			return wanted
	return null
