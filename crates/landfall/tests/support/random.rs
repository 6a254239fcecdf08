//! Random numbers that can be had again.

/// `SplitMix64`
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// Seeded by `LANDFALL_TEST_SEED`, or else by `usual`. The seed is printed, for whoever looks at a failure.
    pub fn seeded(usual: u64) -> Self {
        let given = std::env::var_os("LANDFALL_TEST_SEED").and_then(|seed| seed.to_str()?.parse().ok());
        let seed = given.unwrap_or(usual);
        println!("seed: {seed} (set LANDFALL_TEST_SEED for another)");
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    pub fn choose<'c, T>(&mut self, choices: &'c [T]) -> &'c T {
        let index = self.below(choices.len() as u64);
        &choices[usize::try_from(index).unwrap()]
    }
}
