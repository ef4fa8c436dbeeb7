//! What engines are told beside the code that ran.

/// Which guidance is on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Guidance {
    /// A branch for each verdict and reason, and for each kind of record accepted.
    pub reasons: bool,
    /// Coverage while the last input was accepted, apart from coverage while it was refused.
    pub accepted: bool,
}

/// The variable that says which guidance is on, to measure what each is worth.
pub const VARIABLE: &str = "INFUZZ_GUIDANCE";

impl Guidance {
    /// What wins where it was measured, see `docs/engines.md`.
    pub const DEFAULT: Guidance = Guidance { reasons: true, accepted: false };

    /// As the variable has it: `none`, or a list of `reasons` and `accepted`.
    pub fn from_environment() -> Result<Guidance, String> {
        match std::env::var(VARIABLE) {
            Ok(text) => Guidance::named(&text),
            Err(_) => Ok(Guidance::DEFAULT),
        }
    }

    fn named(text: &str) -> Result<Guidance, String> {
        let mut guidance = Guidance { reasons: false, accepted: false };
        for word in text.split(',') {
            match word {
                "none" => {}
                "reasons" => guidance.reasons = true,
                "accepted" if cfg!(feature = "accepted-coverage") => guidance.accepted = true,
                "accepted" => return Err("built without the feature accepted-coverage".into()),
                other => {
                    return Err(format!("{VARIABLE} has `{other}`: it is none, or a list of reasons and accepted"));
                }
            }
        }
        Ok(guidance)
    }
}

/// What of a target is run, to measure it against itself without something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Measured {
    /// Everything.
    Whole,
    /// The engine's own mutation of bytes instead of the structure-aware one.
    Raw,
    /// Nothing is executed, and mutation is the engine's: what is left is the engine.
    Empty,
}

impl Measured {
    /// As the variable `INFUZZ_MEASURE` has it: `raw` or `empty`; everything without it.
    pub fn from_environment() -> Result<Measured, String> {
        match std::env::var("INFUZZ_MEASURE").as_deref() {
            Err(_) => Ok(Measured::Whole),
            Ok("raw") => Ok(Measured::Raw),
            Ok("empty") => Ok(Measured::Empty),
            Ok(other) => Err(format!("INFUZZ_MEASURE has `{other}`: it is raw or empty")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Guidance;

    #[test]
    fn guidance_is_named() {
        assert_eq!(Guidance::named("none"), Ok(Guidance { reasons: false, accepted: false }));
        assert_eq!(Guidance::named("reasons"), Ok(Guidance { reasons: true, accepted: false }));
        let both = Guidance::named("reasons,accepted");
        if cfg!(feature = "accepted-coverage") {
            assert_eq!(both, Ok(Guidance { reasons: true, accepted: true }));
        } else {
            assert!(both.is_err_and(|why| why.contains("accepted-coverage")));
        }
        assert!(Guidance::named("all").is_err_and(|why| why.contains("`all`")));
    }
}
