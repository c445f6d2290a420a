extends Check
## Passes, and then the engine crashes, as it can while it quits.


func test() -> void:
	that(true, "all is well")


func run() -> int:
	var code := await super()
	OS.crash("after the last line")
	return code
