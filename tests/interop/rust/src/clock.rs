//! What a measurement needs: the time that a piece of work took and the largest memory of this process.

/// Nanoseconds: the processor time of the process and of this thread, user and system, and what passed.
#[derive(Clone, Copy)]
pub struct Times {
    pub process: u64,
    pub thread: u64,
    pub wall: u64,
}

fn clock_ns(clock: libc::clockid_t) -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    let status = unsafe { libc::clock_gettime(clock, &mut time) };
    assert!(status == 0);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

pub fn now() -> Times {
    Times {
        process: clock_ns(libc::CLOCK_PROCESS_CPUTIME_ID),
        thread: clock_ns(libc::CLOCK_THREAD_CPUTIME_ID),
        wall: clock_ns(libc::CLOCK_MONOTONIC),
    }
}

impl Times {
    /// What passed since then.
    pub fn spent(self) -> Times {
        let end = now();
        Times { process: end.process - self.process, thread: end.thread - self.thread, wall: end.wall - self.wall }
    }
}

/// The largest resident size so far. VmHWM and not getrusage, which after exec still counts the parent's memory.
pub fn peak_rss_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("/proc is mounted");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("VmHWM is there");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("VmHWM is a number")
}

/// One line, the same that the C programs of tests/bench print.
pub fn report(events: usize, spent: Times, bytes: u64) {
    let Times { process, thread, wall } = spent;
    let peak = peak_rss_kib();
    println!(
        "{{\"events\":{events},\"cpu_ns\":{process},\"thread_ns\":{thread},\"wall_ns\":{wall},\"bytes\":{bytes},\"peak_rss_kib\":{peak}}}"
    );
}
