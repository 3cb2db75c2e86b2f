//! What one request may hold at most. Checked while decoding, before anything is allocated for it.

/// Upper bounds for one request. The defaults let every sender known pass and keep the decoder's memory small.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Bytes after decompression. Default 32 MiB, as Prometheus has it.
    pub decoded: usize,
    /// `TimeSeries` and metadata elements. Default 500,000.
    pub entries: usize,
    /// Strings in the 2.0 symbol table. Default 1,000,000.
    pub symbols: usize,
    /// Labels of one series, and of one exemplar. Default 1,024.
    pub labels: usize,
    /// Samples of one entry; and values of any one kind that all its histograms, or labels that all its
    /// exemplars, have together. Default 1,000,000.
    pub samples: usize,
    /// Histograms of one entry. Default 10,000.
    pub histograms: usize,
    /// Exemplars of one entry. Default 10,000.
    pub exemplars: usize,
    /// Buckets that the spans of one histogram expand to, and custom bounds. Default 20,000.
    pub buckets: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            decoded: 32 << 20,
            entries: 500_000,
            symbols: 1_000_000,
            labels: 1_024,
            samples: 1_000_000,
            histograms: 10_000,
            exemplars: 10_000,
            buckets: 20_000,
        }
    }
}
