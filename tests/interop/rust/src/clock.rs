//! What a measurement needs: the processor time and the largest memory of this process.

/// Nanoseconds of processor time, user and system.
pub fn cpu_ns() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    let status = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    assert!(status == 0);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// The largest resident size so far. VmHWM and not getrusage, which after exec still counts the parent's memory.
pub fn peak_rss_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("/proc is mounted");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("VmHWM is there");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("VmHWM is a number")
}

/// One line, the same that the C programs of tests/bench print.
pub fn report(events: usize, cpu_ns: u64, bytes: u64) {
    println!("{{\"events\":{events},\"cpu_ns\":{cpu_ns},\"bytes\":{bytes},\"peak_rss_kib\":{}}}", peak_rss_kib());
}
