extends Node
## A game as readers of the tutorial have it: its own main script, an autoload
## [code]WS[/code], and a [code]packets.gd[/code]. Only their paths are Guildhall's.

# gdlint: disable=load-constant-name
const packets := preload("res://addons/guildhall/packets.gd")

var own_id := 0
var log_box := Log.new()
var line_edit := LineEdit.new()


func _ready() -> void:
	add_child(log_box)
	add_child(line_edit)
	WS.connected_to_server.connect(_on_connected)
	WS.connection_closed.connect(_on_closed)
	WS.packet_received.connect(_on_packet)
	line_edit.text_submitted.connect(_on_submitted)


func start(url: String) -> void:
	log_box.info("Connecting")
	WS.connect_to_url(url)


func _on_connected() -> void:
	log_box.success("Connected")


func _on_closed() -> void:
	log_box.warning("Closed")


func _on_packet(packet: packets.Packet) -> void:
	if packet.has_id():
		_apply_id(packet.get_id())
	elif packet.has_chat():
		_show_chat(packet.get_sender_id(), packet.get_chat())


func _apply_id(message: packets.IdMessage) -> void:
	own_id = message.get_id()
	log_box.info("ID %d" % own_id)


func _show_chat(sender_id: int, message: packets.ChatMessage) -> void:
	log_box.chat("Client %d" % sender_id, message.get_msg())


func _on_submitted(text: String) -> void:
	var packet := packets.Packet.new()
	var message := packet.new_chat()
	message.set_msg(text)
	var err := WS.send(packet)
	if err:
		log_box.error("Not sent")
	else:
		log_box.chat("You", text)
	line_edit.text = ""
