//! The flags of attacks.

use clap::Args;

use super::attack_kind::Attack;
use crate::number::number;

/// The flags of the load tool that are about attacks.
#[derive(Debug, Clone, Args)]
pub struct AttackArguments {
    /// Attack the server, and report what the clients above see of it, before, during
    /// and after. They speak guildhall.v1: 100 of them in 10 rooms, 100 messages a
    /// second, 5 seconds each, unless you say otherwise. Several names, separated by
    /// commas, make a table
    #[arg(
        long = "attack",
        id = "attack",
        value_name = "NAME",
        value_delimiter = ',',
        conflicts_with_all = ["in_flight", "stalled", "room"]
    )]
    pub names: Vec<Attack>,

    /// How many connections attack at a time; several numbers, separated by commas, one
    /// after the other [default: 1; for all: 1,256]
    #[arg(
        long,
        requires = "attack",
        value_delimiter = ',',
        value_parser = number::<u32>(1..=u64::from(u32::MAX))
    )]
    pub attackers: Vec<u32>,

    /// Attack a server on another machine. An attack can stop a server for all who
    /// use it: attack only servers of your own
    #[arg(long = "attack-other-hosts", requires = "attack")]
    pub other_hosts: bool,

    /// What the process of the attackers has to do. The load tool starts it
    #[arg(long = "attack-child", hide = true, conflicts_with = "attack")]
    pub child: Option<String>,
}

impl AttackArguments {
    /// Whether there is an attack.
    #[must_use]
    pub fn is_asked_for(&self) -> bool {
        !self.names.is_empty()
    }

    /// Each attack with its number of attackers.
    #[must_use]
    pub fn trials(&self) -> Vec<(Attack, u32)> {
        /// What `all` has if nothing is said.
        const FEW_AND_MANY: [u32; 2] = [1, 256];
        let mut trials = Vec::new();
        for &name in &self.names {
            let numbers = match (&self.attackers[..], name) {
                ([], Attack::All) => &FEW_AND_MANY[..],
                ([], _) => &[1],
                (numbers, _) => numbers,
            };
            for attack in name.each() {
                trials.extend(numbers.iter().map(|&number| (attack, number)));
            }
        }
        trials
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser as _;

    #[derive(Debug, clap::Parser)]
    struct Line {
        #[command(flatten)]
        bench: crate::bench::BenchArguments,
    }

    fn parse(line: &str) -> Result<crate::bench::BenchArguments, clap::Error> {
        let words = ["bench", "ws://localhost/ws"].into_iter();
        Line::try_parse_from(words.chain(line.split_whitespace())).map(|line| line.bench)
    }

    #[track_caller]
    fn check(line: &str, expected: &[(Attack, u32)]) {
        assert_eq!(parse(line).unwrap().attack.trials(), expected, "{line}");
    }

    #[test]
    fn names_and_numbers_are_lists() {
        check("", &[]);
        check("--attack say", &[(Attack::Say, 1)]);
        check("--attack say --attackers 7", &[(Attack::Say, 7)]);
        check(
            "--attack say,gone --attackers 1,9",
            &[
                (Attack::Say, 1),
                (Attack::Say, 9),
                (Attack::Gone, 1),
                (Attack::Gone, 9),
            ],
        );
        let all = parse("--attack all").unwrap().attack.trials();
        assert_eq!(all.len(), Attack::All.each().len() * 2);
        let first = Attack::EmptyFragments;
        assert_eq!(all[..2], [(first, 1), (first, 256)]);
    }

    #[test]
    fn an_attack_has_honest_clients_of_its_own() {
        let honest = parse("--attack say").unwrap();
        assert_eq!((honest.clients, honest.speakers), (100, 100));
        assert_eq!((honest.rate, honest.rooms), (Some(100.0), Some(10)));
        assert!((honest.seconds - 5.0).abs() < 1e-9);
        assert_eq!(honest.check(), Ok(()));
        let other = parse("--attack say --v1 --rooms 2 --clients 8 --speakers 8").unwrap();
        assert_eq!((other.clients, other.rooms), (8, Some(2)));
        let without = parse("").unwrap();
        assert_eq!(
            (without.speakers, without.rate, without.rooms),
            (1, None, None)
        );
    }

    #[test]
    fn flags_that_make_no_sense_are_refused() {
        for line in [
            "--attack nothing",
            "--attackers 5",
            "--attack-other-hosts",
            "--attack say --attackers 0",
            "--attack say --in-flight 5",
            "--attack say --stalled 5",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
        assert!(parse("--attack say --seconds 0").unwrap().check().is_err());
    }
}
