//! Every rule with every kind of user and every action.

use super::*;
use guildhall_protocol::RoomSettings;

const ACTIONS: [Action; 5] = [
    Action::Join,
    Action::Say,
    Action::History,
    Action::Members,
    Action::Find,
];

/// A rule that lets these do everything.
fn rule(who: Who) -> Rule {
    Rule {
        join: who,
        say: who,
        history: who,
        members: who,
        find: who,
        ..Rule::open(Pattern::new("guild-*"))
    }
}

/// A user with these rights in its guild's room.
fn with(allow: &[Right]) -> Rights {
    Rights::user(&[Cap {
        rooms: vec!["elsewhere".into(), "guild-4*".into()],
        allow: allow.to_vec(),
    }])
}

#[test]
fn each_rule_lets_those_it_names_do_it_and_nobody_else() {
    let all = with(&[Right::Join, Right::Say, Right::History, Right::Members]);
    // Who                     everyone users  caps   nobody
    let table = [
        (Rights::guest(false), [true, false, false, false]),
        (Rights::guest(true), [true, false, false, false]),
        (Rights::user(&[]), [true, true, false, false]),
        (with(&[Right::Mod]), [true, true, false, false]),
        (all, [true, true, true, false]),
    ];
    let groups = [Who::Everyone, Who::Users, Who::Caps, Who::Nobody];
    for (rights, expected) in table {
        for (who, expected) in groups.into_iter().zip(expected) {
            for action in ACTIONS {
                let only_reads = rights.level() == Level::Reader && action == Action::Say;
                let allowed = rights.allow(action, "guild-42", &rule(who));
                let case = format!("{rights:?} {who:?} {action:?}");
                assert_eq!(allowed, expected && !only_reads, "{case}");
            }
        }
    }
}

#[test]
fn a_right_counts_for_its_own_action_in_its_own_rooms() {
    let caps = rule(Who::Caps);
    for (right, actions) in [
        (Right::Join, vec![Action::Join, Action::Find]),
        (Right::Say, vec![Action::Say]),
        (Right::History, vec![Action::History]),
        (Right::Members, vec![Action::Members]),
        (Right::Mod, vec![]),
        (Right::Admin, vec![]),
    ] {
        let rights = with(&[right]);
        for action in ACTIONS {
            let expected = actions.contains(&action);
            let allowed = rights.allow(action, "guild-42", &caps);
            assert_eq!(allowed, expected, "{right:?} {action:?}");
            assert!(!rights.allow(action, "guild-7", &caps));
        }
        let moderates = [Right::Mod, Right::Admin].contains(&right);
        assert_eq!(rights.may_moderate("guild-42"), moderates);
        assert!(!rights.may_moderate("guild-7"));
    }
}

#[test]
fn each_action_has_a_setting_of_its_own() {
    let user = Rights::user(&[]);
    for action in ACTIONS {
        let mut one = Rule::open(Pattern::ANY);
        match action {
            Action::Join => one.join = Who::Nobody,
            Action::Say => one.say = Who::Nobody,
            Action::History => one.history = Who::Nobody,
            Action::Members => one.members = Who::Nobody,
            Action::Find => one.find = Who::Nobody,
        }
        for other in ACTIONS {
            assert_eq!(user.allow(other, "red", &one), other != action);
        }
    }
}

#[test]
fn the_first_rule_that_matches_holds() {
    let rules = Rules::new(vec![
        Rule {
            join: Who::Caps,
            ..Rule::open(Pattern::new("guild-*-officers"))
        },
        Rule {
            join: Who::Users,
            ..Rule::open(Pattern::new("guild-*"))
        },
    ]);
    for (room, who) in [
        ("guild-4-officers", Who::Caps),
        ("guild-4", Who::Users),
        ("lobby", Who::Everyone),
    ] {
        assert_eq!(rules.of(room).join, who, "{room}");
    }
    assert_eq!(Rules::default().of("any").join, Who::Everyone);
}

/// All users that differ in what rules ask for, each with whether it moderates.
fn users() -> Vec<(Rights, bool)> {
    let rights = [
        Right::Join,
        Right::Say,
        Right::History,
        Right::Members,
        Right::Mod,
    ];
    let with_any = (0..1_u32 << rights.len()).map(|set| {
        let has = |index: &usize| set & (1 << index) != 0;
        let allow: Vec<_> = (0..rights.len()).filter(has).map(|at| rights[at]).collect();
        (with(&allow), allow.contains(&Right::Mod))
    });
    let guests = [Rights::guest(true), Rights::guest(false)];
    guests
        .into_iter()
        .map(|it| (it, false))
        .chain(with_any)
        .collect()
}

/// Every rule with every user: each action is allowed by its own setting alone.
#[test]
fn access_is_what_the_rule_and_the_rights_say() {
    const GROUPS: [Who; 4] = [Who::Everyone, Who::Users, Who::Caps, Who::Nobody];
    let allowed = |rights: &Rights, right: Right, who: Who| match who {
        Who::Everyone => true,
        Who::Users => rights.level() == Level::User,
        Who::Caps => rights.has(right, "guild-42"),
        Who::Nobody => false,
    };
    let mut cases = 0;
    for (rights, moderates) in users() {
        for number in 0..4_usize.pow(4) * 2 {
            let group = |place: u32| GROUPS[number / 4_usize.pow(place) % 4];
            let rule = Rule {
                join: group(0),
                say: group(1),
                history: group(2),
                members: group(3),
                announce_only: number >= 4_usize.pow(4),
                slow_mode: Duration::from_secs(5),
                text_bytes: Some(9),
                topic: "Ore".into(),
                ..Rule::open(Pattern::new("guild-*"))
            };
            let access = Access::of(&rights, "guild-42", &rule);
            let case = format!("{rights:?} {rule:?}");
            assert_eq!(
                access.is_some(),
                allowed(&rights, Right::Join, rule.join),
                "{case}"
            );
            let Some(access) = access else { continue };
            let say = allowed(&rights, Right::Say, rule.say)
                && rights.level() != Level::Reader
                && (moderates || !rule.announce_only);
            let history = allowed(&rights, Right::History, rule.history);
            let members = allowed(&rights, Right::Members, rule.members);
            let expected = [say, history, members];
            let found = [Action::Say, Action::History, Action::Members].map(|it| access.may(it));
            assert_eq!(found, expected, "{case}");
            let settings = RoomSettings {
                topic: "Ore".into(),
                slow_mode: if moderates { 0 } else { 5_000 },
                text_bytes: 9,
                read_only: !say,
                announce_only: rule.announce_only,
                no_history: !history,
                no_members: !members,
                may_remove: moderates,
                may_moderate: moderates,
            };
            assert_eq!(access.settings(&rule), Some(settings), "{case}");
            cases += 1;
        }
    }
    assert!(cases > 5_000, "{cases}");
}

#[test]
fn without_a_rule_nothing_is_told_but_what_is_special_of_the_client() {
    let rule = Rule::open(Pattern::ANY);
    let settings = |rights: &Rights| Access::of(rights, "red", &rule).unwrap().settings(&rule);
    assert_eq!(settings(&Rights::guest(true)), None);
    assert_eq!(settings(&Rights::user(&[])), None);
    let moderates = RoomSettings {
        may_remove: true,
        may_moderate: true,
        ..RoomSettings::default()
    };
    let moderator = Access::of(&with(&[Right::Mod]), "guild-40", &rule).unwrap();
    assert_eq!(moderator.settings(&rule), Some(moderates));
    assert!(settings(&Rights::guest(false)).unwrap().read_only);
    let open = Access::of(&Rights::guest(true), "red", &rule);
    assert_eq!(open, Some(Access::OPEN));
}

#[test]
fn a_rule_counts_for_names_that_look_like_those_it_matches() {
    let rules = Rules::new(vec![
        Rule {
            join: Who::Caps,
            ..Rule::open(Pattern::new("guild-*"))
        },
        Rule {
            join: Who::Users,
            ..Rule::open(Pattern::ANY)
        },
    ]);
    for (room, who) in [
        ("guild-1", Who::Caps),
        ("gu\u{456}ld-1", Who::Caps),
        ("gild-1", Who::Users),
    ] {
        assert_eq!(rules.of(room).join, who, "{room}");
    }
    // A token names rooms exactly, in any case.
    let member = Rights::user(&[Cap {
        rooms: vec!["Guild-*".into()],
        allow: vec![Right::Join],
    }]);
    for (room, may) in [("guild-1", true), ("gu\u{456}ld-1", false)] {
        let access = Access::of(&member, room, rules.of(room));
        assert_eq!(access.is_some(), may, "{room}");
    }
}

#[test]
fn a_rule_that_stays_is_shared_with_the_rules_before() {
    let topic = |rooms: &str, topic: &str| Rule {
        topic: topic.into(),
        ..Rule::open(Pattern::new(rooms))
    };
    let before = Rules::new(vec![topic("a", "1"), topic("b", "2")]);
    let after = Rules::new(vec![topic("b", "2"), topic("a", "3")]).in_place_of(&before);
    assert!(Arc::ptr_eq(before.of("b"), after.of("b")));
    assert!(Arc::ptr_eq(before.of("c"), after.of("c")));
    assert!(!Arc::ptr_eq(before.of("a"), after.of("a")));
    assert_eq!(after.iter().count(), after.len());
    assert!(Rules::default().is_empty() && !after.is_empty());
}
