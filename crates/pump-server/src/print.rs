//! Lines to a pipe or a terminal, which nobody waits for: where the reader is too slow they are lost
//! and counted.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

/// Lines that may wait.
const WAITING: usize = 1_024;

enum Job {
    Write(Vec<u8>),
    Done(SyncSender<()>),
}

/// Writes lines from a thread of its own.
#[derive(Clone)]
pub struct Printer {
    jobs: SyncSender<Job>,
    lost: Arc<AtomicU64>,
}

impl Printer {
    /// To whatever this is.
    #[must_use]
    pub fn to(mut out: impl Write + Send + 'static) -> Self {
        let (jobs, received) = sync_channel(WAITING);
        let lost = Arc::new(AtomicU64::new(0));
        std::thread::spawn(move || {
            for job in received {
                match job {
                    // Nobody is there to be told that nobody reads.
                    Job::Write(bytes) => drop(out.write_all(&bytes).and_then(|()| out.flush())),
                    Job::Done(done) => drop(done.send(())),
                }
            }
        });
        Self { jobs, lost }
    }

    /// Writes a line, sooner or later.
    pub fn line(&self, line: &str) {
        let _ = self.clone().write(format!("{line}\n").as_bytes());
    }

    /// Lines that were lost.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Waits until what was written before is out, but not for ever.
    pub fn finish(&self) {
        let (done, is_done) = sync_channel(1);
        if self.jobs.try_send(Job::Done(done)).is_ok() {
            let _ = is_done.recv_timeout(Duration::from_secs(1));
        }
    }
}

impl Write for Printer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.jobs.try_send(Job::Write(bytes.to_vec())).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    /// Writes nothing as long as it is locked.
    struct Stuck(Arc<Mutex<usize>>);

    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            *self.0.lock().expect("not poisoned") += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_does_not_read_costs_lines_and_nothing_else() {
        let written = Arc::new(Mutex::new(0));
        let printer = Printer::to(Stuck(Arc::clone(&written)));
        let stuck = written.lock().expect("not poisoned");
        (0..2 * WAITING).for_each(|_| printer.line("x"));
        assert!((WAITING as u64 - 1..=WAITING as u64).contains(&printer.lost()));
        drop(stuck);
        let kept = 2 * WAITING - printer.lost() as usize;
        while *written.lock().expect("not poisoned") < 2 * kept {
            std::thread::yield_now();
        }
        printer.line("y");
        printer.finish();
        assert_eq!(*written.lock().expect("not poisoned"), 2 * (kept + 1));
    }
}
