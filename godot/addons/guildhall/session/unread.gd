class_name GuildhallUnread
extends RefCounted
## How much the player has not read in a room. [GuildhallSession] makes these objects.

const Packets := preload("../packets.gd")

## The room.
var room := ""
## The epoch of [member seq]; 0 if the player has read nothing there.
var epoch := 0
## The number of the last line that the player has read.
var seq := 0
## How many lines others have said since.
var lines := 0
## How many of them name the player.
var mentions := 0
## Whether there are more lines than the server has counted.
var more := false


## Returns what a packet describes.
static func of(wire: Packets.Unread) -> GuildhallUnread:
	var unread := GuildhallUnread.new()
	unread.room = wire.get_room()
	if wire.has_read():
		unread.epoch = wire.get_read().get_epoch()
		unread.seq = wire.get_read().get_seq()
	unread.lines = wire.get_lines()
	unread.mentions = wire.get_mentions()
	unread.more = wire.get_more()
	return unread
