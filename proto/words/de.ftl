### Die Texte, die Guildhall Spielern zeigt, auf Deutsch.

language-name = Deutsch

## Wie es um eine Verbindung steht

state-idle = Nicht verbunden.
state-connecting = Verbinde …
state-online = Verbunden.
state-waiting = { $reason } Verbinde gleich wieder …
state-closed = Getrennt.

## Warum eine Verbindung endete

closed-no-connection = Es kam keine Verbindung zustande.
closed-normally = Der Chat ist beendet.
closed-restarting = Der Server startet neu.
closed-not-understood = Der Server hat dieses Programm nicht verstanden. Vielleicht ist es veraltet.
connection-lost = Die Verbindung ging verloren.
cannot-reach = { $host } ist nicht zu erreichen.
closed-too-big = Eine Nachricht war zu groß.
closed-server-problem = Der Server hat ein Problem.
closed-not-secure = Die Verbindung konnte nicht gesichert werden.
closed-too-slow = Die Verbindung war zu langsam für den Chat.
closed-silent = Der Server hat zu lange nichts von hier gehört.
closed-token-over = Das Spiel muss dich noch einmal hereinlassen.
closed-flooded = Zu viel wurde vom Server verlangt.
closed-not-let-in = Das Spiel hat dich nicht hereingelassen.
closed-revoked = Das Spiel hat deinen Zugang zum Chat beendet.
closed-banned = Du bist aus diesem Chat ausgeschlossen.
closed-kicked = Du wurdest aus dem Chat geworfen. Du darfst dich wieder verbinden.
closed-replaced = Der Chat geht in einem anderen Fenster weiter.
closed-otherwise = Der Server hat die Verbindung beendet ({ $code }).
no-subprotocol = Der Server spricht kein guildhall.v1.

## Was geschehen ist

connected-again = Wieder verbunden.
welcome = Willkommen, { $name }!
another-name = Vorerst bekommst du einen anderen Namen: /nick ändert ihn.
new-name-for-now = Vorerst bekommst du einen anderen Namen.
joined-anew = Neu mit „{ $room }“ verbunden: Was inzwischen gesagt wurde, fehlt hier vielleicht.
joined = Du hast „{ $room }“ betreten.
left = Du hast „{ $room }“ verlassen.
join-delayed = Du betrittst „{ $room }“, sobald es geht.
rename-delayed = Du heißt „{ $name }“, sobald es geht.
removed = Du bist nicht mehr in „{ $room }“.
removed-forbidden = Du bist nicht mehr in „{ $room }“: Das Spiel erlaubt es nicht.
removed-banned = Du bist nicht mehr in „{ $room }“: Du bist dort ausgeschlossen.
removed-closed = Du bist nicht mehr in „{ $room }“: Das Spiel hat den Raum geschlossen.
removed-taken-out = Das Spiel hat dich aus „{ $room }“ genommen.
moved-into = Das Spiel hat dich in „{ $room }“ gesetzt.
slow-mode-wait = Du kannst in { NUMBER($seconds) } s wieder etwas sagen.
room-topic = Thema: { $topic }
room-read-only = Du darfst hier nichts sagen.
room-announce-only = Nur wenige dürfen hier etwas sagen.
room-slow-mode = Langsamer Modus: eine Nachricht in { NUMBER($seconds) } s.
room-text-bytes = Nachrichten sind hier kurz: höchstens { NUMBER($most) } Bytes.
room-no-history = Du siehst hier nicht, was früher gesagt wurde.
room-no-members = Du siehst hier nicht, wer noch da ist.
room-open = Alle dürfen hier etwas sagen.
lines-missing = { $count ->
    [one] Hier fehlt eine Nachricht.
   *[other] Hier fehlen { $count } Nachrichten.
}
whispers-missing = { $count ->
    [one] Während du weg warst, ging etwas verloren, das dir geflüstert wurde.
   *[other] Während du weg warst, gingen { $count } geflüsterte Nachrichten an dich verloren.
}
member-joined = { $name } ist gekommen.
member-left = { $name } ist gegangen.
member-renamed = { $old } heißt jetzt { $new }.
# $names is a list of two names or more.
members-joined = { $names } sind gekommen.
members-left = { $names } sind gegangen.
many-joined = { NUMBER($count) } Leute sind gekommen.
many-left = { NUMBER($count) } Leute sind gegangen.
many-renamed = { NUMBER($count) } Leute haben neue Namen.
server-silent = Der Server antwortet nicht.
server-answers = Der Server antwortet wieder.
name-changed = Du heißt jetzt { $name }.
bad-message = Der Server hat etwas gesagt, das dieses Programm nicht versteht.

## Was der Server nicht getan hat. Ein Satz, der sagt, warum, folgt darauf.

refused-hello = Der Server lässt dich nicht herein.
refused-join = „{ $room }“ kann nicht betreten werden.
refused-leave = „{ $room }“ kann nicht verlassen werden.
refused-rename = Du behältst deinen Namen.
refused-list-rooms = Die Liste der Räume kam nicht.
refused-list-members = Die Liste, wer in „{ $room }“ ist, kam nicht.
refused-history = Ältere Nachrichten von „{ $room }“ kamen nicht.
refused-refresh = Das Spiel konnte dich nicht noch einmal hereinlassen.
refused-list-unread = Die Liste dessen, was du nicht gelesen hast, kam nicht.
refused-search = Auf die Suche kam keine Antwort.
refused-block = Du blockierst „{ $name }“ nicht.
refused-unblock = Du blockierst „{ $name }“ weiterhin, falls du das vorher getan hast.
refused-list-blocks = Die Liste, wen du blockierst, kam nicht.
refused-report = Deine Meldung ging nicht ab.
refused-impose = Gegen „{ $name }“ wurde nichts verhängt.
refused-lift = Für „{ $name }“ wurde nichts aufgehoben.
refused-change-room = Die Einstellungen von „{ $room }“ bleiben, wie sie waren.
refused-clear = „{ $room }“ wurde nicht geleert.
refused-purge = Die Nachrichten von „{ $name }“ wurden nicht entfernt.
refused-set-role = Die Rolle von „{ $name }“ bleibt, wie sie war.
refused-list-moderators = Die Liste der Moderatoren kam nicht.
refused-list-sanctions = Die Liste, was gegen andere gilt, kam nicht.
change-failed = Die Nachricht bleibt, wie sie war.

## Warum etwas nicht getan wurde

error-unknown = Der Server hat das abgelehnt; den Grund kennt dieses Programm nicht.
error-bad-request = Der Server hat dieses Programm nicht verstanden: { $details }
error-hello = Server und Programm haben sich nicht richtig begrüßt.
error-version = Der Server ist älter als dieses Programm: Er spricht Version { $version }.
error-bad-name = „{ $name }“ kann kein Name sein.
error-name-taken = Der Name „{ $name }“ ist vergeben oder einem vergebenen zu ähnlich.
error-bad-room-name = „{ $room }“ kann kein Raum sein.
bad-name-blank = Darin ist kein Buchstabe, keine Ziffer und kein Symbol.
bad-name-too-long = Das sind mehr als { $most } Zeichen.
bad-name-character = Das Zeichen { $character } ist darin nicht erlaubt.
bad-name-place = Das Zeichen { $character } ist an dieser Stelle nicht erlaubt.
bad-name-marks = Ein Buchstabe darin hat zu viele Zusatzzeichen.
bad-name-space = Namen von Räumen haben keine Leerzeichen.
bad-name-guest = Solche Namen gibt der Server selbst.
bad-name-reserved = Er ist reserviert, weil andere ihn missverstehen würden.
error-too-many-rooms = Du bist in { $count } Räumen, mehr sind nicht erlaubt. Verlass erst einen.
error-rooms-full = Der Server hat { $count } Räume und macht keine weiteren auf.
error-not-in-room = Du bist nicht im Raum „{ $room }“.
error-empty = Da ist nichts zu senden, das andere sehen könnten.
error-too-long = Der Text ist zu lang: { $bytes } Bytes, und höchstens { $most } sind erlaubt.
error-no-such-client = „{ $name }“ ist nicht da.
error-cannot-whisper = { $name } kann keine geflüsterten Nachrichten bekommen.
error-too-many-requests = Du willst zu viel auf einmal vom Server wissen.
error-address-rooms-full = Von deiner Adresse aus sind { $count } Räume offen, mehr sind nicht erlaubt.
error-rate-limited = Zu viel wird auf einmal gesagt.
error-bad-token = Der Server des Spiels hat dich nicht hereingelassen: { $details }
error-may-not-join = Du darfst den Raum „{ $room }“ nicht betreten.
error-may-not-say = Du darfst im Raum „{ $room }“ nichts sagen.
error-may-not-whisper = Du darfst nicht flüstern.
error-may-not-read-history = Du darfst nicht lesen, was im Raum „{ $room }“ früher gesagt wurde.
error-may-not-see-members = Du darfst nicht sehen, wer im Raum „{ $room }“ ist.
error-room-full = Der Raum „{ $room }“ ist voll: Mehr als { $count } passen nicht hinein.
error-slow-mode = Im Raum „{ $room }“ gilt der langsame Modus.
error-name-fixed = Dein Name kommt vom Spiel und lässt sich hier nicht ändern.
error-unavailable = Der Server kann das im Moment nicht tun.
error-no-such-line = Diese Nachricht gibt es nicht mehr.
error-too-late = Diese Nachricht ist zu alt, um sie noch zu ändern.
error-too-many-reactions = Diese Nachricht hat schon so viele verschiedene Reaktionen, wie sie haben kann: { $count }.
error-may-not-change = Was andere im Raum „{ $room }“ gesagt haben, kannst du nicht ändern.
error-muted = Du bist stummgeschaltet und kannst gerade nichts schreiben.
error-refused-text = Das verstößt gegen eine Regel des Spiels.
refused-words = Manche der Wörter sind hier nicht erlaubt.
refused-links = Solche Links sind hier nicht erlaubt.
refused-repeats = Es wiederholt sich zu sehr.
refused-capitals = Es hat zu viele Großbuchstaben.
refused-mentions = Es nennt zu viele Leute.
error-no-such-user = Niemand heißt „{ $name }“.
error-already-reported = Das hast du schon gemeldet.
error-too-many-blocks = Mehr Leute kannst du nicht blockieren: { $count }.
error-no-such-sanction = Gegen „{ $name }“ gilt nichts dergleichen.
error-is-moderator = „{ $name }“ ist auch Moderator.
error-may-not-moderate = Den Raum „{ $room }“ kannst du nicht moderieren.
error-may-not-moderate-everywhere = Das kannst du nicht in allen Räumen tun.
message-rejected = Ein Moderator hat diese Nachricht abgelehnt.
error-receiver-behind = { $name } kommt gerade nicht nach.
try-again-later = Versuch es in { NUMBER($seconds) } s noch einmal.
uncertain = Die Verbindung ging verloren: Vielleicht kam das bei anderen an, vielleicht nicht.
not-in-this-room = Du bist nicht in diesem Raum.
too-many-pending = Zu viel wartet noch auf den Server. Versuch es gleich noch einmal.
not-online = Du bist nicht verbunden.
no-such-message = Diese Nachricht kann nicht noch einmal gesendet werden.
nobody-whispered = Dir hat noch niemand etwas zugeflüstert.

## Was gegen jemanden gilt

muted = Du bist stummgeschaltet: Du kannst nichts schreiben.
muted-in = Du bist in „{ $room }“ stummgeschaltet: Du kannst dort nichts schreiben.
banned = Du bist aus diesem Chat ausgeschlossen.
banned-in = Du bist aus „{ $room }“ ausgeschlossen.
kicked = Ein Moderator hat dich aus dem Chat geworfen.
kicked-from = Ein Moderator hat dich aus „{ $room }“ geworfen.
ends-in-seconds = { $count ->
    [one] Das endet in einer Sekunde.
   *[other] Das endet in { $count } Sekunden.
}
ends-in-minutes = { $count ->
    [one] Das endet in einer Minute.
   *[other] Das endet in { $count } Minuten.
}
ends-in-hours = { $count ->
    [one] Das endet in einer Stunde.
   *[other] Das endet in { $count } Stunden.
}
ends-in-days = { $count ->
    [one] Das endet in einem Tag.
   *[other] Das endet in { $count } Tagen.
}
ends-at = Das endet um { $time }.
ends-never = Das hat kein Ende.
sanction-reason = Grund: { $reason }.
sanction-rule = Regel: „{ $rule }“.
sanction-automated = Das hat kein Mensch entschieden.
sanction-number = Die Nummer ist { $number }.
sanction-appeal = Du kannst Einspruch erheben: { $appeal }
sanction-by = Von { $name }.
sanction-note = Notiz: „{ $note }“.
mute-ended = Du kannst wieder schreiben.
mute-ended-in = Du kannst in „{ $room }“ wieder schreiben.
ban-ended = Du bist nicht mehr aus diesem Chat ausgeschlossen.
ban-ended-in = Du bist nicht mehr aus „{ $room }“ ausgeschlossen.

reason-spam = Spam oder Werbung
reason-harassment = Belästigung oder Drohungen
reason-hate = Hass
reason-sexual = Sexuelle Inhalte
reason-child-safety = Gefahr für Minderjährige
reason-violence = Gewalt
reason-self-harm = Suizid oder Selbstverletzung
reason-private-data = Private Angaben
reason-fraud = Betrug oder falsche Identität
reason-illegal = Etwas anderes, das verboten ist
reason-name = Name, der gegen die Regeln verstößt
reason-other = Etwas anderes

## Blockieren, Melden und Moderieren

blocked = Du blockierst { $name } jetzt: Du siehst nichts mehr davon, was von dort kommt.
unblocked = Du blockierst { $name } nicht mehr.
block-list = Du blockierst: { $names }
block-list-empty = Du blockierst niemanden.
reported = Die Moderatoren haben deine Meldung. Ihre Nummer ist { $number }.
report-acted = Deine Meldung { $number } wurde geprüft, und es wurde etwas unternommen.
report-not-acted = Deine Meldung { $number } wurde geprüft. Daraus folgte nichts.
waits-for-moderator = Diese Nachricht wartet auf einen Moderator.
other-message-rejected = Ein Moderator hat eine Nachricht von dir abgelehnt.
lines-cleared = { $name } hat alles entfernt, was hier gesagt wurde.
lines-purged = { $name } hat alles entfernt, was jemand hier gesagt hat.
imposed-mute = { $name } ist überall stummgeschaltet.
imposed-mute-in = { $name } ist in „{ $room }“ stummgeschaltet.
imposed-ban = { $name } ist überall ausgeschlossen.
imposed-ban-in = { $name } ist aus „{ $room }“ ausgeschlossen.
imposed-kick = { $name } wurde aus dem Chat geworfen.
imposed-kick-in = { $name } wurde aus „{ $room }“ geworfen.
lifted = Das gilt nicht mehr gegen { $name }.
cleared = Alles, was in „{ $room }“ gesagt wurde, ist entfernt.
purged = { $count ->
    [one] Alles, was { $name } in einem Raum gesagt hat, ist entfernt.
   *[other] Alles, was { $name } in { $count } Räumen gesagt hat, ist entfernt.
}
role-set = { $name } hat jetzt eine andere Rolle.
moderators-are = Moderatoren von „{ $room }“: { $names }
no-moderators = „{ $room }“ hat keine Moderatoren, die bekannt sind.
is-admin = { $name } (Admin)
no-sanctions = Gegen niemanden gilt hier etwas.
more-sanctions = Es sind noch mehr.

## Befehle. Ein Befehl, etwa /join, steht vor jedem davon.

command-unknown = Einen Befehl { $command } gibt es nicht. /help zählt auf, welche es gibt.
command-missing = Da fehlt etwas: { $usage }
help-whisper = flüstert jemandem etwas zu; ein Name mit Leerzeichen in Anführungszeichen
help-reply = flüstert dem etwas zu, von dem zuletzt Geflüstertes kam
help-join = betritt einen Raum
help-leave = verlässt einen Raum
help-me = sagt, was du tust
help-who = zählt auf, wer in einem Raum ist
help-nick = ändert deinen Namen
help-rooms = zählt die Räume auf
help-quote = antwortet auf eine Nachricht, mit ihrer Nummer oder auf die neueste
help-edit = gibt einer eigenen Nachricht einen anderen Text, ohne Nummer der letzten
help-delete = entfernt eine Nachricht, ohne Nummer deine letzte
help-react = reagiert auf eine Nachricht, ohne Nummer auf die neueste
help-unreact = nimmt eine Reaktion zurück
help-search = sucht Nachrichten mit diesen Wörtern; ohne Wörter geht es weiter
help-unread = zählt die Räume auf, in denen du etwas nicht gelesen hast
help-block = blockiert jemanden: Du siehst nichts mehr von dort
help-unblock = blockiert jemanden nicht mehr
help-blocks = zählt auf, wen du blockierst
help-report = meldet jemanden, eine Nachricht mit ihrer Nummer, oder mit -w das letzte Flüstern an dich
help-mods = zählt die Moderatoren des Raums auf
help-moderators = Für Moderatoren. TIME ist etwa 10m, 1h oder 7d. WHY kann mit einem davon beginnen: { $reasons }. -all heißt in allen Räumen, -ip auch Gäste mit derselben Adresse.
help-timeout = schaltet jemanden zehn Minuten stumm, oder so lange
help-mute = schaltet jemanden stumm, bis die Zeit um ist oder du es beendest
help-unmute = lässt jemanden wieder schreiben
help-kick = wirft jemanden aus dem Raum
help-ban = schließt jemanden aus dem Raum aus
help-unban = lässt jemanden wieder in den Raum
help-slow = lässt alle außer Moderatoren zwischen zwei Nachrichten warten, 30 s oder so lange
help-announce = lässt nur wenige im Raum schreiben
help-topic = gibt dem Raum ein Thema, oder nimmt es weg
help-clear = entfernt alles, was im Raum gesagt wurde
help-purge = entfernt alles, was jemand im Raum gesagt hat
help-mod = macht jemanden zum Moderator des Raums
help-unmod = nimmt das wieder weg
help-sanctions = zählt auf, wer im Raum stummgeschaltet oder ausgeschlossen ist
help-help = zählt die Befehle auf
help-retry = sendet noch einmal, was fehlgeschlagen ist
help-older = zeigt ältere Zeilen des Raums, wie Bild↑
help-quit = beendet den Chat

## Status und Knöpfe der Seite und der Godot-Szene

status-connecting = Verbinde…
status-connected = Verbunden
status-reconnecting = Neuer Versuch in { NUMBER($seconds) } s
status-disconnected = Getrennt
status-no-network = Kein Netz
status-no-answer = Keine Antwort
try-now = Jetzt versuchen
connect-again = Neu verbinden
send = Senden
retry = Noch einmal
discard = Verwerfen
join-room = Raum betreten
change-name = Namen ändern
you = Du
you-whisper = Du flüsterst { $name } zu
write-to = Schreib an { $room }
write-to-or-help = Schreib an { $room }, oder /help
whisper-with = Flüstere mit { $name }
no-room = Du bist in keinem Raum. Betritt einen mit +.
bytes-left = { NUMBER($count) } Bytes übrig
bytes-over = { NUMBER($count) } Bytes zu lang

## Nur die Seite: Namen ihrer Teile

language = Sprache
you-are = Du bist
conversations = Räume und Geflüster
people = Leute
people-here = Leute in diesem Raum
messages = Nachrichten
message = Nachricht
suggestions = Vorschläge
entry-title = Wie sollen dich die anderen nennen?
name = Name
skip = Überspringen
enter = Eintreten
room-name = Name des Raums
join = Betreten
# The page is open in two tabs of one browser.
open-elsewhere = Du bist in einem anderen Tab in diesem Chat
open-elsewhere-more = Du kannst nur in einem Tab zugleich du sein. Mach hier weiter, dann hört der andere Tab auf, oder sei hier jemand anders.
go-on-here = Hier weitermachen
be-another = Jemand anders sein
# Tab was pressed behind the beginning of a command or of a name.
nothing-fits = Nichts beginnt so. Drück noch einmal Tab, um zum nächsten Knopf zu kommen.
close = Schließen
cancel = Abbrechen
line-menu = Zu dieser Nachricht
react = Reagieren
reply = Antworten
edit = Bearbeiten
delete = Löschen
editing = Du bearbeitest deine Nachricht. Escape beendet das.
search = Suchen
search-words = Wörter in Nachrichten
search-on = Mehr zeigen

user-menu = Aktionen für { $name }
block-user = { $name } blockieren
unblock-user = { $name } nicht mehr blockieren
blocked-people = Wen du blockierst
report = Melden…
moderate = Moderieren…
report-title = Den Moderatoren melden
report-note = Was sollten sie wissen?
report-send = Meldung senden
moderate-title = { $name } moderieren
action = Maßnahme
action-mute = Stummschalten
action-kick = Hinauswerfen
action-ban = Ausschließen
action-purge = Alle Nachrichten entfernen
for-how-long = Für wie lange
for-good = Ohne Ende
where = Wo
in-this-room = In diesem Raum
everywhere = Überall
reason = Grund
choose = Wähle einen Grund
rule = Die Regel, für den Betroffenen
address-too = Auch Gäste mit derselben Adresse
apply = Anwenden
room-settings = Einstellungen des Raums
slow-mode = Langsamer Modus
off = Aus
announce-only = Nur wenige dürfen schreiben
clear-room = Alle Nachrichten entfernen…
clear-title = Alle Nachrichten von „{ $room }“ entfernen?
clear-more = Sie lassen sich nicht zurückholen.
clear-do = Alle entfernen
join-again = Wieder betreten

## Nur die Seite: Gespräche

quiet = In der Halle ist es still.
quiet-more = Sag etwas, und alle hier hören es.
alone = Nur ihr beide.
alone-more = Was du hier schreibst, geht nur an { $name }.
no-connection = Keine Verbindung zum Server. Was du sendest, wartet hier.
no-network = Dieses Gerät hat kein Netz. Was du sendest, wartet hier.
no-answer = Der Server antwortet nicht. Was du sendest, wartet hier.
server-says = Der Server sagt: „{ $reason }“. Was du sendest, wartet hier.
no-server = Diese Seite kennt ihren Server nicht. Ergänze ?server=ws://… in der Adresse.
bad-server = „{ $address }“ ist keine Adresse eines Chat-Servers. Sie muss mit ws:// oder wss:// beginnen.
server-not-allowed = Diese Seite darf sich nicht mit { $address } verbinden. Wer den Server dieser Seite betreibt, kann es mit --page-server erlauben.
page-not-allowed = Keine Verbindung zum Server. Falls er läuft, erlaubt er vielleicht diese Seite nicht. Wer ihn betreibt, kann es mit --allow-origin { $origin } tun.
find-out-why = Woran liegt das?
newest = Zum Neuesten
newest-count = Zum Neuesten ({ NUMBER($count) } neu)
unread = { NUMBER($count) } ungelesen
new = Neu
loading-older = Ältere Nachrichten werden geladen…
no-older = Hier beginnt die Geschichte.
older-gone = Ältere Nachrichten sind nicht mehr aufgehoben.
sending = Wird gesendet…
not-sent = Nicht gesendet: { $reason }
whispers-to-you = { $name } flüstert dir zu
leave = { $room } verlassen
close-whispers = Geflüster mit { $name } schließen
whispers-with = Geflüster mit { $name }
whisper-to = { $name } zuflüstern
too-many-people = { NUMBER($count) } Leute: zu viele für eine Liste.
rooms-there = Diese Räume gibt es:
no-rooms = Es gibt noch keine Räume: Betritt einen, und er entsteht.
people-are = In { $room } sind: { $names }
commands = Befehle:

## Was aus einer Nachricht wurde

message-removed = Nachricht entfernt
message-edited = bearbeitet
reply-to = Antwort an { $name }: { $text }
reply-to-unknown = Antwort auf eine frühere Nachricht
nothing-to-change = Es gibt keine Nachricht, die gemeint sein könnte.
messages-found = { $count ->
    [one] { $count } Nachricht gefunden:
   *[other] { $count } Nachrichten gefunden:
}
nothing-found = Nichts gefunden.
nothing-more-found = Mehr gibt es nicht zu finden.
all-read = Du hast alles gelesen.
unread-in = { $count ->
    [one] „{ $room }“: { $count } neue Nachricht
   *[other] „{ $room }“: { $count } neue Nachrichten
}
unread-in-more = { $count ->
    [one] „{ $room }“: mehr als { $count } neue Nachricht
   *[other] „{ $room }“: mehr als { $count } neue Nachrichten
}
unread-mentions = { $count ->
    [one] { $count } nennt dich
   *[other] { $count } nennen dich
}

## Nur das Terminal

prompt-muted-until = stumm bis { $time }
prompt-muted = stumm
prompt-read-only = nur lesen
more-found = Ende des bisher Gefundenen. /search allein zeigt mehr.
line-was-edited = { $name } hat Nachricht { $number } geändert:
line-was-removed = { $name } hat Nachricht { $number } entfernt.
line-got-reaction = { $name } hat mit { $reaction } auf Nachricht { $number } reagiert
line-lost-reaction = { $name } hat { $reaction } bei Nachricht { $number } zurückgenommen
help-numbers = zeigt die Nummer jeder Nachricht, oder verbirgt sie wieder
numbers-shown = Jede Nachricht hat ab jetzt ihre Nummer: /edit, /react und andere nehmen sie.
numbers-hidden = Nachrichten haben keine Nummern mehr.
nothing-failed = Nichts ist fehlgeschlagen.
older-lines = { $count ->
    [one] { $count } ältere Zeile:
   *[other] { $count } ältere Zeilen:
}
more-older-lines = Ende der älteren Zeilen. /older zeigt weitere.
no-more-older-lines = Ende der älteren Zeilen. Davor gibt es keine.
no-older-lines = Ältere Zeilen gibt es nicht.
older-lines-again = Es kamen keine älteren Zeilen. /older fragt noch einmal.
day = { $weekday }, { $day }.{ $month }{ $year }
monday = Montag
tuesday = Dienstag
wednesday = Mittwoch
thursday = Donnerstag
friday = Freitag
saturday = Samstag
sunday = Sonntag
# Die Monate, so wie sie in einem Tag stehen: 4.11.2026.
january = 1.
february = 2.
march = 3.
april = 4.
may = 5.
june = 6.
july = 7.
august = 8.
september = 9.
october = 10.
november = 11.
december = 12.

## Nur die Godot-Szene

scene-no-address = Keine Adresse: { $address }
scene-connecting = Verbinde mit { $address }
scene-not-sent = Nicht gesendet.
scene-whispers = { $name } flüstert
scene-sending = (wird gesendet…)
scene-failed = (nicht gesendet: { $reason })
scene-new = ——— neu ———
scene-rooms = Räume ({ NUMBER($count) }):
scene-people = { NUMBER($count) } in „{ $room }“.
scene-here = { NUMBER($count) } da
scene-edited = (bearbeitet)
scene-removed = Diese Nachricht wurde entfernt.
scene-older-message = eine ältere Nachricht
scene-reply = Antworten
scene-edit = Bearbeiten
scene-delete = Entfernen
scene-block = { $name } blockieren
scene-report = Melden…
scene-timeout = { $name } für zehn Minuten stummschalten
scene-kick = { $name } aus dem Raum entfernen
scene-ban = { $name } aus dem Raum verbannen
scene-report-title = Der Moderation melden
scene-report-note = Was sollte sie wissen?
scene-report-send = Melden
scene-replying = Antwort an { $name }: { $text }
scene-editing = Bearbeiten: { $text }
scene-cancel = Abbrechen
scene-search = Suchen
scene-search-hint = Gesuchte Wörter
scene-nothing-found = Nichts gefunden.
scene-more-found = Mehr

## Nur der Server

reserved-names = System, Server, Admin, Administrator, Administratorin, Moderator, Moderatorin, Mod
