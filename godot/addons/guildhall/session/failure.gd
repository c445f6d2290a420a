class_name GuildhallFailure
extends RefCounted
## Why a request or a message failed. [GuildhallSession] makes these objects;
## [GuildhallTexts] puts them into the player's language.

## The kinds of failures.
enum Kind {
	## The server refused: [member code] and [member arguments] say why.
	REFUSED,
	## The connection was lost before the server answered.
	DISCONNECTED,
	## The message was sent, but the session is gone: it may have arrived or not.
	UNCERTAIN,
	## The client is not in this room.
	NOT_IN_ROOM,
	## The message has waited for a moderator, who has rejected it: [member words] may say why.
	REJECTED,
}

const Packets := preload("../packets.gd")

## The kind of this failure.
var kind := Kind.REFUSED
## With [constant REFUSED]: one of [enum Packets.ErrorCode], or a number that is
## newer than this addon.
var code := 0
## The arguments of the code, in the order that packets.gd documents.
var arguments: Array[String] = []
## Whether the same request may succeed later.
var temporary := false
## With [member temporary]: after how many milliseconds to try again.
var retry_after := 0
## With [constant REJECTED]: why, in the words of the game. It may be empty.
var words := ""


## Returns a failure that the client itself has found.
static func of_kind(which: Kind) -> GuildhallFailure:
	var failure := GuildhallFailure.new()
	failure.kind = which
	return failure


## Returns the failure of a message that a moderator has rejected.
static func rejected(why: String) -> GuildhallFailure:
	var failure := of_kind(Kind.REJECTED)
	failure.words = why
	return failure


## Returns the failure that this error of the server describes.
static func refused(error: Packets.RequestError) -> GuildhallFailure:
	var failure := GuildhallFailure.new()
	failure.code = error.get_code()
	failure.arguments.assign(error.get_arguments())
	failure.temporary = error.get_temporary()
	failure.retry_after = error.get_retry_after()
	return failure


## Whether the server refused a client's name.
func is_about_name() -> bool:
	var codes := [
		Packets.ErrorCode.ERROR_CODE_BAD_NAME,
		Packets.ErrorCode.ERROR_CODE_NAME_TAKEN,
		Packets.ErrorCode.ERROR_CODE_NAME_FIXED,
		# A filter has found something in it.
		Packets.ErrorCode.ERROR_CODE_REFUSED_TEXT,
	]
	return kind == Kind.REFUSED and code in codes
