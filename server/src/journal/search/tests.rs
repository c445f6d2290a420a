use super::*;

use std::convert::Infallible;

use guildhall_protocol::Change;

const ALL: PageLimits = PageLimits {
    most: 100,
    bytes: 100_000,
    looked_at: 1_000,
    cost: usize::MAX,
};

fn line(epoch: u32, seq: u64, time: u64, text: &str) -> Line {
    Line {
        epoch,
        seq,
        time,
        sender: 5,
        name: "Anna".into(),
        user: "account-5".into(),
        text: text.into(),
        ..Line::default()
    }
}

fn search(text: &str) -> SearchRead {
    SearchRead {
        rooms: Vec::new(),
        text: text.into(),
        sender: UserId(0),
        name: String::new(),
        before_time: 0,
        after_time: 0,
        most: 0,
        bytes: 0,
        from: Bytes::new(),
        blocked: None,
    }
}

/// One page of a search in these rooms, in pieces of two lines, as (epoch, number).
fn page(
    rooms: &[Vec<Line>],
    search: &SearchRead,
    limits: PageLimits,
    from: &Bytes,
) -> (Vec<(u32, u64)>, Bytes) {
    let places = Places::read(from, rooms.len()).unwrap();
    let epochs: Vec<_> = rooms.iter().map(|lines| Epoch(lines[0].epoch)).collect();
    let searched = epochs.iter();
    let searched = searched.filter_map(|&epoch| SearchedRoom::new(epoch, places.as_ref()));
    let next = |_, epoch, before: Seq| {
        let index = epochs.iter().position(|&known| known == epoch).unwrap();
        let older = rooms[index].iter().rev().filter(|line| line.seq < before.0);
        Ok::<_, Infallible>(Next::Lines(older.take(2).cloned().collect()))
    };
    let found = find(&Wanted::new(search), searched.collect(), limits, next);
    let (lines, places) = found.unwrap();
    let numbers = lines.iter().map(|line| (line.epoch, line.seq)).collect();
    (numbers, places)
}

/// All pages behind one another.
fn pages(rooms: &[Vec<Line>], search: &SearchRead, limits: PageLimits) -> Vec<Vec<(u32, u64)>> {
    let mut all = Vec::new();
    let mut from = Bytes::new();
    loop {
        let (found, next) = page(rooms, search, limits, &from);
        all.push(found);
        if next.is_empty() {
            return all;
        }
        from = next;
    }
}

fn two_rooms() -> Vec<Vec<Line>> {
    let texts = |epoch, times: [u64; 4]| {
        let lines = times.iter().zip(1..);
        lines
            .map(|(&time, seq)| line(epoch, seq, time, "hi there"))
            .collect()
    };
    // A clock that went back: numbers count in a room.
    vec![texts(1, [10, 30, 50, 70]), texts(2, [20, 60, 40, 80])]
}

#[test]
fn lines_of_several_rooms_come_newest_first() {
    let rooms = two_rooms();
    let expected = [
        (2, 4),
        (1, 4),
        (1, 3),
        (2, 3),
        (2, 2),
        (1, 2),
        (2, 1),
        (1, 1),
    ];
    let (found, next) = page(&rooms, &search("HI"), ALL, &Bytes::new());
    assert_eq!(found, expected);
    assert!(next.is_empty());
    for most in 1..8 {
        let limits = PageLimits { most, ..ALL };
        let pages = pages(&rooms, &search("hi"), limits);
        let sizes = pages.iter().map(Vec::len);
        assert!(sizes.clone().all(|size| size <= most));
        assert_eq!(pages.concat(), expected, "{most}");
        assert_eq!(pages.len(), 8_usize.div_ceil(most), "no page is empty");
    }
}

#[test]
fn a_page_is_bounded_by_bytes_and_by_what_is_looked_at() {
    let rooms = two_rooms();
    let one = rooms[0][0].packet_len();
    let by_bytes = PageLimits {
        bytes: 2 * one,
        ..ALL
    };
    assert_eq!(pages(&rooms, &search("hi"), by_bytes).len(), 4);
    // One line at least.
    let too_few = PageLimits { bytes: 1, ..ALL };
    assert_eq!(pages(&rooms, &search("hi"), too_few).len(), 8);
    let looked_at = PageLimits {
        looked_at: 3,
        ..ALL
    };
    assert_eq!(pages(&rooms, &search("nowhere"), looked_at), [[], [], []]);
    let cost = PageLimits {
        cost: 3 * words::cost(&rooms[0][0].text, 1),
        ..ALL
    };
    assert_eq!(pages(&rooms, &search("nowhere"), cost), [[], [], []]);
    // One line at least.
    let nothing = PageLimits { cost: 0, ..ALL };
    let all = pages(&rooms, &search("hi"), ALL).concat();
    assert_eq!(pages(&rooms, &search("hi"), nothing).concat(), all);
}

#[test]
fn a_page_ends_where_a_room_is_not_known() {
    let rooms = two_rooms();
    let searched = [1, 2].map(|epoch| SearchedRoom::new(Epoch(epoch), None).unwrap());
    let next = |index: usize, _, before| {
        Ok::<_, Infallible>(match (index, before) {
            (0, Seq(u64::MAX)) => Next::Lines(rooms[0][2..].iter().rev().cloned().collect()),
            (0, _) => Next::Later,
            _ => Next::Lines(
                rooms[1]
                    .iter()
                    .rev()
                    .filter(|l| l.seq < before.0)
                    .cloned()
                    .collect(),
            ),
        })
    };
    let (lines, from) = find(&Wanted::new(&search("")), searched.into(), ALL, next).unwrap();
    let numbers: Vec<_> = lines.iter().map(|line| (line.epoch, line.seq)).collect();
    assert_eq!(numbers, [(2, 4), (1, 4), (1, 3)]);
    let places = Places::read(&from, 2).unwrap().unwrap();
    assert_eq!(places.of(Epoch(1)), Some(Seq(3)));
    assert_eq!(places.of(Epoch(2)), Some(Seq(4)));
}

#[test]
fn two_searches_become_one_page() {
    let rooms = two_rooms();
    let expected = page(&rooms, &search("hi"), ALL, &Bytes::new()).0;
    for (most, own) in [(1, 1), (3, 2), (3, 3), (8, 2), (8, 8), (5, 1)] {
        let own = PageLimits { most: own, ..ALL };
        let (mut found, mut from) = (Vec::new(), Bytes::new());
        loop {
            let parts = [0, 1].map(|index| {
                let room = &rooms[index..=index];
                let places = Places::read(&from, 2).unwrap();
                let epoch = Epoch(room[0][0].epoch);
                let searched = SearchedRoom::new(epoch, places.as_ref());
                let next = |_, _, before: Seq| {
                    let older = room[0].iter().rev().filter(|line| line.seq < before.0);
                    Ok::<_, Infallible>(Next::Lines(older.cloned().collect()))
                };
                let searched = searched.into_iter().collect();
                find(&Wanted::new(&search("hi")), searched, own, next).unwrap()
            });
            let (lines, next) = merge(parts, most, 100_000);
            assert!(!lines.is_empty() && lines.len() <= most);
            found.extend(lines.iter().map(|line| (line.epoch, line.seq)));
            from = next;
            if from.is_empty() {
                break;
            }
        }
        assert_eq!(found, expected, "{most}");
    }
}

#[test]
fn a_room_that_is_not_among_the_places_is_not_searched() {
    let rooms = two_rooms();
    let from = Places(vec![(Epoch(2), Seq(3)), (Epoch(9), Seq(1))]).write();
    let (found, next) = page(&rooms, &search(""), ALL, &from);
    assert_eq!(found, [(2, 2), (2, 1)]);
    assert!(next.is_empty());
}

#[test]
fn bytes_that_no_page_has_given_out_are_refused() {
    let good = Places(vec![(Epoch(7), Seq(5))]).write();
    assert!(Places::read(&good, 1).is_ok());
    assert_eq!(Places::read(&[], 1), Ok(None));
    for bad in [&b"\x01"[..], b"\x02123456789012", b"\x01123", &good[..12]] {
        assert_eq!(Places::read(bad, 1), Err(BadPlaces), "{bad:?}");
    }
    assert_eq!(Places::read(&good, 0), Err(BadPlaces));
}

#[track_caller]
fn check(wanted: &SearchRead, line: &Line, expected: bool) {
    assert_eq!(
        Wanted::new(wanted).is(line),
        expected,
        "{wanted:?} {line:?}"
    );
}

#[test]
fn a_search_is_by_words_author_and_time() {
    let said = line(1, 1, 100, "Grüße aus München");
    check(&search("munchen GRUSSE"), &said, true);
    check(&search("berlin"), &said, false);
    for (sender, name, expected) in [
        (5, "", true),
        (6, "", false),
        (0, "ANNA", true),
        (0, "account-5", true),
        (0, "Account-5", false),
        (0, "Ann", false),
        // The number counts first.
        (5, "Bob", true),
    ] {
        let wanted = SearchRead {
            sender: UserId(sender),
            name: name.into(),
            ..search("")
        };
        check(&wanted, &said, expected);
    }
    for (before_time, after_time, expected) in [
        (101, 0, true),
        (100, 0, false),
        (0, 100, true),
        (0, 101, false),
    ] {
        let wanted = SearchRead {
            before_time,
            after_time,
            ..search("")
        };
        check(&wanted, &said, expected);
    }
}

#[test]
fn changes_and_removed_lines_are_not_found() {
    let said = line(1, 1, 100, "hi");
    let change = Line {
        change: Some(Change::default()),
        ..said.clone()
    };
    let removed = Line {
        removed: true,
        text: String::new(),
        ..said
    };
    check(&search(""), &change, false);
    check(&search(""), &removed, false);
}
