class_name GuildhallRoomSettings
extends RefCounted
## The settings that hold in a room, for this player. [GuildhallSession] makes these objects;
## [method GuildhallTexts.room_rules] has words for them.

const Packets := preload("../packets.gd")
const Limits := preload("limits.gd")

## The subject of the room; empty if it has none. It comes from the server's settings: show
## it as text.
var topic := ""
## How long the player waits between two messages, in milliseconds; 0 without slow mode.
var slow_mode := 0
## The longest text in bytes, if it is shorter here than elsewhere; else 0.
var text_bytes := 0
## Whether the player may say nothing here.
var read_only := false
## Whether only a few may say something here. The player may be one of them.
var announce_only := false
## Whether the player gets no lines from before the join.
var no_history := false
## Whether the player does not see who is here.
var no_members := false
## Whether the player may remove what others have said.
var may_remove := false
## Whether the player may moderate here: impose and end sanctions, and change these settings.
var may_moderate := false


## Returns the settings that a packet describes. Without a packet, nothing special holds.
static func of(wire: Packets.RoomSettings) -> GuildhallRoomSettings:
	var settings := GuildhallRoomSettings.new()
	if wire != null:
		settings.topic = Limits.truncate_name(wire.get_topic())
		settings.slow_mode = wire.get_slow_mode()
		settings.text_bytes = wire.get_text_bytes()
		settings.read_only = wire.get_read_only()
		settings.announce_only = wire.get_announce_only()
		settings.no_history = wire.get_no_history()
		settings.no_members = wire.get_no_members()
		settings.may_remove = wire.get_may_remove()
		settings.may_moderate = wire.get_may_moderate()
	return settings


## Whether the same holds with these settings.
func equals(other: GuildhallRoomSettings) -> bool:
	return (
		topic == other.topic
		and slow_mode == other.slow_mode
		and text_bytes == other.text_bytes
		and read_only == other.read_only
		and announce_only == other.announce_only
		and no_history == other.no_history
		and no_members == other.no_members
		and may_remove == other.may_remove
		and may_moderate == other.may_moderate
	)
