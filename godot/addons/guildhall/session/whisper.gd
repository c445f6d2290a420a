class_name GuildhallWhisper
extends RefCounted
## One whisper, to this client or from it. [GuildhallSession] makes these objects.

const Packets := preload("../packets.gd")

## The number of the whisper in this session.
var seq := 0
## The server's time, in milliseconds since 1970.
var time := 0
## The sender's ID.
var sender := 0
## The sender's name.
var sender_name := ""
## The receiver's ID.
var receiver := 0
## The receiver's name.
var receiver_name := ""
## The ID of the request that sent the whisper.
var nonce := 0
## The text. It comes from a peer: show it as text, never as BBCode.
var text := ""
## Whether the text says what the sender does, as after /me.
var action := false
## Whether this client sent the whisper.
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
	whisper.own = wire.get_sender() == own_id
	return whisper
