class_name GuildhallMessage
extends RefCounted
## A message that this client says or whispers, or a change of a line, until the server has
## answered. [GuildhallSession] makes and keeps these objects.

## The kinds of messages, by what they do.
enum Kind {
	## It says or whispers [member text].
	TEXT,
	## It gives the line the text [member text].
	EDIT,
	## It removes the line.
	REMOVE,
	## It adds [member reaction] to the line, or takes it back.
	REACT,
}

## The ID of the message's request. A message that is sent again after a failure gets
## another one.
var nonce := 0
## The room; empty for a whisper.
var room := ""
## The ID of a whisper's receiver; 0 if [member to_name] names the receiver.
var to := 0
## The name of a whisper's receiver, if [member to] is 0.
var to_name := ""
## The text.
var text := ""
## Whether the text says what the sender does, as after /me.
var action := false
## The kind of the message.
var kind := Kind.TEXT
## The number of the line that a text replies to; 0: none.
var reply_to := 0
## The number of the line that changes; 0 for a text.
var line := 0
## The epoch of [member reply_to] or [member line].
var line_epoch := 0
## The reaction.
var reaction := ""
## Whether the reaction is taken back.
var take_back := false
## Whether the message was ever sent.
var was_sent := false
## Whether the message waits for a moderator: the server has it, and nobody else sees it yet.
var is_held := false
## With [member is_held]: the number of the session in which the message counts.
var held_session := 0
## Whether the message was sent on this connection.
var is_on_wire := false
## When the message is sent again that the server has refused for now; 0 if it has not.
var delayed_until := 0
## Whether the server has refused the message for now on this connection.
var was_delayed := false


## Whether the message goes to one client alone.
func is_whisper() -> bool:
	return room.is_empty()


## Returns the name of a whisper's receiver, or the ID if the name is not known.
func target() -> String:
	return str(to) if to != 0 else to_name
