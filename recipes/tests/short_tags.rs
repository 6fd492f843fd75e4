//! Tables that are asked by short tag: what they find, and that they hold one length.

#[allow(dead_code, reason = "Redis is not asked here")]
#[path = "rotation/servers.rs"]
mod servers;

use recipes::short::{Error, Found, Match, postgres, sift, sqlite};
use servers::{Folder, Postgres, Result, installed};
use std::fmt;
use telseal::{Imsi, KeyVersion, Keyring, Scope, Sealer, ShortTag, Token};

const ROWS: usize = 3000;
const BITS: u32 = 9;

fn imsi(i: usize) -> Imsi {
    format!("00101{i:010}").parse().expect("an IMSI")
}

/// Of the versions 1 and 2, with each as the primary.
fn sealers() -> [Sealer<Imsi>; 2] {
    let versions = [1, 2].map(|number| KeyVersion::try_from(number).expect("not 0"));
    let secrets = [[1; 32], [2; 32]];
    let mut keyring = Keyring::from_secrets(versions.into_iter().zip(&secrets)).expect("two versions");
    versions.map(|version| {
        keyring.promote(version).expect("a live version");
        keyring.sealer(&Scope::new(["short"]).expect("a label"))
    })
}

fn shorts<const BITS: u32>(sealer: &Sealer<Imsi>, imsi: &Imsi) -> Vec<ShortTag<Imsi, BITS>> {
    sealer.lookup(imsi).map(|token| token.tag().short()).collect()
}

/// Each subscriber is found, whichever version its row is under, and nobody else is.
fn check<E: fmt::Debug>(
    mut put: impl FnMut(&[(Token<Imsi>, i64)]) -> std::result::Result<(), Error<E>>,
    mut matches: impl FnMut(&[ShortTag<Imsi, BITS>]) -> std::result::Result<Vec<Match>, Error<E>>,
) {
    let sealers = sealers();
    let rows: Vec<_> = (0..ROWS).map(|i| (sealers[i % 2].seal(&imsi(i)), i as i64)).collect();
    put(&rows).expect("rows");
    put(&rows[..10]).expect("the same rows once more");
    let all = |live: &[ShortTag<Imsi, BITS>]| -> Vec<i64> {
        rows.iter().filter(|(token, _)| live.contains(&token.tag().short())).map(|(_, endpoint)| *endpoint).collect()
    };
    let mut false_matches = 0;
    for i in (0..ROWS).step_by(7) {
        let live = shorts(&sealers[1], &imsi(i));
        let found = matches(&live).expect("matches");
        let mut endpoints: Vec<i64> = found.iter().map(|row| row.endpoint).collect();
        endpoints.sort_unstable();
        assert_eq!(endpoints, all(&live));
        false_matches += found.len() - 1;
        assert_eq!(sift(&sealers[1], &imsi(i), &found), Found { endpoints: vec![i as i64], unreadable: 0 });
    }
    // Two sets, of 2999 / 512 others each: 11.7. By chance from 11 to 12.5.
    let mean = false_matches as f64 / ROWS.div_ceil(7) as f64;
    assert!((11.0..12.5).contains(&mean), "{mean}");
    for i in ROWS..ROWS + 50 {
        let found = matches(&shorts(&sealers[1], &imsi(i))).expect("matches");
        assert_eq!(sift(&sealers[1], &imsi(i), &found), Found::default());
    }
}

/// What is no token, or is altered, is counted and is nobody's.
#[test]
fn altered_rows_are_counted() {
    let [sealer, _] = sealers();
    let token = sealer.seal(&imsi(1));
    let row = |bytes: &[u8]| Match { token: bytes.to_vec(), endpoint: 7 };
    let mut altered = *token.as_bytes();
    altered[26] ^= 1;
    let matches = [row(token.as_bytes()), row(&altered), row(&altered[..26]), row(b"")];
    assert_eq!(sift(&sealer, &imsi(1), &matches), Found { endpoints: vec![7], unreadable: 3 });
    assert_eq!(sift(&sealer, &imsi(2), &matches), Found { endpoints: vec![], unreadable: 3 });
}

fn other_length<T, E: fmt::Display>(opened: std::result::Result<T, Error<E>>) {
    let Err(error) = opened else { panic!("a table with short tags of two lengths") };
    assert!(matches!(error, Error::OtherLength { table: 9, program: 12 }));
    assert_eq!(error.to_string(), "the table has short tags of 9 bits, and the program those of 12");
}

#[test]
fn sqlite() -> Result<()> {
    let folder = Folder::new()?;
    let path = folder.0.join("short");
    {
        let table = std::cell::RefCell::new(sqlite::Table::<Imsi, BITS>::open(&path)?);
        check(|rows| table.borrow_mut().put(rows), |live| table.borrow().matches(live));
    }
    other_length(sqlite::Table::<Imsi, 12>::open(&path));
    sqlite::Table::<Imsi, BITS>::open(&path)?;
    Ok(())
}

#[test]
fn postgresql() -> Result<()> {
    let Some(server) = installed(Postgres::new()?) else { return Ok(()) };
    let config = server.location().parse()?;
    postgres::Table::<Imsi, BITS>::create(&config)?;
    let table = std::cell::RefCell::new(postgres::Table::<Imsi, BITS>::open(&config)?);
    check(|rows| table.borrow_mut().put(rows), |live| table.borrow_mut().matches(live));
    postgres::Table::<Imsi, 12>::create(&config)?; // changes nothing
    other_length(postgres::Table::<Imsi, 12>::open(&config));
    postgres::Table::<Imsi, BITS>::open(&config)?;
    Ok(())
}
