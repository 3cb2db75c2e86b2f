//! Dates and times: the four layouts of Go's YAML libraries, with the freedoms of `time.Parse`.

/// Whether Go takes it for a date (`2020-1-2`), a time with a zone (`2020-01-02T03:04:05.6+01:00`, `t` too) or one
/// without, behind spaces (`2020-01-02 03:04:05`). Month, day, hour, minute and second may have one digit.
pub(super) fn is_timestamp(text: &str) -> bool {
    read(text).is_some()
}

fn read(text: &str) -> Option<()> {
    let (year, rest) = text.split_at_checked(4)?;
    let year: u32 = year.bytes().all(|byte| byte.is_ascii_digit()).then(|| year.parse().ok())??;
    let (month, rest) = short(rest.strip_prefix('-')?)?;
    let (day, rest) = short(rest.strip_prefix('-')?)?;
    (day >= 1 && day <= days(year, month)?).then_some(())?;
    match rest.bytes().next() {
        None => Some(()),
        Some(b'T' | b't') => zone(clock(&rest[1..])?),
        Some(b' ') => clock(rest.trim_start_matches(' '))?.is_empty().then_some(()),
        Some(_) => None,
    }
}

/// One digit or two.
fn short(text: &str) -> Option<(u32, &str)> {
    let digits = text.bytes().take(2).take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at(digits);
    Some((number.parse().ok()?, rest))
}

/// `3:4:5`, and a fraction behind a point or a comma; what follows.
fn clock(text: &str) -> Option<&str> {
    let (hour, rest) = short(text)?;
    let (minute, rest) = short(rest.strip_prefix(':')?)?;
    let (second, rest) = short(rest.strip_prefix(':')?)?;
    (hour < 24 && minute < 60 && second < 60).then_some(())?;
    let fraction =
        rest.strip_prefix(['.', ',']).map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    Some(match fraction {
        Some(behind) if behind.len() + 1 < rest.len() => behind,
        _ => rest,
    })
}

/// `Z` or `+01:00`, and nothing more.
fn zone(text: &str) -> Option<()> {
    if text == "Z" {
        return Some(());
    }
    match text.as_bytes() {
        [b'+' | b'-', h @ b'0'..=b'9', hh @ b'0'..=b'9', b':', m @ b'0'..=b'9', mm @ b'0'..=b'9'] => {
            let number = |ten: &u8, one: &u8| (ten - b'0') * 10 + (one - b'0');
            // Go lets 24 hours and 60 minutes pass.
            (number(h, hh) <= 24 && number(m, mm) <= 60).then_some(())
        }
        _ => None,
    }
}

fn days(year: u32, month: u32) -> Option<u32> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        4 | 6 | 9 | 11 => Some(30),
        2 => Some(if leap { 29 } else { 28 }),
        _ => None,
    }
}
