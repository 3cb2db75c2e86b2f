//! How property tests run: the same cases in every run, few of the slow ones.

use proptest::prelude::ProptestConfig;
use proptest::test_runner::RngSeed;

/// The same cases in every run; `PROPTEST_CASES` and `PROPTEST_RNG_SEED` choose others.
pub(crate) fn config() -> ProptestConfig {
    let mut config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(0x6f62_7363_746c);
    }
    config
}

/// The same with another number of cases, unless `PROPTEST_CASES` says one.
pub(crate) fn cases(cases: u32) -> ProptestConfig {
    let config = config();
    if std::env::var_os("PROPTEST_CASES").is_some() { config } else { ProptestConfig { cases, ..config } }
}
