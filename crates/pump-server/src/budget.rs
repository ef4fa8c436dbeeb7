//! How much of a connection is read in how much time.

/// A number of bytes for each second that begins with a read.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    most: usize,
    left: usize,
    began_ms: u64,
}

impl Budget {
    /// So many bytes a second, from now on.
    #[must_use]
    pub fn new(bytes_per_second: u32, now_ms: u64) -> Self {
        let most = bytes_per_second as usize;
        Self { most, left: most, began_ms: now_ms }
    }

    /// How many bytes may be read now; none: in how many milliseconds there are some again.
    pub fn allowed(&mut self, now_ms: u64) -> Result<usize, u64> {
        let gone = now_ms.saturating_sub(self.began_ms);
        if gone >= 1_000 {
            (self.left, self.began_ms) = (self.most, now_ms);
        }
        if self.left > 0 { Ok(self.left) } else { Err(1_000 - gone.min(999)) }
    }

    /// So many bytes were read.
    pub fn spent(&mut self, bytes: usize) {
        self.left = self.left.saturating_sub(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::Budget;

    #[test]
    fn what_is_spent_comes_back_after_a_second() {
        let mut budget = Budget::new(1_024, 5);
        assert_eq!(budget.allowed(5), Ok(1_024));
        budget.spent(1_000);
        assert_eq!(budget.allowed(800), Ok(24));
        budget.spent(24);
        assert_eq!(budget.allowed(805), Err(200));
        assert_eq!(budget.allowed(1_004), Err(1));
        assert_eq!(budget.allowed(1_005), Ok(1_024));
        budget.spent(2_000);
        assert_eq!(budget.allowed(0), Err(1_000), "a clock that goes back");
    }
}
