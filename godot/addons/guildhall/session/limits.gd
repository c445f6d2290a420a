class_name GuildhallLimits
extends RefCounted
## What the server allows: its own numbers after the first Welcome, and
## what it is likely to be before it.

const Packets := preload("../packets.gd")

## Names that the player gives are cut behind so many bytes: the server's words
## for a name that is too long are better than those for a packet that is too big.
const LONGEST_NAME := 1024
## The most messages that may be without an answer, whatever the server says.
const MOST_UNANSWERED := 1024
## The longest text, whatever the server says: it has to fit into a packet.
const MOST_TEXT := 14 * 1024

## The longest text, in bytes of UTF-8.
var text_bytes := 4096
## The longest name of a client, and of a room, in characters.
var name_characters := 24
var room_name_characters := 32
## How many rooms a client is in at most.
var rooms := 20
## The most lines in one page of history.
var history_page := 50
## How long a session can be resumed, in seconds.
var resume_seconds := 120
## The server pings a client that was silent for so many seconds.
var heartbeat_seconds := 25
## How many messages may be without an answer at a time.
var unanswered := 64


## Takes those of a packet. What is missing stays as it was.
func take(wire: Packets.Limits) -> void:
	text_bytes = mini(_or(wire.get_text_bytes(), text_bytes), MOST_TEXT)
	name_characters = _or(wire.get_name_characters(), name_characters)
	room_name_characters = _or(wire.get_room_name_characters(), room_name_characters)
	rooms = _or(wire.get_rooms(), rooms)
	history_page = _or(wire.get_history_page(), history_page)
	resume_seconds = wire.get_resume_seconds()
	heartbeat_seconds = _or(wire.get_heartbeat_seconds(), heartbeat_seconds)
	unanswered = mini(_or(wire.get_unanswered(), unanswered), MOST_UNANSWERED)


## How long a server that is there can be silent, in milliseconds.
func silence() -> int:
	return heartbeat_seconds * 2000


## A name that the player gives, cut where a character ends.
static func cut(name: String) -> String:
	var bytes := name.to_utf8_buffer()
	if bytes.size() <= LONGEST_NAME:
		return name
	var end := LONGEST_NAME
	# In the middle of a character.
	while bytes[end] & 0xC0 == 0x80:
		end -= 1
	return bytes.slice(0, end).get_string_from_utf8()


func _or(told: int, before: int) -> int:
	return told if told != 0 else before
