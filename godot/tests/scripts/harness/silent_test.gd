extends Check
## Checks nothing.


func test() -> void:
	pass
