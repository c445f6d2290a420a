extends RefCounted
## The state of a [GuildhallSession]'s connection, and when it changes by itself:
## how long an attempt may take, how long to wait before the next one, and how long
## the server may be silent. It knows nothing of packets.

const Action := preload("action.gd")
const Event := preload("event.gd")

## The close code of a connection that ended without a close frame.
const LOST := 1006
## The close code when the user closes the connection.
const GOODBYE := 1000
## The close code of a server that stops.
const GOING_AWAY := 1001
## The close code for a server that has been silent for too long.
const SILENT := 3001
## How long an attempt may take, in milliseconds.
const ATTEMPT_TIMEOUT := 10_000
## How long a connection must be online, in milliseconds, before its loss counts as
## the first failure again.
const STABLE_AFTER := 5_000
## The shortest wait before an attempt, in milliseconds.
const SHORTEST_WAIT := 100
## The longest wait after the first failure, in milliseconds. It doubles with each
## further failure.
const FIRST_WAIT := 500
## The longest wait of all, in milliseconds.
const LONGEST_WAIT := 20_000
## The longest time, in milliseconds, over which a server that stops may spread its clients.
const LONGEST_SPREAD := 120_000
## Over how many milliseconds the clients of a server that stops spread themselves, if they did
## not hear how long it wants.
const UNTOLD_SPREAD := 10_000
## How often the wait can double before it exceeds [constant LONGEST_WAIT].
const MAX_DOUBLINGS := 6

## What the connection is doing.
var state := GuildhallSession.State.IDLE
## The close code of the last connection.
var close_code := 0
## The close reason of the last connection.
var close_reason := ""
## When the next attempt starts, in [constant GuildhallSession.WAITING].
var waiting_until := 0
## Whether the socket's handshake has succeeded.
var is_open := false
## Whether that of the last connection that has ended had succeeded.
var was_open := false
## Whether the attempt waits for the player's token and has no socket yet.
var is_held := false
## After this many milliseconds of silence the connection counts as lost.
var longest_silence := 0

var _actions: Array[Action]
var _events: Array[Event]
# Failures since the last stable connection.
var _failures := 0
# When the present state began.
var _state_since := 0
# When the last message came.
var _last_message_at := 0
# Over how many milliseconds a server that stops spreads its clients. 0: it has not said so.
var _spread := 0


## Appends its actions and events to these lists.
func _init(actions: Array[Action], events: Array[Event]) -> void:
	_actions = actions
	_events = events


## Whether there is a socket, open or not.
func has_socket() -> bool:
	return _is_under_way() and not is_held


## Whether the server has answered Hello with Welcome.
func is_online() -> bool:
	return state == GuildhallSession.State.ONLINE


## Starts an attempt to connect. Returns false if one is under way or has succeeded.
func attempt(now: int) -> bool:
	if _is_under_way():
		return false
	if state != GuildhallSession.State.WAITING:
		_failures = 0
	_state_since = now
	_spread = 0
	_set_state(GuildhallSession.State.CONNECTING)
	return true


## The player's token is there. Returns whether an attempt has waited for it: it starts now.
func release(now: int) -> bool:
	var was_held := is_held
	if was_held:
		is_held = false
		_state_since = now
	return was_held


## The socket's handshake has succeeded. Returns whether an attempt was waiting for it.
func opened(now: int) -> bool:
	if state != GuildhallSession.State.CONNECTING or is_open or is_held:
		return false
	is_open = true
	_last_message_at = now
	return true


## The server has sent a message.
func message_received(now: int) -> void:
	_last_message_at = now


## Returns when the last message came.
func last_received() -> int:
	return _last_message_at


## The server stops: the wait for the next attempt is anything up to [param return_within]
## milliseconds.
func going_away(return_within: int) -> void:
	_spread = mini(LONGEST_SPREAD, return_within)


## The same, if the client may not have heard it.
func spread_return() -> void:
	if _spread == 0:
		_spread = UNTOLD_SPREAD


## The server has sent Welcome.
func welcomed(now: int) -> void:
	_state_since = now
	_set_state(GuildhallSession.State.ONLINE)


## Closes and forgets the socket, if there is one.
func close_socket(code: int) -> void:
	if has_socket():
		_actions.append(Action.close(code))


## The connection has ended, and no attempt follows by itself.
func closed(code: int, reason: String) -> void:
	_end(code, reason, GuildhallSession.State.CLOSED)


## The connection has ended. Its close code says whether another attempt follows.
func lost(code: int, reason: String, now: int, random: float) -> void:
	if not GuildhallClient.reconnects_after(code):
		closed(code, reason)
		return
	if is_online() and now - _state_since >= STABLE_AFTER:
		_failures = 0
	waiting_until = now + _part_of(maxi(_longest_wait(_failures), _spread), random)
	_spread = 0
	_failures += 1
	_end(code, reason, GuildhallSession.State.WAITING)


## Returns how long to wait after this many failures in a row, in milliseconds: full jitter,
## so that the clients of a server that restarts do not all come back at the same time.
static func wait_after(failures: int, random: float) -> int:
	return _part_of(_longest_wait(failures), random)


## Returns when the state changes by itself, or -1 if it does not.
func wake_at() -> int:
	match state:
		GuildhallSession.State.WAITING:
			return waiting_until
		GuildhallSession.State.CONNECTING when not is_held:
			return _state_since + ATTEMPT_TIMEOUT
		GuildhallSession.State.ONLINE:
			return _last_message_at + longest_silence
	return -1


static func _longest_wait(failures: int) -> int:
	return mini(LONGEST_WAIT, FIRST_WAIT << mini(failures, MAX_DOUBLINGS))


static func _part_of(longest: int, random: float) -> int:
	var spread := longest - SHORTEST_WAIT
	return SHORTEST_WAIT + clampi(int(spread * random), 0, spread)


func _is_under_way() -> bool:
	return state == GuildhallSession.State.CONNECTING or state == GuildhallSession.State.ONLINE


func _end(code: int, reason: String, next: GuildhallSession.State) -> void:
	was_open = is_open
	is_open = false
	is_held = false
	close_code = code
	close_reason = reason
	_set_state(next)


func _set_state(next: GuildhallSession.State) -> void:
	state = next
	_events.append(Event.state_changed(state))
