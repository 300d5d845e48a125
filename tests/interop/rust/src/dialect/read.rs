// Included into each dialect's module: reads files with the crate's own reader.

fn read(path: &str) -> Result<Vec<TraceLowLevelEvent>, String> {
    let path = std::path::Path::new(path);
    // The crates tell the form of a file by its suffix, as their callers do.
    let binary = path.extension().is_some_and(|suffix| suffix == "bin");
    let outcome = std::panic::catch_unwind(|| {
        let format = if binary { ReaderFormat::Binary } else { ReaderFormat::Json };
        create_trace_reader(format).load_trace_events(path).map_err(|error| error.to_string())
    });
    outcome.unwrap_or_else(|panic| Err(crate::panic_text(&*panic)))
}

/// The event as the crate itself spells it. It cannot spell an Assignment, though it can read one;
/// that is given in the form of the newest crates.
fn spell(event: &TraceLowLevelEvent) -> String {
    if let TraceLowLevelEvent::Assignment(assignment) = event {
        let from = match &assignment.from {
            RValue::Simple(id) => serde_json::json!({"kind": "Simple", "data": id}),
            RValue::Compound(ids) => serde_json::json!({"kind": "Compound", "data": ids}),
        };
        let pass_by = &assignment.pass_by;
        return serde_json::json!({"Assignment": {"to": assignment.to, "pass_by": pass_by, "from": from}}).to_string();
    }
    serde_json::to_string(event).expect("every other event can be spelled")
}

/// Prints the events of each file, one a line, or with `summary` one line a file: "accepted 12 FILE".
/// A file that the crate refuses gives the line "refused FILE: why". False when there was one.
pub fn read_all(paths: &[String], summary: bool) -> bool {
    use std::io::Write;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut fine = true;
    for path in paths {
        let outcome = match read(path) {
            Ok(events) if summary => writeln!(out, "accepted {} {path}", events.len()),
            Ok(events) => events.iter().try_for_each(|event| writeln!(out, "{}", spell(event))),
            Err(why) => {
                fine = false;
                writeln!(out, "refused {path}: {}", why.replace('\n', " "))
            }
        };
        outcome.expect("standard output can be written");
    }
    fine
}
