extends RefCounted
## The help for each command: see [method GuildhallTexts.command_help].
# gdlint: disable=max-returns

const Moderation := preload("moderation_commands.gd")


## Returns what the command with this first name does.
static func help(name: String) -> String:
	var of_moderators := _of_moderators(name)
	return of_moderators if of_moderators != "" else _of_all(name)


## Returns what moderators have to know of their commands: a line above their list.
static func moderators_help() -> String:
	return GuildhallCatalogue.help_moderators(", ".join(Moderation.REASONS.keys()))


static func _of_all(name: String) -> String:
	match name:
		"/w":
			return GuildhallCatalogue.help_whisper()
		"/r":
			return GuildhallCatalogue.help_reply()
		"/join":
			return GuildhallCatalogue.help_join()
		"/leave":
			return GuildhallCatalogue.help_leave()
		"/me":
			return GuildhallCatalogue.help_me()
		"/who":
			return GuildhallCatalogue.help_who()
		"/nick":
			return GuildhallCatalogue.help_nick()
		"/rooms":
			return GuildhallCatalogue.help_rooms()
		"/quote":
			return GuildhallCatalogue.help_quote()
		"/edit":
			return GuildhallCatalogue.help_edit()
		"/delete":
			return GuildhallCatalogue.help_delete()
		"/react":
			return GuildhallCatalogue.help_react()
		"/unreact":
			return GuildhallCatalogue.help_unreact()
		"/search":
			return GuildhallCatalogue.help_search()
		"/unread":
			return GuildhallCatalogue.help_unread()
		"/block":
			return GuildhallCatalogue.help_block()
		"/unblock":
			return GuildhallCatalogue.help_unblock()
		"/blocks":
			return GuildhallCatalogue.help_blocks()
		"/report":
			return GuildhallCatalogue.help_report()
		"/mods":
			return GuildhallCatalogue.help_mods()
		"/help":
			return GuildhallCatalogue.help_help()
	return ""


static func _of_moderators(name: String) -> String:
	match name:
		"/timeout":
			return GuildhallCatalogue.help_timeout()
		"/mute":
			return GuildhallCatalogue.help_mute()
		"/unmute":
			return GuildhallCatalogue.help_unmute()
		"/kick":
			return GuildhallCatalogue.help_kick()
		"/ban":
			return GuildhallCatalogue.help_ban()
		"/unban":
			return GuildhallCatalogue.help_unban()
		"/slow":
			return GuildhallCatalogue.help_slow()
		"/announce":
			return GuildhallCatalogue.help_announce()
		"/topic":
			return GuildhallCatalogue.help_topic()
		"/clear":
			return GuildhallCatalogue.help_clear()
		"/purge":
			return GuildhallCatalogue.help_purge()
		"/mod":
			return GuildhallCatalogue.help_mod()
		"/unmod":
			return GuildhallCatalogue.help_unmod()
		"/sanctions":
			return GuildhallCatalogue.help_sanctions()
	return ""
