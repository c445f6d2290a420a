extends Check
## Has a check that fails.


func test() -> void:
	that(true, "one is one")
	that(false, "one is two")
