extends RefCounted
## The messages of a [GuildhallSession] that the server has not stored: those that are
## pending, and those that have failed and can be sent again. It reports what becomes
## of them, and sends nothing.

const Event := preload("event.gd")

## How many failed messages are kept. The oldest are forgotten first.
const MAX_FAILED := 256
## How many messages can wait for a moderator. The oldest ones are told as uncertain.
const MAX_HELD := 256

## The shortest time after which a message that was refused for now is sent again, in
## milliseconds.
const MIN_WAIT := 100
## The longest such time.
const MAX_WAIT := 60_000

var _events: Array[Event]
# Messages by their nonces, in rising order.
var _pending: Dictionary[int, GuildhallMessage] = {}
# Messages by their nonces, in the order in which they failed.
var _failed: Dictionary[int, GuildhallMessage] = {}
# How many of the pending ones wait for a moderator.
var _held_count := 0


## Appends its events to this list.
func _init(events: Array[Event]) -> void:
	_events = events


## Returns how many messages have no answer.
func pending_count() -> int:
	return _pending.size() - _held_count


## Whether any was sent on this connection and has no answer.
func wait_for_answer() -> bool:
	for message: GuildhallMessage in _pending.values():
		if message.is_on_wire:
			return true
	return false


## Keeps a message that has no answer yet.
func add(message: GuildhallMessage) -> void:
	_pending[message.nonce] = message
	if message.kind == GuildhallMessage.Kind.TEXT:
		_events.append(Event.message_pending(message))


## The server has stored the message. This also holds for a message that had failed.
## Returns whether it was news.
func stored(nonce: int) -> bool:
	var message: GuildhallMessage = _pending.get(nonce, _failed.get(nonce))
	var is_news := message != null and message.was_sent
	if is_news:
		_end_hold(message)
		_pending.erase(nonce)
		_failed.erase(nonce)
		_events.append(Event.message_sent(nonce))
	return is_news


## The server has refused the message. Returns whether it was news.
func refused(nonce: int, failure: GuildhallFailure) -> bool:
	var message: GuildhallMessage = _pending.get(nonce)
	var is_news := message != null and message.is_on_wire
	if is_news:
		_fail(message, failure)
	return is_news


## The server has refused the message for now. Returns whether it was news.
func delayed(nonce: int, retry_after: int, now: int) -> bool:
	var message: GuildhallMessage = _pending.get(nonce)
	var is_news := message != null and message.is_on_wire
	if is_news:
		message.delayed_until = now + clampi(retry_after, MIN_WAIT, MAX_WAIT)
		message.was_delayed = true
		message.is_on_wire = false
		# It is not stored.
		message.was_sent = false
	return is_news


## The server has taken the message, which waits for a moderator and counts in this session.
## Returns whether it was news.
func held(nonce: int, session: int) -> bool:
	var message: GuildhallMessage = _pending.get(nonce)
	if message == null or not message.is_on_wire:
		return false
	message.is_on_wire = false
	message.was_delayed = false
	message.is_held = true
	message.held_session = session
	_held_count += 1
	if _held_count > MAX_HELD:
		for oldest: GuildhallMessage in _pending.values():
			if oldest.is_held:
				_fail(oldest, GuildhallFailure.of_kind(GuildhallFailure.Kind.UNCERTAIN))
				break
	return true


## Whether a message waits for a moderator that counts in this session.
func is_held(nonce: int, session: int) -> bool:
	var message: GuildhallMessage = _pending.get(nonce)
	return message != null and message.is_held and message.held_session == session


## A moderator has rejected a message that is held.
func rejected(nonce: int, words: String) -> void:
	_pending[nonce].was_sent = false
	_fail(_pending[nonce], GuildhallFailure.rejected(words))


## Returns when the first delayed message is due; 0 if there is none.
func wake_at() -> int:
	var first := 0
	for message: GuildhallMessage in _pending.values():
		if message.delayed_until > 0 and (first == 0 or message.delayed_until < first):
			first = message.delayed_until
	return first


## The delayed messages that are due are unsent from now on. Returns whether there was one.
func end_delays(now: int) -> bool:
	var is_any := false
	for message: GuildhallMessage in _pending.values():
		if message.delayed_until > 0 and message.delayed_until <= now:
			message.delayed_until = 0
			is_any = true
	return is_any


## Returns the pending messages to this room that can be sent now; if the room is empty,
## the whispers. Behind a message that was delayed, others to the same recipient wait for
## its answer, so that they keep their order.
func unsent(room: String) -> Array[GuildhallMessage]:
	var found: Array[GuildhallMessage] = []
	var blocked := {}
	for message: GuildhallMessage in _pending.values():
		if message.room != room or message.is_held:
			continue
		var recipient := [message.to, message.to_name]
		var is_free := not blocked.has(recipient)
		if message.was_delayed:
			blocked[recipient] = true
		if is_free and not message.is_on_wire and message.delayed_until == 0:
			found.append(message)
	return found


## The connection is lost.
func disconnected() -> void:
	for message: GuildhallMessage in _pending.values():
		message.is_on_wire = false
		message.delayed_until = 0
		message.was_delayed = false


## The room has another name from now on.
func room_renamed(old_name: String, new_name: String) -> void:
	for message: GuildhallMessage in _pending.values() + _failed.values():
		if message.room == old_name:
			message.room = new_name


## Fails the messages that were sent on an earlier connection, whose session is gone. The player
## hears what becomes of a held one only as the same user as before.
func fail_uncertain(same_user: bool) -> void:
	for message: GuildhallMessage in _pending.values():
		var is_lost := not message.is_held or not same_user
		if message.was_sent and not message.is_on_wire and is_lost:
			_fail(message, GuildhallFailure.of_kind(GuildhallFailure.Kind.UNCERTAIN))


## Fails the whispers to IDs: in a new session, these IDs may belong to strangers.
func fail_whispers_to_ids() -> void:
	for message: GuildhallMessage in _pending.values():
		if message.to != 0 and not message.is_held:
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
	message.delayed_until = 0
	_end_hold(message)
	_pending.erase(message.nonce)
	if message.kind != GuildhallMessage.Kind.TEXT:
		# The player may ask for the change anew.
		_events.append(Event.change_failed(message, failure))
		return
	_failed[message.nonce] = message
	_events.append(Event.message_failed(message.nonce, failure))
	if _failed.size() > MAX_FAILED:
		# The oldest message has the lowest nonce, whenever it failed.
		_failed.erase(_failed.keys().min())


func _end_hold(message: GuildhallMessage) -> void:
	if message.is_held:
		message.is_held = false
		_held_count -= 1
