class_name GuildhallMessages
extends RefCounted
## The says and whispers of a [GuildhallSession] until the server has stored
## them: those that are pending, and those that have failed and can be sent anew.
## Tells what becomes of them, and sends nothing.

## So many failed messages can be sent anew; the oldest are forgotten.
const MOST_FAILED := 256

var _events: Array[GuildhallEvent]
# By their nonces, which only grow.
var _pending: Dictionary[int, GuildhallMessage] = {}
var _failed: Dictionary[int, GuildhallMessage] = {}


## Puts what is to tell into this.
func _init(events: Array[GuildhallEvent]) -> void:
	_events = events


## How many have no answer.
func pending_count() -> int:
	return _pending.size()


## Keeps one that has no answer yet.
func add(message: GuildhallMessage) -> void:
	_pending[message.nonce] = message
	_events.append(GuildhallEvent.message_pending(message))


## The server has stored it. One that was thought to have failed counts too.
func stored(nonce: int) -> void:
	var message: GuildhallMessage = _pending.get(nonce, _failed.get(nonce))
	if message != null and message.was_sent:
		_pending.erase(nonce)
		_failed.erase(nonce)
		_events.append(GuildhallEvent.message_sent(nonce))


## The server has refused it.
func refused(nonce: int, failure: GuildhallFailure) -> void:
	var message: GuildhallMessage = _pending.get(nonce)
	if message != null and message.is_on_wire:
		_fail(message, failure)


## What is not on the wire, of one room; or all such whispers, where it is empty.
func unsent(room: String) -> Array[GuildhallMessage]:
	var chosen: Array[GuildhallMessage] = []
	for message: GuildhallMessage in _pending.values():
		if message.room == room and not message.is_on_wire:
			chosen.append(message)
	return chosen


## The connection is gone.
func disconnected() -> void:
	for message: GuildhallMessage in _pending.values():
		message.is_on_wire = false


## A room is written differently from now on.
func room_is_called(old_name: String, new_name: String) -> void:
	for message: GuildhallMessage in _pending.values() + _failed.values():
		if message.room == old_name:
			message.room = new_name


## Fails what was sent on an earlier connection: its session is gone.
func fail_uncertain() -> void:
	for message: GuildhallMessage in _pending.values():
		if message.was_sent and not message.is_on_wire:
			_fail(message, GuildhallFailure.because(GuildhallFailure.Kind.UNCERTAIN))


## Fails whispers to IDs that were never sent: in a new session they may be a
## stranger's.
func fail_to_ids() -> void:
	for message: GuildhallMessage in _pending.values():
		if message.to != 0:
			_fail_unless_sent(message, GuildhallFailure.Kind.DISCONNECTED)


## Fails everything: no connection follows by itself.
func fail_all() -> void:
	for message: GuildhallMessage in _pending.values():
		_fail_unless_sent(message, GuildhallFailure.Kind.DISCONNECTED)


## Fails what is not on the wire in rooms that are not among these.
func fail_outside(rooms: Array[GuildhallRoom]) -> void:
	var wanted := {"": true}
	for room in rooms:
		wanted[room.name] = true
	for message: GuildhallMessage in _pending.values():
		if not wanted.has(message.room):
			_fail_unless_sent(message, GuildhallFailure.Kind.NOT_IN_ROOM)


## A failed one, or null.
func get_failed(nonce: int) -> GuildhallMessage:
	return _failed.get(nonce)


## Forgets a failed one.
func discard(nonce: int) -> void:
	_failed.erase(nonce)


func _fail_unless_sent(message: GuildhallMessage, kind: GuildhallFailure.Kind) -> void:
	if message.is_on_wire:
		return
	if message.was_sent:
		kind = GuildhallFailure.Kind.UNCERTAIN
	_fail(message, GuildhallFailure.because(kind))


func _fail(message: GuildhallMessage, failure: GuildhallFailure) -> void:
	message.is_on_wire = false
	_pending.erase(message.nonce)
	_failed[message.nonce] = message
	_events.append(GuildhallEvent.message_failed(message.nonce, failure))
	if _failed.size() > MOST_FAILED:
		# The oldest is that with the lowest nonce, whenever it failed.
		_failed.erase(_failed.keys().min())
