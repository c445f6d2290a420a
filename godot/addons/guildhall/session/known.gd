extends RefCounted
## The knowledge of a [GuildhallSession], and the pieces that each half of it needs: its parts,
## the end of everything that waits, and Hello.

const Answers := preload("answers.gd")
const Packets := preload("../packets.gd")
const Action := preload("action.gd")
const Connection := preload("connection.gd")
const Event := preload("event.gd")
const Limits := preload("limits.gd")
const LostHello := preload("lost_hello.gd")
const Messages := preload("messages.gd")
const Requests := preload("moderation_requests.gd")
const Tokens := preload("tokens.gd")

## The state of the session.
var state: GuildhallSession.State:
	get:
		return _connection.state
## The close code of the last connection.
var close_code: int:
	get:
		return _connection.close_code
## The close reason of the last connection.
var close_reason: String:
	get:
		return _connection.close_reason
## When the next attempt starts, in [constant GuildhallSession.WAITING].
var waiting_until: int:
	get:
		return _connection.waiting_until
## Whether the server answers. It does not if something waits for its answer and nothing at
## all came from it for 5 s.
var server_answers: bool:
	get:
		return not _answers.are_overdue
## Whether the server was reached on the last connection that has ended.
var was_open: bool:
	get:
		return _connection.was_open
## Whether there is a socket, open or being opened.
var has_socket: bool:
	get:
		return _connection.has_socket()
## Whether messages wait for the server's answer.
var has_pending: bool:
	get:
		return _messages.pending_count() > 0
## Whether the session has asked for a token of the player and waits for it.
var awaits_token: bool:
	get:
		return _tokens.is_asked
## The player's account, as the last Welcome says; empty for a guest.
var user := ""
## The info that the game's backend gives the player: [method GuildhallInfo.read] reads it.
var info := ""
## The number of this session among those of the player's account.
var session_number := 0
## Whether the player may choose another name, as the last Welcome says.
var may_rename := false
## The client's ID; 0 before the first Welcome.
var id := 0
## The client's name; before the first Welcome, the wanted name.
var name := ""
## The server's limits.
var limits := Limits.new()
## The wanted rooms, in the order in which the player asked for them.
var rooms: Array[GuildhallRoom] = []
## The ID of the client that sent the last whisper; 0 if there is none yet.
var last_whisperer := 0
## The name of the client that sent the last whisper.
var last_whisperer_name := ""
## The number of the last whisper of another client to this session; 0 if there is none.
var last_whisper := 0
## The secret of the last Welcome: whoever has it can go on with this session.
var secret := PackedByteArray()

var _actions: Array[Action] = []
var _events: Array[Event] = []
var _connection := Connection.new(_actions, _events)
var _answers := Answers.new()
var _requests := Requests.new(_actions)
var _messages := Messages.new(_events)
var _tokens := Tokens.new()
# When to send Hello again, which was refused for now; 0 if it was not.
var _hello_at := 0
var _lost_hello := LostHello.new()
# The name that is asked for again at this time, because it was refused for now.
var _delayed_name := ""
var _delayed_name_at := 0
# The ID of the Search that has no answer yet, or 0.
var _search_id := 0
# Rooms that the player's tokens have named.
var _given_rooms: Array[String] = []
var _whisper_seq := 0
# The name that the player wants and that was not sent yet.
var _pending_name := ""
# The last name that the player wanted and the server accepted.
var _accepted_name := ""


func _init(wanted_name := "") -> void:
	name = Limits.truncate_name(wanted_name)
	_pending_name = name
	_connection.longest_silence = limits.longest_silence()


## Removes and returns the next action, or null if there is none.
func next_action() -> Action:
	return _actions.pop_front()


## Removes and returns the next event, or null if there is none.
func next_event() -> Event:
	return _events.pop_front()


## Returns a wanted room by its name, or else by the name that the player asked for; or
## null.
func room(room_name: String) -> GuildhallRoom:
	room_name = Limits.truncate_name(room_name)
	for wanted in rooms:
		if wanted.name == room_name:
			return wanted
	for wanted in rooms:
		if wanted.was_requested_as(room_name):
			return wanted
	return null


## Returns how many bytes a text may have in a room; if the room is empty, in a whisper.
func longest_text(room_name: String) -> int:
	var wanted := room(room_name)
	var most := 0 if wanted == null else wanted.settings.text_bytes
	return limits.text_bytes if most == 0 else mini(most, limits.text_bytes)


## The client keeps no lines of a room before this one any more: [method fetch_history] asks
## for those before it. Does nothing if that is none of the room's lines.
func forget_before(room_name: String, seq: int) -> void:
	var wanted := room(room_name)
	if wanted != null:
		wanted.forget_before(seq)


# Returns the room to which the server gives this name, if the client is in it; or null.
func _joined_room(room_name: String) -> GuildhallRoom:
	for wanted in rooms:
		if wanted.name == room_name:
			return wanted if wanted.joined else null
	return null


# Whether something that was sent on this connection has no answer.
func _waits_for_answer() -> bool:
	return not _requests.is_empty() or _messages.wait_for_answer()


# Something is sent that the server has to answer. The time is not known here: if nothing
# else waits, the next tick tells since when.
func _before_asking() -> void:
	if not _waits_for_answer():
		_answers.asked()


func _send_messages(room_name: String) -> void:
	_before_asking()
	for message in _messages.unsent(room_name):
		_requests.message(message)


# Tells how far the player has read a room, if there is something to tell.
func _send_mark(wanted: GuildhallRoom) -> void:
	var seq := wanted.mark.next() if wanted.joined else 0
	if seq != 0:
		_before_asking()
		_requests.mark_read(wanted, seq)


func _send_hello(wanted_name: String) -> void:
	_requests.hello(wanted_name, secret, _whisper_seq, _tokens.for_hello())


# Sends Hello with the name that the player wants.
func _say_hello() -> void:
	_send_hello(_pending_name if _pending_name != "" else _accepted_name)


# Fails or keeps what was pending on the lost connection.
func _disconnected() -> void:
	_answers.reset()
	_hello_at = 0
	_search_id = 0
	for wanted in rooms:
		wanted.disconnected()
	var failure := GuildhallFailure.of_kind(GuildhallFailure.Kind.DISCONNECTED)
	for request in _requests.take_all():
		if request.kind == GuildhallSession.RequestKind.HELLO:
			_lost_hello.note(request.wanted_name)
		if request.fails_with_connection():
			_events.append(Event.refused(request.kind, request.subject, failure))
	_messages.disconnected()
	if _delayed_name != "":
		_pending_name = _delayed_name
		_delayed_name = ""
	if state == GuildhallSession.State.CLOSED:
		_tokens.rest()
		_messages.fail_all()
	else:
		_messages.fail_outside(rooms)


# Sends the messages that nothing keeps from being sent any more.
func _send_unblocked() -> void:
	if not _connection.is_online():
		return
	for wanted in rooms:
		if wanted.joined:
			_send_messages(wanted.name)
	_send_messages("")


func _check_request() -> int:
	if not _connection.is_online():
		return GuildhallSession.SendError.NOT_ONLINE
	if _requests.is_full():
		return GuildhallSession.SendError.TOO_MANY_PENDING
	return OK


func _check_room_request(wanted: GuildhallRoom) -> int:
	var error := _check_request()
	if error == OK and (wanted == null or not wanted.joined):
		error = GuildhallSession.SendError.NOT_IN_ROOM
	return error
