extends ItemList
## The members of the room that is shown, by name.

## The player has chosen a member.
signal member_chosen(id: int, member_name: String)

const MessageLog := preload("message_log.gd")

var _room: GuildhallRoom = null


func _ready() -> void:
	item_activated.connect(_on_item_activated)
	item_clicked.connect(_on_item_clicked)


## Shows the members of a room, without those whom the player blocks; if it is null, none.
func show_members(room: GuildhallRoom, session: GuildhallSession) -> void:
	_room = room
	clear()
	if room == null:
		return
	var ids := room.members.keys().filter(func(id: int) -> bool: return not session.is_blocked(id))
	ids.sort_custom(
		func(one: int, other: int) -> bool:
			return room.members[one].naturalnocasecmp_to(room.members[other]) < 0
	)
	for id: int in ids:
		var label := GuildhallLog.one_line(room.members[id])
		add_item("%s (%s)" % [label, MessageLog.own_name()] if id == session.id else label)
		set_item_metadata(item_count - 1, id)
		var info := MessageLog.info_of(room.infos.get(id, "") as String)
		set_item_tooltip_enabled(item_count - 1, info.badge != "")
		set_item_tooltip(item_count - 1, info.badge)
		if info.has_color:
			set_item_custom_fg_color(item_count - 1, MessageLog.readable(info.color))


# One click is enough, as on a button.
func _on_item_clicked(at: int, _position: Vector2, button: int) -> void:
	if button == MOUSE_BUTTON_LEFT:
		_on_item_activated(at)


func _on_item_activated(at: int) -> void:
	var id: int = get_item_metadata(at)
	if _room.members.has(id):
		member_chosen.emit(id, _room.members[id])
