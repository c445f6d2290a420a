class_name GuildhallWhisper
extends RefCounted
## One whisper, to this client or from it. [GuildhallSession] makes these objects.

const Packets := preload("../packets.gd")
const Limits := preload("limits.gd")

## The number of the whisper in this session.
var seq := 0
## The server's time, in milliseconds since 1970.
var time := 0
## The sender's ID.
var sender := 0
## The sender's name.
var sender_name := ""
## The sender's account; empty for a guest.
var sender_user := ""
## The info that the game's backend gives the sender: [method GuildhallInfo.read] reads it.
var sender_info := ""
## The receiver's ID.
var receiver := 0
## The receiver's name.
var receiver_name := ""
## The receiver's account; empty for a guest.
var receiver_user := ""
## The ID of the request that sent the whisper; 0 if another session of this player did.
var nonce := 0
## The text. It comes from a peer: show it as text, never as BBCode.
var text := ""
## Whether the text says what the sender does, as after /me.
var action := false
## Whether this player sent the whisper, in this session or in another one.
var own := false


## Returns the whisper that a packet describes.
static func of(wire: Packets.WhisperLine, own_id: int) -> GuildhallWhisper:
	var whisper := GuildhallWhisper.new()
	whisper.seq = wire.get_seq()
	whisper.time = wire.get_time()
	whisper.sender = wire.get_sender()
	whisper.sender_name = wire.get_sender_name()
	whisper.receiver = wire.get_receiver()
	whisper.receiver_name = wire.get_receiver_name()
	whisper.nonce = wire.get_nonce()
	whisper.text = wire.get_text()
	whisper.action = wire.get_action()
	whisper.sender_user = Limits.short_user(wire.get_sender_user())
	whisper.sender_info = Limits.short_info(wire.get_sender_info())
	whisper.receiver_user = Limits.short_user(wire.get_receiver_user())
	whisper.own = wire.get_sender() == own_id
	return whisper
