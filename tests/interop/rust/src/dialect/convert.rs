// Included into each dialect's module: reads a trace and writes its events as trace.bin of version 1.

pub fn bench_convert(path: &str, out: &str) -> bool {
    let since = crate::clock::now();
    let events = match read(path) {
        Ok(events) => events,
        Err(why) => {
            println!("refused {path}: {why}");
            return false;
        }
    };
    let count = events.len();
    let mut writer = create_trace_writer("bench.py", &[], TraceEventsFileFormat::Binary);
    writer.begin_writing_trace_events(std::path::Path::new(out)).expect("the file can be made");
    for event in events {
        TraceWriter::add_event(&mut *writer, event);
    }
    writer.finish_writing_trace_events().expect("the file can be written");
    let spent = since.spent();
    crate::clock::report(count, spent, std::fs::metadata(out).expect("the file is there").len());
    true
}
