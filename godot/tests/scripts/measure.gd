extends VBoxContainer
## The scene that measure.mjs measures: the first chat of docs/godot.md, with the log alone; or,
## by the [code]scene[/code] in the page's address, the demo or an empty scene. It prints how long
## each frame's scripts and layout have taken, in microseconds, without the drawing: a machine
## without a graphics card draws slowly, whatever a game does. With [code]draw=no[/code],
## nothing is drawn at all: then the threads that draw do not interrupt what is measured.

@onready var _log := $Log as RichTextLabel


func _ready() -> void:
	# The demo takes the place of this scene.
	get_tree().root.add_child.call_deferred(Clock.new(_setting("draw") != "no"))
	match _setting("scene"):
		"demo":
			get_tree().change_scene_to_file.call_deferred("res://demo/chat.tscn")
		"empty":
			_log.queue_free()
			($Input as Node).queue_free()
		_:
			Guildhall.chat.line_received.connect(_on_line_received)
			Guildhall.chat.connect_to_url(_setting("server"), "Mira")
			Guildhall.chat.join_room("lobby")


func _on_line_received(line: GuildhallLine) -> void:
	_log.call("chat", line.name, line.text)


func _setting(setting_name: String) -> String:
	var script := "new URLSearchParams(location.search).get('%s') ?? ''" % setting_name
	return str(JavaScriptBridge.eval(script))


## Measures each frame, from its beginning to the moment before it is drawn.
class Clock:
	extends Node

	# So many deferred calls come behind those that lay out a frame and list its drawings.
	const LAST_CALL := 5

	var _draws := true
	var _began := 0

	func _init(draws: bool) -> void:
		_draws = draws

	func _ready() -> void:
		RenderingServer.render_loop_enabled = _draws
		get_tree().process_frame.connect(func() -> void: _began = Time.get_ticks_usec())
		if _draws:
			RenderingServer.frame_pre_draw.connect(_end_after.bind(0))

	func _process(_delta: float) -> void:
		if not _draws:
			_end_after(LAST_CALL)

	func _end_after(calls: int) -> void:
		if calls > 0:
			_end_after.call_deferred(calls - 1)
		else:
			print("MEASURE ", Time.get_ticks_usec() - _began)
