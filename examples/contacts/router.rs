//! The router: a process that has a directory of handles in a redb file, and no key. A handle is a tag here; in the
//! controls it is the hash of a number, or the number.
//!
//! A message is a verb, a key version and handles. A tag does not name its key version, as a token does. So the
//! version is put before it in the directory, and all handles of a retired one can be dropped. Whether a number is
//! that of who opts in with its tag the router cannot tell: it takes a message with a code to prove it, which
//! is left out here.

use crate::{
    process::Result,
    wire::{console, listen},
};
use redb::{Database, Durability, ReadableDatabase, ReadableTable, Table, TableDefinition};
use std::{path::Path, sync::Arc};

/// Opt in and opt out: a handle, and the endpoint that has or had it, in 8 bytes.
pub(crate) const OPT_IN: u8 = b'+';
pub(crate) const OPT_OUT: u8 = b'-';
/// Which of the handles are there, as many as a message holds. The answer is, for each of those, its place in 2 bytes
/// and its endpoint.
pub(crate) const LOOK_UP: u8 = b'?';

/// The endpoint of a key version in 2 bytes and a handle.
const HANDLES: TableDefinition<&[u8], u64> = TableDefinition::new("handles");

struct Router {
    database: Database,
    /// How many bytes a handle has.
    size: usize,
}

pub(crate) fn run(size: usize, path: &Path) -> Result<()> {
    let router = Arc::new(Router { database: Database::create(path)?, size });
    router.change(Durability::Immediate, |_| Ok(()))?; // with the table in it, so that it can be read from now on
    let shared = Arc::clone(&router);
    listen(move |message| shared.answer(message))?;
    console(|line| {
        let version: u16 = line.strip_prefix("drop ").ok_or("expected `drop` and a key version")?.parse()?;
        let mut dropped = 0;
        router.change(Durability::Immediate, |handles| {
            handles.retain(|handle, _| {
                let retired = handle.starts_with(&version.to_be_bytes());
                dropped += usize::from(retired);
                !retired
            })?;
            Ok(())
        })?;
        Ok(dropped.to_string())
    })?;
    router.change(Durability::Immediate, |_| Ok(())) // and what was changed without
}

impl Router {
    fn answer(&self, message: &[u8]) -> Result<Vec<u8>> {
        let (&[verb, high, low], rest) = message.split_first_chunk().ok_or("expected a verb and a key version")?;
        let named = |handle: &[u8]| [&[high, low], handle].concat();
        match verb {
            LOOK_UP if rest.len().is_multiple_of(self.size) => {
                let handles = self.database.begin_read()?.open_table(HANDLES)?;
                let mut found = Vec::new();
                for (handle, at) in rest.chunks(self.size).zip(0_u16..) {
                    if let Some(endpoint) = handles.get(&*named(handle))? {
                        found.extend(at.to_be_bytes());
                        found.extend(endpoint.value().to_be_bytes());
                    }
                }
                Ok(found)
            }
            OPT_IN | OPT_OUT if rest.len() == self.size + 8 => {
                let (handle, endpoint) = rest.split_last_chunk().ok_or("expected an endpoint")?;
                let (handle, endpoint) = (named(handle), u64::from_be_bytes(*endpoint));
                self.change(Durability::None, |handles| {
                    let present = handles.get(&*handle)?.map(|there| there.value());
                    match (verb, present) {
                        (OPT_IN, None) => drop(handles.insert(&*handle, endpoint)?),
                        (OPT_OUT, Some(there)) if there == endpoint => drop(handles.remove(&*handle)?),
                        (OPT_IN, _) => return Err("taken".into()),
                        _ => return Err("not there".into()),
                    }
                    Ok(())
                })?;
                Ok(Vec::new())
            }
            _ => Err("expected a verb and as many bytes as belong to it".into()),
        }
    }

    fn change(&self, durability: Durability, change: impl FnOnce(&mut Table<&[u8], u64>) -> Result<()>) -> Result<()> {
        let mut transaction = self.database.begin_write()?;
        transaction.set_durability(durability)?;
        change(&mut transaction.open_table(HANDLES)?)?; // dropped without a commit, it is undone
        Ok(transaction.commit()?)
    }
}
