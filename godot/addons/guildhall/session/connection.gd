class_name GuildhallConnection
extends RefCounted
## The state of a [GuildhallSession]'s connection, and when it changes by itself:
## how long an attempt may take, how long to wait for the next, and how long
## silence is bearable. It knows nothing of what is said.

## The close code of a connection that was lost without one.
const LOST := 1006
## The close code of a goodbye.
const GOODBYE := 1000
## The close code for a server that is silent for too long.
const SILENT := 3001
## How long an attempt may take, in milliseconds.
const ATTEMPT := 10_000
## After how long online a loss counts as the first again.
const STABLE := 5_000
## The shortest wait; the longest after the first failure; the longest of all.
const SHORTEST_WAIT := 100
const FIRST_WAIT := 500
const LONGEST_WAIT := 20_000
## How often the wait can double before it is above the longest.
const MOST_DOUBLINGS := 6

## What it is doing.
var state := GuildhallSession.State.IDLE
## How the last connection ended.
var close_code := 0
var close_reason := ""
## When the next attempt follows, in [constant GuildhallSession.WAITING].
var waiting_until := 0
## Whether the socket's handshake is done.
var is_open := false
## Milliseconds of silence after which the connection is lost.
var longest_silence := 0

var _actions: Array[GuildhallAction]
var _events: Array[GuildhallEvent]
# Since the last good connection.
var _failures := 0
# When the state began, and when something came last.
var _since := 0
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


## Begins an attempt, unless there is one.
func attempt(now: int) -> void:
	if has_socket():
		return
	if state != GuildhallSession.State.WAITING:
		_failures = 0
	_since = now
	_actions.append(GuildhallAction.open())
	_set_state(GuildhallSession.State.CONNECTING)


## The socket is there. Whether it was asked for.
func opened(now: int) -> bool:
	if state != GuildhallSession.State.CONNECTING or is_open:
		return false
	is_open = true
	_heard_at = now
	return true


## The server has said something.
func heard(now: int) -> void:
	_heard_at = now


## The server's Welcome is there.
func welcomed(now: int) -> void:
	_since = now
	_set_state(GuildhallSession.State.ONLINE)


## Hangs up, where there is a socket: closes it and forgets it.
func hang(code: int) -> void:
	if has_socket():
		_actions.append(GuildhallAction.hang(code))


## The connection is gone, and none follows by itself.
func ended(code: int, reason: String) -> void:
	is_open = false
	close_code = code
	close_reason = reason
	_set_state(GuildhallSession.State.CLOSED)


## The connection is gone. Whether another follows is in its close code.
func lost(code: int, reason: String, now: int, random: float) -> void:
	if not GuildhallClient.reconnects_after(code):
		ended(code, reason)
		return
	if is_online() and now - _since >= STABLE:
		_failures = 0
	# Full jitter: a thousand clients of a server that restarts do not come back
	# in step.
	var spread := mini(LONGEST_WAIT, FIRST_WAIT << mini(_failures, MOST_DOUBLINGS)) - SHORTEST_WAIT
	waiting_until = now + SHORTEST_WAIT + clampi(int(spread * random), 0, spread)
	_failures += 1
	is_open = false
	close_code = code
	close_reason = reason
	_set_state(GuildhallSession.State.WAITING)


## When the state changes by itself, or -1.
func wake_at() -> int:
	match state:
		GuildhallSession.State.WAITING:
			return waiting_until
		GuildhallSession.State.CONNECTING:
			return _since + ATTEMPT
		GuildhallSession.State.ONLINE:
			return _heard_at + longest_silence
	return -1


func _set_state(next: GuildhallSession.State) -> void:
	state = next
	_events.append(GuildhallEvent.state_changed(state))
