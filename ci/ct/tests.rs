//! telseal's integration tests, as they are, in one program: what they have in common is compiled once. Left out:
//!
//! - `tests/allocation.rs`: marking allocates
//! - `tests/process_memory.rs`, `tests/stack.rs` and `tests/wiping.rs`: look at secrets in memory on purpose
//! - `tests/replay.rs`: takes a database, for the example's router
//! - `tests/msrv.rs`, `tests/promises.rs`, `tests/router_half.rs`, `tests/secrets.rs` and `tests/sql.rs`: see no secret
//! - `tests/generated.rs`: the identifiers are the fuzzer's

#[path = "../../tests/errors.rs"]
mod errors;
#[path = "../../tests/fpe.rs"]
mod fpe;
#[path = "../../tests/hasher.rs"]
mod hasher;
#[path = "../../tests/imei.rs"]
mod imei;
#[path = "../../tests/imsi.rs"]
mod imsi;
#[path = "../../tests/indexer.rs"]
mod indexer;
#[path = "../../tests/keyring.rs"]
mod keyring;
#[path = "../../tests/oblivious.rs"]
mod oblivious;
#[path = "../../tests/phone.rs"]
mod phone;
#[path = "../../tests/prefix.rs"]
mod prefix;
#[path = "../../tests/scope.rs"]
mod scope;
#[path = "../../tests/sealer.rs"]
mod sealer;
#[path = "../../tests/serde.rs"]
mod serde;
#[path = "../../tests/short.rs"]
mod short;
#[path = "../../tests/tbcd.rs"]
mod tbcd;
#[path = "../../tests/tokens.rs"]
mod tokens;
#[path = "../../tests/traits.rs"]
mod traits;
#[path = "../../tests/typography.rs"]
mod typography;
#[path = "../../tests/vectors.rs"]
mod vectors;
