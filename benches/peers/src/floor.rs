//! The floor: what two AES-256 blocks an identifier cost through the `aes` crate, and which of its backends
//! that is.

use crate::measure::{Group, Table};
use aes::{
    Aes256Enc, Block,
    cipher::{BlockCipherEncrypt, KeyInit},
};
use std::hint::black_box;

pub const ONE: &str = "floor: two dependent AES-256 calls";
/// Two calls of AES for one identifier after the other, which the processor may overlap.
pub const LOOP: &str = "floor: two AES-256 calls, a loop";
/// What the floors of [`Group::Many`] begin with: the fastest counts.
pub const MANY: &str = "floor: two AES-256 blocks";

/// The floors of FF1: ten rounds.
pub const TEN_ONE: &str = "floor: ten dependent AES-256 calls";
pub const TEN_MANY: &str = "floor: ten AES-256 blocks";

/// The batches that are tried, in blocks. Which is fastest depends on the backend.
const BATCHES: [usize; 5] = [64, 128, 256, 512, 1024];

pub fn rows(table: &mut Table<'_>, items: usize) {
    let [s2v, ctr] = [0x11, 0x22].map(|byte| Aes256Enc::new(&[byte; 32].into()));
    {
        let (s2v, ctr, blocks) = (s2v.clone(), ctr.clone(), vec![Block::default(); items]);
        table.add_calls(Group::One, ONE, None, items, move |i| {
            let mut block = blocks[i];
            s2v.encrypt_block(&mut block);
            ctr.encrypt_block(&mut block);
            black_box(block);
        });
    }
    {
        let (s2v, ctr, mut blocks) = (s2v.clone(), ctr.clone(), vec![Block::default(); items]);
        table.add(Group::Many, LOOP, None, items, move || {
            for block in &mut blocks {
                s2v.encrypt_block(block);
                ctr.encrypt_block(block);
            }
            black_box(&mut blocks);
        });
    }
    for batch in BATCHES {
        let (s2v, ctr) = (s2v.clone(), ctr.clone());
        let mut buffers = [vec![Block::default(); batch], vec![Block::default(); batch]];
        table.add(Group::Many, format!("{MANY}, batches of {batch}"), None, items, move || {
            for _ in 0..items / batch {
                s2v.encrypt_blocks(&mut buffers[0]);
                ctr.encrypt_blocks(&mut buffers[1]);
            }
            black_box(&mut buffers);
        });
    }
}

/// What ten AES-256 blocks an identifier cost under one key.
pub fn rows_of_ten(table: &mut Table<'_>, items: usize) {
    let aes = Aes256Enc::new(&[0x33; 32].into());
    let (one, blocks) = (aes.clone(), vec![Block::default(); items]);
    table.add_calls(Group::One, TEN_ONE, None, items, move |i| {
        let mut block = blocks[i];
        for _ in 0..10 {
            one.encrypt_block(&mut block);
        }
        black_box(block);
    });
    for batch in BATCHES {
        let (aes, mut buffer) = (aes.clone(), vec![Block::default(); batch]);
        table.add(Group::Many, format!("{TEN_MANY}, batches of {batch}"), None, items, move || {
            for _ in 0..10 * items / batch {
                aes.encrypt_blocks(&mut buffer);
            }
            black_box(&mut buffer);
        });
    }
}

/// What memory takes of [`Group::Many`]: as many bytes read and written as sealing does, and no cipher.
pub fn memory_rows<'a>(table: &mut Table<'a>, blocks: &'a [[u8; 8]], sizes: &[usize]) {
    for &items in sizes {
        let mut tokens = vec![[0; 27]; items];
        table.add(Group::Many, format!("memory: 8 bytes to 27, {items} items"), None, items, move || {
            for (token, block) in tokens.iter_mut().zip(black_box(&blocks[..items])) {
                let word = u64::from_le_bytes(*block);
                token[..3].copy_from_slice(&[1; 3]);
                token[3..19].copy_from_slice(&(u128::from(word) * 3).to_le_bytes());
                token[19..].copy_from_slice(&word.to_le_bytes());
            }
            black_box(&mut tokens);
        });
        let mut tags = vec![[0; 16]; items];
        table.add(Group::Many, to_tags(items), None, items, move || {
            for (tag, block) in tags.iter_mut().zip(black_box(&blocks[..items])) {
                *tag = (u128::from(u64::from_le_bytes(*block)) * 3).to_le_bytes();
            }
            black_box(&mut tags);
        });
    }
}

/// What memory takes of making tags.
pub fn to_tags(items: usize) -> String {
    format!("memory: 8 bytes to 16, {items} items")
}

/// The backend that `aes` 0.9 takes here, decided as its `lib.rs` decides it.
pub fn backend() -> &'static str {
    if cfg!(aes_backend = "soft") {
        return "software, chosen by aes_backend=\"soft\"";
    }
    #[cfg(target_arch = "x86_64")]
    {
        let vaes = std::is_x86_feature_detected!("vaes");
        if vaes && std::is_x86_feature_detected!("avx512f") {
            return "VAES-512";
        }
        if vaes {
            return "VAES-256";
        }
        if std::is_x86_feature_detected!("aes") {
            return "AES-NI";
        }
    }
    if cfg!(target_arch = "aarch64") && aes::hardware_accelerated() {
        return "ARMv8 AES";
    }
    "software"
}
