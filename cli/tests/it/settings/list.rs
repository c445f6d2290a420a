//! Every setting, with values that are right and wrong.

/// A setting and its values.
pub(super) struct Setting {
    pub(super) flag: &'static str,
    /// Those that are refused, each with a word of the reason.
    pub(super) wrong: &'static [(&'static str, &'static str)],
    /// Those that a server starts with, 0 and the largest among them if they are allowed.
    pub(super) right: &'static [&'static str],
}

/// The largest number of 64 bits.
pub(super) const HUGE: &str = "18446744073709551615";
const TOO_LARGE: &str = "18446744073709551616";

/// Texts that are no numbers where 0 is one.
const NO_NUMBER: &[(&str, &str)] = &[
    ("many", "a whole number"),
    ("-1", "a whole number"),
    ("+1", "a whole number"),
    ("1.5", "a whole number"),
    ("1M", "a whole number"),
    ("0x10", "a whole number"),
    (" 5", "a whole number"),
    (TOO_LARGE, "a whole number"),
];

/// Texts that are no seconds of an hour at most.
const SECONDS: &[(&str, &str)] = &[
    ("soon", "from 0 to 3600"),
    ("-1", "from 0 to 3600"),
    ("3601", "from 0 to 3600"),
    (HUGE, "from 0 to 3600"),
];

/// All settings, in the order of the help.
pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        flag: "--config",
        // Others are tried in `settings_file`.
        wrong: &[],
        right: &["../docs/guildhall.toml"],
    },
    Setting {
        flag: "--port",
        wrong: &[
            ("banana", "from 0 to 65535"),
            ("70000", "from 0 to 65535"),
            ("+80", "from 0 to 65535"),
            ("-1", "from 0 to 65535"),
            ("8080x", "from 0 to 65535"),
        ],
        right: &["0"],
    },
    Setting {
        flag: "--host",
        wrong: &[],
        // Others are tried in `startup`.
        right: &["localhost"],
    },
    Setting {
        flag: "--max-connections",
        wrong: &[
            ("0", "1 or more"),
            ("-1", "1 or more"),
            (TOO_LARGE, "1 or more"),
        ],
        right: &["1", HUGE],
    },
    zero_or_more("--max-connections-per-address"),
    Setting {
        flag: "--allow-origin",
        wrong: &[
            ("game.example", "https://"),
            ("https://game.example:80800", "1 to 65535"),
            ("https://game.example/play", "path"),
            ("https://game.*", "*"),
            ("wss://game.example", "http"),
            ("https://good.example,bad", "'bad'"),
            ("https://good.example,,null", "''"),
            ("https://good.example,", "''"),
        ],
        right: &[
            "*",
            "null",
            "https://game.example, https://*.game.example",
            "capacitor://localhost,tauri://localhost,file://",
        ],
    },
    Setting {
        flag: "--allow-host",
        wrong: &[
            ("chat.example:80", "port"),
            ("https://chat.example", "chat.example"),
            ("chat.example:80800", "port"),
            ("*.chat.example", "*"),
            ("chat.example,", "''"),
        ],
        right: &["*", "chat.example", "chat.example, two.example"],
    },
    Setting {
        flag: "--page-server",
        wrong: &[
            ("chat.example", "wss://"),
            ("https://chat.example", "wss://"),
            ("wss://chat.example:80800", "wss://"),
            ("wss://chat.example:+80", "wss://"),
        ],
        right: &[
            "*",
            "wss://chat.example",
            "ws://a.example:9000/ws, wss://b.example",
        ],
    },
    Setting {
        flag: "--trusted-proxies",
        wrong: &[
            ("proxy.example", "10.0.0.0/8"),
            ("10.0.0.0/33", "10.0.0.0/8"),
            ("10.0.0.5/8", "10.0.0.0/8"),
            ("10.0.0.2:80", "10.0.0.0/8"),
            ("[::1]", "fd00::/8"),
            ("*", "fd00::/8"),
            ("10.0.0.2,", "''"),
        ],
        right: &["10.0.0.2", "10.0.0.0/8, ::1,fd00::/8", "0.0.0.0/0,::/0"],
    },
    Setting {
        flag: "--proxy-protocol",
        wrong: &[("yes", "off, on"), ("On", "off, on"), ("v2", "off, on")],
        right: &["off", "on"],
    },
    Setting {
        flag: "--api-listen",
        wrong: &[
            ("8081", "an address and a port"),
            ("127.0.0.1", "an address and a port"),
            ("127.0.0.1:80800", "an address and a port"),
            ("::1:8081", "[::1]:8081"),
        ],
        // With a key, in `api`.
        right: &[],
    },
    Setting {
        flag: "--api-key-file",
        // In `api`.
        wrong: &[],
        right: &[],
    },
    Setting {
        flag: "--api-key",
        // In `api`: no error may show it.
        wrong: &[],
        right: &["a-key-that-has-32-bytes-and-more"],
    },
    // More values of these, right and wrong, are in `https`.
    elsewhere("--api-metrics-key-file"),
    Setting {
        flag: "--api-metrics-key",
        wrong: &[],
        right: &["a-key-that-has-32-bytes-and-more"],
    },
    Setting {
        flag: "--api-open-metrics",
        wrong: &[("yes", "off, on"), ("ON", "off, on")],
        right: &["off", "on"],
    },
    elsewhere("--tls-cert"),
    elsewhere("--tls-key"),
    Setting {
        flag: "--tls-redirect",
        wrong: &[
            ("80", "an address and a port"),
            ("0.0.0.0", "an address and a port"),
        ],
        right: &[],
    },
    Setting {
        flag: "--tls-redirect-to",
        wrong: &[("0", "from 1 to 65535"), ("https", "from 1 to 65535")],
        right: &["443"],
    },
    Setting {
        flag: "--tls-hsts-seconds",
        wrong: &[
            ("-1", "a whole number"),
            ("4294967296", "from 0 to 4294967295"),
        ],
        right: &["0", "4294967295"],
    },
    elsewhere("--tls-acme-hosts"),
    elsewhere("--tls-acme-email"),
    elsewhere("--tls-acme-cache"),
    elsewhere("--tls-acme-directory"),
    elsewhere("--tls-acme-ca"),
    Setting {
        flag: "--data",
        // Others are tried in `durable`.
        wrong: &[],
        right: &[],
    },
    Setting {
        flag: "--max-waiting",
        wrong: &[
            ("0", "65536 or more"),
            ("65535", "65536 or more"),
            ("1M", "65536 or more"),
        ],
        right: &["65536", HUGE],
    },
    zero_or_more("--client-rate"),
    zero_or_more("--client-burst"),
    zero_or_more("--room-rate"),
    zero_or_more("--room-burst"),
    rate("--rates-say"),
    rate("--rates-whisper"),
    rate("--rates-join"),
    rate("--rates-rename"),
    rate("--rates-search"),
    rate("--rates-report"),
    rate("--rates-request"),
    rate("--rates-refused"),
    rate("--rates-handshake"),
    Setting {
        flag: "--rates-address-share",
        wrong: &[
            ("many", "from 0 to 4294967295"),
            ("-1", "from 0 to 4294967295"),
            ("4294967296", "from 0 to 4294967295"),
        ],
        right: &["0", "1", "4294967295"],
    },
    zero_or_more("--history-lines"),
    zero_or_more("--history-bytes"),
    zero_or_more("--history-seconds"),
    zero_or_more("--replay-lines"),
    Setting {
        flag: "--max-rooms",
        wrong: &[
            ("0", "1 or more"),
            ("-1", "1 or more"),
            (TOO_LARGE, "1 or more"),
        ],
        right: &["1", HUGE],
    },
    zero_or_more("--keep-empty-rooms"),
    Setting {
        flag: "--resume-seconds",
        wrong: &[
            ("soon", "from 0 to 604800"),
            ("-1", "from 0 to 604800"),
            ("604801", "from 0 to 604800"),
            (HUGE, "from 0 to 604800"),
        ],
        right: &["0", "604800"],
    },
    zero_or_more("--edit-seconds"),
    Setting {
        flag: "--system-name",
        wrong: &[
            ("\u{200b}", "it cannot be a name"),
            ("a\nb", "it cannot be a name"),
        ],
        right: &["Server", "The Herald"],
    },
    Setting {
        flag: "--threads",
        wrong: &[
            ("0", "from 1 to 256"),
            ("257", "from 1 to 256"),
            ("9999", "from 1 to 256"),
            (HUGE, "from 1 to 256"),
        ],
        right: &["1", "2"],
    },
    Setting {
        flag: "--drain",
        wrong: SECONDS,
        right: &["0", "1"],
    },
    Setting {
        flag: "--data-wait",
        wrong: SECONDS,
        right: &["0", "3600"],
    },
    Setting {
        flag: "--log",
        wrong: &[
            ("loud", "off, error, warn, info, debug, trace"),
            ("info,loud", "'loud'"),
            (
                "guildhall_server=loud",
                "off, error, warn, info, debug, trace",
            ),
            ("x=dbug", "off, error, warn, info, debug, trace"),
            ("a=b=c", "off, error, warn, info, debug, trace"),
            ("gildhall_server=info", "guildhall_server"),
            ("info,", "empty"),
        ],
        right: &[
            "info",
            "TRACE",
            "warn,guildhall_server=debug,guildhall=info",
        ],
    },
    Setting {
        flag: "--log-format",
        wrong: &[("xml", "text, json"), ("JSON", "text, json")],
        right: &["json"],
    },
];

/// How often something may be done.
const fn rate(flag: &'static str) -> Setting {
    Setting {
        flag,
        wrong: &[
            ("8", "8, 2/s"),
            ("2/s", "8, 2/s"),
            ("8, 2", "8, 2/s"),
            ("0, 2/s", "8, 2/s"),
            ("8, 0/s", "8, 2/s"),
            ("8, 2/d", "/min, /h"),
            ("1000001, 2/s", "1000000"),
            ("-8, 2/s", "8, 2/s"),
            ("none", "off"),
        ],
        right: &["off", "0", "1, 1/h", "1000000, 1000000/s"],
    }
}

/// A setting whose values are tried elsewhere, with those that it needs.
const fn elsewhere(flag: &'static str) -> Setting {
    Setting {
        flag,
        wrong: &[],
        right: &[],
    }
}

const fn zero_or_more(flag: &'static str) -> Setting {
    Setting {
        flag,
        wrong: NO_NUMBER,
        right: &["0", HUGE],
    }
}
