extends Label
## The rules of the room that is shown: its topic, what the player may not do, and when the
## player may say the next thing. It is hidden if there is nothing to say.

var _room: GuildhallRoom = null


func _process(_delta: float) -> void:
	# The rest does not change by itself.
	if _room != null and _room.may_say_at != 0:
		_show()


## Shows a room; if it is null, none.
func show_room(room: GuildhallRoom) -> void:
	_room = room
	_show()


## Why the player may say nothing in a room; empty if that is not so.
static func why_closed(room: GuildhallRoom) -> String:
	if room == null or not room.settings.read_only:
		return ""
	if room.settings.announce_only:
		return GuildhallCatalogue.room_announce_only()
	return GuildhallCatalogue.room_read_only()


func _show() -> void:
	var lines := PackedStringArray()
	if _room != null:
		if _room.settings.topic != "":
			lines.append(GuildhallCatalogue.room_topic(GuildhallLog.one_line(_room.settings.topic)))
		var rules := GuildhallTexts.room_rules(_room.settings)
		var seconds := _room.seconds_to_say(Time.get_ticks_msec())
		if seconds > 0:
			rules.append(GuildhallCatalogue.slow_mode_wait(seconds))
		if not rules.is_empty():
			lines.append(" ".join(rules))
	var shown := "\n".join(lines)
	if shown != text:
		text = shown
		visible = shown != ""
