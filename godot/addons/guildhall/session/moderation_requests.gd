extends "requests.gd"
## The requests of a [GuildhallSession] about other users and about rooms, as bytes. Of each, the
## session needs only the kind and the subject when the answer comes.


## Sends a Block.
func block(id: int, name: String, take_back: bool) -> void:
	var kind := GuildhallSession.RequestKind.BLOCK
	if take_back:
		kind = GuildhallSession.RequestKind.UNBLOCK
	var packet := Packets.Packet.new()
	var body := _request(packet, kind, _named(id, name)).new_block()
	body.set_user(id)
	body.set_name(name)
	body.set_take_back(take_back)
	_send(packet)


## Sends a ListBlocks.
func list_blocks() -> void:
	var packet := Packets.Packet.new()
	_request(packet, GuildhallSession.RequestKind.LIST_BLOCKS, "").new_list_blocks()
	_send(packet)


## Sends a Report of a line.
func report_line(room: GuildhallRoom, seq: int, reason: Packets.Reason, note: String) -> void:
	var packet := Packets.Packet.new()
	var body := _report(packet, room.name, reason, note)
	body.set_room(room.name)
	_refer(body.new_line(), room.epoch, seq)
	_send(packet)


## Sends a Report of a whisper.
func report_whisper(seq: int, reason: Packets.Reason, note: String) -> void:
	var packet := Packets.Packet.new()
	_report(packet, "", reason, note).set_whisper(seq)
	_send(packet)


## Sends a Report of a user.
func report_user(id: int, name: String, reason: Packets.Reason, note: String) -> void:
	var packet := Packets.Packet.new()
	var body := _report(packet, _named(id, name), reason, note)
	body.set_user(id)
	body.set_name(name)
	_send(packet)


## Sends an Impose with what this imposition says.
func impose(imposition: GuildhallImposition, room: String, name: String) -> void:
	var subject := _named(imposition.user, name)
	var packet := Packets.Packet.new()
	var body := _request(packet, GuildhallSession.RequestKind.IMPOSE, subject).new_impose()
	body.set_kind(imposition.kind)
	body.set_room(room)
	body.set_user(imposition.user)
	body.set_name(name)
	body.set_seconds(imposition.seconds)
	body.set_reason(imposition.reason)
	body.set_rule(imposition.rule)
	body.set_note(imposition.note)
	body.set_address(imposition.address)
	body.set_report(imposition.report)
	_send(packet)


## Sends a Lift.
func lift(kind: Packets.SanctionKind, room: String, id: int, name: String, note: String) -> void:
	var packet := Packets.Packet.new()
	var request := _request(packet, GuildhallSession.RequestKind.LIFT, _named(id, name))
	var body := request.new_lift()
	body.set_kind(kind)
	body.set_room(room)
	body.set_user(id)
	body.set_name(name)
	body.set_note(note)
	_send(packet)


## Sends a ChangeRoom with those settings that change.
func change_room(room: String, change: GuildhallRoomChange) -> void:
	var packet := Packets.Packet.new()
	var request := _request(packet, GuildhallSession.RequestKind.CHANGE_ROOM, room)
	var body := request.new_change_room()
	body.set_room(room)
	if change.changes_topic:
		body.set_topic(change.topic)
	if change.changes_slow_mode:
		body.set_slow_mode(change.slow_mode)
	if change.changes_announce_only:
		body.set_announce_only(change.announce_only)
	_send(packet)


## Sends a Clear.
func clear(room: String) -> void:
	var packet := Packets.Packet.new()
	_request(packet, GuildhallSession.RequestKind.CLEAR, room).new_clear().set_room(room)
	_send(packet)


## Sends a Purge.
func purge(room: String, id: int, name: String) -> void:
	var packet := Packets.Packet.new()
	var request := _request(packet, GuildhallSession.RequestKind.PURGE, _named(id, name))
	var body := request.new_purge()
	body.set_room(room)
	body.set_user(id)
	body.set_name(name)
	_send(packet)


## Sends a SetRole.
func set_role(id: int, name: String, room: String, role: Packets.Role) -> void:
	var packet := Packets.Packet.new()
	var request := _request(packet, GuildhallSession.RequestKind.SET_ROLE, _named(id, name))
	var body := request.new_set_role()
	body.set_user(id)
	body.set_name(name)
	body.set_room(room)
	body.set_role(role)
	_send(packet)


## Sends a ListModerators.
func list_moderators(room: String) -> void:
	var packet := Packets.Packet.new()
	var request := _request(packet, GuildhallSession.RequestKind.LIST_MODERATORS, room)
	request.new_list_moderators().set_room(room)
	_send(packet)


## Sends a ListSanctions.
func list_sanctions(room: String) -> void:
	var packet := Packets.Packet.new()
	var request := _request(packet, GuildhallSession.RequestKind.LIST_SANCTIONS, room)
	request.new_list_sanctions().set_room(room)
	_send(packet)


func _report(
	packet: Packets.Packet, subject: String, reason: Packets.Reason, note: String
) -> Packets.Report:
	var body := _request(packet, GuildhallSession.RequestKind.REPORT, subject).new_report()
	body.set_reason(reason)
	body.set_note(note)
	return body


# The user that a request is about, as its events name it.
static func _named(id: int, name: String) -> String:
	return str(id) if id != 0 else name
