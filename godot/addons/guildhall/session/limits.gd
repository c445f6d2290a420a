class_name GuildhallLimits
extends RefCounted
## What the server allows: its own numbers after the first Welcome, and
## [GuildhallSession]'s guesses before it.

const Packets := preload("../packets.gd")

## The longest text, in bytes of UTF-8.
var text_bytes := 4096
## The longest name of a client, and of a room, in characters.
var name_characters := 0
var room_name_characters := 0
## How many rooms a client is in at most.
var rooms := 0
## The most lines in one page of history.
var history_page := 0
## How long a session can be resumed, in seconds.
var resume_seconds := 0
## The server pings a client that was silent for so many seconds.
var heartbeat_seconds := 0
## How many messages may be without an answer at a time.
var unanswered := 64


## The limits of a packet.
static func of(wire: Packets.Limits) -> GuildhallLimits:
	var limits := GuildhallLimits.new()
	limits.text_bytes = wire.get_text_bytes()
	limits.name_characters = wire.get_name_characters()
	limits.room_name_characters = wire.get_room_name_characters()
	limits.rooms = wire.get_rooms()
	limits.history_page = wire.get_history_page()
	limits.resume_seconds = wire.get_resume_seconds()
	limits.heartbeat_seconds = wire.get_heartbeat_seconds()
	limits.unanswered = wire.get_unanswered()
	return limits
