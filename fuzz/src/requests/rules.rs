//! The rules of rooms, the filters and the hook of the server in the world.

use std::sync::Arc;
use std::time::Duration;

use guildhall_server::filter::{Capitals, Filter, FilterAct, Filters, Look, WordList, WordMatch};
use guildhall_server::hook::{Asked, Game, Hook, OnFailure, Question};
use guildhall_server::policy::{Pattern, Rule, Rules, Who};

/// The word that nobody may say.
pub(super) const BLOCKED: &str = "blocked";

/// Rules by which some may join the room `blue`, and which slow down `slow`.
pub(super) fn rules(join: Who) -> Rules {
    let blue = Rule {
        join,
        history: Who::Users,
        members: Who::Users,
        topic: "a topic".to_owned(),
        ..Rule::open(Pattern::new("blue"))
    };
    let slow = Rule {
        slow_mode: Duration::from_secs(2),
        ..Rule::open(Pattern::new("slow"))
    };
    Rules::new(vec![blue, slow])
}

/// A filter for each act.
pub(super) fn filters() -> Filters {
    let filter = |word: &str, act| {
        let list = WordList::parse(word, WordMatch::Word).expect("a word");
        Filter {
            look: Look::Words(Arc::new(list)),
            act,
            rooms: None,
            label: word.into(),
        }
    };
    let capitals = Filter {
        look: Look::Capitals(Capitals {
            percent: 50,
            least: 4,
        }),
        act: FilterAct::Mask,
        rooms: None,
        label: "capitals".into(),
    };
    Filters::new(vec![
        capitals,
        filter(BLOCKED, FilterAct::Block),
        filter("masked", FilterAct::Mask),
        filter("held", FilterAct::Hold),
        filter("flagged", FilterAct::Flag),
    ])
}

/// A hook that is asked about each text in some rooms.
pub(super) fn hook() -> Hook {
    Hook {
        rooms: vec![Pattern::new("lobby"), Pattern::new("game*")],
        on_failure: OnFailure::Hold,
        game: Arc::new(WithoutThreads),
    }
}

/// The game, which answers only where the client is.
#[derive(Debug)]
struct WithoutThreads;

impl Game for WithoutThreads {
    fn ask(&self, question: Question, _done: Asked) {
        unreachable!("the session hands {question:?} back instead");
    }
}
