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

/// The rules of a format: an enumeration `Rule` with the id of each in the format document.
macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident = $id:literal,)*) => {
        /// A rule that an input, or a conversation about one, has to keep.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Rule {
            $($(#[$doc])* $name,)*
        }

        impl Rule {
            /// All rules, in the order of the format's description.
            pub const ALL: &'static [Rule] = &[$(Rule::$name),*];

            /// The rule's id in the format document.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self {
                    $(Rule::$name => $id,)*
                }
            }
        }
    };
}
