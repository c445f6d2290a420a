class_name GuildhallMessages
extends RefCounted
## The messages of a [GuildhallSession] that the server has not stored: those that are
## pending, and those that have failed and can be sent again. It reports what becomes
## of them, and sends nothing.

## How many failed messages are kept. The oldest are forgotten first.
const MAX_FAILED := 256

var _events: Array[GuildhallEvent]
# Messages by their nonces, in rising order.
var _pending: Dictionary[int, GuildhallMessage] = {}
# Messages by their nonces, in the order in which they failed.
var _failed: Dictionary[int, GuildhallMessage] = {}


## Appends its events to this list.
func _init(events: Array[GuildhallEvent]) -> void:
	_events = events


## Returns how many messages have no answer.
func pending_count() -> int:
	return _pending.size()


## Keeps a message that has no answer yet.
func add(message: GuildhallMessage) -> void:
	_pending[message.nonce] = message
	_events.append(GuildhallEvent.message_pending(message))


## The server has stored the message. This also holds for a message that had failed.
func stored(nonce: int) -> void:
	var message: GuildhallMessage = _pending.get(nonce, _failed.get(nonce))
	if message != null and message.was_sent:
		_pending.erase(nonce)
		_failed.erase(nonce)
		_events.append(GuildhallEvent.message_sent(nonce))


## The server has refused the message.
func refused(nonce: int, failure: GuildhallFailure) -> void:
	var message: GuildhallMessage = _pending.get(nonce)
	if message != null and message.is_on_wire:
		_fail(message, failure)


## Returns the pending messages to this room that are not on the wire; if the room is
## empty, the whispers.
func unsent(room: String) -> Array[GuildhallMessage]:
	var found: Array[GuildhallMessage] = []
	for message: GuildhallMessage in _pending.values():
		if message.room == room and not message.is_on_wire:
			found.append(message)
	return found


## The connection is lost.
func disconnected() -> void:
	for message: GuildhallMessage in _pending.values():
		message.is_on_wire = false


## The room has another name from now on.
func room_renamed(old_name: String, new_name: String) -> void:
	for message: GuildhallMessage in _pending.values() + _failed.values():
		if message.room == old_name:
			message.room = new_name


## Fails the messages that were sent on an earlier connection, whose session is gone.
func fail_uncertain() -> void:
	for message: GuildhallMessage in _pending.values():
		if message.was_sent and not message.is_on_wire:
			_fail(message, GuildhallFailure.of_kind(GuildhallFailure.Kind.UNCERTAIN))


## Fails the whispers to IDs: in a new session, these IDs may belong to strangers.
func fail_whispers_to_ids() -> void:
	for message: GuildhallMessage in _pending.values():
		if message.to != 0:
			_fail_unless_on_wire(message, GuildhallFailure.Kind.DISCONNECTED)


## Fails all messages: no connection follows by itself.
func fail_all() -> void:
	for message: GuildhallMessage in _pending.values():
		_fail_unless_on_wire(message, GuildhallFailure.Kind.DISCONNECTED)


## Fails the messages to rooms other than these.
func fail_outside(rooms: Array[GuildhallRoom]) -> void:
	# Whispers have the empty room.
	var kept := {"": true}
	for room in rooms:
		kept[room.name] = true
	for message: GuildhallMessage in _pending.values():
		if not kept.has(message.room):
			_fail_unless_on_wire(message, GuildhallFailure.Kind.NOT_IN_ROOM)


## Returns a failed message, or null.
func get_failed(nonce: int) -> GuildhallMessage:
	return _failed.get(nonce)


## Forgets a failed message.
func discard(nonce: int) -> void:
	_failed.erase(nonce)


# A message on the wire is still going to be answered.
func _fail_unless_on_wire(message: GuildhallMessage, kind: GuildhallFailure.Kind) -> void:
	if message.is_on_wire:
		return
	if message.was_sent:
		kind = GuildhallFailure.Kind.UNCERTAIN
	_fail(message, GuildhallFailure.of_kind(kind))


func _fail(message: GuildhallMessage, failure: GuildhallFailure) -> void:
	message.is_on_wire = false
	_pending.erase(message.nonce)
	_failed[message.nonce] = message
	_events.append(GuildhallEvent.message_failed(message.nonce, failure))
	if _failed.size() > MAX_FAILED:
		# The oldest message has the lowest nonce, whenever it failed.
		_failed.erase(_failed.keys().min())
