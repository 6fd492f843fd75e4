//! The directory: a million entries found by tag, beside the same found by the plaintext number.
//!
//! There are not a million phone numbers that belong to nobody, so these are IMSIs of the test network 001-01,
//! of 13 digits: as long as a phone number is in E.164.

use crate::{
    input::{keyring, scope},
    measure::{Group, Table},
};
use std::{
    collections::HashMap,
    hash::{BuildHasher, BuildHasherDefault, Hash},
    hint::black_box,
};
use telseal::{Imsi, Scope, Sealer, TagHasher};

pub const TAGS: &str = "HashMap<Tag, u64, TagHasher>";
pub const TEXTS: &str = "HashMap<String, u64> of plaintext";

const ENTRIES: usize = 1 << 20;

pub fn rows(table: &mut Table<'_>) {
    let texts: Vec<String> = (0..ENTRIES).map(|i| format!("00101{i:08}")).collect();
    let tags = |scope| {
        let imsis: Sealer<Imsi> = keyring().sealer(&scope);
        texts.iter().map(|text| imsis.seal(&text.parse().expect("an IMSI")).tag()).collect::<Vec<_>>()
    };
    // In the order of their tags they would be found one behind the other in the map. Tags of another scope are
    // an order that has nothing to do with it.
    let shuffled = tags(Scope::new(["shuffled"]).expect("one label"));
    let tags = tags(scope());
    let mut order: Vec<usize> = (0..ENTRIES).collect();
    order.sort_unstable_by_key(|&i| shuffled[i]);

    add::<_, BuildHasherDefault<TagHasher>>(table, TAGS, tags.clone(), &order);
    add::<_, std::hash::RandomState>(table, "HashMap<Tag, u64>, SipHash", tags, &order);
    add::<_, std::hash::RandomState>(table, TEXTS, texts, &order);
}

fn add<'a, K, S>(table: &mut Table<'a>, name: &str, keys: Vec<K>, order: &[usize])
where
    K: Clone + Eq + Hash + 'a,
    S: BuildHasher + Default + 'a,
{
    // Keys to ask for, made anew so that they lie in memory in the order in which they are asked for.
    let asked: Vec<K> = order.iter().map(|&i| keys[i].clone()).collect();
    let map: HashMap<K, u64, S> = keys.into_iter().zip(0..).collect();
    assert!(asked.iter().zip(order).all(|(key, &i)| map.get(key) == Some(&(i as u64))));
    table.add_calls(Group::Lookup, name, None, ENTRIES, move |i| {
        black_box(map.get(&asked[i])).expect("a key that is there");
    });
}
