//! Tables in SQLite and PostgreSQL move from plaintext, Tink's deterministic AEAD and HMACs to tokens: killed on the way,
//! and asked and changed all the while.

#![allow(clippy::unwrap_used)] // what fails here fails the test

#[allow(dead_code, reason = "Redis is not asked here")]
#[path = "rotation/servers.rs"]
mod servers;

use ::postgres::NoTls;
use recipes::migration::{
    Columns, Daead, Duplicates, Form, Macs, Old, Plaintext, Report, Spelling, Unreadable, postgres, sqlite,
};
use rusqlite::{Connection, ToSql};
use servers::Postgres;
use std::{
    env, fs,
    num::NonZeroU32,
    path::{Path, PathBuf},
    process::{self, Command, Stdio},
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::Duration,
};
use telseal::{KeyVersion, Keyring, PhoneNumber, Scope, Sealer};
use tink_core::keyset;

const BATCH: NonZeroU32 = NonZeroU32::new(64).unwrap();
const ROWS: i64 = 3000;
const MAC_KEY: &[u8] = b"the key of the old column";
const ASSOCIATED: &[u8] = b"subscribers";

const SPELLING: Spelling<PhoneNumber> = Spelling {
    write: |number| {
        let e164 = number.expose_e164().to_string();
        vec![e164[1..].to_owned(), e164]
    },
    read: |text| if text.starts_with('+') { text.parse() } else { PhoneNumber::from_msisdn(text) },
};

fn sealer() -> Sealer<PhoneNumber> {
    let keyring = Keyring::from_secrets([(KeyVersion::FIRST, &[7; 32])]).unwrap();
    keyring.sealer(&Scope::new(["acme", "subscribers"]).unwrap())
}

/// Two spellings of one number, in neighbouring rows, for every tenth subscriber.
fn text(row: i64) -> String {
    let subscriber = if row % 10 == 1 { row - 1 } else { row };
    let range = ["447700900", "442079460", "441134960", "441144960", "441154960"][subscriber as usize / 1000];
    let plus = if row % 10 == 1 { "+" } else { "" };
    format!("{plus}{range}{:03}", subscriber % 1000)
}

fn number(row: i64) -> PhoneNumber {
    (SPELLING.read)(&text(row)).unwrap()
}

/// Rows that nobody can read.
fn is_bad(row: i64) -> bool {
    row % 97 == 5
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Plaintext,
    Daead,
    Macs,
}

const KINDS: [Kind; 3] = [Kind::Plaintext, Kind::Daead, Kind::Macs];

fn columns(kind: Kind) -> Columns {
    let (table, form) = match kind {
        Kind::Plaintext => ("Subscribers \"in the clear\"", Form::Text),
        Kind::Daead => ("subscribers_daead", Form::Bytes),
        Kind::Macs => ("subscribers_mac", Form::Bytes),
    };
    Columns { table, key: "key", old: "old", form, new: "token" }
}

/// From the file of a keyset, as Tink writes it.
fn daead(keyset: &Path) -> Daead<PhoneNumber> {
    tink_daead::init();
    let mut reader = keyset::BinaryReader::new(fs::File::open(keyset).unwrap());
    let handle = keyset::insecure::read(&mut reader).unwrap();
    Daead { daead: tink_daead::new(&handle).unwrap(), associated_data: ASSOCIATED.to_vec(), spelling: SPELLING }
}

fn macs() -> Macs<PhoneNumber> {
    Macs { key: MAC_KEY.to_vec(), spelling: SPELLING }
}

/// The value of a row in the old column.
fn value(kind: Kind, row: i64, keyset: &Path) -> Vec<u8> {
    let at = usize::from(row % 10 == 1);
    match (kind, is_bad(row)) {
        (Kind::Plaintext, true) => b"020 7946 0018".to_vec(),
        (_, true) => vec![row as u8; 40],
        (Kind::Plaintext, false) => text(row).into_bytes(),
        (Kind::Daead, false) => daead(keyset).values(&number(row)).swap_remove(at),
        (Kind::Macs, false) => macs().values(&number(row)).swap_remove(at),
    }
}

enum Store {
    Sqlite(PathBuf),
    Postgres(String),
}

enum Table {
    Sqlite(sqlite::Table),
    Postgres(postgres::Table),
}

/// The same question to either.
macro_rules! ask {
    ($table:expr, $name:ident ( $($argument:expr),* )) => {
        match $table {
            Table::Sqlite(table) => table.$name($($argument),*).unwrap(),
            Table::Postgres(table) => table.$name($($argument),*).unwrap(),
        }
    };
}

impl Store {
    fn open(&self, kind: Kind) -> Table {
        match self {
            Store::Sqlite(path) => Table::Sqlite(sqlite::Table::open(path, columns(kind)).unwrap()),
            Store::Postgres(location) => {
                Table::Postgres(postgres::Table::open(&location.parse().unwrap(), columns(kind)).unwrap())
            }
        }
    }

    fn location(&self) -> String {
        match self {
            Store::Sqlite(path) => format!("sqlite:{}", path.display()),
            Store::Postgres(location) => format!("postgres:{location}"),
        }
    }

    fn of(location: &str) -> Store {
        match location.split_once(':').unwrap() {
            ("sqlite", path) => Store::Sqlite(path.into()),
            (_, location) => Store::Postgres(location.to_owned()),
        }
    }

    /// Runs a statement once for each row of values; the placeholders are ?1, ?2.
    fn execute(&self, kind: Kind, statement: &str, rows: &[(i64, Vec<u8>)]) {
        let Columns { table, form, .. } = columns(kind);
        let statement = statement.replace("{table}", &format!("\"{}\"", table.replace('"', "\"\"")));
        let texts = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        match self {
            Store::Sqlite(path) => {
                let mut connection = Connection::open(path).unwrap();
                connection.busy_timeout(Duration::from_secs(10)).unwrap();
                let transaction = connection.transaction().unwrap();
                for (key, value) in rows {
                    let value: &dyn ToSql = if form == Form::Text { &texts(value) } else { value };
                    transaction.execute(&statement, [key as &dyn ToSql, value]).unwrap();
                }
                transaction.commit().unwrap();
            }
            Store::Postgres(location) => {
                let mut client = location.parse::<::postgres::Config>().unwrap().connect(NoTls).unwrap();
                let mut transaction = client.transaction().unwrap();
                let statement = transaction.prepare(&statement.replace('?', "$")).unwrap();
                for (key, value) in rows {
                    match form {
                        Form::Text => transaction.execute(&statement, &[key, &texts(value)]).unwrap(),
                        Form::Bytes => transaction.execute(&statement, &[key, value]).unwrap(),
                    };
                }
                transaction.commit().unwrap();
            }
        }
    }

    fn create(&self, kind: Kind) {
        let Columns { table, form, .. } = columns(kind);
        let old = match (self, form) {
            (_, Form::Text) => "TEXT",
            (Store::Sqlite(_), _) => "BLOB",
            (Store::Postgres(_), _) => "bytea",
        };
        let table = table.replace('"', "\"\"");
        let statement = format!("CREATE TABLE \"{table}\" (key BIGINT PRIMARY KEY, old {old})");
        match self {
            Store::Sqlite(path) => Connection::open(path).unwrap().execute_batch(&statement).unwrap(),
            Store::Postgres(location) => {
                location
                    .parse::<::postgres::Config>()
                    .unwrap()
                    .connect(NoTls)
                    .unwrap()
                    .batch_execute(&statement)
                    .unwrap();
            }
        }
    }
}

/// Everybody whose rows can be read, and some without a row.
fn everybody() -> impl Iterator<Item = PhoneNumber> {
    (0..ROWS + 100).map(number)
}

fn run(table: &mut Table, kind: Kind, keyset: &Path, batch: NonZeroU32, watch: impl FnMut(i64, Unreadable)) -> Report {
    let sealer = sealer();
    match kind {
        Kind::Plaintext => ask!(table, move_rows(&sealer, &Plaintext(SPELLING), batch, watch)),
        Kind::Daead => ask!(table, move_rows(&sealer, &daead(keyset), batch, watch)),
        Kind::Macs => ask!(table, move_known(&sealer, &macs(), everybody(), batch)),
    }
}

fn lookup(table: &mut Table, kind: Kind, keyset: &Path, number: &PhoneNumber) -> Vec<i64> {
    let sealer = sealer();
    match kind {
        Kind::Plaintext => ask!(table, lookup(&sealer, &Plaintext(SPELLING), number)),
        Kind::Daead => ask!(table, lookup(&sealer, &daead(keyset), number)),
        Kind::Macs => ask!(table, lookup(&sealer, &macs(), number)),
    }
}

/// The process that is killed. As a test it does nothing.
#[test]
fn child() {
    let Ok(arguments) = env::var("MIGRATION") else { return };
    let arguments: Vec<&str> = arguments.split('\n').collect();
    let kind = KINDS[arguments[1].parse::<usize>().unwrap()];
    let mut table = Store::of(arguments[0]).open(kind);
    run(&mut table, kind, arguments[2].as_ref(), NonZeroU32::new(8).unwrap(), |_, _| {});
}

/// The keys of a subscriber's rows, as they must be found at any time.
fn expected(row: i64) -> Vec<i64> {
    let first = if row % 10 == 1 { row - 1 } else { row };
    let rows = if first % 10 == 0 { vec![first, first + 1] } else { vec![first] };
    rows.into_iter().filter(|row| !is_bad(*row) && *row < ROWS).collect()
}

fn migrate(store: &Store, kind: Kind, keyset: &Path) {
    store.create(kind);
    let rows: Vec<_> = (0..ROWS).map(|row| (row, value(kind, row, keyset))).collect();
    store.execute(kind, "INSERT INTO {table} VALUES (?1, ?2)", &rows);
    let mut table = store.open(kind);
    ask!(&mut table, prepare());
    ask!(&mut table, prepare()); // once more changes nothing

    // Rows are asked for all the while. Runs are killed, at moments that differ.
    let (done, mut killed) = (AtomicBool::new(false), 0);
    thread::scope(|scope| {
        let asking = scope.spawn(|| {
            let (mut table, mut asked) = (store.open(kind), 0);
            while !done.load(Relaxed) {
                let row = 3 + asked * 37 % (ROWS - 3); // row 2 is changed meanwhile
                let found = lookup(&mut table, kind, keyset, &number(row));
                assert_eq!(found, expected(row), "{kind:?}, row {row}, after {asked} questions");
                asked += 1;
            }
            asked
        });
        for i in 0..8 {
            let index = KINDS.iter().position(|other| *other == kind).unwrap();
            let arguments = format!("{}\n{index}\n{}", store.location(), keyset.display());
            let mut command = Command::new(env::current_exe().unwrap());
            command.args(["--exact", "child"]).env("MIGRATION", arguments).stdout(Stdio::null());
            let mut child = command.spawn().unwrap();
            thread::sleep(Duration::from_millis(20 + 17 * i % 60));
            child.kill().unwrap();
            killed += u32::from(!child.wait().unwrap().success());
        }
        // A program that knows the old column alone gives a subscriber another number, and a third one its own.
        let moved = value(kind, ROWS + 2, keyset);
        store.execute(kind, "UPDATE {table} SET old = ?2 WHERE key = ?1", &[(2, moved)]);
        done.store(true, Relaxed);
        assert!(asking.join().unwrap() > 0);
    });
    assert!(killed > 0, "no run was killed");
    assert_eq!(lookup(&mut table, kind, keyset, &number(2)), []);
    assert_eq!(lookup(&mut table, kind, keyset, &number(ROWS + 2)), [2]);

    let mut watched = Vec::new();
    let report = run(&mut table, kind, keyset, BATCH, |row, why| watched.push((row, why)));
    let bad: Vec<i64> = (0..ROWS).filter(|row| is_bad(*row)).collect();
    assert_eq!((report.left, report.changed), (bad.len() as u64, 0));
    if kind != Kind::Macs {
        assert_eq!(report.unreadable, bad.len() as u64);
        assert!(watched.iter().map(|(row, _)| *row).eq(bad.iter().copied()));
        for (_, why) in watched {
            assert_eq!(why == Unreadable::Decryption, kind == Kind::Daead);
        }
    }
    // Once more moves nothing.
    assert_eq!(run(&mut table, kind, keyset, BATCH, |_, _| {}).moved, 0);
    for row in (0..ROWS).filter(|row| *row != 2) {
        assert_eq!(lookup(&mut table, kind, keyset, &number(row)), expected(row), "{kind:?}, row {row}");
    }
    // Two spellings of one subscriber, which the old column had as two.
    let doubled = (0..ROWS).filter(|row| expected(*row).len() == 2).count() as u64;
    assert_eq!(ask!(&mut table, duplicates()), Duplicates { subscribers: doubled / 2, rows: doubled });
}

fn all(store: &Store, folder: &Path) {
    tink_daead::init();
    let handle = keyset::Handle::new(&tink_daead::aes_siv_key_template()).unwrap();
    let keyset = folder.join("keyset");
    let mut writer = keyset::BinaryWriter::new(fs::File::create(&keyset).unwrap());
    keyset::insecure::write(&handle, &mut writer).unwrap();
    let daead = tink_daead::new(&handle).unwrap();
    assert!(daead.encrypt_deterministically(b"", ASSOCIATED).is_ok());
    for kind in KINDS {
        migrate(store, kind, &keyset);
    }
}

fn folder(name: &str) -> PathBuf {
    let folder = env::temp_dir().join(format!("telseal-migration-{name}-{}", process::id()));
    fs::create_dir(&folder).unwrap();
    folder
}

#[test]
fn sqlite() {
    let folder = folder("sqlite");
    all(&Store::Sqlite(folder.join("table")), &folder);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn postgresql() {
    match Postgres::new().unwrap() {
        Ok(server) => {
            let folder = folder("postgres");
            all(&Store::Postgres(server.location()), &folder);
            fs::remove_dir_all(folder).unwrap();
        }
        Err(why) => {
            assert!(env::var_os("TELSEAL_ALL_STORES").is_none(), "{why}");
            eprintln!("skipped: {why}");
        }
    }
}
