### The texts that Guildhall shows to players, in English.
###
### Every other catalogue in this folder has these messages with these arguments.
### docs/translating.md says how to add a language.
###
### An argument that is a number stands in NUMBER(…) or selects between plural
### forms here; then a translation may select between plural forms, too.

# The language's own name for itself: what a list of languages shows.
language-name = English

## Where a connection stands

state-idle = Not connected.
state-connecting = Connecting …
state-online = Connected.
# $reason is a whole sentence: why the connection was lost.
state-waiting = { $reason } Connecting again …
state-closed = Disconnected.

## Why a connection has ended

closed-no-connection = No connection could be made.
closed-normally = The chat has ended.
closed-restarting = The server is restarting.
closed-not-understood = The server did not understand this program. It may be out of date.
connection-lost = The connection was lost.
# $host is the server's, with its port: the client has had no answer from there.
cannot-reach = Cannot reach { $host }.
closed-too-big = A message was too big.
closed-server-problem = The server has a problem.
closed-not-secure = The connection could not be made secure.
closed-too-slow = The connection was too slow for the chat.
closed-silent = The server heard nothing from here for too long.
closed-token-over = The game has to let you in again.
closed-flooded = Too much was asked of the server.
closed-not-let-in = The game did not let you in.
closed-revoked = The game has ended your access to the chat.
closed-banned = You are banned from this chat.
closed-kicked = You were taken off the chat. You may connect again.
closed-replaced = The chat goes on in another window.
# $code is a number of the WebSocket protocol.
closed-otherwise = The server ended the connection ({ $code }).
no-subprotocol = The server does not speak guildhall.v1.

## What has happened

connected-again = Connected again.
welcome = Welcome, { $name }!
# Follows a sentence that says why the wanted name is refused.
another-name = You get another name for now: /nick changes it.
# The same in a game that may have no commands.
new-name-for-now = You get another name for now.
# The connection was lost for so long that the server has forgotten this member.
joined-anew = Connected to “{ $room }” anew: what was said meanwhile may be missing here.
joined = You joined “{ $room }”.
left = You left “{ $room }”.
# Follows a sentence that says why not now.
join-delayed = You join “{ $room }” as soon as that is possible.
rename-delayed = Your name becomes “{ $name }” as soon as that is possible.
removed = You are not in “{ $room }” any more.
removed-forbidden = You are not in “{ $room }” any more: the game does not allow it.
removed-banned = You are not in “{ $room }” any more: you are banned from it.
removed-closed = You are not in “{ $room }” any more: the game has closed it.
removed-taken-out = The game has taken you out of “{ $room }”.
moved-into = The game has put you into “{ $room }”.
slow-mode-wait = You can say something again in { NUMBER($seconds) } s.
# What holds in a room: each of these is a line or a sentence of its own.
room-topic = Topic: { $topic }
room-read-only = You may not say anything here.
room-announce-only = Only a few may say something here.
room-slow-mode = Slow mode: one message in { NUMBER($seconds) } s.
room-text-bytes = Messages are short here: at most { NUMBER($most) } bytes.
room-no-history = You do not see here what was said before.
room-no-members = You do not see here who else is here.
room-open = Everyone may say something here.
lines-missing = { $count ->
    [one] One message is missing here.
   *[other] { $count } messages are missing here.
}
whispers-missing = { $count ->
    [one] One whisper to you was lost while you were away.
   *[other] { $count } whispers to you were lost while you were away.
}
member-joined = { $name } joined.
member-left = { $name } left.
member-renamed = { $old } is now { $new }.
# $names is a list of two names or more.
members-joined = { $names } joined.
members-left = { $names } left.
many-joined = { NUMBER($count) } people joined.
many-left = { NUMBER($count) } people left.
many-renamed = { NUMBER($count) } people have new names.
server-silent = The server does not answer.
server-answers = The server answers again.
name-changed = You are now { $name }.
bad-message = The server said something that this program does not understand.

## What the server did not do. A sentence that says why follows.

refused-hello = The server does not let you in.
refused-join = “{ $room }” cannot be joined.
refused-leave = “{ $room }” cannot be left.
refused-rename = You keep your name.
refused-list-rooms = The list of rooms did not come.
refused-list-members = The list of who is in “{ $room }” did not come.
refused-history = Older messages of “{ $room }” did not come.
refused-refresh = The game could not let you in again.
refused-list-unread = The list of what you have not read did not come.
refused-search = The search found no answer.
refused-block = You do not block “{ $name }”.
refused-unblock = You still block “{ $name }”, if you did before.
refused-list-blocks = The list of whom you block did not come.
refused-report = Your report was not sent.
refused-impose = Nothing was imposed on “{ $name }”.
refused-lift = Nothing was lifted for “{ $name }”.
refused-change-room = The settings of “{ $room }” stay as they were.
refused-clear = “{ $room }” was not cleared.
refused-purge = The messages of “{ $name }” were not removed.
refused-set-role = The role of “{ $name }” stays as it was.
refused-list-moderators = The list of moderators did not come.
refused-list-sanctions = The list of what holds against others did not come.
change-failed = The message stays as it was.

## Why something was not done

error-unknown = The server refused this, for a reason that this program does not know.
# $details is English, for the people who make programs.
error-bad-request = The server did not understand this program: { $details }
error-hello = The server and this program did not greet each other properly.
error-version = The server is older than this program: it speaks version { $version }.
# One of the sentences below follows, of those that begin with bad-name.
error-bad-name = “{ $name }” cannot be a name.
error-name-taken = The name “{ $name }” is taken, or too much like one that is.
error-bad-room-name = “{ $room }” cannot be a room.
bad-name-blank = It has no letter, no digit and no symbol.
bad-name-too-long = It has more than { $most } characters.
# $character is a sign, or its number in Unicode, such as U+202E.
bad-name-character = The character { $character } is not allowed in it.
bad-name-place = The character { $character } is not allowed at that place.
bad-name-marks = One of its letters has too many marks.
bad-name-space = Names of rooms have no spaces.
# Such a name is Guest 7.
bad-name-guest = The server itself gives such names.
bad-name-reserved = It is reserved, because others would misunderstand it.
error-too-many-rooms = You are in { $count } rooms, and more are not allowed. Leave one first.
error-rooms-full = The server has { $count } rooms and makes no more.
error-not-in-room = You are not in the room “{ $room }”.
error-empty = There is nothing to send that others could see.
error-too-long = The text is too long: { $bytes } bytes, and at most { $most } are allowed.
error-no-such-client = “{ $name }” is not here.
error-cannot-whisper = { $name } cannot get whispers.
error-too-many-requests = You ask the server for too much at once.
error-address-rooms-full = Your address has { $count } rooms open, and more are not allowed.
error-rate-limited = Too much is said at once.
error-bad-token = The game’s server did not let you in: { $details }
error-may-not-join = You may not enter the room “{ $room }”.
error-may-not-say = You may not say anything in the room “{ $room }”.
error-may-not-whisper = You may not whisper.
error-may-not-read-history = You may not read what was said before in the room “{ $room }”.
error-may-not-see-members = You may not see who is in the room “{ $room }”.
error-room-full = The room “{ $room }” is full: no more than { $count } can be in it.
error-slow-mode = The room “{ $room }” is in slow mode.
error-name-fixed = Your name is the game’s, and cannot be changed here.
error-unavailable = The server cannot do this at the moment.
error-no-such-line = This message is not there any more.
error-too-late = This message is too old to be edited.
error-too-many-reactions = This message has as many different reactions as it can have: { $count }.
error-may-not-change = You may not change what others have said in the room “{ $room }”.
error-muted = You are muted and cannot write at the moment.
# Of a message, a reaction or a name.
error-refused-text = This breaks a rule of the game.
# One of these follows error-refused-text.
refused-words = Some of the words are not allowed here.
refused-links = Links such as this are not allowed here.
refused-repeats = It repeats too much.
refused-capitals = It has too many capital letters.
refused-mentions = It names too many people.
error-no-such-user = There is nobody called “{ $name }”.
error-already-reported = You have reported this already.
error-too-many-blocks = You cannot block more people than these: { $count }.
error-no-such-sanction = Nothing of this kind holds against “{ $name }”.
error-is-moderator = “{ $name }” is a moderator, too.
error-may-not-moderate = You may not moderate the room “{ $room }”.
error-may-not-moderate-everywhere = You may not do that in all rooms.
# The game's own words may follow.
message-rejected = A moderator has rejected this message.
error-receiver-behind = { $name } is not keeping up at the moment.
# Follows a sentence that says what was not done.
try-again-later = Try again in { NUMBER($seconds) } s.
uncertain = The connection was lost: others may have got this, or not.
not-in-this-room = You are not in this room.
too-many-pending = Too much is waiting for the server. Try again in a moment.
not-online = You are not connected.
no-such-message = This message cannot be sent again.
nobody-whispered = Nobody has whispered to you yet.

## Sanctions

muted = You are muted: you cannot write anything.
muted-in = You are muted in “{ $room }”: you cannot write anything there.
banned = You are banned from this chat.
banned-in = You are banned from “{ $room }”.
kicked = A moderator has taken you off the chat.
kicked-from = A moderator has taken you out of “{ $room }”.
# One of these follows.
ends-in-seconds = { $count ->
    [one] This ends in one second.
   *[other] This ends in { $count } seconds.
}
ends-in-minutes = { $count ->
    [one] This ends in one minute.
   *[other] This ends in { $count } minutes.
}
ends-in-hours = { $count ->
    [one] This ends in one hour.
   *[other] This ends in { $count } hours.
}
ends-in-days = { $count ->
    [one] This ends in one day.
   *[other] This ends in { $count } days.
}
# $time is a day and a time with its zone, such as 2026-11-26 15:40 UTC.
ends-at = This ends at { $time }.
ends-never = This has no end.
# Then why. $reason is one of the reasons below.
sanction-reason = Reason: { $reason }.
# $rule is in the game's own words, or in those of a moderator.
sanction-rule = Rule: “{ $rule }”.
sanction-automated = No human has decided this.
sanction-number = Its number is { $number }.
# $appeal is in the game's own words: an address, or what to do.
sanction-appeal = You can appeal: { $appeal }
# In what moderators read. $name is that of another moderator.
sanction-by = By { $name }.
sanction-note = Note: “{ $note }”.
mute-ended = You can write again.
mute-ended-in = You can write in “{ $room }” again.
ban-ended = You are not banned from this chat any more.
ban-ended-in = You are not banned from “{ $room }” any more.

# The reasons for sanctions and reports: a list to choose from, and behind “Reason:”.
reason-spam = Spam or advertising
reason-harassment = Harassment or threats
reason-hate = Hatred
reason-sexual = Sexual content
reason-child-safety = Harm to minors
reason-violence = Violence
reason-self-harm = Suicide or self-harm
reason-private-data = Private information
reason-fraud = Fraud or impersonation
reason-illegal = Something else that is illegal
reason-name = Name that breaks the rules
reason-other = Something else

## Blocks, reports and moderators

blocked = You block { $name } now: you see nothing of what they say.
unblocked = You do not block { $name } any more.
# $names is a list of names.
block-list = You block: { $names }
block-list-empty = You block nobody.
reported = The moderators have your report. Its number is { $number }.
report-acted = Your report { $number } was looked at, and something was done about it.
report-not-acted = Your report { $number } was looked at. It did not lead to anything.
waits-for-moderator = This message waits for a moderator.
# A message that was typed on another device.
other-message-rejected = A moderator has rejected a message of yours.
lines-cleared = { $name } has removed everything that was said here.
lines-purged = { $name } has removed everything that somebody has said here.
imposed-mute = { $name } is muted everywhere.
imposed-mute-in = { $name } is muted in “{ $room }”.
imposed-ban = { $name } is banned everywhere.
imposed-ban-in = { $name } is banned from “{ $room }”.
imposed-kick = { $name } was taken off the chat.
imposed-kick-in = { $name } was taken out of “{ $room }”.
lifted = This does not hold against { $name } any more.
cleared = Everything that was said in “{ $room }” is removed.
purged = { $count ->
    [one] Everything that { $name } has said in one room is removed.
   *[other] Everything that { $name } has said in { $count } rooms is removed.
}
role-set = The role of { $name } is another one now.
moderators-are = Moderators of “{ $room }”: { $names }
no-moderators = “{ $room }” has no moderators that are known.
# A name in that list.
is-admin = { $name } (admin)
no-sanctions = Nothing holds against anybody here.
# Below a list that has not all of them.
more-sanctions = There are more of them.

## Commands. A command, such as /join, stands before each of these.

command-unknown = There is no command { $command }. /help lists those that there are.
# $usage is such as: /join ROOM
command-missing = Something is missing: { $usage }
help-whisper = whispers to somebody; a name with spaces goes in quotes
help-reply = whispers to whoever whispered to you last
help-join = joins a room
help-leave = leaves a room
help-me = says what you do
help-who = lists who is in a room
help-nick = changes your name
help-rooms = lists the rooms
help-quote = replies to a message, by its number or to the newest one
help-edit = gives a message of yours another text, the last one if there is no number
help-delete = removes a message, your last one if there is no number
help-react = reacts to a message, the newest one if there is no number
help-unreact = takes a reaction back
help-search = looks for messages with these words; without words, goes on
help-unread = lists the rooms with messages that you have not read
help-block = blocks somebody: you see nothing of what they say any more
help-unblock = does not block somebody any more
help-blocks = lists whom you block
help-report = reports somebody, a message by its number, or with -w the last whisper to you
help-mods = lists the moderators of the room
# Above the commands of moderators. -all and -ip stand before a name.
help-moderators = For moderators. TIME is such as 10m, 1h or 7d. WHY can begin with one of these: { $reasons }. -all means in all rooms, -ip also guests from the same address.
help-timeout = mutes somebody for ten minutes, or for this time
help-mute = mutes somebody, until the time is over or you end it
help-unmute = lets somebody write again
help-kick = takes somebody out of the room
help-ban = bans somebody from the room
help-unban = lets somebody into the room again
help-slow = makes everybody but moderators wait between two messages, 30 s or this time
help-announce = lets only a few write in the room
help-topic = sets the topic of the room, or takes it away
help-clear = removes everything that was said in the room
help-purge = removes everything that somebody has said in the room
help-mod = makes somebody a moderator of the room
help-unmod = takes that away again
help-sanctions = lists the mutes and bans that hold in the room
help-help = lists the commands
help-retry = sends again what failed
help-older = shows older lines of the room, as Page Up does
help-quit = ends the chat

## Status and buttons of the page and of the Godot scene

status-connecting = Connecting…
status-connected = Connected
status-reconnecting = Reconnecting in { NUMBER($seconds) } s
status-disconnected = Disconnected
status-no-network = No network
status-no-answer = No answer
try-now = Try now
connect-again = Connect again
send = Send
retry = Retry
discard = Discard
join-room = Join a room
change-name = Change your name
you = You
you-whisper = You whisper to { $name }
write-to = Write to { $room }
write-to-or-help = Write to { $room }, or /help
whisper-with = Whisper to { $name }
no-room = You are in no room. Join one with +.
bytes-left = { NUMBER($count) } bytes left
bytes-over = { NUMBER($count) } bytes too long

## The page alone: names of its parts

language = Language
you-are = You are
conversations = Rooms and whispers
people = People
people-here = People in this room
messages = Messages
message = Message
suggestions = Suggestions
entry-title = What should others call you?
name = Name
skip = Skip
enter = Enter the hall
room-name = Name of the room
join = Join
# The page is open in two tabs of one browser.
open-elsewhere = You are in this chat in another tab
open-elsewhere-more = One tab at a time can be you. You can go on here, and the other tab stops, or be somebody else here.
go-on-here = Go on here
be-another = Be somebody else
# Tab was pressed behind the beginning of a command or of a name.
nothing-fits = Nothing begins like this. Press Tab again to go on to the next button.
close = Close
cancel = Cancel
# The menu of a message, and the button that opens it.
line-menu = Message actions
# Above emojis, each of which is a reaction to a message.
react = React
reply = Reply
edit = Edit
delete = Delete
# Above the textbox while a message gets another text.
editing = Editing your message. Escape ends it.
search = Search
search-words = Words in messages
# Below what was found: shows further messages.
search-on = Show more

# The parts of the page that are about other users.
# The menu of a user, and the button that opens it.
user-menu = Actions for { $name }
block-user = Block { $name }
unblock-user = Unblock { $name }
blocked-people = People you block
# Buttons that open a form.
report = Report…
moderate = Moderate…
report-title = Report to the moderators
report-note = What should they know?
report-send = Send the report
moderate-title = Moderate { $name }
# The acts of a moderator about somebody: a list to choose from.
action = Action
action-mute = Mute
action-kick = Take out
action-ban = Ban
action-purge = Remove all messages
for-how-long = For how long
for-good = Without an end
# The place in which it holds.
where = Where
in-this-room = In this room
everywhere = Everywhere
reason = Reason
# In a list, before one is chosen, and if none was.
choose = Choose a reason
rule = The rule, for them to read
address-too = Also guests from the same address
apply = Apply
# A form, and the button that opens it.
room-settings = Room settings
slow-mode = Slow mode
# Slow mode that is switched off.
off = Off
announce-only = Only a few may write
clear-room = Remove all messages…
clear-title = Remove all messages of “{ $room }”?
clear-more = They cannot be brought back.
clear-do = Remove all
# A button for a room that a moderator has taken the user out of.
join-again = Join again

## The page alone: conversations

quiet = The hall is quiet.
quiet-more = Say something, and everyone here will hear it.
alone = Just the two of you.
alone-more = What you write here goes to { $name } alone.
no-connection = No connection to the server. What you send waits here.
no-network = This device has no network. What you send waits here.
no-answer = The server does not answer. What you send waits here.
server-says = The server says: “{ $reason }”. What you send waits here.
no-server = This page does not know its server. Add ?server=ws://… to the address.
bad-server = “{ $address }” is not the address of a chat server. It has to begin with ws:// or wss://.
server-not-allowed = This page may not connect to { $address }. The operator of this page's server can allow it with --page-server.
page-not-allowed = No connection to the server. If it is running, it may not allow this page. Its operator can do so with --allow-origin { $origin }
# A link to the page that finds out why the chat does not connect.
find-out-why = Find out why
newest = Jump to newest
newest-count = Jump to newest ({ NUMBER($count) } new)
unread = { NUMBER($count) } unread
new = New
loading-older = Loading older messages…
no-older = This is where the story begins.
older-gone = Older messages are no longer kept.
sending = Sending…
not-sent = Not sent: { $reason }
whispers-to-you = { $name } whispers to you
# A button that leaves a room.
leave = Leave { $room }
# A button that closes a conversation.
close-whispers = Close the whispers with { $name }
whispers-with = Whispers with { $name }
# A button beside somebody's name.
whisper-to = Whisper to { $name }
too-many-people = { NUMBER($count) } people: too many to list.
rooms-there = Rooms that are there:
no-rooms = There are no rooms yet: join one, and it comes to be.
# $names is a list of names.
people-are = In { $room } are: { $names }
commands = Commands:

## Messages that were said before

# In place of the text of a message that was removed.
message-removed = message removed
# Behind a message whose text was changed.
message-edited = edited
# Above or before a message that replies to another one; $text is what that one said.
reply-to = Reply to { $name }: { $text }
# The same, if the other message is not there any more, or was not loaded.
reply-to-unknown = Reply to an earlier message
nothing-to-change = There is no message that this could be about.
# Above a list of what was found.
messages-found = { $count ->
    [one] { $count } message found:
   *[other] { $count } messages found:
}
nothing-found = Nothing was found.
nothing-more-found = There is nothing more to be found.
all-read = You have read everything.
# In a list of rooms.
unread-in = { $count ->
    [one] “{ $room }”: { $count } new message
   *[other] “{ $room }”: { $count } new messages
}
# The same, if there are more messages than the number.
unread-in-more = { $count ->
    [one] “{ $room }”: more than { $count } new message
   *[other] “{ $room }”: more than { $count } new messages
}
# Behind that, with a comma before it: how many of them have the user's name.
unread-mentions = { $count ->
    [one] { $count } names you
   *[other] { $count } name you
}

## The terminal alone

# In the prompt, behind the room's name.
# $time is a time of today, or a day and a time.
prompt-muted-until = muted until { $time }
prompt-muted = muted
prompt-read-only = read only
more-found = End of what was found so far. /search alone shows more.
line-was-edited = { $name } edited message { $number }:
line-was-removed = { $name } removed message { $number }.
# Behind it, in brackets, is how the message begins.
line-got-reaction = { $name } reacted with { $reaction } to message { $number }
line-lost-reaction = { $name } took { $reaction } back from message { $number }
help-numbers = shows the number of each message, or hides it again
numbers-shown = Each message has its number from now on: /edit, /react and others take it.
numbers-hidden = Messages have no numbers any more.
nothing-failed = Nothing has failed.
older-lines = { $count ->
    [one] { $count } older line:
   *[other] { $count } older lines:
}
more-older-lines = End of the older lines. /older shows more.
no-more-older-lines = End of the older lines. There are none before them.
no-older-lines = There are no older lines.
older-lines-again = No older lines came. /older asks again.
# A day above the lines that were said on it; $month is one of those below.
day = { $weekday }, { $day } { $month } { $year }
monday = Monday
tuesday = Tuesday
wednesday = Wednesday
thursday = Thursday
friday = Friday
saturday = Saturday
sunday = Sunday
# The months, as they are written in a day.
january = January
february = February
march = March
april = April
may = May
june = June
july = July
august = August
september = September
october = October
november = November
december = December

## The Godot scene alone

scene-no-address = No address: { $address }
scene-connecting = Connecting to { $address }
scene-not-sent = Not sent.
scene-whispers = { $name } whispers
# What becomes of a message stands behind it.
scene-sending = (sending…)
scene-failed = (not sent: { $reason })
# A line above what is new.
scene-new = ——— new ———
# Names of rooms follow.
scene-rooms = Rooms ({ NUMBER($count) }):
# Names of people follow.
scene-people = { NUMBER($count) } in “{ $room }”.
# A button that shows who is in the room.
scene-here = { NUMBER($count) } here
scene-edited = (edited)
scene-removed = This message was removed.
# The quote of a message that the player's program does not have.
scene-older-message = an older message
scene-reply = Reply
scene-edit = Edit
scene-delete = Delete
# The rest of the menu of a message, for everybody and for moderators.
scene-block = Block { $name }
scene-report = Report…
scene-timeout = Mute { $name } for ten minutes
scene-kick = Take { $name } out of the room
scene-ban = Ban { $name } from the room
# The form of a report.
scene-report-title = Report to the moderators
scene-report-note = What should they know?
scene-report-send = Report
# Above the input line. $text is the beginning of the message.
scene-replying = Reply to { $name }: { $text }
scene-editing = Edit: { $text }
scene-cancel = Cancel
scene-search = Search
# The search field, while it is empty.
scene-search-hint = Words to look for
scene-nothing-found = Nothing found.
scene-more-found = More

## The server alone

# Words that nobody gets as a name, because others would take them for the program or for
# the people who run it, with commas between them. So is "you". Nobody sees this list.
reserved-names = System, Server, Admin, Administrator, Moderator, Mod, Guildhall
