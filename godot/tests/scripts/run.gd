extends Node
## Runs the test script that the user argument [code]--test=NAME[/code] names.


func _ready() -> void:
	var test_name := ""
	for word in OS.get_cmdline_user_args():
		if word.begins_with("--test="):
			test_name = word.trim_prefix("--test=")
	var script := load("res://tests/%s.gd" % test_name) as GDScript
	if script == null:
		printerr("TEST-FAIL no test script ", test_name)
		get_tree().quit(1)
		return
	var test := script.new() as Check
	add_child(test)
	get_tree().quit(await test.run())
