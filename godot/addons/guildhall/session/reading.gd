extends "rights.gd"
## How far the player has read the rooms of a [GuildhallSession], over all connections.


## The player has read a room up to the line with this number. Does nothing if that is known, or
## if it is none of the room's lines. The server learns it at once, or when the room is joined;
## but at most every five seconds.
func mark_read(room_name: String, seq: int) -> void:
	var wanted := room(room_name)
	if wanted != null and seq > wanted.read_seq and seq <= wanted.last_seq:
		wanted.read_seq = seq
		wanted.mark.read(seq)
		_send_mark(wanted)


## Asks what the player has not read. Returns 0, or one of [enum GuildhallSession.SendError].
func list_unread() -> int:
	var error := _check_request()
	if error == OK:
		_before_asking()
		_requests.list_unread()
	return error


# The player goes: what has been read is told now.
func _send_last_mark(wanted: GuildhallRoom) -> void:
	wanted.mark.hurry()
	_send_mark(wanted)


func _on_marked_read(room_name: String, now: int) -> void:
	var wanted := room(room_name)
	if wanted != null:
		wanted.mark.answered(now)


# A mark was not stored. Nobody is told: the player did not ask for it.
func _on_mark_refused(room_name: String, failure: GuildhallFailure, now: int) -> void:
	var wanted := room(room_name)
	if wanted == null:
		return
	if failure.temporary:
		wanted.mark.refused(_again_at(failure, wanted.mark.delays, now))
	else:
		wanted.mark.answered(now)


# The player has read a room over another connection.
func _on_read_mark(mark: Packets.ReadMark) -> void:
	var wanted := _joined_room(mark.get_room())
	if wanted == null or not mark.has_line():
		return
	var seq := mark.get_line().get_seq()
	if mark.get_line().get_epoch() == wanted.epoch and seq > wanted.read_seq:
		wanted.read_seq = seq
		_events.append(Event.read_mark(wanted.name, seq))
