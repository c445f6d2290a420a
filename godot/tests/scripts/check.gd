class_name Check
extends Node
## The base of every test script. It counts checks, because a release engine compiles
## [code]assert()[/code] out and goes on after a script error.
##
## A script overrides [method test]. The runner of the tests requires the line that
## [method run] prints at the end, so that a script that has stopped early fails.

var _passed := 0
var _failed := 0


## Runs the test and prints its result. Returns the exit code.
func run() -> int:
	await test()
	print("TEST-END passed=%d failed=%d" % [_passed, _failed])
	return 0 if _failed == 0 and _passed > 0 else 1


## Makes the checks of one script.
func test() -> void:
	that(false, "test() is overridden")


## Counts one check.
func that(condition: bool, what: String) -> void:
	if condition:
		_passed += 1
	else:
		_failed += 1
		print("TEST-FAIL ", what)


## Counts one check: two values are equal and of the same type.
func equal(got: Variant, wanted: Variant, what: String) -> void:
	var same: bool = typeof(got) == typeof(wanted) and got == wanted
	that(same, "%s: got %s, wanted %s" % [what, str(got).left(300), str(wanted).left(300)])


## Waits until [param condition] returns true. After [param seconds], counts a failed
## check.
func until(condition: Callable, what: String, seconds := 30.0) -> void:
	var deadline := Time.get_ticks_msec() + int(seconds * 1000.0)
	while not condition.call():
		if Time.get_ticks_msec() > deadline:
			that(false, "in %d s: %s" % [seconds, what])
			return
		await get_tree().process_frame
	that(true, what)


## Returns the value of the user argument [code]--NAME=VALUE[/code].
func argument(argument_name: String) -> String:
	for word in OS.get_cmdline_user_args():
		if word.begins_with("--%s=" % argument_name):
			return word.get_slice("=", 1)
	that(false, "there is the argument --%s" % argument_name)
	return ""


## Returns a text file that the runner of the tests has put beside the engine.
func file(path: String) -> String:
	var text := FileAccess.get_file_as_string(path)
	that(text != "", "there is the file " + path)
	return text
