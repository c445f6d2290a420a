class_name GuildhallMessages
extends RefCounted
## The says and whispers of a [GuildhallSession] that have no answer yet, in the
## order of their IDs, and those that have failed and may be tried again. Tells
## what becomes of them.

var _events: Array[GuildhallEvent]
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


## It has arrived. Nothing where it was not waited for.
func arrived(nonce: int) -> void:
	if _pending.erase(nonce):
		_events.append(GuildhallEvent.message_sent(nonce))


## It has failed. Nothing where it was not waited for.
func failed(nonce: int, failure: GuildhallFailure) -> void:
	if _pending.has(nonce):
		_failed[nonce] = _pending[nonce]
		_pending.erase(nonce)
		_events.append(GuildhallEvent.message_failed(nonce, failure))


## The session is gone: nobody knows what became of those that were sent.
func fail_sent() -> void:
	var uncertain := GuildhallFailure.because(GuildhallFailure.Kind.UNCERTAIN)
	for message: GuildhallMessage in _pending.values():
		if message.was_sent:
			failed(message.nonce, uncertain)


## The room is not wanted any more.
func fail_unsent_in(room: String) -> void:
	var not_in_room := GuildhallFailure.because(GuildhallFailure.Kind.NOT_IN_ROOM)
	for message in says_in(room):
		if not message.was_sent:
			failed(message.nonce, not_in_room)


## A room's name is written differently.
func rename_room(old_name: String, new_name: String) -> void:
	for message in says_in(old_name):
		message.room = new_name


## A failed one, or null.
func get_failed(nonce: int) -> GuildhallMessage:
	return _failed.get(nonce)


## Forgets a failed one.
func discard(nonce: int) -> void:
	_failed.erase(nonce)


## The whispers without an answer.
func whispers() -> Array[GuildhallMessage]:
	return says_in("")


## The says in a room without an answer.
func says_in(room: String) -> Array[GuildhallMessage]:
	var chosen: Array[GuildhallMessage] = []
	for message: GuildhallMessage in _pending.values():
		if message.room == room:
			chosen.append(message)
	return chosen
