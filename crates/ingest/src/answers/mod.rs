//! Answers of a canvass and scores of persons, handed to a sink row by row.
//!
//! Invariants of a file with a row a person:
//! - it is read as a stream; no row outlives the call that gives it to the sink, and none can be printed or copied;
//! - only the columns that were named are looked at;
//! - a message names rows by number and columns by name, and never repeats what stands in the file, not even in its
//!   first row, which may be a person's where there is no header.

mod counts;
mod mapping;
mod people;
mod stream;

pub use counts::{CountColumns, CountRow, read_counts};
pub use mapping::{Mapping, MappingFile, Others};
pub use people::{Inspection, PeopleAccount, PeopleRequest, Place, Says, Told, Where, inspect, read_people};
