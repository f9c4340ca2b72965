//! Workbooks and Parquet: every value becomes the text that a person would have typed.

use super::{Body, Table};
use crate::fault::IngestError;
use arrow_array::{Array, ArrayRef, cast::AsArray, types::Float64Type};
use arrow_schema::DataType;
use calamine::{Data, Reader, Xlsx};
use csv::ByteRecord;
use std::io::{Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Bytes that the parts of a workbook may unpack to together: the largest ministry workbook met is 10 MB.
const WORKBOOK_BYTES: u64 = 1 << 30;

/// The decoders of these formats are not ours: one that gives up on a damaged file must not take the service along.
fn guarded<T>(file: &str, what: &str, decode: impl FnOnce() -> Result<T, String>) -> Result<T, IngestError> {
    catch_unwind(AssertUnwindSafe(decode)).unwrap_or_else(|_| Err("its content makes no sense".to_owned())).map_err(
        |cause| {
            IngestError::file(
                file,
                format!("is no {what} that can be read: {cause}"),
                "export or download it again, or give it as CSV",
            )
        },
    )
}

pub(super) fn workbook(file: String, bytes: Vec<u8>) -> Result<Table, IngestError> {
    let (sheet, records) = guarded(&file, "workbook", || {
        let mut archive = zip::ZipArchive::new(Cursor::new(&bytes)).map_err(|error| error.to_string())?;
        let mut unpacked = 0;
        for at in 0..archive.len() {
            let part = archive.by_index(at).map_err(|error| error.to_string())?;
            unpacked += std::io::copy(&mut part.take(WORKBOOK_BYTES - unpacked + 1), &mut std::io::sink())
                .map_err(|error| error.to_string())?;
            if unpacked > WORKBOOK_BYTES {
                return Err("it unpacks to more than 1 GB".to_owned());
            }
        }
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(&bytes)).map_err(|error| error.to_string())?;
        let sheet = book.sheet_names().first().cloned().ok_or("it has no sheet")?;
        let range = book.worksheet_range(&sheet).map_err(|error| error.to_string())?;
        let above = range.start().map_or(0, |(row, _)| row);
        let mut records: Vec<ByteRecord> = (0..above).map(|_| ByteRecord::new()).collect();
        records.extend(range.rows().map(|row| row.iter().map(cell_text).collect::<Vec<_>>().into()));
        Ok((sheet, records))
    })?;
    table(file, records, vec![format!("workbook, sheet `{sheet}`")])
}

fn table(file: String, records: Vec<ByteRecord>, said: Vec<String>) -> Result<Table, IngestError> {
    if records.len() < 2 {
        return Err(IngestError::file(
            &file,
            "has no row after its header; nothing imported",
            "export it again, with its rows",
        ));
    }
    let header = records[0].iter().map(|cell| String::from_utf8_lossy(cell).trim().to_owned()).collect();
    Ok(Table { file, header, said, body: Body::Cells((1..).zip(records).collect()) })
}

fn cell_text(cell: &Data) -> String {
    match cell {
        Data::Empty | Data::Error(_) => String::new(),
        Data::Float(number) => number_text(*number),
        other => other.to_string(),
    }
}

/// 673.0 is 673: a workbook and many Parquet files keep every number as a float.
fn number_text(number: f64) -> String {
    // Rust writes a float without its `.0` through Display, and never with an exponent.
    format!("{number}")
}

pub(super) fn parquet(file: String, bytes: Vec<u8>) -> Result<Table, IngestError> {
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    let records = guarded(&file, "Parquet file", || {
        let builder =
            ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(bytes)).map_err(|error| error.to_string())?;
        let names: Vec<String> = builder.schema().fields().iter().map(|field| field.name().clone()).collect();
        let mut records = vec![ByteRecord::from(names)];
        for batch in builder.build().map_err(|error| error.to_string())? {
            let batch = batch.map_err(|error| error.to_string())?;
            let columns = batch.columns().iter().map(as_text).collect::<Result<Vec<ArrayRef>, String>>()?;
            let columns: Vec<_> = columns.iter().map(|column| column.as_string::<i64>()).collect();
            for row in 0..batch.num_rows() {
                let mut record = ByteRecord::new();
                for column in &columns {
                    record.push_field(if column.is_null(row) { b"" } else { column.value(row).as_bytes() });
                }
                records.push(record);
            }
        }
        Ok(records)
    })?;
    table(file, records, vec!["Parquet".to_owned()])
}

fn as_text(column: &ArrayRef) -> Result<ArrayRef, String> {
    if matches!(column.data_type(), DataType::Float16 | DataType::Float32 | DataType::Float64) {
        let wide = arrow_cast::cast(column, &DataType::Float64).map_err(|error| error.to_string())?;
        let numbers = wide.as_primitive::<Float64Type>();
        let text: arrow_array::LargeStringArray = numbers.iter().map(|number| number.map(number_text)).collect();
        return Ok(std::sync::Arc::new(text));
    }
    arrow_cast::cast(column, &DataType::LargeUtf8).map_err(|error| error.to_string())
}
