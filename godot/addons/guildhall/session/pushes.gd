extends "search.gd"
## Packets of moderation, from the server of a [GuildhallSession]: that something holds against the
## player, that a message was rejected, that the game has put the player into another room; and
## the answers to requests about other users and about rooms.

## So many rooms the client is in at the most if the game puts it into another one.
const MAX_ROOMS := 256


# A packet that the server sends unasked, while online.
func _on_push(packet: Packets.Packet, now: int) -> void:
	if packet.has_renamed():
		_on_renamed(packet.get_renamed().get_name())
	elif packet.has_sanctions():
		_take_sanctions(packet.get_sanctions().get_sanctions(), now)
	elif packet.has_rejected():
		_on_rejected(packet.get_rejected())
	elif packet.has_blocks():
		_take_blocks(packet.get_blocks().get_users())
	elif packet.has_report_decided():
		_events.append(Event.report_decided(packet.get_report_decided()))
	elif packet.has_moved() and packet.get_moved().has_joined():
		_on_moved(packet.get_moved().get_from(), packet.get_moved().get_joined())


# The number of this session among those of the player, also if it is the one that equals the ID.
func _own_session() -> int:
	return _session_or_id(session_number)


func _session_or_id(number: int) -> int:
	return number if number != 0 else id


# A moderator has rejected what has waited: in this session or in another one.
func _on_rejected(rejected: Packets.Rejected) -> void:
	var nonce := rejected.get_nonce()
	if _messages.is_held(nonce, _session_or_id(rejected.get_session())):
		_messages.rejected(nonce, rejected.get_words())
	else:
		_events.append(Event.rejected(rejected.get_room(), rejected.get_words()))


# The game has put the client into a room: it is in it as after a join, and in the other one no
# more.
func _on_moved(from: String, joined: Packets.Joined) -> void:
	var to := joined.get_room()
	if to.is_empty() or Limits.truncate_name(to) != to or from == to:
		return
	var left := _joined_room(from)
	if rooms.size() - (0 if left == null else 1) >= MAX_ROOMS:
		return
	rooms.erase(left)
	_given_rooms.erase(from)
	_events.append(Event.moved(from, to))
	if left != null:
		_events.append(Event.room_left(from))
	var entered: GuildhallRoom = null
	for wanted in rooms:
		if wanted.name == to:
			entered = wanted
	if entered == null:
		entered = GuildhallRoom.new(to)
		rooms.append(entered)
	# The answer to a Join that is on its way says the same, for the position in it.
	if entered.join_id == 0:
		_take_room(entered, to, joined)
	_messages.fail_outside(rooms)


# The client is in a room now.
func _take_room(wanted: GuildhallRoom, requested_name: String, joined: Packets.Joined) -> void:
	var events := wanted.apply_joined(joined, requested_name)
	_events.append(events.pop_front() as Event)
	_set_settings(wanted, joined.get_settings())
	_events.append_array(events)
	_events.append(Event.members_changed(wanted))
	_send_messages(wanted.name)
	_send_mark(wanted)


# The answer to a request of which only the kind and the subject were kept. Returns false if it
# does not fit the request.
func _on_moderation_result(reply: Packets.Reply, request: Requests.PendingRequest) -> bool:
	var subject := request.subject
	match request.kind:
		GuildhallSession.RequestKind.LIST_BLOCKS when reply.has_blocks():
			var users := reply.get_blocks().get_users()
			_take_blocks(users)
			_events.append(Event.blocks_listed(GuildhallUser.all_of(users)))
		GuildhallSession.RequestKind.BLOCK, GuildhallSession.RequestKind.UNBLOCK when (
			reply.has_blocks()
		):
			_take_blocks(reply.get_blocks().get_users())
			_events.append(Event.done(request.kind, subject))
		GuildhallSession.RequestKind.REPORT when reply.has_reported():
			_events.append(Event.reported(reply.get_reported().get_id()))
		GuildhallSession.RequestKind.IMPOSE when reply.has_imposed():
			var sanction := GuildhallSanction.new()
			if reply.get_imposed().has_sanction():
				sanction = GuildhallSanction.of(reply.get_imposed().get_sanction())
			_events.append(Event.imposed(sanction))
		GuildhallSession.RequestKind.CHANGE_ROOM when reply.has_room_changed():
			_on_room_changed(reply.get_room_changed())
			_events.append(Event.done(request.kind, subject))
		GuildhallSession.RequestKind.PURGE when reply.has_purged():
			_events.append(Event.purged(subject, reply.get_purged().get_rooms()))
		GuildhallSession.RequestKind.LIST_MODERATORS when reply.has_moderators():
			var list := reply.get_moderators().get_moderators()
			_events.append(Event.moderators_listed(subject, GuildhallModerator.all_in(list)))
		GuildhallSession.RequestKind.LIST_SANCTIONS when reply.has_sanctions():
			var list := reply.get_sanctions()
			var found := GuildhallSanction.all_of(list.get_sanctions())
			_events.append(Event.sanctions_listed(subject, found, list.get_more()))
		GuildhallSession.RequestKind.LIFT when reply.has_lifted():
			_events.append(Event.done(request.kind, subject))
		GuildhallSession.RequestKind.CLEAR when reply.has_cleared():
			_events.append(Event.done(request.kind, subject))
		GuildhallSession.RequestKind.SET_ROLE when reply.has_role_set():
			_events.append(Event.done(request.kind, subject))
		_:
			return false
	return true
