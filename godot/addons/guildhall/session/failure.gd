class_name GuildhallFailure
extends RefCounted
## Why something that was asked for was not done. [GuildhallSession] makes them;
## [GuildhallWords] says them in the player's language.

## The kinds of failures.
enum Kind {
	## The server refused: [member code] and [member arguments] say why.
	REFUSED,
	## The connection was lost before there was an answer.
	DISCONNECTED,
	## It was sent and the session is gone: it may have arrived or not.
	UNCERTAIN,
	## The client is not in this room.
	NOT_IN_ROOM,
}

const Packets := preload("../packets.gd")

## Which of them it is.
var kind := Kind.REFUSED
## With [constant REFUSED]: one of [enum Packets.ErrorCode], or a number that is
## newer than this addon.
var code := 0
## What the code's words need, in the order that packets.gd says.
var arguments: Array[String] = []
## Whether the same may succeed later.
var temporary := false
## With [member temporary]: milliseconds after which to try again.
var retry_after := 0


## A failure of the client's own.
static func because(why: Kind) -> GuildhallFailure:
	var failure := GuildhallFailure.new()
	failure.kind = why
	return failure


## The server's refusal.
static func refused(error: Packets.RequestError) -> GuildhallFailure:
	var failure := GuildhallFailure.new()
	failure.code = error.get_code()
	failure.arguments.assign(error.get_arguments())
	failure.temporary = error.get_temporary()
	failure.retry_after = error.get_retry_after()
	return failure


## Whether a client's name is what is wrong.
func is_about_name() -> bool:
	return (
		kind == Kind.REFUSED
		and code in [Packets.ErrorCode.ERROR_CODE_BAD_NAME, Packets.ErrorCode.ERROR_CODE_NAME_TAKEN]
	)
