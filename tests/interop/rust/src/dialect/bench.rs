// Included into each dialect's module: writes and reads the stream of tests/bench/stream.h, event by event the same.
// Of 100 events 72 are Values, 24 Steps, 2 Calls and 2 Returns. Values are built from plain data.

const BENCH_PATH: &str = "/src/bench.py";

const BENCH_TEXTS: [&str; 8] = [
    "a",
    "apple pie",
    "the quick brown fox",
    "line\nbreak and \"quotes\"",
    "größer als nötig",
    "0123456789abcdef",
    "/usr/share/doc/readme.txt",
    "jumps over the lazy dog, twice",
];

struct Stream<'a, W: TraceWriter + ?Sized> {
    writer: &'a mut W,
    random: u32,
    values: usize,
    integer: TypeId,
    float: TypeId,
    string: TypeId,
    boolean: TypeId,
    list: TypeId,
    tuple: TypeId,
    variables: [VariableId; 6],
    function: FunctionId,
}

impl<'a, W: TraceWriter + ?Sized> Stream<'a, W> {
    fn new(writer: &'a mut W) -> Self {
        let path = std::path::Path::new(BENCH_PATH);
        TraceWriter::start(writer, path, Line(1));
        let integer = TraceWriter::ensure_type_id(writer, TypeKind::Int, "int");
        let float = TraceWriter::ensure_type_id(writer, TypeKind::Float, "float");
        let string = TraceWriter::ensure_type_id(writer, TypeKind::String, "str");
        let boolean = TraceWriter::ensure_type_id(writer, TypeKind::Bool, "bool");
        let list = TraceWriter::ensure_type_id(writer, TypeKind::Seq, "list");
        let tuple = TraceWriter::ensure_type_id(writer, TypeKind::Tuple, "tuple");
        let variables = ["i", "name", "total", "items", "flag", "result"].map(|name| TraceWriter::ensure_variable_id(writer, name));
        let function = TraceWriter::ensure_function_id(writer, "work", path, Line(10));
        Stream { writer, random: 1, values: 0, integer, float, string, boolean, list, tuple, variables, function }
    }

    fn number(&mut self) -> u32 {
        self.random = self.random.wrapping_mul(1664525).wrapping_add(1013904223);
        self.random >> 12
    }

    fn int(&mut self) -> ValueRecord {
        ValueRecord::Int { i: i64::from(self.number()) - 1000, type_id: self.integer }
    }

    fn value(&mut self) -> (VariableId, ValueRecord) {
        let k = self.values;
        self.values += 1;
        let value = match k % 8 {
            0..=3 => self.int(),
            4 => {
                let text = BENCH_TEXTS[self.number() as usize % BENCH_TEXTS.len()].to_string();
                ValueRecord::String { text, type_id: self.string }
            }
            5 => ValueRecord::Float { f: f64::from(self.number()) / 1000.0, type_id: self.float },
            6 => ValueRecord::Bool { b: self.number() % 2 == 1, type_id: self.boolean },
            _ if k % 16 == 7 => {
                let elements = (0..6).map(|_| self.int()).collect();
                ValueRecord::Sequence { elements, is_slice: false, type_id: self.list }
            }
            _ => {
                let elements = (0..4).map(|_| self.int()).collect();
                ValueRecord::Tuple { elements, type_id: self.tuple }
            }
        };
        (self.variables[k % 6], value)
    }

    fn local(&mut self) {
        let (variable, value) = self.value();
        TraceWriter::register_full_value(self.writer, variable, value);
    }

    fn step(&mut self, line: i64) {
        TraceWriter::register_step(self.writer, std::path::Path::new(BENCH_PATH), Line(line));
        for _ in 0..3 {
            self.local();
        }
    }

    /// 50 events.
    fn block(&mut self) {
        for line in 0..10 {
            self.step(20 + line);
        }
        // the writer adds the argument as a Value and the entry step
        let (variable_id, value) = self.value();
        TraceWriter::register_call(self.writer, self.function, vec![FullValueRecord { variable_id, value }]);
        self.local();
        self.local();
        self.step(11);
        let result = self.int();
        TraceWriter::register_return(self.writer, result);
    }
}

/// Writes the stream and its sidecars and tells what it cost, from making the writer to the last file. That the writer's
/// memory is freed afterwards is not counted.
fn bench_stream<W: TraceWriter + ?Sized>(mut writer: Box<W>, since: crate::clock::Times, events: usize, file: &std::path::Path) {
    TraceWriter::begin_writing_trace_metadata(&mut *writer, &file.with_file_name("trace_metadata.json")).expect("metadata");
    writer.begin_writing_trace_events(file).expect("events");
    TraceWriter::begin_writing_trace_paths(&mut *writer, &file.with_file_name("trace_paths.json")).expect("paths");
    let mut stream = Stream::new(&mut *writer);
    for _ in 0..events.div_ceil(50) {
        stream.block();
    }
    TraceWriter::finish_writing_trace_metadata(&mut *writer).expect("metadata");
    writer.finish_writing_trace_events().expect("events");
    TraceWriter::finish_writing_trace_paths(&mut *writer).expect("paths");
    let spent = since.spent();
    let bytes = std::fs::metadata(file).expect("the file is there").len();
    crate::clock::report(events.div_ceil(50) * 50, spent, bytes);
}

pub fn bench_write(events: usize, folder: &str) -> bool {
    let folder = std::path::Path::new(folder);
    std::fs::create_dir_all(folder).expect("the folder can be made");
    let since = crate::clock::now();
    bench_stream(Box::new(json_writer("bench.py", &[])), since, events, &folder.join("trace.json"));
    true
}

pub fn bench_read(path: &str) -> bool {
    let bytes = std::fs::metadata(path).expect("the file is there").len();
    let since = crate::clock::now();
    let events = match read(path) {
        Ok(events) => events,
        Err(why) => {
            println!("refused {path}: {why}");
            return false;
        }
    };
    let steps = events.iter().filter(|event| matches!(event, TraceLowLevelEvent::Step(_))).count();
    assert!(steps > 0);
    let count = events.len();
    drop(events);
    crate::clock::report(count, since.spent(), bytes);
    true
}
