//! The one form in which the rules of a format are listed, and in which one is said to be broken.

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

/// A broken rule of the format, for a `Rule` and a `Path` beside it.
macro_rules! refusal {
    () => {
        /// A broken rule, and where.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
        #[error("{path} at offset {offset}: rule {}", rule.id())]
        pub struct Refusal {
            /// The rule.
            pub rule: Rule,
            /// The field.
            pub path: Path,
            /// Its first byte in what was read; before any stuffing, if that is well-formed.
            pub offset: usize,
        }
    };
}
