//! The one form in which a check is written, and the one in which rules are listed.

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

/// The rules of a format with their ids.
macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident = $id:literal,)*) => {
        /// The rules of the format.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Rule {
            $($(#[$doc])* $name,)*
        }

        impl Rule {
            /// All rules.
            pub const ALL: &'static [Rule] = &[$(Rule::$name),*];

            /// Its id in the format document.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self {
                    $(Rule::$name => $id,)*
                }
            }
        }
    };
}
