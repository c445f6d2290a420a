//! Every rule with every kind of user and every action.

use super::*;

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
    ] {
        let rights = with(&[right]);
        for action in ACTIONS {
            let expected = actions.contains(&action);
            let allowed = rights.allow(action, "guild-42", &caps);
            assert_eq!(allowed, expected, "{right:?} {action:?}");
            assert!(!rights.allow(action, "guild-7", &caps));
        }
        assert_eq!(rights.may_moderate("guild-42"), right == Right::Mod);
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
