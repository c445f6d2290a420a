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
    [one] One message is missing here: the server no longer has it.
   *[other] { $count } messages are missing here: the server no longer has them.
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
error-may-not-read-history = You may not read what was said before in the room “{ $room }”.
error-may-not-see-members = You may not see who is in the room “{ $room }”.
error-room-full = The room “{ $room }” is full: no more than { $count } can be in it.
error-slow-mode = The room “{ $room }” is in slow mode.
error-name-fixed = Your name is the game’s, and cannot be changed here.
error-receiver-behind = { $name } is not keeping up at the moment.
# Follows a sentence that says what was not done.
try-again-later = Try again in { NUMBER($seconds) } s.
uncertain = The connection was lost: others may have got this, or not.
not-in-this-room = You are not in this room.
too-many-pending = Too much is waiting for the server. Try again in a moment.
not-online = You are not connected.
no-such-message = This message cannot be sent again.
nobody-whispered = Nobody has whispered to you yet.

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

## The terminal alone

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

## The server alone

# Words that nobody gets as a name, because others would take them for the program or for
# the people who run it, with commas between them. So is "you". Nobody sees this list.
reserved-names = System, Server, Admin, Administrator, Moderator, Mod, Guildhall
