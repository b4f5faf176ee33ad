//! How many cells fit into memory side by side.

use std::sync::{Condvar, Mutex, PoisonError};

/// Bytes that cells at work may take together.
pub struct MemoryBudget {
    whole: f64,
    taken: Mutex<f64>,
    given_back: Condvar,
}

/// A cell's part of the budget, given back when it is dropped.
pub struct Taken<'a> {
    budget: &'a MemoryBudget,
    bytes: f64,
}

impl MemoryBudget {
    /// Of so many bytes.
    pub fn new(bytes: f64) -> Self {
        Self {
            whole: bytes,
            taken: Mutex::new(0.0),
            given_back: Condvar::new(),
        }
    }

    /// Waits until `bytes` are left; a cell that is larger than the budget waits until
    /// it is alone.
    pub fn take(&self, bytes: f64) -> Taken<'_> {
        let bytes = bytes.min(self.whole);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        while *taken + bytes > self.whole {
            taken = self
                .given_back
                .wait(taken)
                .unwrap_or_else(PoisonError::into_inner);
        }
        *taken += bytes;
        Taken {
            budget: self,
            bytes,
        }
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        let mut taken = self
            .budget
            .taken
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *taken -= self.bytes;
        if *taken < 1.0 {
            // Nothing is left of rounding.
            *taken = 0.0;
        }
        self.budget.given_back.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicI64, Ordering};

    #[test]
    fn no_more_is_at_work_than_fits() {
        let budget = MemoryBudget::new(10.0);
        let (now, most) = (AtomicI64::new(0), AtomicI64::new(0));
        std::thread::scope(|scope| {
            for cell in 0..16 {
                let (budget, now, most) = (&budget, &now, &most);
                scope.spawn(move || {
                    // 3, 4, 5 or far too much.
                    let bytes = [3, 4, 5, 99][cell % 4];
                    let taken = budget.take(f64::from(bytes));
                    let bytes = i64::from(bytes.min(10));
                    most.fetch_max(
                        now.fetch_add(bytes, Ordering::SeqCst) + bytes,
                        Ordering::SeqCst,
                    );
                    std::thread::yield_now();
                    now.fetch_sub(bytes, Ordering::SeqCst);
                    drop(taken);
                });
            }
        });
        assert!(most.load(Ordering::SeqCst) <= 10, "{most:?}");
    }
}
