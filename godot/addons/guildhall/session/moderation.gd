extends "changes.gd"
## The requests of a [GuildhallSession]'s player about other users and about rooms: blocks,
## reports, and what moderators do. The server decides who may.

## The longest topic that a room can have, in bytes.
const MAX_TOPIC_BYTES := 1_024


## Blocks the user with this ID or, if it is 0, with this name; or ends that. Returns 0, or one of
## [enum GuildhallSession.SendError].
func block(user_id: int, user_name: String, take_back := false) -> int:
	var error := _check_request_about(user_id, user_name)
	if error == OK:
		_before_asking()
		_requests.block(user_id, _name_beside(user_id, user_name), take_back)
	return error


## Asks whom the player blocks. Returns the same as [method block].
func list_blocks() -> int:
	var error := _check_request()
	if error == OK:
		_before_asking()
		_requests.list_blocks()
	return error


## Reports the line with this number to the moderators. Returns the same as [method block].
func report_line(room_name: String, seq: int, reason: Packets.Reason, note := "") -> int:
	var error := _check_note(_check_request(), note)
	if error == OK:
		error = _check_line(room_name, seq)
	if error == OK:
		_before_asking()
		_requests.report_line(room(room_name), seq, reason, note)
	return error


## Reports the whisper with this number to the moderators. Returns the same as [method block].
func report_whisper(seq: int, reason: Packets.Reason, note := "") -> int:
	var error := _check_note(_check_request(), note)
	if error == OK and (seq < 1 or seq > _whisper_seq):
		error = GuildhallSession.SendError.NO_SUCH_LINE
	if error == OK:
		_before_asking()
		_requests.report_whisper(seq, reason, note)
	return error


## Reports a user to the moderators. Returns the same as [method block].
func report_user(user_id: int, user_name: String, reason: Packets.Reason, note := "") -> int:
	var error := _check_note(_check_request(), note)
	if error == OK:
		error = _check_named(user_id, user_name)
	if error == OK:
		_before_asking()
		_requests.report_user(user_id, _name_beside(user_id, user_name), reason, note)
	return error


## Imposes a sanction. Returns the same as [method block].
func impose(imposition: GuildhallImposition) -> int:
	var error := _check_note(_check_request(), imposition.rule)
	error = _check_note(error, imposition.note)
	if error == OK:
		error = _check_named(imposition.user, imposition.user_name)
	if error == OK:
		_before_asking()
		var user_name := _name_beside(imposition.user, imposition.user_name)
		_requests.impose(imposition, _present_name(imposition.room), user_name)
	return error


## Ends a sanction in a room, or everywhere if it is empty. Returns the same as [method block].
func lift(
	kind: Packets.SanctionKind, room_name: String, user_id: int, user_name: String, note := ""
) -> int:
	var error := _check_note(_check_request(), note)
	if error == OK:
		error = _check_named(user_id, user_name)
	if error == OK:
		_before_asking()
		var beside := _name_beside(user_id, user_name)
		_requests.lift(kind, _present_name(room_name), user_id, beside, note)
	return error


## Changes settings of a room. Returns the same as [method block].
func change_room(room_name: String, change: GuildhallRoomChange) -> int:
	var error := _check_request()
	if error == OK and change.topic.to_utf8_buffer().size() > MAX_TOPIC_BYTES:
		error = GuildhallSession.SendError.TOO_LONG
	if error == OK:
		_before_asking()
		_requests.change_room(_present_name(room_name), change)
	return error


## Removes all that was said in a room. Returns the same as [method block].
func clear(room_name: String) -> int:
	var error := _check_request()
	if error == OK:
		_before_asking()
		_requests.clear(_present_name(room_name))
	return error


## Removes all that a user has said, in a room or everywhere if it is empty. Returns the same as
## [method block].
func purge(room_name: String, user_id: int, user_name: String) -> int:
	var error := _check_request_about(user_id, user_name)
	if error == OK:
		_before_asking()
		_requests.purge(_present_name(room_name), user_id, _name_beside(user_id, user_name))
	return error


## Gives a user a role, in a room or everywhere if it is empty. Returns the same as
## [method block].
func set_role(user_id: int, user_name: String, room_name: String, new_role: Packets.Role) -> int:
	var error := _check_request_about(user_id, user_name)
	if error == OK:
		_before_asking()
		var beside := _name_beside(user_id, user_name)
		_requests.set_role(user_id, beside, _present_name(room_name), new_role)
	return error


## Asks for the moderators of a joined room. Returns the same as [method block].
func list_moderators(room_name: String) -> int:
	var wanted := room(room_name)
	var error := _check_room_request(wanted)
	if error == OK:
		_before_asking()
		_requests.list_moderators(wanted.name)
	return error


## Asks for the sanctions that hold in a room, or in all that the player moderates if it is empty.
## Returns the same as [method block].
func list_sanctions(room_name: String) -> int:
	var error := _check_request()
	if error == OK:
		_before_asking()
		_requests.list_sanctions(_present_name(room_name))
	return error


func _check_request_about(user_id: int, user_name: String) -> int:
	var error := _check_request()
	return _check_named(user_id, user_name) if error == OK else error


func _check_named(user_id: int, user_name: String) -> int:
	var is_named := user_id != 0 or not user_name.is_empty()
	return OK if is_named else GuildhallSession.SendError.EMPTY


# Returns the error so far or, if there is none, that of a note.
func _check_note(error: int, note: String) -> int:
	if error == OK and note.to_utf8_buffer().size() > limits.note_bytes:
		return GuildhallSession.SendError.TOO_LONG
	return error


# The name in a request that also has an ID, which counts alone.
static func _name_beside(user_id: int, user_name: String) -> String:
	return Limits.truncate_name(user_name) if user_id == 0 else ""


# The name that a room has now, if the player wants it. A moderator may mean another one.
func _present_name(room_name: String) -> String:
	var wanted := room(room_name) if room_name != "" else null
	return Limits.truncate_name(room_name) if wanted == null else wanted.name
