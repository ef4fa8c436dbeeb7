//! Guidance that every engine understands: one instrumented branch for each thing worth telling
//! apart, taken when it happened.

/// How many points there are; what has a greater number shares one.
pub const POINTS: usize = 256;

/// A branch of the target's own binary, which is instrumented while the judge is not.
pub type Point = fn();

/// Defines `POINT_TABLE`, the branches of a binary.
#[macro_export]
macro_rules! points {
    () => {
        #[inline(never)]
        fn point<const NUMBER: usize>() {
            std::hint::black_box(NUMBER);
        }

        static POINT_TABLE: [$crate::engines::Point; $crate::engines::POINTS] =
    $crate::sixteen_rows!(0 16 32 48 64 80 96 112 128 144 160 176 192 208 224 240);
    };
}

/// The table of `points`, sixteen to a row.
#[doc(hidden)]
#[macro_export]
macro_rules! sixteen_rows {
    ($($row:literal)*) => {
        [$(
            point::<{ $row }>,
            point::<{ $row + 1 }>,
            point::<{ $row + 2 }>,
            point::<{ $row + 3 }>,
            point::<{ $row + 4 }>,
            point::<{ $row + 5 }>,
            point::<{ $row + 6 }>,
            point::<{ $row + 7 }>,
            point::<{ $row + 8 }>,
            point::<{ $row + 9 }>,
            point::<{ $row + 10 }>,
            point::<{ $row + 11 }>,
            point::<{ $row + 12 }>,
            point::<{ $row + 13 }>,
            point::<{ $row + 14 }>,
            point::<{ $row + 15 }>,
        )*]
    };
}
