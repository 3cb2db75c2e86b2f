//! Vectors that outlive a message: emptied, kept, and given back to the system when they grew too large.

/// A vector that grew past this many bytes is dropped after the request, not kept.
const KEEP: usize = 1 << 20;

/// Empties `old` and hands its allocation on under another lifetime. `T` and `U` differ in their lifetime only, so
/// that the standard library collects in place; `none` is never called.
pub(super) fn for_message<T, U>(mut old: Vec<T>, none: impl FnMut(T) -> Option<U>) -> Vec<U> {
    old.clear();
    if old.capacity().saturating_mul(size_of::<T>()) > KEEP {
        return Vec::new();
    }
    old.into_iter().filter_map(none).collect()
}

/// Empties a vector without a lifetime; drops it if it grew too large to keep.
pub(super) fn reset<T>(vec: &mut Vec<T>) {
    vec.clear();
    if vec.capacity().saturating_mul(size_of::<T>()) > KEEP {
        *vec = Vec::new();
    }
}
