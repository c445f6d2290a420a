class_name GuildhallConnection
extends RefCounted
## The state of a [GuildhallSession]'s connection, and when it changes by itself:
## how long an attempt may take, how long to wait for the next, and how long
## silence is bearable. It knows nothing of what is said.

## The close code of a connection that was lost without one.
const LOST := 1006
## The close code of a goodbye.
const GOODBYE := 1000
## How long an attempt may take, in milliseconds.
const ATTEMPT := 10_000
## After how long online a loss counts as the first again.
const STABLE := 5_000
## The shortest wait; the longest of the first; the longest of all.
const SHORTEST_WAIT := 100
const FIRST_WAIT := 500
const LONGEST_WAIT := 20_000

## What it is doing.
var state := GuildhallSession.State.IDLE
## How the last connection ended.
var close_code := 0
var close_reason := ""
## When the next attempt follows, in [constant GuildhallSession.WAITING].
var waiting_until := 0
## Whether the socket's handshake is done.
var is_open := false
## Milliseconds of silence after which the connection is lost; 0: never.
var longest_silence := 0

var _actions: Array[GuildhallAction]
var _events: Array[GuildhallEvent]
var _failures := 0
var _gives_up_at := 0
var _online_since := 0
var _heard_at := 0


## Puts what is to do and to tell into these.
func _init(actions: Array[GuildhallAction], events: Array[GuildhallEvent]) -> void:
	_actions = actions
	_events = events


## Whether there is a socket, open or not.
func has_socket() -> bool:
	return state == GuildhallSession.State.CONNECTING or state == GuildhallSession.State.ONLINE


## Whether the server's Welcome is there.
func is_online() -> bool:
	return state == GuildhallSession.State.ONLINE


## Begins an attempt.
func attempt(now: int) -> void:
	_gives_up_at = now + ATTEMPT
	_actions.append(GuildhallAction.open())
	_set_state(GuildhallSession.State.CONNECTING)


## The server has said something.
func heard(now: int) -> void:
	_heard_at = now


## The server's Welcome is there.
func welcomed(now: int) -> void:
	_online_since = now
	_set_state(GuildhallSession.State.ONLINE)


## Hangs up: closes the socket and forgets it.
func hang(code: int) -> void:
	is_open = false
	_actions.append(GuildhallAction.hang(code))


## The connection or the attempt is over, and none follows by itself.
func ended(code: int, reason: String) -> void:
	is_open = false
	close_code = code
	close_reason = reason
	_set_state(GuildhallSession.State.CLOSED)


## The connection or the attempt is over; whether another follows is in the code.
func lost(code: int, reason: String, now: int, random: float) -> void:
	if not GuildhallClient.reconnects_after(code):
		ended(code, reason)
		return
	if is_online() and now - _online_since >= STABLE:
		_failures = 0
	is_open = false
	close_code = code
	close_reason = reason
	var longest := minf(LONGEST_WAIT, FIRST_WAIT * 2.0 ** mini(_failures, 30))
	_failures += 1
	waiting_until = now + maxi(SHORTEST_WAIT, floori(random * longest))
	_set_state(GuildhallSession.State.WAITING)


## When the state changes by itself, or -1.
func wake_at() -> int:
	match state:
		GuildhallSession.State.WAITING:
			return waiting_until
		GuildhallSession.State.CONNECTING:
			return _gives_up_at
		GuildhallSession.State.ONLINE:
			if longest_silence > 0:
				return _heard_at + longest_silence
	return -1


func _set_state(next: GuildhallSession.State) -> void:
	state = next
	_events.append(GuildhallEvent.state_changed(state))
