extends RefCounted
## The player's token in a [GuildhallSession], and when another one is needed (docs/client.md,
## "Tokens"). It never goes into a log.

## How far a token is.
enum Stage {
	## The server has not got it on this connection.
	NEW,
	## It was sent on this connection.
	SENT,
	## The server has taken it.
	TAKEN,
}

const Connection := preload("connection.gd")

## The close code for a token that is over.
const TOKEN_EXPIRED := 3002
## The close codes for tokens that the server does not take.
const NOT_TAKEN: Array[int] = [3501, 3502]
## The session asks for a token this long before the one that it has is over, in milliseconds,
## or when a tenth of its time is left, if that is longer.
const BEFORE_END := 30_000
## The session asks at the earliest so long after the last token came, in milliseconds: no
## server can make a game ask its backend all the time.
const LEAST_TIME := 5_000

## Whether the game has tokens. Without them, the player is a guest.
var are_used := false
## Whether the game was asked for one and has not answered.
var is_asked := false
## While online: when to ask for another one, or to send this one again; 0 if neither.
var due := 0

# The last one; empty: the player is a guest for now.
var _token := ""
# Whether there is one, also an empty one.
var _has_token := false
var _stage := Stage.NEW
# When it is over; 0 if that is not known.
var _over_at := 0
# How often in a row the game had none.
var _failures := 0


## The game has another one.
func set_token(token: String) -> void:
	are_used = true
	is_asked = false
	due = 0
	_token = token
	_has_token = true
	_stage = Stage.NEW
	_over_at = 0
	_failures = 0


## Whether the next Hello needs another one.
func is_needed(now: int) -> bool:
	var is_over := _over_at != 0 and now >= _over_at
	return are_used and (not _has_token or is_over)


## Whether the server has not got it on this connection.
func is_new() -> bool:
	return _stage == Stage.NEW


## Whether the server has not got it and has to.
func is_unsent() -> bool:
	return is_new() and not _is_guest()


## Returns it for a request that is sent now.
func for_hello() -> String:
	_stage = Stage.SENT
	return _token


## The server has taken it; it holds for this many seconds.
func taken(ttl: int, now: int) -> void:
	if ttl == 0 or not are_used or _stage == Stage.NEW:
		return
	_stage = Stage.TAKEN
	ttl *= 1_000
	_over_at = now + ttl
	var early := mini(maxi(floori(ttl / 10.0), BEFORE_END), floori(ttl / 2.0))
	due = 0 if is_asked else now + maxi(ttl - early, LEAST_TIME)


## The server does not take it, or takes it no longer.
func forget() -> void:
	if _stage != Stage.NEW:
		_token = ""
		_has_token = false
		_over_at = 0
	due = 0


## The server could not look at the new one now.
func delay(until: int) -> void:
	_stage = Stage.NEW
	due = until


## The game has none now, while online.
func failed(now: int, random: float) -> void:
	due = now + Connection.wait_after(_failures, random)
	_failures += 1


## The connection is lost, with this code if the server closed it.
func closed(code: int, was_online: bool) -> void:
	due = 0
	# One that is on its way, or was given meanwhile, may be the one that helps.
	var may_help := was_online and _stage != Stage.TAKEN and not _is_guest()
	if (code == TOKEN_EXPIRED and not may_help) or code in NOT_TAKEN:
		_stage = Stage.SENT
		forget()


## The session is closed: nobody waits for one.
func rest() -> void:
	is_asked = false
	due = 0


func _is_guest() -> bool:
	return _has_token and _token.is_empty()
