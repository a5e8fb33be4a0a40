//! A day in the notations that forms, databases and programs use.

use jiff::civil::Date;
use jiff::tz::TimeZone;

/// All notations of a date that is written with its year first, or with its day or month first; none if it is none.
pub(super) fn notations(text: &str) -> Vec<String> {
    let mut notations: Vec<String> = Vec::new();
    for date in readings(text) {
        let (year, month, day) = (date.year(), date.month(), date.day());
        let (name, short) = (date.strftime("%B").to_string(), date.strftime("%b").to_string());
        let mut all = vec![format!("{year}{month:02}{day:02}"), format!("{day:02}{month:02}{year}")];
        for between in ["-", "/", "."] {
            all.push(format!("{year}{between}{month:02}{between}{day:02}"));
            all.push(format!("{year}{between}{month}{between}{day}"));
            all.push(format!("{day:02}{between}{month:02}{between}{year}"));
            all.push(format!("{day}{between}{month}{between}{year}"));
            all.push(format!("{month:02}{between}{day:02}{between}{year}"));
            all.push(format!("{month}{between}{day}{between}{year}"));
        }
        for month in [name, short] {
            all.extend([
                format!("{day} {month} {year}"),
                format!("{month} {day}, {year}"),
                format!("{day:02}-{month}-{year}"),
            ]);
        }
        if let Ok(midnight) = date.to_zoned(TimeZone::UTC) {
            let second = midnight.timestamp().as_second();
            all.extend([second.to_string(), (second * 1000).to_string()]);
        }
        all.retain(|notation| notation != text && !notations.contains(notation));
        notations.append(&mut all);
    }
    notations
}

/// What the text may mean: of `03/04/1987` two days.
fn readings(text: &str) -> Vec<Date> {
    let pieces: Vec<&str> = text.split(['-', '/', '.']).collect();
    let numbers: Option<Vec<i16>> = pieces.iter().map(|piece| piece.parse().ok()).collect();
    let Some(&[first, second, third]) = numbers.as_deref() else { return Vec::new() };
    let made = |year: i16, month: i16, day: i16| {
        let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
        (1800..=2200).contains(&year).then_some(date)
    };
    let mut days = match pieces.as_slice() {
        [year, _, _] if year.len() == 4 => vec![made(first, second, third)],
        [_, _, year] if year.len() == 4 && text.contains('.') => vec![made(third, second, first)],
        [_, _, year] if year.len() == 4 => vec![made(third, second, first), made(third, first, second)],
        _ => Vec::new(),
    };
    days.dedup();
    days.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_day_in_many_notations() {
        let found = notations("1987-05-23");
        for wanted in [
            "19870523",
            "1987-5-23",
            "23.05.1987",
            "05/23/1987",
            "5/23/1987",
            "23 May 1987",
            "May 23, 1987",
            "548726400",
            "548726400000",
        ] {
            assert!(found.iter().any(|notation| notation == wanted), "{wanted} is not among {found:?}");
        }
        assert!(notations("31.12.1999").contains(&"1999-12-31".to_owned()));
        assert!(notations("03/04/1987").contains(&"1987-03-04".to_owned()));
        assert!(notations("1987-13-40").is_empty() && notations("ann").is_empty() && notations("1.2.3").is_empty());
    }
}
