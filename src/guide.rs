//! The guide: the pages of `docs/`.
//!
//! | page | it answers |
//! |---|---|
//! | [roles] | Who holds which key? What does a router, a front end, a key holder do? |
//! | [rotation] | How do I replace a key while everything runs? |
//! | [directories] | How do I lay out a table that is found by token? What does a row cost? |
//! | [oblivious] | How does a handset look up its contacts and not tell the numbers? |
//! | [prefixes] | How do I route by country, network or device model? |
//! | [identifiers] | Which written forms are read, and which are refused? |
//! | [columns] | How do I seal and open many at once? |
//! | [costs] | How long does it take, and how much space? |
//! | [features] | Which Cargo features are there? What does telseal not do? |
//!
//! This module exists only in the documentation. It has no items.

// `links.md` comes first, and the first definition of a link counts. So a link that leads to a file or to docs.rs where
// the page is read as a file leads to an item here, and rustdoc checks it.

#[doc = include_str!("../docs/links.md")]
#[doc = include_str!("../docs/roles.md")]
pub mod roles {}

#[doc = include_str!("../docs/links.md")]
#[doc = include_str!("../docs/rotation.md")]
pub mod rotation {}

#[doc = include_str!("../docs/links.md")]
#[doc = include_str!("../docs/directories.md")]
pub mod directories {}

#[doc = include_str!("../docs/links.md")]
#[doc = include_str!("../docs/oblivious.md")]
pub mod oblivious {}

#[doc = include_str!("../docs/links.md")]
#[doc = include_str!("../docs/prefixes.md")]
pub mod prefixes {}

#[doc = include_str!("../docs/links.md")]
#[doc = include_str!("../docs/identifiers.md")]
pub mod identifiers {}

#[doc = include_str!("../docs/links.md")]
#[doc = include_str!("../docs/columns.md")]
pub mod columns {}

#[doc = include_str!("../docs/links.md")]
#[doc = include_str!("../docs/costs.md")]
pub mod costs {}

#[doc = include_str!("../docs/links.md")]
#[doc = include_str!("../docs/features.md")]
pub mod features {}
