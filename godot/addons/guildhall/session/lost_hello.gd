extends RefCounted
## A Hello whose connection was lost before its answer. The server may have accepted it: then a
## session has the name that nobody can resume, until the server notices that its client is gone.

## For how long the server may take to notice it, in milliseconds.
const HELD_FOR := 40_000

## How long the session waits before it asks for the name again, in milliseconds.
const AGAIN_AFTER := 2_000

var _name := ""
# Until when a refusal of the name may be its doing; 0: it was not refused so far.
var _until := 0


## A Hello for this name was lost. If others were, it does not take longer than with them.
func note(name: String) -> void:
	if _name != name:
		_name = name
		_until = 0


## The name is another user's. Returns when to ask for it again, because that may be nobody else
## than this session; 0: it is refused for good.
func again_at(name: String, now: int) -> int:
	if _name == "" or _name != name:
		return 0
	if _until == 0:
		_until = now + HELD_FOR
	if now < _until:
		return now + AGAIN_AFTER
	forget()
	return 0


## The server has accepted a Hello.
func forget() -> void:
	_name = ""
	_until = 0
