//! Floats as text: the shortest digits that read back to the same bits, and every NaN told apart.

use std::io::Write as _;

use crate::wire::{NORMAL_NAN, STALE_NAN};

/// Below this, whole numbers are exact, and shorter without a fraction or exponent.
const WHOLE: f64 = 1e15;

/// Whether `value` is Prometheus's staleness marker: the series ends here.
#[must_use]
pub fn is_stale(value: f64) -> bool {
    value.to_bits() == STALE_NAN
}

/// Appends `value`: a number as JSON has it, or `+Inf`, `-Inf`, `NaN`, `StaleNaN`, `NaN:0x…` with other bits.
pub(super) fn float(out: &mut Vec<u8>, value: f64) {
    let bits = value.to_bits();
    let written = if value.fract() == 0.0 && value.abs() < WHOLE && bits != (-0.0_f64).to_bits() {
        serde_json::to_writer(out, &(value as i64)).map_err(Into::into)
    } else if value.is_finite() {
        serde_json::to_writer(out, &value).map_err(Into::into)
    } else if value.is_infinite() {
        out.write_all(if value > 0.0 { b"+Inf" } else { b"-Inf" })
    } else {
        match bits {
            NORMAL_NAN => out.write_all(b"NaN"),
            STALE_NAN => out.write_all(b"StaleNaN"),
            _ => write!(out, "NaN:{bits:#018x}"),
        }
    };
    written.expect("a vector takes all bytes");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: f64, expect: &str) {
        let mut out = Vec::new();
        float(&mut out, value);
        assert_eq!(String::from_utf8(out).unwrap(), expect);
    }

    #[test]
    fn numbers_are_short() {
        check(1.0, "1");
        check(0.0, "0");
        check(-3.0, "-3");
        check(-0.0, "-0.0");
        check(0.1, "0.1");
        check(1e300, "1e+300");
        check(5e-324, "5e-324");
        check(f64::MAX, "1.7976931348623157e+308");
    }

    #[test]
    fn every_nan_keeps_its_bits() {
        check(f64::from_bits(STALE_NAN), "StaleNaN");
        check(f64::from_bits(NORMAL_NAN), "NaN");
        check(f64::from_bits(0x7ff8_0000_0000_0000), "NaN:0x7ff8000000000000");
        check(f64::from_bits(0xfff0_0000_0000_0001), "NaN:0xfff0000000000001");
        check(f64::INFINITY, "+Inf");
        check(f64::NEG_INFINITY, "-Inf");
    }

    proptest::proptest! {
        #[test]
        fn finite_numbers_read_back_to_the_same_bits(bits: u64) {
            let value = f64::from_bits(bits);
            proptest::prop_assume!(value.is_finite());
            let mut out = Vec::new();
            float(&mut out, value);
            let back: f64 = std::str::from_utf8(&out).unwrap().parse().unwrap();
            proptest::prop_assert_eq!(back.to_bits(), bits);
        }
    }
}
