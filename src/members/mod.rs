//! Owns reading a member list: what a row must be, and what is wrong with one that is not.
//! Never touches the store, and knows one row at a time: what needs memory of other rows
//! (one number for two people, two homes) is the import's.

pub mod address;
mod columns;
mod feed;
pub mod name;
mod reader;
mod reading;
mod row;
mod sheet;

pub use columns::{COLUMNS, ColumnInfo, REASONS};
pub use reader::{CsvFault, Reader, RowOutcome};
pub use row::{MemberRow, Refusal, Status, same_person};
pub use sheet::{Sheet, unguarded};
