//! In PostgreSQL.

use super::{Columns, Duplicates, Old, Readable, Report, Unreadable, sealed};
use ::postgres::{
    Client, Config, Error, NoTls,
    types::{FromSql, IsNull, ToSql, Type, to_sql_checked},
};
use bytes::BytesMut;
use std::num::NonZeroU32;
use telseal::{Identifier, Sealer};

pub struct Table {
    client: Client,
    columns: Columns,
}

/// A value of the old column: texts and bytes travel alike.
#[derive(Debug)]
struct Value(Vec<u8>);

impl ToSql for Value {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        out.extend_from_slice(&self.0);
        Ok(IsNull::No)
    }

    fn accepts(of: &Type) -> bool {
        <Value as FromSql>::accepts(of)
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Value {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Value(raw.to_vec()))
    }

    fn accepts(of: &Type) -> bool {
        [Type::TEXT, Type::VARCHAR, Type::BYTEA].contains(of)
    }
}

impl Table {
    pub fn open(config: &Config, columns: Columns) -> Result<Self, Error> {
        Ok(Table { client: config.connect(NoTls)?, columns })
    }

    fn statement(&self, template: &str) -> String {
        self.columns.statement(template, "text", "bytea")
    }

    /// Adds the column of tokens, if it is not there, its index, and the trigger. Where the table is large, make the index
    /// by `CREATE INDEX CONCURRENTLY` beforehand.
    pub fn prepare(&mut self) -> Result<(), Error> {
        let statements = self.statement(
            "ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {new} bytea;
             CREATE INDEX IF NOT EXISTS {index} ON {table} ({new});
             CREATE OR REPLACE FUNCTION {index}() RETURNS trigger LANGUAGE plpgsql AS $$
             BEGIN
                 IF NEW.{old} IS DISTINCT FROM OLD.{old} AND NEW.{new} IS NOT DISTINCT FROM OLD.{new} THEN
                     NEW.{new} := NULL;
                 END IF;
                 RETURN NEW;
             END $$;
             CREATE OR REPLACE TRIGGER {index} BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {index}();",
        );
        self.client.batch_execute(&statements)
    }

    /// The keys of the rows of an identifier, by its tokens or, where a row has none yet, by its old values.
    pub fn lookup<I: Identifier>(
        &mut self,
        sealer: &Sealer<I>,
        old: &impl Old<I>,
        identifier: &I,
    ) -> Result<Vec<i64>, Error> {
        let statement = self.statement(
            "SELECT {key} FROM {table}
             WHERE {new} = ANY ($1) OR ({new} IS NULL AND {old} = ANY ($2::{type}[])) ORDER BY 1",
        );
        let tokens: Vec<Value> = sealer.lookup(identifier).map(|token| Value(token.as_bytes().to_vec())).collect();
        let values: Vec<Value> = old.values(identifier).into_iter().map(Value).collect();
        self.client.query(&statement, &[&tokens, &values])?.iter().map(|row| row.try_get(0)).collect()
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
            "SELECT {key}, {old} FROM {table}
             WHERE {new} IS NULL AND {old} IS NOT NULL AND {key} > $1 ORDER BY {key} LIMIT $2",
        );
        let update = self.statement(
            "UPDATE {table} SET {new} = moved.token
             FROM unnest($1::bigint[], $2::{type}[], $3::bytea[]) AS moved (key, old, token)
             WHERE {table}.{key} = moved.key AND {table}.{old} = moved.old AND {table}.{new} IS NULL",
        );
        let (select, update) = (self.client.prepare(&select)?, self.client.prepare(&update)?);
        let (mut report, mut after) = (Report::default(), i64::MIN);
        loop {
            let rows = self.client.query(&select, &[&after, &i64::from(batch.get())])?;
            let read = |row: &::postgres::Row| Ok((row.try_get(0)?, row.try_get::<_, Value>(1)?.0));
            let rows: Vec<(i64, Vec<u8>)> = rows.iter().map(read).collect::<Result<_, Error>>()?;
            let Some((last, _)) = rows.last() else { break };
            after = *last;
            let readable = sealed(sealer, source, rows, &mut report, &mut watch);
            let count = readable.len() as u64;
            let (mut keys, mut values, mut tokens) = (Vec::new(), Vec::new(), Vec::new());
            for (key, value, token) in readable {
                keys.push(key);
                values.push(Value(value));
                tokens.push(Value(token.to_vec()));
            }
            let moved = self.client.execute(&update, &[&keys, &values, &tokens])?;
            report.moved += moved;
            report.changed += count - moved;
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
        let update = self.statement(
            "UPDATE {table} SET {new} = known.token FROM unnest($1::{type}[], $2::bytea[]) AS known (old, token)
             WHERE {table}.{old} = known.old AND {table}.{new} IS NULL",
        );
        let update = self.client.prepare(&update)?;
        let (mut report, mut known) = (Report::default(), known.into_iter());
        loop {
            let (mut values, mut tokens) = (Vec::new(), Vec::new());
            let mut is_all = true;
            for identifier in known.by_ref().take(batch.get() as usize) {
                is_all = false;
                let token = sealer.seal(&identifier);
                for value in old.values(&identifier) {
                    values.push(Value(value));
                    tokens.push(Value(token.as_bytes().to_vec()));
                }
            }
            if is_all {
                break;
            }
            report.moved += self.client.execute(&update, &[&values, &tokens])?;
        }
        report.left = self.left()?;
        Ok(report)
    }

    /// Rows without a token.
    pub fn left(&mut self) -> Result<u64, Error> {
        let statement = self.statement("SELECT count(*) FROM {table} WHERE {new} IS NULL AND {old} IS NOT NULL");
        Ok(self.client.query_one(&statement, &[])?.try_get::<_, i64>(0)? as u64)
    }

    pub fn duplicates(&mut self) -> Result<Duplicates, Error> {
        let statement = self.statement(
            "SELECT count(*), coalesce(sum(n), 0)::bigint FROM
             (SELECT count(*) AS n FROM {table} WHERE {new} IS NOT NULL GROUP BY {new} HAVING count(*) > 1) AS doubled",
        );
        let row = self.client.query_one(&statement, &[])?;
        let count = |at| Ok::<_, Error>(row.try_get::<_, i64>(at)? as u64);
        Ok(Duplicates { subscribers: count(0)?, rows: count(1)? })
    }
}
