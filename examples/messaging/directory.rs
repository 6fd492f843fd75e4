//! The router's directory: rows of subscribers and their mail in a redb file, with an index by phone, IMSI and
//! IMEI; and routes by prefix. It knows handles only, which are a token's 27 bytes or the 16 of a prefix tag, and no key.
//!
//! The indices are keyed by the whole token, not by its tag. A token whose ciphertext was altered then finds
//! nothing, and since a token's bytes begin with the key version, an index holds the rows of old versions
//! together at its beginning: what is left to reseal is a range, with no column for it. Who has an index key and no
//! token asks with the first 19 bytes of one, which are header and tag, and finds the row by their place in the order.
//!
//! One identifier has one token for each live key version, so a unique key per token does not make subscribers
//! unique while keys rotate. A request therefore brings all tokens of an identifier, newest first. They are
//! looked for in one transaction: asked for one by one, a row that is resealed between two questions would be
//! under neither.

use redb::{
    Database, Durability, MultimapTable, MultimapTableDefinition, ReadableDatabase, ReadableTable,
    ReadableTableMetadata, Table, TableDefinition, WriteTransaction,
};
use std::{
    error::Error,
    ops::Bound,
    path::Path,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
};
use telseal::{Identifier, Imei, Imeisv, Imsi, PhoneNumber, Token};

/// An identifier as the router knows it. Empty where the subscriber has none.
pub(crate) type Handle = Vec<u8>;

pub(crate) const PHONE: usize = 0;
pub(crate) const IMSI: usize = 1;
pub(crate) const IMEI: usize = 2;

/// What belongs to an endpoint: its handles, and whether messages are delivered to it.
pub(crate) struct Row {
    pub(crate) handles: [Handle; 4],
    pub(crate) on: bool,
}

/// Why the answer is not `ok`.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The request was understood and is refused.
    No(&'static str),
    /// The request was not understood, or the database failed.
    Error(String),
}

pub(crate) struct Directory {
    database: Database,
    changes: AtomicU32,
}

/// The endpoint of a phone number, an IMSI and an IMEI.
const INDICES: [TableDefinition<&[u8], u64>; 3] =
    [TableDefinition::new("phones"), TableDefinition::new("imsis"), TableDefinition::new("imeis")];
type RowValue = (&'static [u8], &'static [u8], &'static [u8], &'static [u8], bool);
const ROWS: TableDefinition<u64, RowValue> = TableDefinition::new("rows");
/// What waits for an endpoint: the number of the message and the sender's handle.
const MAIL: MultimapTableDefinition<u64, (u64, &[u8])> = MultimapTableDefinition::new("mail");

/// Where messages go whose addressee has no endpoint here: the carrier of a prefix.
const ROUTES: TableDefinition<&[u8], u64> = TableDefinition::new("routes");

/// Every so many changes are written to the disk together.
const DURABLE_EVERY: u32 = 256;

/// The tables, open for one change.
struct Tables<'t> {
    indices: [Table<'t, &'static [u8], u64>; 3],
    rows: Table<'t, u64, RowValue>,
    mail: MultimapTable<'t, u64, (u64, &'static [u8])>,
    routes: Table<'t, &'static [u8], u64>,
}

impl Directory {
    pub(crate) fn create(path: &Path) -> Result<Self, Fault> {
        Self::new(Database::create(path)?)
    }

    #[allow(dead_code)] // for the tests and for fuzzing
    pub(crate) fn in_memory() -> Self {
        let backend = redb::backends::InMemoryBackend::new();
        Self::new(Database::builder().create_with_backend(backend).expect("memory")).expect("memory")
    }

    fn new(database: Database) -> Result<Self, Fault> {
        let directory = Directory { database, changes: AtomicU32::new(0) };
        directory.flush()?; // with all tables in it, so that they can be read from now on
        Ok(directory)
    }

    /// Opt-in. Refused where any of the identifiers is there already, under whatever key version.
    pub(crate) fn register(&self, all: [&[Handle]; 3], imeisv: Handle, endpoint: u64) -> Result<(), Fault> {
        self.change(|tables| {
            for (index, handles) in tables.indices.iter_mut().zip(all) {
                if find(index, handles)?.is_some() {
                    return Err(Fault::No("taken"));
                }
                index.insert(&*handles[0], endpoint)?;
            }
            if tables.rows.get(endpoint)?.is_some() {
                return Err(Fault::No("taken"));
            }
            let [phone, imsi, imei] = all.map(|handles| handles[0].clone());
            tables.put(endpoint, &Row { handles: [phone, imsi, imei, imeisv], on: true })
        })
    }

    /// Puts a message into the mail of whoever has the number. Returns the endpoint and which of the handles
    /// it was found under.
    pub(crate) fn send(&self, from: Handle, to: &[Handle], message: u64) -> Result<(u64, usize), Fault> {
        self.change(|tables| {
            let (endpoint, nth) = find(&tables.indices[PHONE], to)?.ok_or(Fault::No("unknown"))?;
            if !tables.row(endpoint)?.on {
                return Err(Fault::No("off"));
            }
            tables.mail.insert(endpoint, (message, &*from))?;
            Ok((endpoint, nth))
        })
    }

    /// Hands out what waits for an endpoint: the numbers of the messages and their senders.
    pub(crate) fn collect(&self, endpoint: u64) -> Result<Vec<(u64, Handle)>, Fault> {
        self.change(|tables| {
            let mut mail = Vec::new();
            for message in tables.mail.remove_all(endpoint)? {
                let message = message?;
                let (number, from) = message.value();
                mail.push((number, from.to_vec()));
            }
            Ok(mail)
        })
    }

    /// SIM swap: the device is found by its IMEI and has another IMSI from now on.
    pub(crate) fn swap(&self, imei: &[Handle], imsi: &[Handle]) -> Result<u64, Fault> {
        self.change(|tables| {
            let (endpoint, _) = find(&tables.indices[IMEI], imei)?.ok_or(Fault::No("unknown"))?;
            if find(&tables.indices[IMSI], imsi)?.is_some() {
                return Err(Fault::No("taken"));
            }
            let mut row = tables.row(endpoint)?;
            tables.indices[IMSI].remove(&*row.handles[IMSI])?;
            tables.indices[IMSI].insert(&*imsi[0], endpoint)?;
            row.handles[IMSI] = imsi[0].clone();
            tables.put(endpoint, &row)?;
            Ok(endpoint)
        })
    }

    /// A lost device: messages to it are refused from now on, and it cannot opt out.
    pub(crate) fn switch_off(&self, imei: &[Handle]) -> Result<u64, Fault> {
        self.change(|tables| {
            let (endpoint, _) = find(&tables.indices[IMEI], imei)?.ok_or(Fault::No("unknown"))?;
            let mut row = tables.row(endpoint)?;
            row.on = false;
            tables.put(endpoint, &row)?;
            Ok(endpoint)
        })
    }

    /// Opt-out: the row, its index entries and its mail are deleted. Refused where the row is off: a lost device
    /// would come back as another.
    pub(crate) fn forget(&self, phone: &[Handle]) -> Result<u64, Fault> {
        self.change(|tables| {
            let (endpoint, _) = find(&tables.indices[PHONE], phone)?.ok_or(Fault::No("unknown"))?;
            let row = tables.row(endpoint)?;
            if !row.on {
                return Err(Fault::No("off"));
            }
            for (index, handle) in tables.indices.iter_mut().zip(&row.handles) {
                index.remove(&**handle)?;
            }
            tables.rows.remove(endpoint)?;
            tables.mail.remove_all(endpoint)?;
            Ok(endpoint)
        })
    }

    /// Writes a resealed row back. A handle that is another one by now was changed meanwhile, under the newest
    /// key, and is left as it is. Refused where the row is gone.
    pub(crate) fn replace(&self, old: &[Handle; 4], new: &[Handle; 4]) -> Result<u64, Fault> {
        self.change(|tables| {
            let (endpoint, _) = find(&tables.indices[PHONE], &old[PHONE..=PHONE])?.ok_or(Fault::No("unknown"))?;
            let mut row = tables.row(endpoint)?;
            for (kind, handle) in row.handles.iter_mut().enumerate() {
                if *handle != old[kind] || old[kind] == new[kind] {
                    continue;
                }
                if let Some(index) = tables.indices.get_mut(kind) {
                    index.remove(&*old[kind])?;
                    if index.insert(&*new[kind], endpoint)?.is_some() {
                        return Err(Fault::No("taken"));
                    }
                }
                handle.clone_from(&new[kind]);
            }
            tables.put(endpoint, &row)?;
            Ok(endpoint)
        })
    }

    /// The endpoint of an identifier.
    pub(crate) fn endpoint(&self, kind: usize, handles: &[Handle]) -> Result<u64, Fault> {
        let index = self.database.begin_read()?.open_table(INDICES[kind])?;
        find(&index, handles)?.map(|(endpoint, _)| endpoint).ok_or(Fault::No("unknown"))
    }

    /// The endpoint of the phone number whose handle begins with one of these: with the header and tag of a token. No
    /// number is the beginning of another one, nor are headers and tags.
    pub(crate) fn endpoint_by_start(&self, starts: &[Handle]) -> Result<u64, Fault> {
        let index = self.database.begin_read()?.open_table(INDICES[PHONE])?;
        for start in starts {
            if let Some(entry) = index.range::<&[u8]>(&**start..)?.next() {
                let (handle, endpoint) = entry?;
                if handle.value().starts_with(start) {
                    return Ok(endpoint.value());
                }
            }
        }
        Err(Fault::No("unknown"))
    }

    /// Puts these routes in the place of all that there were.
    pub(crate) fn set_routes(&self, routes: &[(Handle, u64)]) -> Result<(), Fault> {
        self.change(|tables| {
            tables.routes.retain(|_, _| false)?;
            for (prefix, carrier) in routes {
                tables.routes.insert(&**prefix, carrier)?;
            }
            Ok(())
        })
    }

    /// The carrier of the first prefix that has a route. They come the longest first.
    pub(crate) fn route(&self, prefixes: &[Handle]) -> Result<u64, Fault> {
        let routes = self.database.begin_read()?.open_table(ROUTES)?;
        find(&routes, prefixes)?.map(|(carrier, _)| carrier).ok_or(Fault::No("unknown"))
    }

    /// Up to `limit` rows whose phone token is of a key version before this one, from behind `after` on.
    ///
    /// A row is resealed in one go and is changed under the newest key only, so where any of its tokens is old,
    /// its phone token is.
    pub(crate) fn old_rows(&self, version: u16, after: &[u8], limit: usize) -> Result<Vec<Row>, Fault> {
        let transaction = self.database.begin_read()?;
        let (phones, rows) = (transaction.open_table(INDICES[PHONE])?, transaction.open_table(ROWS)?);
        let mut old = Vec::new();
        for entry in phones.range::<&[u8]>((Bound::Excluded(after), Bound::Unbounded))?.take(limit) {
            let (phone, endpoint) = entry?;
            if !is_before::<PhoneNumber>(phone.value(), version)? {
                break;
            }
            old.push(row(&rows, endpoint.value())?);
        }
        Ok(old)
    }

    /// How many rows and how many messages have a token in them of a key version before this one. Reads
    /// everything, so that it does not rest on the reasoning of [`old_rows`](Self::old_rows).
    pub(crate) fn count_old(&self, version: u16) -> Result<(usize, usize), Fault> {
        let transaction = self.database.begin_read()?;
        let (table, mut rows, mut mail) = (transaction.open_table(ROWS)?, 0, 0);
        for entry in table.iter()? {
            let Row { handles: [phone, imsi, imei, imeisv], .. } = row(&table, entry?.0.value())?;
            rows += usize::from(
                is_before::<PhoneNumber>(&phone, version)?
                    | is_before::<Imsi>(&imsi, version)?
                    | is_before::<Imei>(&imei, version)?
                    | (!imeisv.is_empty() && is_before::<Imeisv>(&imeisv, version)?),
            );
        }
        for entry in transaction.open_multimap_table(MAIL)?.range::<u64>(..)? {
            for message in entry?.1 {
                mail += usize::from(is_before::<PhoneNumber>(message?.value().1, version)?);
            }
        }
        Ok((rows, mail))
    }

    /// How many entries the three indices and the table of rows have.
    pub(crate) fn sizes(&self) -> Result<[u64; 4], Fault> {
        let transaction = self.database.begin_read()?;
        let [phones, imsis, imeis] = INDICES.map(|index| transaction.open_table(index));
        Ok([phones?.len()?, imsis?.len()?, imeis?.len()?, transaction.open_table(ROWS)?.len()?])
    }

    /// Writes all changes to the disk.
    pub(crate) fn flush(&self) -> Result<(), Fault> {
        let transaction = self.database.begin_write()?;
        drop(Tables::open(&transaction)?);
        Ok(transaction.commit()?)
    }

    /// Makes one change: all of it or, where it is refused, nothing.
    fn change<T>(&self, change: impl FnOnce(&mut Tables<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
        let mut transaction = self.database.begin_write()?;
        if !self.changes.fetch_add(1, Relaxed).is_multiple_of(DURABLE_EVERY) {
            transaction.set_durability(Durability::None)?;
        }
        let done = change(&mut Tables::open(&transaction)?)?; // dropped without a commit, it is undone
        transaction.commit()?;
        Ok(done)
    }
}

impl<'t> Tables<'t> {
    fn open(transaction: &'t WriteTransaction) -> Result<Self, Fault> {
        let [phones, imsis, imeis] = INDICES.map(|index| transaction.open_table(index));
        Ok(Tables {
            indices: [phones?, imsis?, imeis?],
            rows: transaction.open_table(ROWS)?,
            mail: transaction.open_multimap_table(MAIL)?,
            routes: transaction.open_table(ROUTES)?,
        })
    }

    fn row(&self, endpoint: u64) -> Result<Row, Fault> {
        row(&self.rows, endpoint)
    }

    fn put(&mut self, endpoint: u64, row: &Row) -> Result<(), Fault> {
        let [phone, imsi, imei, imeisv] = &row.handles;
        self.rows.insert(endpoint, (&**phone, &**imsi, &**imei, &**imeisv, row.on))?;
        Ok(())
    }
}

/// The endpoint of the first handle that the index has, and which one that is.
fn find(index: &impl ReadableTable<&'static [u8], u64>, handles: &[Handle]) -> Result<Option<(u64, usize)>, Fault> {
    for (nth, handle) in handles.iter().enumerate() {
        if let Some(endpoint) = index.get(&**handle)? {
            return Ok(Some((endpoint.value(), nth)));
        }
    }
    Ok(None)
}

fn row(rows: &impl ReadableTable<u64, RowValue>, endpoint: u64) -> Result<Row, Fault> {
    let value = rows.get(endpoint)?.ok_or(Fault::Error("an index names a row that is not there".into()))?;
    let (phone, imsi, imei, imeisv, on) = value.value();
    Ok(Row { handles: [phone, imsi, imei, imeisv].map(<[u8]>::to_vec), on })
}

fn is_before<I: Identifier>(handle: &[u8], version: u16) -> Result<bool, Fault> {
    Ok(Token::<I>::try_from(handle)?.key_version().get() < version)
}

/// All that `?` meets in the router says what was expected and repeats nothing of the input.
impl<E: Error> From<E> for Fault {
    fn from(error: E) -> Self {
        Fault::Error(error.to_string())
    }
}
