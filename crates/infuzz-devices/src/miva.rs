//! The reference pump with MIVA libraries, which also takes orders and frames.

use crate::answer::{SILENT, answer};
use crate::in_process::{InProcess, InProcessFormat};
use infuzz::device::{Answer, LookUp, digest};
use pump::Miva;
use pump::miva::{Library, validate_frame, validate_order};

/// The manager of the reference pump in front of MIVA libraries.
pub type MivaInProcess = InProcess<Miva>;

impl InProcessFormat for Miva {
    const REWRITES: bool = false;

    fn bytes<'a>(library: &'a Library<'_>) -> &'a [u8] {
        library.bytes()
    }

    fn look_up(library: &Library<'_>, key: &[Vec<u8>]) -> LookUp {
        let [name] = key else { return LookUp::Absent };
        library.protocol_named(name).map_or(LookUp::Absent, |record| LookUp::Is(digest(record)))
    }

    fn message(path: &str, bytes: &[u8], library: Option<Library<'_>>) -> Answer {
        let checked = match path {
            "miva-order" => validate_order(bytes, library.map(|library| library.index())),
            "miva-frame" => validate_frame(bytes),
            _ => return SILENT,
        };
        answer(checked)
    }
}
