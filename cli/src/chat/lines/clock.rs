//! When a message was said: hours and minutes in the user's time zone, and the day if
//! it is another than that of the line above.

use guildhall_client::texts::{self, Language};
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};

/// Tells the time in the user's time zone.
#[derive(Debug)]
pub(in crate::chat) struct Clock {
    zone: TimeZone,
    /// The day of the last line.
    day: Date,
}

/// When a message was said.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::chat) struct When {
    /// Hours and minutes.
    pub(in crate::chat) time: String,
    /// The day, if it is another than that of the line above.
    pub(in crate::chat) day: Option<Date>,
}

impl Clock {
    /// A clock in a time zone. Lines of today are shown without a day.
    pub(in crate::chat) fn new(zone: TimeZone, today: Timestamp) -> Self {
        let day = today.to_zoned_datetime(zone.clone()).date();
        Self { zone, day }
    }

    /// The clock of the system's time zone.
    pub(in crate::chat) fn of_the_system() -> Self {
        Self::new(TimeZone::system(), Timestamp::now())
    }

    /// The day and the time of something that stands among no others, such as what a search
    /// has found. `None` as for [`read`](Self::read).
    pub(in crate::chat) fn stamp(&self, millis: u64) -> Option<String> {
        let when = self.zoned(millis)?;
        Some(when.strftime("%Y-%m-%d %H:%M").to_string())
    }

    /// A time that the user waits for: with its day, if that is not the day of the last line.
    pub(in crate::chat) fn until(&self, millis: u64) -> Option<String> {
        let when = self.zoned(millis)?;
        if when.date() == self.day {
            return Some(when.strftime("%H:%M").to_string());
        }
        self.stamp(millis)
    }

    fn zoned(&self, millis: u64) -> Option<ZonedDateTime> {
        let millis = i64::try_from(millis).ok().filter(|&millis| millis > 0)?;
        let when = Timestamp::from_millisecond(millis).ok()?;
        Some(when.to_zoned_datetime(self.zone.clone()))
    }

    /// When the next line was said. `millis` is the server's time, in milliseconds since
    /// 1970. `None` if the server gave no time, or not a valid one.
    pub(in crate::chat) fn read(&mut self, millis: u64) -> Option<When> {
        let when = self.zoned(millis)?;
        let day = when.date();
        let is_new = std::mem::replace(&mut self.day, day) != day;
        Some(When {
            time: when.strftime("%H:%M").to_string(),
            day: is_new.then_some(day),
        })
    }
}

/// A day in words.
pub(in crate::chat) fn day_words(language: Language, day: Date) -> String {
    let weekday = match day.weekday() {
        Weekday::Monday => texts::MONDAY,
        Weekday::Tuesday => texts::TUESDAY,
        Weekday::Wednesday => texts::WEDNESDAY,
        Weekday::Thursday => texts::THURSDAY,
        Weekday::Friday => texts::FRIDAY,
        Weekday::Saturday => texts::SATURDAY,
        Weekday::Sunday => texts::SUNDAY,
    };
    let month = match day.month() {
        1 => texts::JANUARY,
        2 => texts::FEBRUARY,
        3 => texts::MARCH,
        4 => texts::APRIL,
        5 => texts::MAY,
        6 => texts::JUNE,
        7 => texts::JULY,
        8 => texts::AUGUST,
        9 => texts::SEPTEMBER,
        10 => texts::OCTOBER,
        11 => texts::NOVEMBER,
        _ => texts::DECEMBER,
    };
    texts::day(
        language,
        language.get(weekday),
        &day.day().to_string(),
        language.get(month),
        &day.year().to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use jiff::tz;

    const HOUR: u64 = 60 * 60 * 1000;
    /// 1 October 2026, 12:00 in London's winter time.
    const NOON: u64 = 1_790_856_000_000;

    fn clock(hours_east: i8) -> Clock {
        let noon = Timestamp::from_millisecond(NOON.try_into().unwrap()).unwrap();
        Clock::new(tz::offset(hours_east).to_time_zone(), noon)
    }

    #[track_caller]
    fn check(clock: &mut Clock, millis: u64, time: &str, day: Option<Date>) {
        let time = time.into();
        assert_eq!(clock.read(millis), Some(When { time, day }));
    }

    #[test]
    fn the_time_is_in_the_user_s_zone() {
        check(&mut clock(0), NOON, "12:00", None);
        check(&mut clock(2), NOON + 59_999, "14:00", None);
        check(&mut clock(-5), NOON + 60_000, "07:01", None);
    }

    #[test]
    fn a_new_day_is_shown_once() {
        let mut clock = clock(2);
        check(&mut clock, NOON + 9 * HOUR, "23:00", None);
        check(
            &mut clock,
            NOON + 10 * HOUR,
            "00:00",
            Some(date(2026, 10, 2)),
        );
        check(&mut clock, NOON + 10 * HOUR, "00:00", None);
        // Older lines, and back.
        check(&mut clock, NOON, "14:00", Some(date(2026, 10, 1)));
        check(
            &mut clock,
            NOON + 11 * HOUR,
            "01:00",
            Some(date(2026, 10, 2)),
        );
    }

    #[test]
    fn a_time_that_is_not_valid_is_not_shown() {
        for millis in [0, u64::MAX, i64::MAX.cast_unsigned(), 253_402_300_800_000] {
            assert_eq!(clock(0).read(millis), None, "{millis}");
        }
    }

    #[test]
    fn a_day_is_in_the_user_s_language() {
        let day = date(2026, 11, 4);
        assert_eq!(day_words(Language::En, day), "Wednesday, 4 November 2026");
        assert_eq!(day_words(Language::De, day), "Mittwoch, 4.11.2026");
    }
}
