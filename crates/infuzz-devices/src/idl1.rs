//! The reference pump with libraries in the IDL1 format, and its readers of messages.

use crate::answer::{SILENT, answer};
use crate::in_process::{InProcess, InProcessFormat};
use infuzz::device::{Answer, Held, LookUp, digest};
use pump::{Idl1, Library, bcc, order, transfer};

/// The reference pump with its storage in memory.
pub type PumpInProcess = InProcess<Idl1>;

impl InProcessFormat for Idl1 {
    const REWRITES: bool = true;

    fn bytes<'a>(library: &'a Library<'_>) -> &'a [u8] {
        library.bytes()
    }

    fn look_up(library: &Library<'_>, key: &[Vec<u8>]) -> LookUp {
        let [profile, drug] = key else { return LookUp::Absent };
        let (Ok(profile), Ok(drug)) = (std::str::from_utf8(profile), std::str::from_utf8(drug)) else {
            return LookUp::Absent;
        };
        let Some(setup) = library.find_setup(profile, drug) else { return LookUp::Absent };
        let mut bytes = Vec::new();
        setup.emit(&mut bytes);
        LookUp::Is(digest(&bytes))
    }

    fn message(path: &str, bytes: &[u8], _library: Option<Library<'_>>) -> Answer {
        match path {
            "library-transfer" => answer(transfer::read(bytes)),
            "bcc" => answer(bcc::validate_request(bytes, true)),
            "bcc-answer" => answer(bcc::validate_answer(bytes, true)),
            "order" => answer(order::validate_order(bytes)),
            _ => SILENT,
        }
    }

    fn rewrite(library: &Library<'_>) -> Option<Held> {
        Some(Held::of(&pump::encode(library)))
    }
}
