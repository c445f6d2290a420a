extends Check
## Passes, but an error is printed.


func test() -> void:
	that(true, "all is well")
	push_error("something is wrong")
