extends RefCounted
## The requests of a [GuildhallSession] that have no answer yet: their IDs, and what each of them
## asks.

const Packets := preload("../packets.gd")
const Action := preload("action.gd")

## The most requests that may be pending.
const MAX_PENDING := 256

var _actions: Array[Action]
var _pending: Dictionary[int, PendingRequest] = {}
var _last_id := 0


## A request that the server has not answered.
class PendingRequest:
	var kind: GuildhallSession.RequestKind
	## The room or the name that the request is about, for the player.
	var subject := ""
	## The name that a Hello asks for; empty: none.
	var wanted_name := ""
	## Whether it only finds out whether the server answers.
	var is_check := false
	## The epoch of a FetchHistory.
	var epoch := 0
	## The line number of a FetchHistory: it asks for lines before this one.
	var before := 0
	## Whether a FetchHistory asks for the lines of a time.
	var is_of_time := false
	## Whether it tells how far the player has read. Nobody is told if that fails.
	var is_mark := false
	## Whether a Search asks for the first page.
	var is_first := false

	func _init(request_kind: GuildhallSession.RequestKind, about: String) -> void:
		kind = request_kind
		subject = about

	## Whether the request fails with its connection. Hello, Refresh, Join and Leave do not:
	## the next connection takes care of them.
	func fails_with_connection() -> bool:
		return (
			not is_check
			and not is_mark
			and kind != GuildhallSession.RequestKind.HELLO
			and kind != GuildhallSession.RequestKind.REFRESH
			and kind != GuildhallSession.RequestKind.JOIN
			and kind != GuildhallSession.RequestKind.LEAVE
		)


## Appends what it sends to this list.
func _init(actions: Array[Action]) -> void:
	_actions = actions


## Returns an ID that was never used.
func next_id() -> int:
	_last_id += 1
	return _last_id


## From now on, IDs are above this one.
func skip_to(id: int) -> void:
	_last_id = maxi(_last_id, id)


## Whether no further request may be made until one is answered.
func is_full() -> bool:
	return _pending.size() >= MAX_PENDING


## Whether no request is pending.
func is_empty() -> bool:
	return _pending.is_empty()


## Removes and returns the pending request with this ID, or null if there is none.
func take(id: int) -> PendingRequest:
	var request: PendingRequest = _pending.get(id)
	_pending.erase(id)
	return request


## Puts a request back that [method take] has returned: it is still pending.
func put_back(id: int, request: PendingRequest) -> void:
	_pending[id] = request
	_pending.sort()


## Removes and returns all pending requests, in the order of their IDs.
func take_all() -> Array[PendingRequest]:
	var all: Array[PendingRequest] = []
	all.assign(_pending.values())
	_pending.clear()
	return all


# Puts a new request into a packet and keeps it as pending. Its body is still missing.
func _request(
	packet: Packets.Packet, kind: GuildhallSession.RequestKind, subject: String
) -> Packets.Request:
	var id := next_id()
	_pending[id] = PendingRequest.new(kind, subject)
	var request := packet.new_request()
	request.set_id(id)
	return request


func _send(packet: Packets.Packet) -> void:
	_actions.append(Action.send(packet.to_bytes()))
