extends RefCounted
## The requests of a [GuildhallSession]: their IDs, their bytes, and which of them are
## pending. [code]messages.gd[/code] keeps the pending messages; here they are only
## encoded.

const Packets := preload("../packets.gd")
const Action := preload("action.gd")

## The version of the protocol.
const VERSION := 1

## The most requests that may be pending.
const MAX_PENDING := 256

var _actions: Array[Action]
var _pending: Dictionary[int, PendingRequest] = {}
var _last_id := 0


## A request that the server has not answered.
class PendingRequest:
	var kind: GuildhallSession.RequestKind
	## The room or the name that the request is about, for the player.
	var subject := ""
	## Whether a Hello asks for a name.
	var asks_for_name := false
	## Whether it only finds out whether the server answers.
	var is_check := false
	## The epoch of a FetchHistory.
	var epoch := 0
	## The line number of a FetchHistory: it asks for lines before this one.
	var before := 0

	func _init(request_kind: GuildhallSession.RequestKind, about: String) -> void:
		kind = request_kind
		subject = about

	## Whether the request fails with its connection. Hello, Refresh, Join and Leave do not:
	## the next connection takes care of them.
	func fails_with_connection() -> bool:
		return (
			not is_check
			and kind != GuildhallSession.RequestKind.HELLO
			and kind != GuildhallSession.RequestKind.REFRESH
			and kind != GuildhallSession.RequestKind.JOIN
			and kind != GuildhallSession.RequestKind.LEAVE
		)


## Appends what it sends to this list.
func _init(actions: Array[Action]) -> void:
	_actions = actions


## Returns an ID that was never used.
func next_id() -> int:
	_last_id += 1
	return _last_id


## From now on, IDs are above this one.
func skip_to(id: int) -> void:
	_last_id = maxi(_last_id, id)


## Whether no further request may be made until one is answered.
func is_full() -> bool:
	return _pending.size() >= MAX_PENDING


## Whether no request is pending.
func is_empty() -> bool:
	return _pending.is_empty()


## Removes and returns the pending request with this ID, or null if there is none.
func take(id: int) -> PendingRequest:
	var request: PendingRequest = _pending.get(id)
	_pending.erase(id)
	return request


## Puts a request back that [method take] has returned: it is still pending.
func put_back(id: int, request: PendingRequest) -> void:
	_pending[id] = request
	_pending.sort()


## Removes and returns all pending requests, in the order of their IDs.
func take_all() -> Array[PendingRequest]:
	var all: Array[PendingRequest] = []
	all.assign(_pending.values())
	_pending.clear()
	return all


## Sends a Hello. An empty name lets the server make one up.
func hello(name: String, session: PackedByteArray, whisper_seq: int, token: String) -> void:
	var packet := Packets.Packet.new()
	var body := _request(packet, GuildhallSession.RequestKind.HELLO, "").new_hello()
	_pending[_last_id].asks_for_name = name != ""
	body.set_version(VERSION)
	body.set_name(name)
	body.set_session(session)
	body.set_whisper_seq(whisper_seq)
	body.set_token(token)
	_send(packet)


## Sends a Refresh with another token of the player.
func refresh(token: String) -> void:
	var packet := Packets.Packet.new()
	_request(packet, GuildhallSession.RequestKind.REFRESH, "").new_refresh().set_token(token)
	_send(packet)


## Sends a Join that continues after the last known line of the room.
func join(room: GuildhallRoom) -> void:
	var packet := Packets.Packet.new()
	var body := _request(packet, GuildhallSession.RequestKind.JOIN, room.name).new_join()
	room.join_id = _last_id
	room.join_at = 0
	body.set_room(room.name)
	body.set_epoch(room.epoch)
	body.set_seq(room.last_seq)
	_send(packet)


## Sends a Leave.
func leave(room: String) -> void:
	var packet := Packets.Packet.new()
	_request(packet, GuildhallSession.RequestKind.LEAVE, room).new_leave().set_room(room)
	_send(packet)


## Sends a Rename.
func rename(name: String) -> void:
	var packet := Packets.Packet.new()
	_request(packet, GuildhallSession.RequestKind.RENAME, name).new_rename().set_name(name)
	_send(packet)


## Sends a ListRooms.
func list_rooms() -> void:
	var packet := Packets.Packet.new()
	_request(packet, GuildhallSession.RequestKind.LIST_ROOMS, "").new_list_rooms()
	_send(packet)


## Sends a ListRooms that only finds out whether the server answers.
func check() -> void:
	list_rooms()
	_pending[_last_id].is_check = true


## Sends a ListMembers.
func list_members(room: String) -> void:
	var packet := Packets.Packet.new()
	var request := _request(packet, GuildhallSession.RequestKind.LIST_MEMBERS, room)
	request.new_list_members().set_room(room)
	_send(packet)


## Sends a FetchHistory for the lines before the oldest known line of the room.
func fetch_history(room: GuildhallRoom) -> void:
	var packet := Packets.Packet.new()
	var request := _request(packet, GuildhallSession.RequestKind.FETCH_HISTORY, room.name)
	_pending[_last_id].epoch = room.epoch
	_pending[_last_id].before = room.oldest_seq
	var body := request.new_fetch_history()
	body.set_room(room.name)
	body.set_epoch(room.epoch)
	body.set_before(room.oldest_seq)
	_send(packet)


## Sends a message as a Say or a Whisper, for the first time or again.
func message(unsent: GuildhallMessage) -> void:
	unsent.was_sent = true
	unsent.is_on_wire = true
	var packet := Packets.Packet.new()
	var request := packet.new_request()
	request.set_id(unsent.nonce)
	if unsent.is_whisper():
		var whisper := request.new_whisper()
		whisper.set_to(unsent.to)
		whisper.set_name(unsent.to_name)
		whisper.set_text(unsent.text)
		whisper.set_action(unsent.action)
	else:
		var say := request.new_say()
		say.set_room(unsent.room)
		say.set_text(unsent.text)
		say.set_action(unsent.action)
	_send(packet)


## The bytes of a Ping, as a server sends them.
static func ping_bytes() -> PackedByteArray:
	var packet := Packets.Packet.new()
	packet.new_ping()
	return packet.to_bytes()


## Answers a Ping.
func pong() -> void:
	var packet := Packets.Packet.new()
	packet.new_pong()
	_send(packet)


# Puts a new request into a packet and keeps it as pending. Its body is still missing.
func _request(
	packet: Packets.Packet, kind: GuildhallSession.RequestKind, subject: String
) -> Packets.Request:
	var id := next_id()
	_pending[id] = PendingRequest.new(kind, subject)
	var request := packet.new_request()
	request.set_id(id)
	return request


func _send(packet: Packets.Packet) -> void:
	_actions.append(Action.send(packet.to_bytes()))
