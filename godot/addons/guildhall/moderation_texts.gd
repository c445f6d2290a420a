class_name GuildhallModerationTexts
extends RefCounted
## Sanctions in words: kind, end and reason for the user; the texts that moderators read; and
## what became of blocks and reports. [GuildhallTexts] has the other texts.
# gdlint: disable=max-returns

const Packets := preload("packets.gd")
const Event := preload("session/event.gd")
const Limits := preload("session/limits.gd")

const MINUTE := 60
const HOUR := 60 * MINUTE
const DAY := 24 * HOUR
## Later than the year 9999, nothing ends, in milliseconds since 1970.
const LATEST := 253_402_300_800_000


## A sanction of the player: its kind, its end and the reason. It still holds for [param left]
## milliseconds; -1: it has no end.
static func sanction(of: GuildhallSanction, left: int) -> String:
	var sentences: Array[String] = [_what(of)]
	if of.lasts():
		sentences.append(ends_in(left))
	return " ".join(sentences + _reasons(of))


## When something ends that still holds for so many milliseconds; -1: it has no end. Rounded: the
## client knows the server's clock only up to the time that a message takes.
static func ends_in(left: int) -> String:
	if left < 0:
		return GuildhallCatalogue.ends_never()
	var seconds := ceili(left / 1000.0)
	if seconds <= 1.5 * MINUTE:
		return GuildhallCatalogue.ends_in_seconds(seconds)
	if seconds <= 1.5 * HOUR:
		return GuildhallCatalogue.ends_in_minutes(roundi(seconds / float(MINUTE)))
	if seconds <= 1.5 * DAY:
		return GuildhallCatalogue.ends_in_hours(roundi(seconds / float(HOUR)))
	return GuildhallCatalogue.ends_in_days(roundi(seconds / float(DAY)))


## Why the player cannot say anything in a room, and until when, for an input that is greyed out.
## Empty: the player can. [param now] is [method Time.get_ticks_msec].
static func cannot_say(session: GuildhallSession, room_name: String, now: int) -> String:
	var mute := session.muted(room_name)
	if mute != null:
		var end := session.ends_at(mute)
		return sanction(mute, -1 if end < 0 else maxi(end - now, 0))
	var wanted := session.room(room_name)
	if wanted != null and wanted.settings.read_only:
		return GuildhallCatalogue.room_read_only()
	return ""


## The name of a reason, for a list to choose from.
static func reason(of: int) -> String:
	match of:
		Packets.Reason.REASON_SPAM:
			return GuildhallCatalogue.reason_spam()
		Packets.Reason.REASON_HARASSMENT:
			return GuildhallCatalogue.reason_harassment()
		Packets.Reason.REASON_HATE:
			return GuildhallCatalogue.reason_hate()
		Packets.Reason.REASON_SEXUAL:
			return GuildhallCatalogue.reason_sexual()
		Packets.Reason.REASON_CHILD_SAFETY:
			return GuildhallCatalogue.reason_child_safety()
		Packets.Reason.REASON_VIOLENCE:
			return GuildhallCatalogue.reason_violence()
		Packets.Reason.REASON_SELF_HARM:
			return GuildhallCatalogue.reason_self_harm()
		Packets.Reason.REASON_PRIVATE_DATA:
			return GuildhallCatalogue.reason_private_data()
		Packets.Reason.REASON_FRAUD:
			return GuildhallCatalogue.reason_fraud()
		Packets.Reason.REASON_ILLEGAL:
			return GuildhallCatalogue.reason_illegal()
		Packets.Reason.REASON_NAME:
			return GuildhallCatalogue.reason_name()
	return GuildhallCatalogue.reason_other()


## A sanction of another user, for moderators: the user, its kind, its end, the reason and by whom.
static func imposed(of: GuildhallSanction) -> String:
	var name := "?" if of.user == null else name_of(of.user)
	var sentences: Array[String] = [_what_of(of, name)]
	if of.kind != Packets.SanctionKind.SANCTION_KIND_KICK:
		sentences.append(_ends_at(of.until))
	sentences.append_array(_reasons(of))
	if not of.by.is_empty():
		sentences.append(GuildhallCatalogue.sanction_by(of.by))
	if not of.note.is_empty():
		sentences.append(GuildhallCatalogue.sanction_note(of.note))
	return " ".join(sentences)


## The name of a user in a list; the account, if the user has none now.
static func name_of(user: GuildhallUser) -> String:
	return user.user if user.name.is_empty() else user.name


## The sentences for a list of sanctions, one for each.
static func sanctions_listed(sanctions: Array[GuildhallSanction], more: bool) -> Array[String]:
	var sentences: Array[String] = []
	for of in sanctions:
		sentences.append(imposed(of))
	if sanctions.is_empty():
		sentences.append(GuildhallCatalogue.no_sanctions())
	if more:
		sentences.append(GuildhallCatalogue.more_sanctions())
	return sentences


## A sentence, and the game's words behind it.
static func with_words(sentence: String, words: String) -> String:
	return sentence if words.is_empty() else sentence + " " + words


## The error that the player is muted or banned, with the arguments of the server: what, until
## when and why, as far as it says so.
static func refused(kind: Packets.SanctionKind, arguments: Array[String]) -> String:
	var known := arguments.duplicate()
	known.resize(6)
	var of := GuildhallSanction.new()
	of.kind = kind
	of.room = known[0]
	of.until = known[1].to_int()
	of.reason = known[2].to_int()
	of.rule = known[3]
	of.id = known[4].to_int()
	of.appeal = known[5]
	var sentences: Array[String] = [_what(of)]
	if not known[1].is_empty():
		sentences.append(_ends_at(of.until))
	return " ".join(sentences + _reasons(of))


## The error that a text breaks a rule of the game, with the arguments of the server.
static func refused_text(arguments: Array[String]) -> String:
	var known := arguments.duplicate()
	known.resize(2)
	var rule := ""
	match known[0]:
		"words":
			rule = GuildhallCatalogue.refused_words()
		"links":
			rule = GuildhallCatalogue.refused_links()
		"repeats":
			rule = GuildhallCatalogue.refused_repeats()
		"capitals":
			rule = GuildhallCatalogue.refused_capitals()
		"mentions":
			rule = GuildhallCatalogue.refused_mentions()
	return with_words(with_words(GuildhallCatalogue.error_refused_text(), rule), known[1])


## The system message for an event of moderation; empty for another one.
static func event(of: Event) -> String:
	var arguments := of.arguments
	match of.kind:
		&"room_removed":
			var by := arguments[2] as GuildhallSanction
			return _removed(arguments[0] as String, arguments[1] as Packets.RemovedReason, by)
		&"moved":
			return GuildhallCatalogue.moved_into(arguments[1] as String)
		&"message_held":
			return GuildhallCatalogue.waits_for_moderator()
		&"rejected":
			return with_words(GuildhallCatalogue.other_message_rejected(), arguments[1] as String)
		&"sanctioned":
			return sanction(arguments[0] as GuildhallSanction, arguments[1] as int)
		&"sanction_ended":
			return _ended(arguments[0] as GuildhallSanction)
		&"lines_cleared":
			return GuildhallCatalogue.lines_cleared((arguments[0] as GuildhallLineChange).name)
		&"lines_purged":
			return GuildhallCatalogue.lines_purged((arguments[0] as GuildhallLineChange).name)
		&"blocks_listed":
			return _blocks(arguments[0] as Array[GuildhallUser])
		&"reported":
			return GuildhallCatalogue.reported(Limits.unsigned(arguments[0] as int))
		&"report_decided":
			var number := Limits.unsigned(arguments[0] as int)
			var decision := GuildhallCatalogue.report_not_acted(number)
			if arguments[1]:
				decision = GuildhallCatalogue.report_acted(number)
			return with_words(decision, arguments[2] as String)
		&"imposed":
			return imposed(arguments[0] as GuildhallSanction)
		&"purged":
			return GuildhallCatalogue.purged(arguments[1] as int, arguments[0] as String)
		&"moderators_listed":
			return _moderators(arguments[0] as String, arguments[1] as Array[GuildhallModerator])
		&"done":
			return _done(arguments[0] as GuildhallSession.RequestKind, arguments[1] as String)
	return ""


## The sentence that a request was refused; empty for one that is not of moderation.
static func request_refused(request: GuildhallSession.RequestKind, subject: String) -> String:
	match request:
		GuildhallSession.RequestKind.BLOCK:
			return GuildhallCatalogue.refused_block(subject)
		GuildhallSession.RequestKind.UNBLOCK:
			return GuildhallCatalogue.refused_unblock(subject)
		GuildhallSession.RequestKind.LIST_BLOCKS:
			return GuildhallCatalogue.refused_list_blocks()
		GuildhallSession.RequestKind.REPORT:
			return GuildhallCatalogue.refused_report()
		GuildhallSession.RequestKind.IMPOSE:
			return GuildhallCatalogue.refused_impose(subject)
		GuildhallSession.RequestKind.LIFT:
			return GuildhallCatalogue.refused_lift(subject)
		GuildhallSession.RequestKind.CHANGE_ROOM:
			return GuildhallCatalogue.refused_change_room(subject)
		GuildhallSession.RequestKind.CLEAR:
			return GuildhallCatalogue.refused_clear(subject)
		GuildhallSession.RequestKind.PURGE:
			return GuildhallCatalogue.refused_purge(subject)
		GuildhallSession.RequestKind.SET_ROLE:
			return GuildhallCatalogue.refused_set_role(subject)
		GuildhallSession.RequestKind.LIST_MODERATORS:
			return GuildhallCatalogue.refused_list_moderators()
		GuildhallSession.RequestKind.LIST_SANCTIONS:
			return GuildhallCatalogue.refused_list_sanctions()
	return ""


static func _what(of: GuildhallSanction) -> String:
	var is_everywhere := of.room.is_empty()
	match of.kind:
		Packets.SanctionKind.SANCTION_KIND_BAN when is_everywhere:
			return GuildhallCatalogue.banned()
		Packets.SanctionKind.SANCTION_KIND_BAN:
			return GuildhallCatalogue.banned_in(of.room)
		Packets.SanctionKind.SANCTION_KIND_KICK when is_everywhere:
			return GuildhallCatalogue.kicked()
		Packets.SanctionKind.SANCTION_KIND_KICK:
			return GuildhallCatalogue.kicked_from(of.room)
	return GuildhallCatalogue.muted() if is_everywhere else GuildhallCatalogue.muted_in(of.room)


static func _what_of(of: GuildhallSanction, name: String) -> String:
	var is_everywhere := of.room.is_empty()
	match of.kind:
		Packets.SanctionKind.SANCTION_KIND_BAN when is_everywhere:
			return GuildhallCatalogue.imposed_ban(name)
		Packets.SanctionKind.SANCTION_KIND_BAN:
			return GuildhallCatalogue.imposed_ban_in(name, of.room)
		Packets.SanctionKind.SANCTION_KIND_KICK when is_everywhere:
			return GuildhallCatalogue.imposed_kick(name)
		Packets.SanctionKind.SANCTION_KIND_KICK:
			return GuildhallCatalogue.imposed_kick_in(name, of.room)
		_ when is_everywhere:
			return GuildhallCatalogue.imposed_mute(name)
	return GuildhallCatalogue.imposed_mute_in(name, of.room)


# The end of a sanction of the player.
static func _ended(of: GuildhallSanction) -> String:
	if of.is_mute():
		if of.room.is_empty():
			return GuildhallCatalogue.mute_ended()
		return GuildhallCatalogue.mute_ended_in(of.room)
	if of.room.is_empty():
		return GuildhallCatalogue.ban_ended()
	return GuildhallCatalogue.ban_ended_in(of.room)


static func _ends_at(until: int) -> String:
	if until <= 0 or until >= LATEST:
		return GuildhallCatalogue.ends_never()
	var time := Time.get_datetime_string_from_unix_time(floori(until / 1000.0), true)
	return GuildhallCatalogue.ends_at(time.left(16) + " UTC")


static func _reasons(of: GuildhallSanction) -> Array[String]:
	var sentences: Array[String] = []
	if of.reason != 0 and Packets.Reason.values().has(of.reason):
		sentences.append(GuildhallCatalogue.sanction_reason(reason(of.reason)))
	if not of.rule.is_empty():
		sentences.append(GuildhallCatalogue.sanction_rule(of.rule))
	if of.automated:
		sentences.append(GuildhallCatalogue.sanction_automated())
	if of.id != 0:
		sentences.append(GuildhallCatalogue.sanction_number(Limits.unsigned(of.id)))
	if not of.appeal.is_empty():
		sentences.append(GuildhallCatalogue.sanction_appeal(of.appeal))
	return sentences


# Why the player is not in a room any more.
static func _removed(room: String, why: Packets.RemovedReason, of: GuildhallSanction) -> String:
	match why:
		# The event that something holds against the player says the rest.
		Packets.RemovedReason.REMOVED_REASON_BANNED:
			return GuildhallCatalogue.removed_banned(room)
		Packets.RemovedReason.REMOVED_REASON_KICKED when of != null:
			return sanction(of, -1)
		Packets.RemovedReason.REMOVED_REASON_KICKED:
			return GuildhallCatalogue.kicked_from(room)
		Packets.RemovedReason.REMOVED_REASON_FORBIDDEN:
			return GuildhallCatalogue.removed_forbidden(room)
		Packets.RemovedReason.REMOVED_REASON_CLOSED:
			return GuildhallCatalogue.removed_closed(room)
		Packets.RemovedReason.REMOVED_REASON_TAKEN_OUT:
			return GuildhallCatalogue.removed_taken_out(room)
	return GuildhallCatalogue.removed(room)


static func _blocks(users: Array[GuildhallUser]) -> String:
	if users.is_empty():
		return GuildhallCatalogue.block_list_empty()
	return GuildhallCatalogue.block_list(", ".join(users.map(name_of)))


static func _moderators(room: String, moderators: Array[GuildhallModerator]) -> String:
	var names := PackedStringArray()
	for moderator in moderators:
		var is_admin := moderator.role == Packets.Role.ROLE_ADMIN
		var name := name_of(moderator)
		names.append(GuildhallCatalogue.is_admin(name) if is_admin else name)
	if names.is_empty():
		return GuildhallCatalogue.no_moderators(room)
	return GuildhallCatalogue.moderators_are(room, ", ".join(names))


# A request was done. Empty: other events tell it.
static func _done(request: GuildhallSession.RequestKind, subject: String) -> String:
	match request:
		GuildhallSession.RequestKind.BLOCK:
			return GuildhallCatalogue.blocked(subject)
		GuildhallSession.RequestKind.UNBLOCK:
			return GuildhallCatalogue.unblocked(subject)
		GuildhallSession.RequestKind.LIFT:
			return GuildhallCatalogue.lifted(subject)
		GuildhallSession.RequestKind.CLEAR:
			return GuildhallCatalogue.cleared(subject)
		GuildhallSession.RequestKind.SET_ROLE:
			return GuildhallCatalogue.role_set(subject)
	return ""
