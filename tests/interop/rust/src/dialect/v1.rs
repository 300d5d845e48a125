// Included into each dialect's module: writes trace.bin of version 1, CBOR in seekable zstd.

/// Every crate's V1 writer panics on it, though all their readers take it in one form.
fn is_assignment(event: &TraceLowLevelEvent) -> bool {
    matches!(event, TraceLowLevelEvent::Assignment(_))
}

/// Writes event by event, as the crate's V1 writer does: unlike its others it keeps none.
fn stream_v1(events: Vec<TraceLowLevelEvent>, file: &std::path::Path) -> Result<(), Box<dyn std::error::Error>> {
    let mut writer = create_trace_writer("main.py", &[], TraceEventsFileFormat::Binary);
    writer.begin_writing_trace_events(file)?;
    for event in events {
        TraceWriter::add_event(&mut *writer, event);
    }
    writer.finish_writing_trace_events()
}

fn write_v1(folder: &std::path::Path, fill: fn(&mut Writer)) -> Result<(), String> {
    let outcome = std::panic::catch_unwind(|| -> Result<(), Box<dyn std::error::Error>> {
        std::fs::create_dir_all(folder)?;
        let mut all = json_writer("main.py", &[]);
        fill(&mut all);
        all.events.retain(|event| !is_assignment(event));
        let lines: Vec<String> = all.events.iter().map(spell).collect();
        std::fs::write(folder.join("events.jsonl"), lines.iter().map(|line| line.clone() + "\n").collect::<String>())?;
        stream_v1(all.events, &folder.join("trace.bin"))
    });
    match outcome {
        Ok(result) => result.map_err(|error| error.to_string()),
        Err(panic) => Err(crate::panic_text(&*panic)),
    }
}

/// Writes every scenario but its Assignments into NAME/trace.bin below `folder`, and beside it the same events as JSON
/// lines.
pub fn write_all_v1(folder: &str) -> bool {
    let folder = std::path::Path::new(folder);
    for (name, fill) in SCENARIOS {
        match write_v1(&folder.join(name), *fill) {
            Ok(()) => println!("written {name}"),
            Err(why) => println!("not written {name}: {why}"),
        }
    }
    true
}

/// As bench_write(), into trace.bin of version 1.
pub fn bench_write_v1(events: usize, folder: &str) -> bool {
    let folder = std::path::Path::new(folder);
    std::fs::create_dir_all(folder).expect("the folder can be made");
    let since = crate::clock::now();
    let writer = create_trace_writer("bench.py", &[], TraceEventsFileFormat::Binary);
    bench_stream(writer, since, events, &folder.join("trace.bin"));
    true
}
