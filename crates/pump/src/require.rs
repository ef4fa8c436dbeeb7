//! The one form in which a check is written.

/// Leaves the enclosing function with the refusal unless the condition holds.
///
/// The refusal is an expression that is evaluated only when the condition is false.
macro_rules! require {
    ($condition:expr, $refusal:expr $(,)?) => {
        if !$condition {
            return Err(::core::convert::From::from($refusal));
        }
    };
}
