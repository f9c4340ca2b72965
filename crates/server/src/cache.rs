//! A bounded cache: the least recently used goes first.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

/// Values by key, together at most so many bytes.
#[derive(Debug)]
pub struct Cache<K, V> {
    most_bytes: usize,
    inner: Mutex<Inner<K, V>>,
}

#[derive(Debug)]
struct Inner<K, V> {
    entries: HashMap<K, Entry<V>>,
    by_age: BTreeMap<u64, K>,
    bytes: usize,
    clock: u64,
}

#[derive(Debug)]
struct Entry<V> {
    value: V,
    bytes: usize,
    used: u64,
}

impl<K: Hash + Eq + Clone, V: Clone> Cache<K, V> {
    /// An empty cache of at most `most_bytes`.
    pub fn new(most_bytes: usize) -> Self {
        let inner = Inner { entries: HashMap::new(), by_age: BTreeMap::new(), bytes: 0, clock: 0 };
        Self { most_bytes, inner: Mutex::new(inner) }
    }

    /// The value of a key, which becomes the most recently used.
    pub fn get(&self, key: &K) -> Option<V> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let inner = &mut *inner;
        let entry = inner.entries.get_mut(key)?;
        inner.clock += 1;
        inner.by_age.remove(&entry.used);
        entry.used = inner.clock;
        inner.by_age.insert(inner.clock, key.clone());
        Some(entry.value.clone())
    }

    /// Keeps a value; one larger than the whole cache is not kept.
    pub fn put(&self, key: K, value: V, bytes: usize) {
        if bytes > self.most_bytes {
            return;
        }
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let inner = &mut *inner;
        inner.clock += 1;
        let used = inner.clock;
        if let Some(old) = inner.entries.insert(key.clone(), Entry { value, bytes, used }) {
            inner.by_age.remove(&old.used);
            inner.bytes -= old.bytes;
        }
        inner.by_age.insert(used, key);
        inner.bytes += bytes;
        while inner.bytes > self.most_bytes {
            let Some((_, oldest)) = inner.by_age.pop_first() else { break };
            if let Some(gone) = inner.entries.remove(&oldest) {
                inner.bytes -= gone.bytes;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Cache;

    #[test]
    fn the_least_recently_used_goes_first() {
        let cache = Cache::new(10);
        cache.put('a', 1, 4);
        cache.put('b', 2, 4);
        assert_eq!(cache.get(&'a'), Some(1));
        cache.put('c', 3, 4);
        assert_eq!([cache.get(&'a'), cache.get(&'b'), cache.get(&'c')], [Some(1), None, Some(3)]);
        cache.put('d', 4, 11);
        assert_eq!(cache.get(&'d'), None);
        cache.put('a', 5, 6);
        assert_eq!([cache.get(&'a'), cache.get(&'c')], [Some(5), Some(3)]);
    }
}
