//! What a crash keeps: nothing, all, or whatever comes of a seed.

/// A source of decisions, the same for the same seed.
#[derive(Debug)]
pub(super) enum Luck {
    Nothing,
    All,
    Some(u64),
}

/// What becomes of one write that was not synced.
#[derive(Debug)]
pub(super) enum Fate {
    Lost,
    Whole,
    /// Its length came through, its data did not.
    Length,
    /// This many of its first bytes.
    Torn(usize),
    /// In blocks of this size, each of which [`Luck::half`] keeps.
    Blocks(usize),
}

impl Luck {
    /// 0 keeps nothing, 1 all.
    pub(super) fn of(seed: u64) -> Self {
        match seed {
            0 => Self::Nothing,
            1 => Self::All,
            _ => Self::Some(seed),
        }
    }

    /// A number below `end`, which is above 0.
    pub(super) fn below(&mut self, end: usize) -> usize {
        match self {
            Self::Nothing => 0,
            Self::All => end - 1,
            Self::Some(state) => {
                // SplitMix64: consecutive states give numbers that have nothing to do with each other.
                *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
                let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
                let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
                ((mixed ^ (mixed >> 31)) % end as u64) as usize
            }
        }
    }

    pub(super) fn half(&mut self) -> bool {
        self.below(2) == 1
    }

    /// What becomes of a write of `len` bytes.
    pub(super) fn fate(&mut self, len: usize) -> Fate {
        match self {
            Self::Nothing => Fate::Lost,
            Self::All => Fate::Whole,
            Self::Some(_) => match self.below(7) {
                0 | 1 => Fate::Lost,
                2 => Fate::Whole,
                3 => Fate::Length,
                4 => Fate::Torn(self.below(len + 1)),
                5 => Fate::Blocks(4096),
                _ => Fate::Blocks(512),
            },
        }
    }
}
