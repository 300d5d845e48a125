// Included into each dialect's module: writes trace.bin of version 0, packed Cap'n Proto.

fn v0_writer(program: &str) -> Writer {
    let mut writer = NonStreamingTraceWriter::new(program, &[]);
    writer.set_format(TraceEventsFileFormat::BinaryV0);
    writer
}

/// Every crate's V0 writer panics on these, though all their readers take them.
fn has_big_int(event: &TraceLowLevelEvent) -> bool {
    !matches!(event, TraceLowLevelEvent::Assignment(_)) && spell(event).contains("\"kind\":\"BigInt\"")
}

fn finish_v0(writer: &mut Writer, file: &std::path::Path) -> Result<(), Box<dyn std::error::Error>> {
    writer.begin_writing_trace_events(file)?;
    writer.finish_writing_trace_events()?;
    Ok(())
}

fn write_v0(folder: &std::path::Path, fill: fn(&mut Writer)) -> Result<(), String> {
    let outcome = std::panic::catch_unwind(|| -> Result<(), Box<dyn std::error::Error>> {
        std::fs::create_dir_all(folder)?;
        let mut writer = v0_writer("main.py");
        fill(&mut writer);
        writer.events.retain(|event| !has_big_int(event));
        let lines: Vec<String> = writer.events.iter().map(spell).collect();
        std::fs::write(folder.join("events.jsonl"), lines.iter().map(|line| line.clone() + "\n").collect::<String>())?;
        finish_v0(&mut writer, &folder.join("trace.bin"))
    });
    match outcome {
        Ok(result) => result.map_err(|error| error.to_string()),
        Err(panic) => Err(crate::panic_text(&*panic)),
    }
}

/// Writes every scenario but its BigInts into NAME/trace.bin below `folder`, and beside it the same events as JSON lines.
pub fn write_all_v0(folder: &str) -> bool {
    let folder = std::path::Path::new(folder);
    for (name, fill) in SCENARIOS {
        match write_v0(&folder.join(name), *fill) {
            Ok(()) => println!("written {name}"),
            Err(why) => println!("not written {name}: {why}"),
        }
    }
    true
}

/// As bench_write(), into trace.bin of version 0.
pub fn bench_write_v0(events: usize, folder: &str) -> bool {
    let folder = std::path::Path::new(folder);
    std::fs::create_dir_all(folder).expect("the folder can be made");
    let since = crate::clock::now();
    bench_stream(Box::new(v0_writer("bench.py")), since, events, &folder.join("trace.bin"));
    true
}
