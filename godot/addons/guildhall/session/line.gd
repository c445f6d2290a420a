class_name GuildhallLine
extends RefCounted
## One line of a room, as it was said. [GuildhallSession] makes them.

const Packets := preload("../packets.gd")

## Where it was said.
var room := ""
## Its position: lines of one epoch are numbered 1, 2, 3 and so on.
var epoch := 0
var seq := 0
## When, by the server's clock, in milliseconds since 1970.
var time := 0
## Who: the ID, and the name at that time.
var sender := 0
var name := ""
## The ID of the request that said it.
var nonce := 0
## What. It comes from a peer: show it as text, never as BBCode.
var text := ""
## Whether it tells what the speaker does, and not what it says.
var action := false
## Whether this client said it.
var own := false
## Whether it was said before the client came to hear of it: after joining, and
## after a lost connection.
var replay := false


## The line of a packet.
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
