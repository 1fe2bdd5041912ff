//! Days of the Gregorian calendar, for expiry dates and time stamps.

/// Days since 1970-01-01, or `None` where there is no such day.
pub fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1..=12).contains(&month) || day < 1 || day > length(year, month) || !(1..=9999).contains(&year) {
        return None;
    }
    // Years from March, so that the leap day is the last one.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * month + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

/// `YYYY-MM-DD` of a number of days since 1970-01-01.
pub fn date(days: i64) -> String {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

fn length(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::{date, days};

    #[test]
    fn known_days() {
        assert_eq!(days(1970, 1, 1), Some(0));
        assert_eq!(days(2000, 3, 1), Some(11_017));
        assert_eq!(days(2026, 11, 24), Some(20_781));
        assert_eq!(days(2024, 2, 29).map(|day| day + 1), days(2024, 3, 1));
        assert_eq!(days(2023, 2, 29), None);
        for day in [-1, 0, 59, 60, 11_016, 11_017, 20_781, 40_000] {
            let text = date(day);
            let parts: Vec<i64> = text.splitn(3, '-').filter_map(|part| part.parse().ok()).collect();
            if let [year, month, day_of_month] = parts.as_slice() {
                assert_eq!(days(*year, *month, *day_of_month), Some(day), "{text}");
            }
        }
        assert_eq!(date(20_781), "2026-11-24");
    }
}
