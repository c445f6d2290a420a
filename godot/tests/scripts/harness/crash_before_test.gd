extends Check
## The engine crashes before the last line, with checks that passed.


func test() -> void:
	that(true, "so far so good")
	OS.crash("on the way")
