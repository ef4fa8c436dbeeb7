//! The one form in which the rules of a format are listed.

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
