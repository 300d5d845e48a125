//! Reads and writes traces with the published crates, so that ours can be compared with them.
//! The same code is compiled twice, once against each generation of the crates; see `dialect/`.

mod clock;

/// runtime_tracing 0.15.0: floats are numbers, there is no Char.
mod old {
    use runtime_tracing::{TraceEventsFileFormat as ReaderFormat, *};

    fn values_of_this_dialect(_type_id: TypeId) -> Vec<ValueRecord> {
        vec![]
    }

    include!("dialect/read.rs");
    include!("dialect/write.rs");
    include!("dialect/bench.rs");
    include!("dialect/convert.rs");
    include!("dialect/v0.rs");
    include!("dialect/v1.rs");
}

/// codetracer_trace_{types,reader,writer}: floats are text, there is Char.
mod new {
    use codetracer_trace_reader::{create_trace_reader, TraceEventsFileFormat as ReaderFormat};
    use codetracer_trace_types::*;
    use codetracer_trace_writer::{
        create_trace_writer, non_streaming_trace_writer::NonStreamingTraceWriter, trace_writer::TraceWriter, TraceEventsFileFormat,
    };

    fn values_of_this_dialect(type_id: TypeId) -> Vec<ValueRecord> {
        ['a', 'é', '\u{0}', '"', '\u{1F600}', '\u{10FFFF}']
            .into_iter()
            .map(|c| ValueRecord::Char { c, type_id })
            .collect()
    }

    include!("dialect/read.rs");
    include!("dialect/write.rs");
    include!("dialect/bench.rs");
    include!("dialect/convert.rs");
    include!("dialect/v0.rs");
    include!("dialect/v1.rs");
}

const USAGE: &str = "usage: crates read --dialect old|new [--summary] FILE...
       crates write --dialect old|new FOLDER
       crates write-v0 --dialect old|new FOLDER
       crates write-v1 --dialect old|new FOLDER
       crates bench-write --dialect old|new --events N FOLDER
       crates bench-write-v0 --dialect old|new --events N FOLDER
       crates bench-write-v1 --dialect old|new --events N FOLDER
       crates bench-read --dialect old|new FILE
       crates bench-convert --dialect old|new FILE OUT";

struct Arguments {
    command: String,
    dialect: String,
    events: usize,
    summary: bool,
    paths: Vec<String>,
}

fn parse(mut rest: impl Iterator<Item = String>) -> Option<Arguments> {
    let mut arguments =
        Arguments { command: rest.next()?, dialect: String::new(), events: 1_000_000, summary: false, paths: vec![] };
    while let Some(word) = rest.next() {
        match word.as_str() {
            "--dialect" => arguments.dialect = rest.next()?,
            "--events" => arguments.events = rest.next()?.parse().ok()?,
            "--summary" => arguments.summary = true,
            option if option.starts_with("--") => return None,
            _ => arguments.paths.push(word),
        }
    }
    (!arguments.paths.is_empty()).then_some(arguments)
}

fn main() {
    let Some(a) = parse(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        std::process::exit(2);
    };
    // A panic of a crate is one of its ways to refuse; what it says is printed as the refusal.
    std::panic::set_hook(Box::new(|_| {}));
    let fine = match (a.command.as_str(), a.dialect.as_str()) {
        ("read", "old") => old::read_all(&a.paths, a.summary),
        ("read", "new") => new::read_all(&a.paths, a.summary),
        ("write", "old") => old::write_all(&a.paths[0]),
        ("write", "new") => new::write_all(&a.paths[0]),
        ("write-v0", "old") => old::write_all_v0(&a.paths[0]),
        ("write-v1", "old") => old::write_all_v1(&a.paths[0]),
        ("write-v0", "new") => new::write_all_v0(&a.paths[0]),
        ("write-v1", "new") => new::write_all_v1(&a.paths[0]),
        ("bench-write-v0", "old") => old::bench_write_v0(a.events, &a.paths[0]),
        ("bench-write-v1", "old") => old::bench_write_v1(a.events, &a.paths[0]),
        ("bench-write-v0", "new") => new::bench_write_v0(a.events, &a.paths[0]),
        ("bench-write-v1", "new") => new::bench_write_v1(a.events, &a.paths[0]),
        ("bench-write", "old") => old::bench_write(a.events, &a.paths[0]),
        ("bench-write", "new") => new::bench_write(a.events, &a.paths[0]),
        ("bench-convert", "old") if a.paths.len() == 2 => old::bench_convert(&a.paths[0], &a.paths[1]),
        ("bench-convert", "new") if a.paths.len() == 2 => new::bench_convert(&a.paths[0], &a.paths[1]),
        ("bench-read", "old") => old::bench_read(&a.paths[0]),
        ("bench-read", "new") => new::bench_read(&a.paths[0]),
        _ => {
            eprintln!("{USAGE}");
            std::process::exit(2);
        }
    };
    std::process::exit(if fine { 0 } else { 1 });
}

/// What a panic said.
fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    format!("panic: {}", text.unwrap_or("without a message"))
}
