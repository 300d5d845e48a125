# The message of trace.bin version 0 as a schema, for tests: what spec/bin.md says of it in words.
@0x9b3f6a51c2d84e07;

struct Number { value @0 :Int64; }
struct Unsigned { value @0 :UInt64; }
struct TextBox { text @0 :Text; }
struct TwoNumbers { first @0 :Number; second @1 :Number; }
struct NumberAndValue { number @0 :Number; value @1 :Value; }

struct Trace { events @0 :List(Event); }

struct Event {
  union {
    step @0 :TwoNumbers;                  # path, line
    path @1 :TextBox;
    variableName @2 :Text;
    variable @3 :Text;
    type @4 :Type;
    value @5 :NumberAndValue;             # variable
    function @6 :Function;
    call @7 :Call;
    return @8 :Result;
    event @9 :Log;
    asm @10 :List(Text);
    bindVariable @11 :TwoNumbers;         # variable, place
    assignment @12 :Assignment;
    dropVariables @13 :List(Number);
    compoundValue @14 :NumberAndValue;    # place
    cellValue @15 :NumberAndValue;        # place
    assignCompoundItem @16 :CompoundItem;
    assignCell @17 :NumberAndValue;       # place
    variableCell @18 :TwoNumbers;         # variable, place
    dropVariable @19 :Number;
    dropLastStep @20 :Void;
    threadStart @21 :Unsigned;
    threadExit @22 :Unsigned;
    threadSwitch @23 :Unsigned;
  }
}

struct Function { path @0 :Number; line @1 :Number; name @2 :Text; }
struct Call { function @0 :Number; args @1 :List(NumberAndValue); }
struct Result { value @0 :Value; }
struct Log { kind @0 :UInt16; content @1 :Text; metadata @2 :Text; }
struct Type { kind @0 :UInt16; name @1 :Text; info @2 :TypeInfo; }
struct Field { name @0 :Text; type @1 :Number; }
struct CompoundItem { index @0 :Int64; place @1 :Number; itemPlace @2 :Number; }
struct Assignment { passBy @0 :UInt16; to @1 :Number; from @2 :Source; }

struct TypeInfo {
  union {
    none @0 :Void;
    fields @1 :List(Field);
    target @2 :Number;
  }
}

struct Source {
  union {
    simple @0 :Number;
    compound @1 :List(Number);
    literal @2 :Void;
    fieldAccess :group { receiver @3 :Number; field @4 :Text; }
    indexAccess :group { receiver @5 :Number; index @6 :Int64; }
    functionReturn :group { callKey @7 :Int64; }
  }
}

struct Value {
  union {
    int :group { i @0 :Int64; type @1 :Number; }
    float :group { f @2 :Float64; type @3 :Number; }
    bool :group { b @4 :Bool; type @5 :Number; }
    string :group { text @6 :Text; type @7 :Number; }
    sequence :group { elements @8 :List(Value); isSlice @9 :Bool; type @10 :Number; }
    tuple :group { elements @11 :List(Value); type @12 :Number; }
    struct :group { fields @13 :List(Value); type @14 :Number; }
    variant :group { discriminator @15 :Text; contents @16 :Value; type @17 :Number; }
    reference :group { dereferenced @18 :Value; mutable @19 :Bool; type @20 :Number; address @27 :UInt64; }
    raw :group { text @21 :Text; type @22 :Number; }
    error :group { message @23 :Text; type @24 :Number; }
    none :group { type @25 :Number; }
    cell :group { place @26 :Number; }
    bigInt :group { magnitude @28 :Data; negative @29 :Bool; type @30 :Number; }
  }
}
