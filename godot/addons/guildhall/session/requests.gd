class_name GuildhallRequests
extends RefCounted
## The requests of a [GuildhallSession]: their IDs, their bytes, and which of
## them have no answer yet. Says and whispers are kept by [GuildhallMessages],
## and only put into bytes here.

const Packets := preload("../packets.gd")

## The version of the protocol.
const VERSION := 1

var _actions: Array[GuildhallAction]
var _asked: Dictionary[int, Asked] = {}
var _next_id := 1


## A request that waits for its answer.
class Asked:
	var what: GuildhallSession.Ask
	## The room or name that it is about.
	var subject := ""
	var room: GuildhallRoom = null

	func _init(kind: GuildhallSession.Ask, about: String, in_room: GuildhallRoom) -> void:
		what = kind
		subject = about
		room = in_room


## Puts what is to send into this.
func _init(actions: Array[GuildhallAction]) -> void:
	_actions = actions


## An ID that was never used.
func take_id() -> int:
	_next_id += 1
	return _next_id - 1


## The request that an answer is for, or null. It waits no longer.
func answered(id: int) -> Asked:
	var asked: Asked = _asked.get(id)
	_asked.erase(id)
	return asked


## Whether a request of this kind about this room waits for its answer.
func is_asking(what: GuildhallSession.Ask, room: GuildhallRoom) -> bool:
	for asked: Asked in _asked.values():
		if asked.what == what and asked.room == room:
			return true
	return false


## The connection is gone: the requests that had no answer, in their order.
func forget() -> Array[Asked]:
	var forgotten: Array[Asked] = []
	forgotten.assign(_asked.values())
	_asked.clear()
	return forgotten


func hello(name: String, session: PackedByteArray, whisper_seq: int) -> void:
	var packet := Packets.Packet.new()
	var ask := _ask(packet, GuildhallSession.Ask.HELLO, name).new_hello()
	ask.set_version(VERSION)
	ask.set_name(name)
	ask.set_session(session)
	ask.set_whisper_seq(whisper_seq)
	_send(packet)


func join(room: GuildhallRoom) -> void:
	var packet := Packets.Packet.new()
	var ask := _ask(packet, GuildhallSession.Ask.JOIN, room.name, room).new_join()
	ask.set_room(room.name)
	ask.set_epoch(room.epoch)
	ask.set_seq(room.last_seq)
	_send(packet)


func leave(room: GuildhallRoom) -> void:
	var packet := Packets.Packet.new()
	var ask := _ask(packet, GuildhallSession.Ask.LEAVE, room.name, room).new_leave()
	ask.set_room(room.name)
	_send(packet)


func rename(name: String) -> void:
	var packet := Packets.Packet.new()
	_ask(packet, GuildhallSession.Ask.RENAME, name).new_rename().set_name(name)
	_send(packet)


func list_rooms() -> void:
	var packet := Packets.Packet.new()
	_ask(packet, GuildhallSession.Ask.LIST_ROOMS, "").new_list_rooms()
	_send(packet)


func list_members(room: String) -> void:
	var packet := Packets.Packet.new()
	_ask(packet, GuildhallSession.Ask.LIST_MEMBERS, room).new_list_members().set_room(room)
	_send(packet)


func fetch_history(room: GuildhallRoom) -> void:
	var packet := Packets.Packet.new()
	var ask := _ask(packet, GuildhallSession.Ask.FETCH_HISTORY, room.name, room).new_fetch_history()
	ask.set_room(room.name)
	ask.set_epoch(room.epoch)
	ask.set_before(room.oldest_seq)
	_send(packet)


## Sends a say or a whisper, for the first time or again.
func message(of: GuildhallMessage) -> void:
	of.was_sent = true
	var packet := Packets.Packet.new()
	var request := packet.new_request()
	request.set_id(of.nonce)
	if of.is_whisper():
		var whisper := request.new_whisper()
		whisper.set_to(of.to)
		whisper.set_name(of.to_name)
		whisper.set_text(of.text)
		whisper.set_action(of.action)
	else:
		var say := request.new_say()
		say.set_room(of.room)
		say.set_text(of.text)
		say.set_action(of.action)
	_send(packet)


func pong() -> void:
	var packet := Packets.Packet.new()
	packet.new_pong()
	_send(packet)


func _ask(
	packet: Packets.Packet,
	what: GuildhallSession.Ask,
	subject: String,
	room: GuildhallRoom = null
) -> Packets.Request:
	var id := take_id()
	_asked[id] = Asked.new(what, subject, room)
	var request := packet.new_request()
	request.set_id(id)
	return request


func _send(packet: Packets.Packet) -> void:
	_actions.append(GuildhallAction.send(packet.to_bytes()))
