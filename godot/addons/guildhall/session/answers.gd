extends RefCounted
## Whether the server of a [GuildhallSession] answers: a server that is frozen, or that
## nothing reaches any more, is noticed long before the heartbeat tells. It knows nothing of
## packets and of the connection's state.

## The server does not answer if nothing came from it for this many milliseconds.
const OVERDUE_AFTER := 5_000

## Whether the server does not answer.
var are_overdue := false

# Since when something waits for an answer and nothing has come; below 0 if that is not known
# yet, or nothing waits.
var _since := -1


## Something begins to wait for an answer, at a time that is not known.
func asked() -> void:
	_since = -1


## The connection is lost.
func reset() -> void:
	_since = -1
	are_overdue = false


## Something came from the server; [param waits] is whether something else waits for its
## answer. Returns whether the server did not answer before.
func received(now: int, waits: bool) -> bool:
	_since = now if waits else -1
	var was_overdue := are_overdue
	are_overdue = false
	return was_overdue


## Time has passed while something waits for an answer. Returns whether the server does not
## answer, as of now.
func tick(now: int) -> bool:
	if _since < 0:
		_since = now
	var is_news := not are_overdue and now >= _since + OVERDUE_AFTER
	are_overdue = are_overdue or is_news
	return is_news


## Returns when [method tick] is due, while something waits for an answer, or -1: at once,
## which [param now] is or was, if it is not known since when.
func wake_at(now: int) -> int:
	if are_overdue:
		return -1
	return now if _since < 0 else _since + OVERDUE_AFTER
