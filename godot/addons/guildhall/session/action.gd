extends RefCounted
## Something that the owner of a [GuildhallSession] has to do with its socket.

## The kinds of actions.
enum Kind {
	## Open a new socket and forget any other.
	OPEN,
	## Send [member bytes] as one binary message.
	SEND,
	## Close the socket with the code [member code] and forget it.
	CLOSE,
}

const Action := preload("action.gd")

## What to do.
var kind := Kind.OPEN
## The message of [constant SEND].
var bytes := PackedByteArray()
## The close code of [constant CLOSE].
var code := 0


static func open() -> Action:
	return new()


static func send(message: PackedByteArray) -> Action:
	var action := new()
	action.kind = Kind.SEND
	action.bytes = message
	return action


static func close(close_code: int) -> Action:
	var action := new()
	action.kind = Kind.CLOSE
	action.code = close_code
	return action
