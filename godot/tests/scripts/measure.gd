extends VBoxContainer
## What measure.mjs measures: the first chat of docs/godot.md, with the log alone, or the
## demo if the page's address has [code]?scene=demo[/code]. It prints how long each frame's
## scripts and layout have taken, in microseconds, without the drawing: a machine without a
## graphics card draws slowly, whatever a game does.

@onready var _log := $Log as RichTextLabel


func _ready() -> void:
	# A frame is measured from its beginning to the moment before it is drawn.
	var began := [0]
	get_tree().process_frame.connect(func() -> void: began[0] = Time.get_ticks_usec())
	RenderingServer.frame_pre_draw.connect(
		func() -> void: print("MEASURE ", Time.get_ticks_usec() - (began[0] as int))
	)
	if _setting("scene") == "demo":
		get_tree().change_scene_to_file.call_deferred("res://demo/chat.tscn")
		return
	Guildhall.chat.line_received.connect(_on_line_received)
	Guildhall.chat.connect_to_url(_setting("server"), "Mira")
	Guildhall.chat.join_room("lobby")


func _on_line_received(line: GuildhallLine) -> void:
	_log.call("chat", line.name, line.text)


func _setting(setting_name: String) -> String:
	var script := "new URLSearchParams(location.search).get('%s') ?? ''" % setting_name
	return str(JavaScriptBridge.eval(script))
