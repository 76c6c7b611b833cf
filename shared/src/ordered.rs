//! Ordered collections, collected in little code.

/// Collects into a `BTreeMap` or `BTreeSet`, of equal keys the last one. `collect` would sort first, with 4 KB of code for
/// each type of element, and few are collected here.
pub(crate) fn ordered<C, T>(elements: impl IntoIterator<Item = T>) -> C
where
    C: Default + Extend<T>,
{
    let mut all = C::default();
    all.extend(elements);
    all
}
