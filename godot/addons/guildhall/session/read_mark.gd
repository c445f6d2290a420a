extends RefCounted
## How far the player has read a room, on its way to the server: one mark at a time, and not more
## often than every five seconds. Of those that come meanwhile, the newest wins.

## The shortest time from the answer to a mark until the next one, in milliseconds: a player who
## reads along must not send as much as all others say.
const BETWEEN_MARKS := 5_000

## Before this time, no mark goes out; 0 if nothing keeps it.
var again_at := 0
## How often in a row a mark was refused for now.
var delays := 0

# The number of the line up to which the player has read; 0: nothing is to be sent.
var _wanted := 0
# The one that was sent and has no answer; 0: none.
var _asked := 0


## The player has read up to this line.
func read(seq: int) -> void:
	_wanted = seq


## The marks of another epoch mean nothing.
func forget() -> void:
	_wanted = 0
	disconnected()


## The connection is lost.
func disconnected() -> void:
	_asked = 0
	again_at = 0
	delays = 0


## The server knows that the player has read up to this line.
func known(seq: int) -> void:
	if _wanted <= seq:
		_wanted = 0


## Nothing keeps the mark from being sent: the player goes.
func hurry() -> void:
	again_at = 0
	if _asked != _wanted:
		_asked = 0


## Whether the wait is over now.
func is_due(now: int) -> bool:
	var is_over := again_at != 0 and again_at <= now
	if is_over:
		again_at = 0
	return is_over


## Returns the number of the line to send now; 0 if there is none. It has to be sent.
func next() -> int:
	if _asked != 0 or again_at != 0:
		return 0
	_asked = _wanted
	return _asked


## The mark that was sent has its answer.
func answered(now: int) -> void:
	if _asked == _wanted:
		_wanted = 0
	_asked = 0
	delays = 0
	again_at = now + BETWEEN_MARKS


## The mark was refused for now.
func refused(until: int) -> void:
	_asked = 0
	again_at = until
	delays += 1
