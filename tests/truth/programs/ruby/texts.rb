# DATA, heredocs, encodings, binary strings, formatting, frozen ones, symbols, long ones, building.
# The lines after __END__ are read through DATA.
def texts
  empty = ""
  greek = "αβγ"
  emoji = "a😀b"
  control = "tab\tnull\0 bell\a quote\" back\\ escape\e"
  long = "x" * 2500
  wide = "é" * 700
  exact = "y" * 1000
  mixed = "\u{1F600}" * 251
  [empty, greek, emoji, control, long, wide, exact, mixed].sum(&:size)
end

def raw
  binary = "\xff\x00abc".b
  invalid = "caf\xe9"
  latin = "caf\xe9".dup.force_encoding("ISO-8859-1")
  utf16 = "ab".encode("UTF-16LE")
  converted = latin.encode("UTF-8")
  [binary.size, invalid.valid_encoding?, utf16.bytesize, converted]
end

def build
  text = +""
  %w[a b c].each { |letter| text << letter }
  text.upcase!
  text.insert(1, "-")
  text[0] = "Z"
  text.sub!(/B/) { |match| match * 2 }
  text.tr("Z", "z")
end

def heredocs(name)
  plain = <<~TEXT
    Dear #{name},
      indented
    end
  TEXT
  raw = <<~'TEXT'
    no #{interpolation}
  TEXT
  two = [<<~ONE, <<~TWO]
    one
  ONE
    two
  TWO
  plain + raw + two.join
end

class Name < String
  def to_s
    puts "Name#to_s"
    "hidden"
  end

  def inspect = raise("inspect")
end

def symbols
  plain = :a
  quoted = :"with space"
  dynamic = :"made_#{plain}"
  [plain, quoted, dynamic, %i[x y], plain.to_proc.call({ a: 1 }.keys.first.to_s) ] rescue plain
end

p texts, raw, build, heredocs("Ada")
name = Name.new("Ada")
p name.size, symbols
p format("%05.1f|%-5s|%+d|%x", 3.14159, "ab", 5, 255), "a%sb" % "X", "abc"[1..], "abc".frozen?, "lit".dup.frozen?
puts DATA.read
p __FILE__ == $0, __LINE__, __dir__ == File.dirname(File.expand_path(__FILE__))
frozen = "constant".freeze
begin
  frozen << "x"
rescue FrozenError => e
  p e.class
end
p "a,b;c".split(/[,;]/), "hello world".scan(/o(.)?/), "x=1".match?(/\d/), "äöü".bytes.size, "abc".each_char.to_a, ?c
p "%s and %p" % ["str", "str"], 'single #{no}', "tab\there", "a" "b", `true`.empty?, "ab" <=> "b", "z".ord, 97.chr
__END__
first data line
second data line
