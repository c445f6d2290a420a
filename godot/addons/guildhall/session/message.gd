class_name GuildhallMessage
extends RefCounted
## Something this client says or whispers, until it has its answer.
## [GuildhallSession] makes and keeps them.

## The ID of its request. What is said again after a failure has another.
var nonce := 0
## The room, or empty for a whisper.
var room := ""
## To whom: the ID, or the name where the ID is 0.
var to := 0
var to_name := ""
## What.
var text := ""
## Whether it tells what the speaker does, and not what it says.
var action := false
## Whether it was ever sent, and whether on this connection.
var was_sent := false
var is_on_wire := false


## Whether it is for one client alone.
func is_whisper() -> bool:
	return room.is_empty()


## To whom a whisper goes, in words.
func target() -> String:
	return str(to) if to != 0 else to_name


## The same once more, as one that was never sent.
func again() -> GuildhallMessage:
	var message := GuildhallMessage.new()
	message.room = room
	message.to = to
	message.to_name = to_name
	message.text = text
	message.action = action
	return message
