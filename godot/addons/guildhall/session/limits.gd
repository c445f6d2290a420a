extends RefCounted
## The server's limits: the defaults of a Guildhall server until the first Welcome,
## and the server's own numbers after it.

const Packets := preload("../packets.gd")

## Names that the player gives are truncated to this many bytes, so that the server
## can answer "name too long" instead of closing the connection for a packet that is
## too large.
const MAX_NAME_BYTES := 1024
## The most messages that may be unanswered, whatever the server says.
const MAX_UNANSWERED := 1024
## The longest text in bytes, whatever the server says: it has to fit into a packet.
const MAX_TEXT_BYTES := 14 * 1024

## The longest note in bytes, whatever the server says: two of them have to fit into a packet.
const MAX_NOTE_BYTES := 4096

## The longest account of a user that is kept, in bytes.
const MAX_USER_BYTES := 128
## The most that is kept of what is shown of a user, in bytes.
const MAX_INFO_BYTES := 1024

## The longest text, in bytes of UTF-8.
var text_bytes := 4096
## The longest name of a client, in characters.
var name_characters := 24
## The longest name of a room, in characters.
var room_name_characters := 32
## How many rooms a client may be in.
var rooms := 20
## The most lines in one page of history.
var history_page := 50
## How long a session can be resumed, in seconds.
var resume_seconds := 120
## After this many seconds of silence the server pings a client.
var heartbeat_seconds := 25
## How many messages may be unanswered at a time.
var unanswered := 64
## For how long the player can edit what was said, in seconds.
var edit_seconds := 900
## The most different reactions to one line.
var reactions := 20
## The longest reaction, in bytes of UTF-8.
var reaction_bytes := 32
## How many users the player can block.
var blocks := 500
## The longest note to a report or a sanction, in bytes of UTF-8.
var note_bytes := 500


## Takes the limits of a packet. A limit that is 0 or missing stays as it was, but for two: with 0
## [code]resume_seconds[/code] nothing outlives its connection, and with 0
## [code]edit_seconds[/code] no line can be edited.
func update(wire: Packets.Limits) -> void:
	text_bytes = mini(_or(wire.get_text_bytes(), text_bytes), MAX_TEXT_BYTES)
	name_characters = _or(wire.get_name_characters(), name_characters)
	room_name_characters = _or(wire.get_room_name_characters(), room_name_characters)
	rooms = _or(wire.get_rooms(), rooms)
	history_page = _or(wire.get_history_page(), history_page)
	resume_seconds = wire.get_resume_seconds()
	heartbeat_seconds = _or(wire.get_heartbeat_seconds(), heartbeat_seconds)
	unanswered = mini(_or(wire.get_unanswered(), unanswered), MAX_UNANSWERED)
	edit_seconds = wire.get_edit_seconds()
	reactions = _or(wire.get_reactions(), reactions)
	reaction_bytes = _or(wire.get_reaction_bytes(), reaction_bytes)
	blocks = _or(wire.get_blocks(), blocks)
	note_bytes = mini(_or(wire.get_note_bytes(), note_bytes), MAX_NOTE_BYTES)


## Returns how long a server that is reachable may be silent, in milliseconds.
func longest_silence() -> int:
	return heartbeat_seconds * 2000


## Returns the name, truncated to [constant MAX_NAME_BYTES] at the end of a character.
static func truncate_name(name: String) -> String:
	var bytes := name.to_utf8_buffer()
	if bytes.size() <= MAX_NAME_BYTES:
		return name
	var end := MAX_NAME_BYTES
	# Bytes of this form continue a character.
	while bytes[end] & 0xC0 == 0x80:
		end -= 1
	return bytes.slice(0, end).get_string_from_utf8()


## Returns a number of 64 bits without a sign as text: the engine's numbers have one.
static func unsigned(number: int) -> String:
	if number >= 0:
		return str(number)
	# Half of it has no sign any more.
	@warning_ignore("integer_division")
	var tenths := ((number >> 1) & 0x7FFF_FFFF_FFFF_FFFF) / 5
	return str(tenths) + str(number - tenths * 10)


## Returns the account of a user, or an empty text if it is too long to be kept.
static func short_user(user: String) -> String:
	return user if user.to_utf8_buffer().size() <= MAX_USER_BYTES else ""


## Returns what is shown of a user, or an empty text if it is too long to be kept.
static func short_info(info: String) -> String:
	return info if info.to_utf8_buffer().size() <= MAX_INFO_BYTES else ""


func _or(value: int, fallback: int) -> int:
	return value if value != 0 else fallback
