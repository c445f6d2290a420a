class_name GuildhallLine
extends RefCounted
## One line of a room. [GuildhallSession] makes these objects.

const Packets := preload("../packets.gd")

## The room.
var room := ""
## The epoch of [member seq]: numbers of different epochs cannot be compared.
var epoch := 0
## The number of the line: lines of one epoch are numbered 1, 2, 3 and so on.
var seq := 0
## The server's time, in milliseconds since 1970.
var time := 0
## The sender's ID.
var sender := 0
## The sender's name at that time.
var name := ""
## The ID of the request that sent the line.
var nonce := 0
## The text. It comes from a peer: show it as text, never as BBCode.
var text := ""
## Whether the text says what the sender does, as after /me.
var action := false
## Whether this client sent the line.
var own := false
## Whether the line was sent before the client joined the room or rejoined it.
var replay := false


## Returns the line that a packet describes.
static func of(wire: Packets.Line, own_id: int) -> GuildhallLine:
	var line := GuildhallLine.new()
	line.room = wire.get_room()
	line.epoch = wire.get_epoch()
	line.seq = wire.get_seq()
	line.time = wire.get_time()
	line.sender = wire.get_sender()
	line.name = wire.get_name()
	line.nonce = wire.get_nonce()
	line.text = wire.get_text()
	line.action = wire.get_action()
	line.own = wire.get_sender() == own_id
	return line
