class_name Check
extends Node
## What every test script extends: checks that count, because a release engine
## compiles [code]assert()[/code] out and goes on after a script error.
##
## A script overrides [method test]. The tests' runner demands the line that
## [method run] prints at the end, so a script that stopped on its way fails.

var _passed := 0
var _failed := 0


## Runs the test and says how it went. Returns the exit code.
func run() -> int:
	await test()
	print("TEST-END passed=%d failed=%d" % [_passed, _failed])
	return 0 if _failed == 0 and _passed > 0 else 1


## The checks of one script.
func test() -> void:
	that(false, "test() is overridden")


## Counts one check.
func that(condition: bool, what: String) -> void:
	if condition:
		_passed += 1
	else:
		_failed += 1
		print("TEST-FAIL ", what)


## Counts one check that two values are the same, of the same type.
func equal(got: Variant, wanted: Variant, what: String) -> void:
	var same: bool = typeof(got) == typeof(wanted) and got == wanted
	that(same, "%s: got %s, wanted %s" % [what, str(got).left(300), str(wanted).left(300)])


## Waits until [param condition] holds; a failed check after [param seconds].
func until(condition: Callable, what: String, seconds := 10.0) -> void:
	var deadline := Time.get_ticks_msec() + int(seconds * 1000.0)
	while not condition.call():
		if Time.get_ticks_msec() > deadline:
			that(false, "in %d s: %s" % [seconds, what])
			return
		await get_tree().process_frame
	that(true, what)


## The value of the user argument [code]--NAME=VALUE[/code].
func argument(argument_name: String) -> String:
	for word in OS.get_cmdline_user_args():
		if word.begins_with("--%s=" % argument_name):
			return word.get_slice("=", 1)
	that(false, "the argument --%s" % argument_name)
	return ""


## A text file that the tests' runner has put beside the engine.
func file(path: String) -> String:
	var text := FileAccess.get_file_as_string(path)
	that(text != "", "the file " + path)
	return text
