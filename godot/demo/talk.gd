extends RefCounted
## One conversation: a room, or the whispers with somebody. What its log shows is
## its [member story]. [code]talks.gd[/code] makes and keeps them.

const Story := preload("story.gd")

## The room, or empty for whispers.
var room := ""
## With whom the whispers are: the ID, or 0 where the server has forgotten this
## player, and its IDs may be others' by now.
var partner := 0
## The partner's name.
var partner_name := ""
## What the log shows.
var story := Story.new()
## What was typed here and not sent.
var draft := ""


## The one of a room; or, without one, the whispers with somebody.
func _init(of_room: String, with_id := 0, with_name := "") -> void:
	room = of_room
	partner = with_id
	partner_name = with_name


## Whether it is the whispers with somebody.
func is_whispers() -> bool:
	return room.is_empty()


## What it is called.
func title() -> String:
	return partner_name if is_whispers() else room


## Whether it is the whispers with who has this name, in whatever letters.
func is_with(name: String) -> bool:
	return is_whispers() and partner_name.to_lower() == name.to_lower()
