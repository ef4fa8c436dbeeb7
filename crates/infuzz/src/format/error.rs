//! What is wrong with a description file, and where.

use std::ops::Range;

/// An error in a description file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{line}:{column}: {what}", .file.as_ref().map(|file| format!("{file}:")).unwrap_or_default())]
pub struct FormatError {
    /// The included file, if it is in one.
    pub file: Option<String>,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong there.
    pub what: String,
}

impl FormatError {
    /// An error at a byte range of `text`.
    pub fn at(text: &str, span: Range<usize>, what: impl Into<String>) -> Self {
        let before = text.get(..span.start).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        FormatError {
            file: None,
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            what: what.into(),
        }
    }
}
