//! In SQLite.

use super::{Columns, Duplicates, Form, Old, Readable, Report, Unreadable, sealed};
use crate::give_way;
use rusqlite::{
    Connection, Error, Row, ToSql,
    TransactionBehavior::Immediate,
    params, params_from_iter,
    types::{ToSqlOutput, ValueRef},
};
use std::{
    num::NonZeroU32,
    path::Path,
    time::{Duration, Instant},
};
use telseal::{Identifier, Sealer};

pub struct Table {
    connection: Connection,
    columns: Columns,
}

/// A value of the old column. SQLite compares texts and bytes apart.
struct Value<'a>(&'a [u8], Form);

impl ToSql for Value<'_> {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>, Error> {
        Ok(ToSqlOutput::Borrowed(match self.1 {
            Form::Text => ValueRef::Text(self.0),
            Form::Bytes => ValueRef::Blob(self.0),
        }))
    }
}

impl Table {
    pub fn open(path: &Path, columns: Columns) -> Result<Self, Error> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(Duration::from_secs(10))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        Ok(Table { connection, columns })
    }

    fn statement(&self, template: &str) -> String {
        self.columns.statement(template, "TEXT", "BLOB")
    }

    /// Adds the column of tokens, if it is not there, its index, and the trigger.
    pub fn prepare(&mut self) -> Result<(), Error> {
        let index = self.statement(
            "CREATE INDEX IF NOT EXISTS {index} ON {table} ({new});
             CREATE TRIGGER IF NOT EXISTS {index} AFTER UPDATE OF {old} ON {table}
             WHEN NEW.{old} IS NOT OLD.{old} AND NEW.{new} IS OLD.{new}
             BEGIN
                 UPDATE {table} SET {new} = NULL WHERE {key} = NEW.{key};
             END;",
        );
        let column = self.statement("ALTER TABLE {table} ADD COLUMN {new} BLOB");
        let transaction = self.connection.transaction_with_behavior(Immediate)?;
        let Columns { table, new, .. } = self.columns;
        let asked = "SELECT count(*) FROM pragma_table_info(?1) WHERE name = ?2";
        if transaction.query_row(asked, [table, new], |row| row.get::<_, u32>(0))? == 0 {
            transaction.execute(&column, [])?;
        }
        transaction.execute_batch(&index)?;
        transaction.commit()
    }

    /// The keys of the rows of an identifier, by its tokens or, where a row has none yet, by its old values.
    pub fn lookup<I: Identifier>(
        &self,
        sealer: &Sealer<I>,
        old: &impl Old<I>,
        identifier: &I,
    ) -> Result<Vec<i64>, Error> {
        let tokens: Vec<[u8; 27]> = sealer.lookup(identifier).map(Into::into).collect();
        let values = old.values(identifier);
        let places = |count: usize| vec!["?"; count].join(", ");
        let statement = self.statement(&format!(
            "SELECT {{key}} FROM {{table}} WHERE {{new}} IN ({}) OR ({{new}} IS NULL AND {{old}} IN ({})) ORDER BY 1",
            places(tokens.len()),
            places(values.len())
        ));
        let tokens = tokens.iter().map(|token| Value(token, Form::Bytes));
        let values = values.iter().map(|value| Value(value, self.columns.form));
        let mut statement = self.connection.prepare_cached(&statement)?;
        statement.query_map(params_from_iter(tokens.chain(values)), |row| row.get(0))?.collect()
    }

    /// Gives a token to each row that has none and can be read, `batch` rows at a time. `watch` gets the others.
    pub fn move_rows<I: Identifier>(
        &mut self,
        sealer: &Sealer<I>,
        source: &impl Readable<I>,
        batch: NonZeroU32,
        mut watch: impl FnMut(i64, Unreadable),
    ) -> Result<Report, Error> {
        let select = self.statement(
            "SELECT {key}, CAST({old} AS BLOB) FROM {table}
             WHERE {new} IS NULL AND {old} IS NOT NULL AND {key} > ?1 ORDER BY {key} LIMIT ?2",
        );
        let update = self.statement("UPDATE {table} SET {new} = ?1 WHERE {key} = ?2 AND {old} IS ?3 AND {new} IS NULL");
        let (mut report, mut after) = (Report::default(), i64::MIN);
        loop {
            // Read and sealed before the transaction: writers wait for the writing alone.
            let rows: Vec<(i64, Vec<u8>)> = self
                .connection
                .prepare_cached(&select)?
                .query_map(params![after, batch.get()], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<Result<_, _>>()?;
            let Some((last, _)) = rows.last() else { break };
            after = *last;
            let readable = sealed(sealer, source, rows, &mut report, &mut watch);
            let start = Instant::now();
            let transaction = self.connection.transaction_with_behavior(Immediate)?;
            let mut moved = 0;
            for (key, value, token) in &readable {
                let mut update = transaction.prepare_cached(&update)?;
                moved += update.execute(params![token, key, Value(value, self.columns.form)])? as u64;
            }
            transaction.commit()?;
            report.moved += moved;
            report.changed += readable.len() as u64 - moved;
            give_way(start);
        }
        report.left = self.left()?;
        Ok(report)
    }

    /// Gives a token to the rows of known identifiers.
    pub fn move_known<I: Identifier>(
        &mut self,
        sealer: &Sealer<I>,
        old: &impl Old<I>,
        known: impl IntoIterator<Item = I>,
        batch: NonZeroU32,
    ) -> Result<Report, Error> {
        let update = self.statement("UPDATE {table} SET {new} = ?1 WHERE {old} = ?2 AND {new} IS NULL");
        let (mut report, mut known) = (Report::default(), known.into_iter());
        loop {
            let of = |identifier: &I| (sealer.seal(identifier).into(), old.values(identifier));
            let some: Vec<([u8; 27], _)> = known.by_ref().take(batch.get() as usize).map(|known| of(&known)).collect();
            if some.is_empty() {
                break;
            }
            let start = Instant::now();
            let transaction = self.connection.transaction_with_behavior(Immediate)?;
            for (token, values) in &some {
                let mut update = transaction.prepare_cached(&update)?;
                for value in values {
                    report.moved += update.execute(params![token, Value(value, self.columns.form)])? as u64;
                }
            }
            transaction.commit()?;
            give_way(start);
        }
        report.left = self.left()?;
        Ok(report)
    }

    /// Rows without a token.
    pub fn left(&self) -> Result<u64, Error> {
        let statement = self.statement("SELECT count(*) FROM {table} WHERE {new} IS NULL AND {old} IS NOT NULL");
        self.connection.query_row(&statement, [], |row| count(row, 0))
    }

    pub fn duplicates(&self) -> Result<Duplicates, Error> {
        let statement = self.statement(
            "SELECT count(*), coalesce(sum(n), 0) FROM
             (SELECT count(*) AS n FROM {table} WHERE {new} IS NOT NULL GROUP BY {new} HAVING count(*) > 1)",
        );
        let read = |row: &Row<'_>| Ok(Duplicates { subscribers: count(row, 0)?, rows: count(row, 1)? });
        self.connection.query_row(&statement, [], read)
    }
}

fn count(row: &Row<'_>, at: usize) -> Result<u64, Error> {
    Ok(row.get::<_, i64>(at)?.unsigned_abs()) // no count is negative
}
