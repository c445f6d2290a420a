class_name GuildhallRoomChange
extends RefCounted
## A change of a room's settings: see [method GuildhallChat.change_room]. What is not set stays.

## The subject of the room.
var topic := "":
	set(value):
		topic = value
		changes_topic = true
## How long players have to wait between two messages, in seconds; 0: not at all.
var slow_mode := 0:
	set(value):
		slow_mode = value
		changes_slow_mode = true
## Whether only a few may say something.
var announce_only := false:
	set(value):
		announce_only = value
		changes_announce_only = true

## Whether [member topic] was set.
var changes_topic := false
## Whether [member slow_mode] was set.
var changes_slow_mode := false
## Whether [member announce_only] was set.
var changes_announce_only := false
