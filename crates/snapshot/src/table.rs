//! The column container, the same on disk and on the wire: a JSON header, then little-endian columns.

use crate::map::SharedBytes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::io::{self, Write};
use std::marker::PhantomData;

/// First four bytes of a table; the digit is the version of the container.
pub const TABLE_MAGIC: &[u8; 4] = b"QVT1";

/// Every column starts at a multiple of so many bytes from the start of the data.
const ALIGNMENT: usize = 8;

/// The type of a column's elements, little-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnType {
    /// Signed, 2 bytes.
    I16,
    /// Unsigned, 2 bytes.
    U16,
    /// Unsigned, 4 bytes.
    U32,
    /// One byte.
    U8,
    /// IEEE 754, 4 bytes.
    F32,
}

impl ColumnType {
    /// Bytes of one element.
    pub fn width(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::I16 | Self::U16 => 2,
            Self::U32 | Self::F32 => 4,
        }
    }
}

/// An element of a column.
pub trait Element: Copy + 'static {
    /// Its type in the header.
    const TYPE: ColumnType;
    /// From `TYPE.width()` bytes.
    fn from_le(bytes: &[u8]) -> Self;
    /// Appends its bytes.
    fn put_le(self, to: &mut Vec<u8>);
}

macro_rules! element {
    ($type:ty, $column:ident) => {
        impl Element for $type {
            const TYPE: ColumnType = ColumnType::$column;
            fn from_le(bytes: &[u8]) -> Self {
                let mut own = [0; size_of::<$type>()];
                own.copy_from_slice(bytes);
                Self::from_le_bytes(own)
            }
            fn put_le(self, to: &mut Vec<u8>) {
                to.extend_from_slice(&self.to_le_bytes());
            }
        }
    };
}
element!(i16, I16);
element!(u16, U16);
element!(u32, U32);
element!(u8, U8);
element!(f32, F32);

/// A column as the header describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnInfo {
    /// What it holds: a measure, `electors`, `list:<id>`...
    pub name: String,
    /// Which figure of it: `value`, `low`, `high`, `spread`.
    pub field: String,
    /// Type of its elements.
    #[serde(rename = "type")]
    pub element: ColumnType,
    /// Bytes from the start of the data.
    pub offset: usize,
    /// Number of elements.
    pub length: usize,
}

/// The JSON header.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TableHeader {
    /// `values`, `people`, `results` or `draws`.
    pub kind: String,
    /// Number of rows.
    pub rows: usize,
    /// The columns, in file order.
    pub columns: Vec<ColumnInfo>,
    /// What else this kind of table says: snapshot, geography, level...
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// Why bytes are not a table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TableFault(pub(crate) String);

fn fault<T>(why: impl Into<String>) -> Result<T, TableFault> {
    Err(TableFault(why.into()))
}

/// Writes the bytes of one column.
type WriteColumn<'a> = Box<dyn Fn(&mut dyn Write) -> io::Result<()> + 'a>;

/// Builds a table column by column.
pub struct TableWriter<'a> {
    header: TableHeader,
    columns: Vec<WriteColumn<'a>>,
    end: usize,
}

impl<'a> TableWriter<'a> {
    /// A table without columns.
    pub fn new(kind: &str, rows: usize) -> Self {
        let header = TableHeader { kind: kind.to_owned(), rows, columns: Vec::new(), more: Map::new() };
        Self { header, columns: Vec::new(), end: 0 }
    }

    /// Adds a key to the header.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.header.more.insert(key.to_owned(), value.into());
        self
    }

    /// Appends a column.
    pub fn column<T: Element>(&mut self, name: &str, field: &str, values: &'a [T]) {
        self.column_with(name, field, values.len(), move |at| values[at]);
    }

    /// Appends a column whose elements are computed, so that no copy of it need exist.
    pub fn column_with<T: Element>(
        &mut self,
        name: &str,
        field: &str,
        length: usize,
        element: impl Fn(usize) -> T + 'a,
    ) {
        let offset = self.end.next_multiple_of(ALIGNMENT);
        let padding = offset - self.end;
        self.end = offset + length * T::TYPE.width();
        self.header.columns.push(ColumnInfo {
            name: name.to_owned(),
            field: field.to_owned(),
            element: T::TYPE,
            offset,
            length,
        });
        self.columns.push(Box::new(move |out| {
            out.write_all(&[0; ALIGNMENT][..padding])?;
            let mut chunk = Vec::with_capacity(CHUNK * T::TYPE.width());
            for start in (0..length).step_by(CHUNK) {
                chunk.clear();
                for at in start..(start + CHUNK).min(length) {
                    element(at).put_le(&mut chunk);
                }
                out.write_all(&chunk)?;
            }
            Ok(())
        }));
    }

    /// Writes the table.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_to(&self, out: &mut dyn Write) -> io::Result<()> {
        write_header(&self.header, out)?;
        for column in &self.columns {
            column(out)?;
        }
        Ok(())
    }

    /// The table as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write_to(&mut bytes).expect("writing to memory cannot fail, and a header is far below 4 GiB");
        bytes
    }
}

fn write_header(header: &TableHeader, out: &mut dyn Write) -> io::Result<()> {
    let mut json = serde_json::to_vec(header)?;
    json.resize(json.len().next_multiple_of(ALIGNMENT), b' ');
    let length = u32::try_from(json.len()).map_err(|_| io::Error::other("a table header of 4 GiB"))?;
    out.write_all(TABLE_MAGIC)?;
    out.write_all(&length.to_le_bytes())?;
    out.write_all(&json)
}

/// Elements converted at a time while writing.
const CHUNK: usize = 16 * 1024;

/// A table, validated: whatever its bytes were, reading it never panics for a row below its length.
#[derive(Debug, Clone)]
pub struct Table {
    bytes: SharedBytes,
    header: TableHeader,
    data: usize,
}

impl Table {
    /// Checks bytes and keeps them.
    ///
    /// # Errors
    /// When the container is broken: magic, header, alignment, a column beyond the end.
    pub fn new(bytes: SharedBytes) -> Result<Self, TableFault> {
        let Some((head, rest)) = bytes.split_at_checked(8) else {
            return fault(format!("{} bytes, expected at least 8", bytes.len()));
        };
        if head[..4] != *TABLE_MAGIC {
            return fault("does not begin with QVT1");
        }
        let length = <u32 as Element>::from_le(&head[4..]) as usize;
        let Some(json) = rest.get(..length) else {
            return fault(format!("a header of {length} bytes, and {} follow", rest.len()));
        };
        if !length.is_multiple_of(ALIGNMENT) {
            return fault(format!("a header of {length} bytes, expected a multiple of 8"));
        }
        let header: TableHeader =
            serde_json::from_slice(json).map_err(|error| TableFault(format!("the header cannot be read: {error}")))?;
        let data = 8 + length;
        check_columns(&header, bytes.len() - data)?;
        Ok(Self { bytes, header, data })
    }

    /// The header.
    pub fn header(&self) -> &TableHeader {
        &self.header
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.header.rows
    }

    /// A text of the header.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.header.more.get(key)?.as_str()
    }

    /// The whole file, to be sent as it is.
    pub fn bytes(&self) -> &SharedBytes {
        &self.bytes
    }

    /// Writes the same columns under another header.
    pub(crate) fn write_with_header(&self, header: &TableHeader, out: &mut dyn Write) -> io::Result<()> {
        write_header(header, out)?;
        out.write_all(&self.bytes[self.data..])
    }

    /// A column.
    ///
    /// # Errors
    /// When the table has none of that name, field and type.
    pub fn column<T: Element>(&self, name: &str, field: &str) -> Result<Column<'_, T>, TableFault> {
        let place = self.place::<T>(name, field)?;
        Ok(self.column_at(place))
    }

    /// Where a column stands, to look it up once and read it often; see [`Self::column_at`].
    ///
    /// # Errors
    /// When the table has none of that name, field and type.
    pub fn place<T: Element>(&self, name: &str, field: &str) -> Result<Place<T>, TableFault> {
        let found = self.header.columns.iter().find(|column| column.name == name && column.field == field);
        match found {
            Some(column) if column.element == T::TYPE => {
                Ok(Place { offset: self.data + column.offset, length: column.length, element: PhantomData })
            }
            Some(column) => fault(format!("column {name}.{field} is {:?}, expected {:?}", column.element, T::TYPE)),
            None => fault(format!("no column {name}.{field}")),
        }
    }

    /// The column at a place that this table gave; empty for a place beyond the end.
    pub fn column_at<T: Element>(&self, place: Place<T>) -> Column<'_, T> {
        let end = place.offset + place.length * T::TYPE.width();
        Column { bytes: self.bytes.get(place.offset..end).unwrap_or_default(), element: PhantomData }
    }
}

/// Checks that the columns stand one after the other, aligned, inside `available` bytes.
fn check_columns(header: &TableHeader, available: usize) -> Result<(), TableFault> {
    let mut end = 0usize;
    for column in &header.columns {
        let ColumnInfo { name, field, offset, length, element } = column;
        if *offset != end.next_multiple_of(ALIGNMENT) {
            return fault(format!("column {name}.{field} starts at {offset}, expected {end} rounded up to 8"));
        }
        let column_end = length.checked_mul(element.width()).and_then(|bytes| bytes.checked_add(*offset));
        match column_end {
            Some(column_end) if column_end <= available => end = column_end,
            _ => return fault(format!("column {name}.{field} ends beyond the {available} bytes of data")),
        }
    }
    if end != available {
        return fault(format!("{available} bytes of data, the columns end at {end}"));
    }
    Ok(())
}

/// The place of a column in its table.
#[derive(Debug)]
pub struct Place<T> {
    offset: usize,
    length: usize,
    element: PhantomData<T>,
}

impl<T> Clone for Place<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Place<T> {}

impl<T> Place<T> {
    /// Number of elements.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }
}

/// A column read in place.
#[derive(Debug, Clone, Copy)]
pub struct Column<'a, T> {
    bytes: &'a [u8],
    element: PhantomData<T>,
}

impl<'a, T: Element> Column<'a, T> {
    /// Number of elements.
    pub fn len(&self) -> usize {
        self.bytes.len() / T::TYPE.width()
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The element of a row; `None` beyond the end.
    pub fn get(&self, row: usize) -> Option<T> {
        let at = row.checked_mul(T::TYPE.width())?;
        self.bytes.get(at..at + T::TYPE.width()).map(T::from_le)
    }

    /// The elements in row order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = T> + DoubleEndedIterator + use<'a, T> {
        self.bytes.chunks_exact(T::TYPE.width()).map(T::from_le)
    }

    /// The elements of some rows; empty beyond the end.
    pub fn range(&self, rows: std::ops::Range<usize>) -> Self {
        let width = T::TYPE.width();
        let bytes = rows.start.checked_mul(width).zip(rows.end.checked_mul(width));
        let bytes = bytes.and_then(|(start, end)| self.bytes.get(start..end)).unwrap_or_default();
        Self { bytes, element: PhantomData }
    }

    /// A copy.
    pub fn to_vec(&self) -> Vec<T> {
        self.iter().collect()
    }
}
