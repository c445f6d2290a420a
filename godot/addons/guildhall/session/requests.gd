class_name GuildhallRequests
extends RefCounted
## The requests of a [GuildhallSession]: their IDs, their bytes, and which of
## them have no answer yet. Says and whispers are kept by [GuildhallMessages],
## and only put into bytes here.

const Packets := preload("../packets.gd")

## The version of the protocol.
const VERSION := 1

## More requests than this do not wait for answers at a time.
const MOST_ASKED := 256

var _actions: Array[GuildhallAction]
var _asked: Dictionary[int, Asked] = {}
var _last_id := 0


## A request that waits for its answer.
class Asked:
	var what: GuildhallSession.Ask
	## The room or name that it is about, for the player.
	var subject := ""
	## With Hello: whether it wants a name.
	var is_named := false
	## With FetchHistory: lines of this epoch, before this number.
	var epoch := 0
	var before := 0

	func _init(kind: GuildhallSession.Ask, about: String) -> void:
		what = kind
		subject = about

	## Whether it is lost with its connection: nobody sees to it in the next.
	func is_lost() -> bool:
		return (
			what != GuildhallSession.Ask.HELLO
			and what != GuildhallSession.Ask.JOIN
			and what != GuildhallSession.Ask.LEAVE
		)


## Puts what is to send into this.
func _init(actions: Array[GuildhallAction]) -> void:
	_actions = actions


## An ID that was never used.
func take_id() -> int:
	_last_id += 1
	return _last_id


## Whether the player has to wait.
func is_full() -> bool:
	return _asked.size() >= MOST_ASKED


## The request that waits for this answer, or null. It waits no longer.
func take(id: int) -> Asked:
	var asked: Asked = _asked.get(id)
	_asked.erase(id)
	return asked


## It waits on: that was no answer.
func put_back(id: int, asked: Asked) -> void:
	_asked[id] = asked
	_asked.sort()


## The connection is gone: the requests that had no answer, in their order.
func take_all() -> Array[Asked]:
	var all: Array[Asked] = []
	all.assign(_asked.values())
	_asked.clear()
	return all


func hello(name: String, session: PackedByteArray, whisper_seq: int) -> void:
	var packet := Packets.Packet.new()
	var ask := _ask(packet, GuildhallSession.Ask.HELLO, "").new_hello()
	_asked[_last_id].is_named = name != ""
	ask.set_version(VERSION)
	ask.set_name(name)
	ask.set_session(session)
	ask.set_whisper_seq(whisper_seq)
	_send(packet)


func join(room: GuildhallRoom) -> void:
	var packet := Packets.Packet.new()
	var ask := _ask(packet, GuildhallSession.Ask.JOIN, room.name).new_join()
	room.joining = _last_id
	ask.set_room(room.name)
	ask.set_epoch(room.epoch)
	ask.set_seq(room.last_seq)
	_send(packet)


func leave(room: String) -> void:
	var packet := Packets.Packet.new()
	_ask(packet, GuildhallSession.Ask.LEAVE, room).new_leave().set_room(room)
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
	var ask := _ask(packet, GuildhallSession.Ask.FETCH_HISTORY, room.name).new_fetch_history()
	_asked[_last_id].epoch = room.epoch
	_asked[_last_id].before = room.oldest_seq
	ask.set_room(room.name)
	ask.set_epoch(room.epoch)
	ask.set_before(room.oldest_seq)
	_send(packet)


## Sends a say or a whisper, for the first time or again.
func message(of: GuildhallMessage) -> void:
	of.was_sent = true
	of.is_on_wire = true
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


func _ask(packet: Packets.Packet, what: GuildhallSession.Ask, subject: String) -> Packets.Request:
	var id := take_id()
	_asked[id] = Asked.new(what, subject)
	var request := packet.new_request()
	request.set_id(id)
	return request


func _send(packet: Packets.Packet) -> void:
	_actions.append(GuildhallAction.send(packet.to_bytes()))
