//! The formats of libraries that the manager keeps.

use core::fmt::Debug;

use crate::library::validate::validate;
use crate::library::{Index, Library};
use crate::manager::Error;
use crate::miva;

/// A format of libraries.
pub trait LibraryFormat: Clone + Debug {
    /// What checking a library gives, for reading it.
    type Index: Clone + Debug;
    /// A view of a library that was found valid.
    type Library<'a>;

    /// Checks a library.
    ///
    /// # Errors
    /// The rule that it breaks.
    fn validate(bytes: &[u8]) -> Result<Self::Index, Error>;

    /// A view of the library for which [`LibraryFormat::validate`] gave the index.
    fn library<'a>(bytes: &'a [u8], index: &'a Self::Index) -> Self::Library<'a>;
}

/// Drug libraries in the IDL1 format.
#[derive(Debug, Clone, Copy)]
pub enum Idl1 {}

impl LibraryFormat for Idl1 {
    type Index = Index;
    type Library<'a> = Library<'a>;

    fn validate(bytes: &[u8]) -> Result<Index, Error> {
        Ok(validate(bytes)?)
    }

    fn library<'a>(bytes: &'a [u8], index: &'a Index) -> Library<'a> {
        Library::new(bytes, index)
    }
}

/// Drug libraries of the MIVA and Nimbus pumps.
#[derive(Debug, Clone, Copy)]
pub enum Miva {}

impl LibraryFormat for Miva {
    type Index = miva::Index;
    type Library<'a> = miva::Library<'a>;

    fn validate(bytes: &[u8]) -> Result<miva::Index, Error> {
        Ok(miva::validate(bytes)?)
    }

    fn library<'a>(bytes: &'a [u8], index: &'a miva::Index) -> miva::Library<'a> {
        miva::Library::new(bytes, *index)
    }
}
