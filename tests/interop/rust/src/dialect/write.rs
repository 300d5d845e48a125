// Included into each dialect's module: writes traces that hold everything that the crate can write.

type Writer = NonStreamingTraceWriter;

/// The crate's writer of JSON.
fn json_writer(program: &str, arguments: &[String]) -> Writer {
    let mut writer = NonStreamingTraceWriter::new(program, arguments);
    writer.set_format(TraceEventsFileFormat::Json);
    writer
}

/// One trace: the folder's name and what goes into it.
type Scenario = (&'static str, fn(&mut Writer));

const SCENARIOS: &[Scenario] = &[
    ("empty", |_| {}),
    ("start", |w| w.start(std::path::Path::new(MAIN), Line(1))),
    ("program", program),
    ("kinds", kinds),
    ("values", values),
    ("floats_finite", |w| float_values(w, &FINITE_FLOATS)),
    ("floats_special", |w| float_values(w, &[f64::NAN, -f64::NAN, f64::INFINITY, f64::NEG_INFINITY])),
    ("big_ints", big_ints),
    ("deep_lists", deep_lists),
    ("deep_others", deep_others),
    ("unicode", unicode),
    ("places", places),
    ("threads", threads),
    ("drop_last_step", drop_last_step),
    ("assignment", assignment),
];

const MAIN: &str = "/src/main.py";

const FINITE_FLOATS: [f64; 24] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.1,
    -0.5,
    2.5,
    1.0 / 3.0,
    100.0,
    123456789.0,
    1e15,
    1e16,
    1e17,
    1e21,
    1e22,
    1e100,
    1e-5,
    1e-7,
    1e-100,
    f64::MIN_POSITIVE,
    5e-324,
    f64::MAX,
    f64::MIN,
    f64::EPSILON,
];

fn int(i: i64, type_id: TypeId) -> ValueRecord {
    ValueRecord::Int { i, type_id }
}

fn text(text: &str, type_id: TypeId) -> ValueRecord {
    ValueRecord::String { text: text.to_string(), type_id }
}

/// `depth` values, each but the last inside the one before.
fn nest(depth: usize, innermost: ValueRecord, wrap: impl Fn(ValueRecord) -> ValueRecord) -> ValueRecord {
    (1..depth).fold(innermost, |value, _| wrap(value))
}

/// What a small recorder would write: calls with arguments, locals, results, output.
fn program(w: &mut Writer) {
    let path = std::path::Path::new(MAIN);
    w.start(path, Line(1));
    let integer = w.ensure_type_id(TypeKind::Int, "int");
    let double = w.ensure_function_id("double", path, Line(3));
    w.register_step(path, Line(1));
    for i in 0..3 {
        w.register_step(path, Line(2));
        w.register_variable_with_full_value("i", int(i, integer));
        let argument = w.arg("number", int(i, integer));
        w.register_call(double, vec![argument]);
        w.register_step(path, Line(4));
        w.register_variable_with_full_value("number", int(i, integer));
        w.register_return(int(2 * i, integer));
        w.register_special_event(EventLogKind::Write, &format!("{}\n", 2 * i));
    }
    w.register_asm(&["mov eax, edi".to_string(), "add eax, edi".to_string(), "ret".to_string()]);
    w.register_asm(&[]);
    w.register_step(path, Line(6));
    w.register_return(NONE_VALUE);
}

/// Every kind of type and of log event; both kinds of type information.
fn kinds(w: &mut Writer) {
    use num_traits::FromPrimitive;
    let path = std::path::Path::new(MAIN);
    w.start(path, Line(1));
    w.register_step(path, Line(1));
    for number in 0..=u8::MAX {
        if let Some(kind) = TypeKind::from_u8(number) {
            w.ensure_type_id(kind, &format!("type {number} {kind:?}"));
        }
    }
    let integer = w.ensure_type_id(TypeKind::Int, "int");
    let fields = ["x", "y"].map(|name| FieldTypeRecord { name: name.to_string(), type_id: integer });
    w.ensure_raw_type_id(TypeRecord {
        kind: TypeKind::Struct,
        lang_type: "Point".to_string(),
        specific_info: TypeSpecificInfo::Struct { fields: fields.to_vec() },
    });
    w.ensure_raw_type_id(TypeRecord {
        kind: TypeKind::Struct,
        lang_type: "Empty".to_string(),
        specific_info: TypeSpecificInfo::Struct { fields: vec![] },
    });
    w.ensure_raw_type_id(TypeRecord {
        kind: TypeKind::Pointer,
        lang_type: "*int".to_string(),
        specific_info: TypeSpecificInfo::Pointer { dereference_type_id: integer },
    });
    for number in 0..=u8::MAX {
        if let Some(kind) = EventLogKind::from_u8(number) {
            w.register_special_event(kind, &format!("log {number} {kind:?}"));
            w.add_event(TraceLowLevelEvent::Event(RecordEvent {
                kind,
                metadata: format!("about {number}"),
                content: String::new(),
            }));
        }
    }
}

/// Every kind of value, as a variable, an argument and a result.
fn values(w: &mut Writer) {
    let path = std::path::Path::new(MAIN);
    w.start(path, Line(1));
    w.register_step(path, Line(1));
    let type_id = w.ensure_type_id(TypeKind::Any, "anything");
    let function = w.ensure_function_id("take", path, Line(9));
    let child = || Box::new(int(7, type_id));
    let mut all = vec![
        int(0, type_id),
        int(i64::MAX, type_id),
        int(i64::MIN, type_id),
        ValueRecord::Float { f: 2.5, type_id },
        ValueRecord::Bool { b: true, type_id },
        ValueRecord::Bool { b: false, type_id },
        text("", type_id),
        text("text", type_id),
        ValueRecord::Sequence { elements: vec![], is_slice: false, type_id },
        ValueRecord::Sequence { elements: vec![int(1, type_id), text("two", type_id)], is_slice: true, type_id },
        ValueRecord::Tuple { elements: vec![], type_id },
        ValueRecord::Tuple { elements: vec![int(1, type_id), NONE_VALUE], type_id },
        ValueRecord::Struct { field_values: vec![], type_id },
        ValueRecord::Struct { field_values: vec![int(1, type_id), int(2, type_id)], type_id },
        ValueRecord::Variant { discriminator: "Some".to_string(), contents: child(), type_id },
        ValueRecord::Variant { discriminator: String::new(), contents: child(), type_id },
        ValueRecord::Reference { dereferenced: child(), address: 0, mutable: false, type_id },
        ValueRecord::Reference { dereferenced: child(), address: u64::MAX, mutable: true, type_id },
        ValueRecord::Raw { r: "<raw>".to_string(), type_id },
        ValueRecord::Error { msg: "went wrong".to_string(), type_id },
        ValueRecord::None { type_id },
        NONE_VALUE,
        ValueRecord::Cell { place: Place(-1) },
        ValueRecord::Cell { place: Place(i64::MAX) },
        ValueRecord::BigInt { b: vec![1], negative: false, type_id },
    ];
    all.extend(values_of_this_dialect(type_id));
    all.push(ValueRecord::Sequence { elements: all.clone(), is_slice: false, type_id });
    for value in &all {
        w.register_variable_with_full_value("value", value.clone());
    }
    for value in &all {
        let argument = w.arg("argument", value.clone());
        w.register_call(function, vec![argument]);
        w.register_return(value.clone());
    }
    let many = (0..20).map(|i| w.arg(&format!("argument {i}"), int(i, type_id))).collect();
    w.register_call(function, many);
}

fn float_values(w: &mut Writer, floats: &[f64]) {
    let path = std::path::Path::new(MAIN);
    w.start(path, Line(1));
    w.register_step(path, Line(1));
    let type_id = w.ensure_type_id(TypeKind::Float, "float");
    for &f in floats {
        w.register_variable_with_full_value("f", ValueRecord::Float { f, type_id });
    }
}

fn big_ints(w: &mut Writer) {
    let path = std::path::Path::new(MAIN);
    w.start(path, Line(1));
    w.register_step(path, Line(1));
    let type_id = w.ensure_type_id(TypeKind::Int, "int");
    let magnitudes: [Vec<u8>; 8] = [
        vec![],
        vec![0],
        vec![255],
        vec![1, 2],
        vec![1, 0, 0],
        vec![0x80, 0, 0, 0, 0, 0, 0, 0],
        (0..=255).collect(),
        vec![255; 1000],
    ];
    for b in magnitudes {
        for negative in [false, true] {
            w.register_variable_with_full_value("n", ValueRecord::BigInt { b: b.clone(), negative, type_id });
        }
    }
}

/// Lists as deep as the crate's own reader takes them: one JSON object and one array a level.
fn deep_lists(w: &mut Writer) {
    let path = std::path::Path::new(MAIN);
    w.start(path, Line(1));
    w.register_step(path, Line(1));
    let type_id = w.ensure_type_id(TypeKind::Seq, "list");
    let function = w.ensure_function_id("take", path, Line(9));
    let list = |elements| ValueRecord::Sequence { elements, is_slice: false, type_id };
    let lists = |depth| nest(depth, list(vec![]), |value| list(vec![value]));
    // register_call writes every argument as a Value too
    let argument = w.arg("deep", lists(60));
    w.register_call(function, vec![argument]);
    w.register_return(lists(61));
    let tuple = ValueRecord::Tuple { elements: vec![], type_id };
    w.register_return(nest(61, tuple, |value| ValueRecord::Tuple { elements: vec![value], type_id }));
    let record = ValueRecord::Struct { field_values: vec![], type_id };
    w.register_return(nest(61, record, |value| ValueRecord::Struct { field_values: vec![value], type_id }));
}

/// Values that nest without a list between them.
fn deep_others(w: &mut Writer) {
    let path = std::path::Path::new(MAIN);
    w.start(path, Line(1));
    w.register_step(path, Line(1));
    let type_id = w.ensure_type_id(TypeKind::Variant, "deep");
    let function = w.ensure_function_id("take", path, Line(9));
    let variant =
        |value| ValueRecord::Variant { discriminator: "Some".to_string(), contents: Box::new(value), type_id };
    let reference =
        |value| ValueRecord::Reference { dereferenced: Box::new(value), address: 1, mutable: false, type_id };
    // the innermost value is an object itself, hence one more than the limit of those that contain it
    let argument = w.arg("deep", nest(122, NONE_VALUE, variant));
    w.register_call(function, vec![argument]);
    w.register_return(nest(124, NONE_VALUE, variant));
    w.register_return(nest(124, NONE_VALUE, reference));
}

fn unicode(w: &mut Writer) {
    let path = std::path::Path::new("/src/Füße 中文/\u{1F600} \"quoted\".py");
    w.start(path, Line(1));
    w.register_step(path, Line(1));
    let controls: String = (0..32u8).map(char::from).collect();
    let texts = [
        "é",
        "中文",
        "\u{1F600}",
        "\u{7f}",
        "\u{80}",
        "\u{7ff}",
        "\u{800}",
        "\u{ffff}",
        "\u{fffd}",
        "\u{10000}",
        "\u{10ffff}",
        "\u{2028}\u{2029}",
        "\u{feff}",
        "a\"b\\c/d",
        "<>&",
        "e\u{301}",
        "\u{200d}",
        controls.as_str(),
    ];
    let type_id = w.ensure_type_id(TypeKind::String, "строка");
    for content in texts {
        w.ensure_variable_id(content);
        w.ensure_function_id(content, path, Line(2));
        w.ensure_type_id(TypeKind::Raw, content);
        w.register_variable_with_full_value(content, text(content, type_id));
        w.register_special_event(EventLogKind::Write, content);
        w.register_asm(&[content.to_string()]);
        let contents = Box::new(ValueRecord::Raw { r: content.to_string(), type_id });
        w.register_return(ValueRecord::Variant { discriminator: content.to_string(), contents, type_id });
        w.register_return(ValueRecord::Error { msg: content.to_string(), type_id });
    }
}

/// Memory that variables share.
fn places(w: &mut Writer) {
    let path = std::path::Path::new(MAIN);
    w.start(path, Line(1));
    w.register_step(path, Line(1));
    let type_id = w.ensure_type_id(TypeKind::Seq, "list");
    let cells = vec![ValueRecord::Cell { place: Place(2) }, ValueRecord::Cell { place: Place(3) }];
    w.register_variable("list", Place(1));
    w.register_compound_value(Place(1), ValueRecord::Sequence { elements: cells, is_slice: false, type_id });
    w.register_cell_value(Place(2), int(20, type_id));
    w.register_cell_value(Place(-3), int(30, type_id));
    w.assign_compound_item(Place(1), 1, Place(2));
    w.assign_compound_item(Place(i64::MIN), i64::MAX as usize, Place(i64::MAX));
    w.assign_cell(Place(2), int(21, type_id));
    w.bind_variable("alias", Place(2));
    w.drop_variable("alias");
    w.drop_variables(&["list".to_string(), "alias".to_string()]);
    w.drop_variables(&[]);
    // the old spelling of VariableName, which the writer has no function for
    w.add_event(TraceLowLevelEvent::Variable("legacy".to_string()));
}

fn threads(w: &mut Writer) {
    let path = std::path::Path::new(MAIN);
    w.start(path, Line(1));
    w.register_step(path, Line(1));
    for thread in [0, 1, u64::MAX] {
        w.add_event(TraceLowLevelEvent::ThreadStart(ThreadId(thread)));
        w.add_event(TraceLowLevelEvent::ThreadSwitch(ThreadId(thread)));
        w.register_step(path, Line(2));
        w.add_event(TraceLowLevelEvent::ThreadExit(ThreadId(thread)));
    }
}

fn drop_last_step(w: &mut Writer) {
    let path = std::path::Path::new(MAIN);
    w.start(path, Line(1));
    for line in 1..4 {
        w.register_step(path, Line(line));
    }
    w.drop_last_step();
    w.register_step(path, Line(i64::MAX));
    w.register_step(path, Line(i64::MIN));
}

/// No published crate can write this one: its own serialiser fails.
fn assignment(w: &mut Writer) {
    w.start(std::path::Path::new(MAIN), Line(1));
    w.register_step(std::path::Path::new(MAIN), Line(1));
    let from = w.compound_rvalue(&["b".to_string(), "c".to_string()]);
    w.assign("a", from, PassBy::Value);
    let from = w.simple_rvalue("b");
    w.assign("a", from, PassBy::Reference);
}

fn write(folder: &std::path::Path, fill: fn(&mut Writer)) -> Result<(), String> {
    let outcome = std::panic::catch_unwind(|| -> Result<(), Box<dyn std::error::Error>> {
        std::fs::create_dir_all(folder)?;
        let arguments = ["--flag".to_string(), "ärg".to_string()];
        let mut w = json_writer("main.py", &arguments);
        w.begin_writing_trace_metadata(&folder.join("trace_metadata.json"))?;
        w.begin_writing_trace_events(&folder.join("trace.json"))?;
        w.begin_writing_trace_paths(&folder.join("trace_paths.json"))?;
        fill(&mut w);
        w.finish_writing_trace_metadata()?;
        w.finish_writing_trace_events()?;
        w.finish_writing_trace_paths()?;
        Ok(())
    });
    match outcome {
        Ok(result) => result.map_err(|error| error.to_string()),
        Err(panic) => Err(crate::panic_text(&*panic)),
    }
}

/// The events of every scenario that can be written, through serde alone and indented.
fn write_indented(folder: &std::path::Path) -> Result<(), Box<dyn std::error::Error>> {
    std::fs::create_dir_all(folder)?;
    let mut events = vec![];
    for name in ["values", "kinds", "places", "threads"] {
        let path = folder.with_file_name(name).join("trace.json");
        events.extend(read(&path.to_string_lossy())?);
    }
    std::fs::write(folder.join("trace.json"), serde_json::to_string_pretty(&events)?)?;
    Ok(())
}

/// Writes every scenario into a folder of its own below `folder` and prints "written NAME" or
/// "not written NAME: why" for each.
pub fn write_all(folder: &str) -> bool {
    let folder = std::path::Path::new(folder);
    for (name, fill) in SCENARIOS {
        match write(&folder.join(name), *fill) {
            Ok(()) => println!("written {name}"),
            Err(why) => println!("not written {name}: {why}"),
        }
    }
    match write_indented(&folder.join("indented")) {
        Ok(()) => println!("written indented"),
        Err(why) => println!("not written indented: {why}"),
    }
    true
}
