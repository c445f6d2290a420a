extends RefCounted
## One conversation: a room, or the whispers with one partner.
## [code]conversations.gd[/code] makes and keeps these objects.

const MessageLog := preload("message_log.gd")

## The room; empty for whispers.
var room := ""
## The ID of the partner. It is 0 if the server has started a new session since: the ID
## may belong to another client by now.
var partner_id := 0
## The name of the partner.
var partner_name := ""
## What the conversation shows.
var messages := MessageLog.new()
## Whether the player has whispered to the partner.
var is_answered := false
## What the player has typed here and not sent.
var draft := ""


## Makes the conversation of a room; if the room is empty, the whispers with a partner.
func _init(of_room: String, with_id := 0, with_name := "") -> void:
	room = of_room
	partner_id = with_id
	partner_name = with_name


## Whether this is the whispers with a partner.
func is_whispers() -> bool:
	return room.is_empty()


## Returns the name of the room or of the partner.
func title() -> String:
	return partner_name if is_whispers() else room


## Whether this is the whispers with the client of this name, in upper or lower case.
func is_with(client_name: String) -> bool:
	return is_whispers() and partner_name.to_lower() == client_name.to_lower()
