class_name GuildhallLine
extends RefCounted
## One line of a room. [GuildhallSession] makes these objects.

const Packets := preload("../packets.gd")
const Limits := preload("limits.gd")

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
## The sender's account; empty for a guest. It stays the same when the name changes.
var user := ""
## What the game's backend says of the sender: [method GuildhallInfo.read] reads it.
var info := ""
## The ID of the request that sent the line, if this session has sent it; or that of another
## client.
var nonce := 0
## The text. It comes from a peer: show it as text, never as BBCode.
var text := ""
## Whether the text says what the sender does, as after /me.
var action := false
## Whether this player sent the line, in this session or in another one.
var own := false
## Whether the line was sent before the client joined the room or rejoined it.
var replay := false


## Returns the line that a packet describes. [param own_session] is the number of this session
## among those of the player: only its nonces are those of this client's messages.
static func of(wire: Packets.Line, own_id: int, own_session: int) -> GuildhallLine:
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
	line.user = Limits.short_user(wire.get_user())
	line.info = Limits.short_info(wire.get_info())
	line.own = line.sender == own_id
	# 0 is the session whose number is the ID.
	var session := wire.get_session() if wire.get_session() != 0 else own_id
	if line.own and session != (own_session if own_session != 0 else own_id):
		line.nonce = 0
	return line
