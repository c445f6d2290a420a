//! The page's own words, in each of its languages. What codes of the server
//! mean is said by `guildhall_client::words`.

/// A key, then the English and the German words. `{}` stands for an argument.
pub(super) const LABELS: &[(&str, &str, &str)] = &[
    ("language", "Language", "Sprache"),
    ("you-are", "You are", "Du bist"),
    ("you", "You", "Du"),
    ("change-name", "Change your name", "Namen ändern"),
    ("conversations", "Rooms and whispers", "Räume und Geflüster"),
    ("join-room", "Join a room", "Raum betreten"),
    ("people", "People", "Leute"),
    ("people-here", "People in this room", "Leute in diesem Raum"),
    ("messages", "Messages", "Nachrichten"),
    ("message", "Message", "Nachricht"),
    ("send", "Send", "Senden"),
    ("suggestions", "Suggestions", "Vorschläge"),
    (
        "entry-title",
        "What should others call you?",
        "Wie sollen dich die anderen nennen?",
    ),
    ("name", "Name", "Name"),
    ("skip", "Skip", "Überspringen"),
    ("enter", "Enter the hall", "Eintreten"),
    ("room-name", "Name of the room", "Name des Raums"),
    ("join", "Join", "Betreten"),
    ("shut", "Close", "Schließen"),
    ("quiet", "The hall is quiet.", "In der Halle ist es still."),
    (
        "quiet-more",
        "Say something, and everyone here will hear it.",
        "Sag etwas, und alle hier hören es.",
    ),
    ("alone", "Just the two of you.", "Nur ihr beide."),
    (
        "alone-more",
        "What you write here goes to {} alone.",
        "Was du hier schreibst, geht nur an {}.",
    ),
    // The connection.
    ("connected", "Connected", "Verbunden"),
    ("connecting", "Connecting…", "Verbindung wird aufgebaut…"),
    (
        "reconnecting",
        "Reconnecting in {} s",
        "Neuer Versuch in {} s",
    ),
    ("disconnected", "Disconnected", "Getrennt"),
    ("try-now", "Try now", "Jetzt versuchen"),
    ("connect-again", "Connect again", "Neu verbinden"),
    (
        "no-connection",
        "No connection to the server. What you send waits here.",
        "Keine Verbindung zum Server. Was du sendest, wartet hier.",
    ),
    (
        "server-says",
        "The server says: “{}”. What you send waits here.",
        "Der Server sagt: „{}“. Was du sendest, wartet hier.",
    ),
    (
        "no-server",
        "This page does not know its server. Add ?server=ws://… to the address.",
        "Diese Seite kennt ihren Server nicht. Ergänze ?server=ws://… in der Adresse.",
    ),
    (
        "bad-server",
        "“{}” is not the address of a chat server. It has to begin with ws:// or wss://.",
        "„{}“ ist keine Adresse eines Chat-Servers. Sie muss mit ws:// oder wss:// beginnen.",
    ),
    // The messages.
    ("newest", "Jump to newest", "Zum Neuesten"),
    (
        "newest-count",
        "Jump to newest ({} new)",
        "Zum Neuesten ({} neu)",
    ),
    ("unread", "{} unread", "{} ungelesen"),
    ("new", "New", "Neu"),
    (
        "loading-older",
        "Loading older messages…",
        "Ältere Nachrichten werden geladen…",
    ),
    (
        "no-older",
        "This is where the story begins.",
        "Hier beginnt die Geschichte.",
    ),
    (
        "put-away",
        "Older messages have been put away. Load this page again to read them.",
        "Ältere Nachrichten wurden weggeräumt. Lade die Seite neu, um sie zu lesen.",
    ),
    ("sending", "Sending…", "Wird gesendet…"),
    ("sent", "Sent", "Gesendet"),
    ("retry", "Retry", "Noch einmal"),
    ("discard", "Discard", "Verwerfen"),
    ("not-sent", "Not sent: {}", "Nicht gesendet: {}"),
    ("whispers", "{} whispers to you", "{} flüstert dir zu"),
    ("you-whisper", "You whisper to {}", "Du flüsterst {} zu"),
    // The rooms.
    ("say-in", "Write to {}", "Schreib an {}"),
    ("say-to", "Whisper to {}", "Flüstere mit {}"),
    ("leave", "Leave {}", "{} verlassen"),
    (
        "close-whispers",
        "Close the whispers with {}",
        "Geflüster mit {} schließen",
    ),
    ("whisper-tab", "Whispers with {}", "Geflüster mit {}"),
    (
        "too-many",
        "{} people: too many to list.",
        "{} Leute: zu viele für eine Liste.",
    ),
    ("whisper-to", "Whisper to {}", "{} zuflüstern"),
    (
        "rooms-there",
        "Rooms that are there:",
        "Diese Räume gibt es:",
    ),
    (
        "no-rooms",
        "There are no rooms yet: join one, and it comes to be.",
        "Es gibt noch keine Räume: Betritt einen, und er entsteht.",
    ),
    ("here-are", "In {} are: {}", "In {} sind: {}"),
    (
        "no-room",
        "You are in no room. Join one with +.",
        "Du bist in keinem Raum. Betritt einen mit +.",
    ),
    // The textbox.
    ("bytes-left", "{} bytes left", "{} Bytes übrig"),
    ("bytes-over", "{} bytes too long", "{} Bytes zu lang"),
    (
        "not-connected",
        "Not connected: this needs the server.",
        "Nicht verbunden: Das braucht den Server.",
    ),
    (
        "nobody-whispered",
        "Nobody has whispered to you yet.",
        "Dir hat noch niemand etwas zugeflüstert.",
    ),
    ("help", "Commands:", "Befehle:"),
];
