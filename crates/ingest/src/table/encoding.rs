//! Which characters the bytes of a text file mean.

use crate::fault::IngestError;
use encoding_rs::{Encoding, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// The text as UTF-8 without a mark, and the name of what it was.
///
/// UTF-8 where the bytes are valid; UTF-16 by its mark; else Windows-1252, which holds latin-1's letters.
///
/// # Errors
/// A file of bytes that are no text, or of two encodings mixed; the message has the line.
pub fn to_utf8(file: &str, bytes: Vec<u8>) -> Result<(Vec<u8>, &'static str), IngestError> {
    if let Some((encoding, mark)) = Encoding::for_bom(&bytes) {
        if encoding == UTF_16LE || encoding == UTF_16BE {
            let (text, damaged) = encoding.decode_without_bom_handling(&bytes[mark..]);
            return if damaged {
                Err(no_text(file, &bytes, 0))
            } else {
                Ok((text.into_owned().into_bytes(), "UTF-16"))
            };
        }
        return match std::str::from_utf8(&bytes[mark..]) {
            Ok(_) => Ok((bytes[mark..].to_vec(), "UTF-8 with a mark")),
            Err(error) => Err(mixed(file, &bytes, mark + error.valid_up_to())),
        };
    }
    let Err(error) = std::str::from_utf8(&bytes) else {
        return if bytes.contains(&0) { Err(no_text(file, &bytes, 0)) } else { Ok((bytes, "UTF-8")) };
    };
    let first_wrong = error.valid_up_to();
    // Bytes of no letter in Windows-1252 (0x81, 0x8D, 0x8F, 0x90, 0x9D), and zero, say that this is no latin text.
    if let Some(at) = bytes.iter().position(|byte| matches!(byte, 0 | 0x81 | 0x8d | 0x8f | 0x90 | 0x9d)) {
        return Err(no_text(file, &bytes, at));
    }
    // A file that is mostly good UTF-8 and has one foreign byte was put together from two encodings: read as latin-1
    // every accented name in it would be mangled in silence.
    let (good, wrong) = bytes.utf8_chunks().fold((0_usize, 0_usize), |(good, wrong), chunk| {
        let letters = chunk.valid().chars().filter(|letter| !letter.is_ascii()).count();
        (good + letters, wrong + usize::from(!chunk.invalid().is_empty()))
    });
    if good > wrong {
        return Err(mixed(file, &bytes, first_wrong));
    }
    Ok((WINDOWS_1252.decode_without_bom_handling(&bytes).0.into_owned().into_bytes(), "latin-1 (Windows-1252)"))
}

/// Text of bytes that are no UTF-8.
pub(crate) fn windows_1252(bytes: &[u8]) -> String {
    WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned()
}

fn line_of(bytes: &[u8], at: usize) -> String {
    crate::fault::grouped(bytes[..at].iter().filter(|byte| **byte == b'\n').count() as u64 + 1)
}

fn mixed(file: &str, bytes: &[u8], at: usize) -> IngestError {
    let summary = format!(
        "mixes two encodings: it is UTF-8, save from line {} on, where byte 0x{:02X} is not; nothing imported",
        line_of(bytes, at),
        bytes.get(at).copied().unwrap_or_default()
    );
    IngestError::file(file, summary, "export the file again as UTF-8")
}

fn no_text(file: &str, bytes: &[u8], at: usize) -> IngestError {
    let summary = format!(
        "is no text that can be read: line {} holds byte 0x{:02X}, expected UTF-8, UTF-16 with a mark, or latin-1",
        line_of(bytes, at),
        bytes.get(at).copied().unwrap_or_default()
    );
    IngestError::file(file, summary, "export the file again as CSV in UTF-8")
}
