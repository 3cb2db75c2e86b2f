//! Sizes in bytes: `64MiB` in flags, `1.5 MiB` in output.

use std::fmt;
use std::str::FromStr;

/// A number of bytes. Displays with one decimal in the largest binary unit that fits: `512 B`, `1.5 MiB`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct ByteSize(pub u64);

const BINARY: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
const DECIMAL: [&str; 6] = ["KB", "MB", "GB", "TB", "PB", "EB"];

/// Why a text is not a size.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ParseSizeError {
    #[error(
        "`{}` is not a size: write bytes (`1048576`) or a number with KiB, MiB, GiB, TiB (`64MiB`) or KB, MB, GB, TB",
        super::text::escape(.0)
    )]
    Form(String),
    #[error("size `{}` is out of range: at most 16 EiB", super::text::escape(.0))]
    Range(String),
}

impl FromStr for ByteSize {
    type Err = ParseSizeError;

    /// A number, then a unit in any case: `B`, `KiB`… (1024), `KB`… (1000), none for bytes. A fraction needs a
    /// unit; what is less than a byte is cut off. A space before the unit is allowed, so [`ByteSize`]'s own
    /// form reads back.
    fn from_str(text: &str) -> Result<Self, ParseSizeError> {
        let form = || ParseSizeError::Form(text.to_owned());
        let end = text.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
        let (number, unit) = text.split_at(end);
        let unit = unit.strip_prefix(' ').unwrap_or(unit);
        let at = |units: [&str; 6]| units.iter().position(|name| name.eq_ignore_ascii_case(unit));
        let scale: u64 = match (at(BINARY), at(DECIMAL)) {
            (Some(power), _) => 1 << (10 * (power + 1)),
            (_, Some(power)) => 1000_u64.pow(u32::try_from(power).unwrap_or(0) + 1),
            _ if unit.eq_ignore_ascii_case("b") || text.len() == end => 1,
            _ => return Err(form()),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let dotted = number.contains('.');
        if whole.is_empty() || (dotted && (fraction.is_empty() || scale == 1)) || fraction.contains('.') {
            return Err(form());
        }
        let range = || ParseSizeError::Range(text.to_owned());
        let whole: u64 = whole.parse().map_err(|_| range())?;
        let part = if dotted { format!("0.{fraction}").parse::<f64>().map_err(|_| form())? } else { 0.0 };
        let part = (part * scale as f64) as u64;
        whole.checked_mul(scale).and_then(|bytes| bytes.checked_add(part)).map(Self).ok_or_else(range)
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 1024 {
            return f.pad(&format!("{} B", self.0));
        }
        let mut value = self.0 as f64 / 1024.0;
        let mut power = 0;
        // 1023.95 would be rounded to 1024.0 of its unit.
        while value >= 1023.95 && power + 1 < BINARY.len() {
            value /= 1024.0;
            power += 1;
        }
        f.pad(&format!("{value:.1} {}", BINARY[power]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: u64) {
        assert_eq!(text.parse(), Ok(ByteSize(expect)), "{text}");
    }

    #[test]
    fn reads_binary_and_decimal_units() {
        check("0", 0);
        check("1048576", 1 << 20);
        check("10B", 10);
        check("512KiB", 512 << 10);
        check("64MiB", 64 << 20);
        check("64mib", 64 << 20);
        check("1GiB", 1 << 30);
        check("1.5 GiB", 3 << 29);
        check("15EiB", 15 << 60);
        check("10KB", 10_000);
        check("2MB", 2_000_000);
        check("18446744073709551615", u64::MAX);
    }

    #[test]
    fn refuses_what_is_no_size() {
        for text in ["", "MiB", "-1", "1.5", "1.5B", "1..5MiB", "1.MiB", ".5MiB", "64 Mi", "1e3", " 1", "1 "]
        {
            assert_eq!(text.parse::<ByteSize>(), Err(ParseSizeError::Form(text.to_owned())), "{text}");
        }
        for text in ["16EiB", "18446744073709551616", "99999999999999999999MiB"] {
            assert_eq!(text.parse::<ByteSize>(), Err(ParseSizeError::Range(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn shows_one_decimal_of_the_largest_unit() {
        for (bytes, expect) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1536, "1.5 KiB"),
            ((1 << 20) - 1, "1.0 MiB"),
            (64 << 20, "64.0 MiB"),
            (1 << 30, "1.0 GiB"),
            (u64::MAX, "16.0 EiB"),
        ] {
            assert_eq!(ByteSize(bytes).to_string(), expect);
        }
        assert_eq!(format!("{:>9}|", ByteSize(1024)), "  1.0 KiB|");
    }
}
