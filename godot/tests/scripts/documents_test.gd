extends Check
## Every script in the documents loads as it is printed there.


func test() -> void:
	var count := 0
	while ResourceLoader.exists("res://tests/documents/%d.gd" % count):
		var script := load("res://tests/documents/%d.gd" % count) as GDScript
		that(
			script != null and script.can_instantiate(), "script %d of the documents loads" % count
		)
		count += 1
	that(count >= 3, "the documents have scripts: %d" % count)
