class_name GuildhallAction
extends RefCounted
## Something that the owner of a [GuildhallSession]'s socket has to do.

## What can be to do.
enum Kind {
	## Open a socket; one that is still there is forgotten.
	OPEN,
	## Send [member bytes] as one binary message.
	SEND,
	## Close the socket with [member code] and forget it.
	HANG,
}

## What is to do.
var kind := Kind.OPEN
## With [constant SEND].
var bytes := PackedByteArray()
## With [constant HANG].
var code := 0


static func open() -> GuildhallAction:
	return GuildhallAction.new()


static func send(message: PackedByteArray) -> GuildhallAction:
	var action := GuildhallAction.new()
	action.kind = Kind.SEND
	action.bytes = message
	return action


static func hang(close_code: int) -> GuildhallAction:
	var action := GuildhallAction.new()
	action.kind = Kind.HANG
	action.code = close_code
	return action
