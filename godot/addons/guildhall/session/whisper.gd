class_name GuildhallWhisper
extends RefCounted
## One whisper, to this client or from it. [GuildhallSession] makes them.

const Packets := preload("../packets.gd")

## Its number among the whispers of this session.
var seq := 0
## When, by the server's clock, in milliseconds since 1970.
var time := 0
## From whom.
var sender := 0
var sender_name := ""
## To whom.
var receiver := 0
var receiver_name := ""
## The ID of the request that whispered it.
var nonce := 0
## What. It comes from a peer: show it as text, never as BBCode.
var text := ""
## Whether it tells what the speaker does, and not what it says.
var action := false
## Whether this client whispered it.
var own := false


## The whisper of a packet.
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
