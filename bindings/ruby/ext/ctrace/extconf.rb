# Makes the Makefile of the one extension: libctrace's sources, the generated wrapper and the recorder in one object.
# In the gem libctrace's sources lie in ./libctrace; in the work tree they are found in the project itself.
require "mkmf"

root = [File.join(__dir__, "libctrace"), File.expand_path("../../../..", __dir__)].find do |folder|
  File.file?(File.join(folder, "include/ctrace/ctrace.h"))
end
abort "libctrace's sources are missing" unless root
wrapper = with_config("wrapper", File.join(__dir__, "ctrace_wrap.c"))
abort "the generated wrapper #{wrapper} is missing" unless File.file?(wrapper)

unless have_header("zstd.h") && have_library("zstd", "ZSTD_versionNumber")
  abort "zstd is missing: install its library with headers (Debian: libzstd-dev, Fedora: libzstd-devel, Homebrew: zstd)"
end

$CFLAGS << " -fvisibility=hidden"
$CPPFLAGS << " -D_GNU_SOURCE -I#{root}/lib -I#{root}/include -I#{__dir__} -I."

have_func("rb_class_attached_object", "ruby.h")

# Up to Ruby 3.2 the header of the just-in-time compiler tells what a frame looks like.
internal = File.join(RbConfig::CONFIG["rubyarchhdrdir"], "rb_mjit_min_header-#{RUBY_VERSION}.h")
direct = RUBY_VERSION < "3.2" && File.file?(internal) &&
         xsystem("#{RbConfig::MAKEFILE_CONFIG["CC"]} -w -fsyntax-only -x c #{internal}")
message("reading frames directly... #{direct ? "yes" : "no"}\n")
config = direct ? ["#define CTRB_INTERNAL_HEADER \"#{internal}\"", "#define CTRB_INTERNAL_VERSION \"#{RUBY_VERSION}\""] : []
config = ["/* Made by extconf.rb. */", *config, ""].join("\n")
File.write("ctrb_config.h", config) unless File.file?("ctrb_config.h") && File.read("ctrb_config.h") == config

# Nothing of libctrace is seen from outside, so that another copy in the process does no harm.
if RUBY_PLATFORM.include?("linux")
  File.write("ctrace_ext.map", "{ global: Init_ctrace_ext; local: *; };\n")
  $DLDFLAGS << " -Wl,--version-script=#{File.expand_path("ctrace_ext.map")}"
end

# Several folders have files of one name, so each object is named by its whole path.
sources = Dir.glob("#{root}/lib/**/*.c").sort.to_h do |path|
  ["lib_#{path.delete_prefix("#{root}/lib/").delete_suffix(".c").tr("/", "_")}.o", path]
end
Dir.glob("#{__dir__}/*.c").sort.each { |path| sources["#{File.basename(path, ".c")}.o"] = path }
sources["ctrace_wrap.o"] = wrapper
$objs = sources.keys
$distcleanfiles << "ctrb_config.h" << "ctrace_ext.map"

create_makefile("ctrace/ctrace_ext")

public_headers = Dir.glob("#{root}/include/**/*.h")
headers = {
  true => public_headers + Dir.glob("#{root}/lib/**/*.{h,def}"),
  false => public_headers + Dir.glob("#{__dir__}/*.h") + ["ctrb_config.h"],
}
generated = %w[frame.o ctrace_wrap.o] # of others' making: their warnings are not ours
File.open("Makefile", "a") do |makefile|
  sources.each do |object, source|
    makefile.puts "#{object}: #{source} #{headers[object.start_with?("lib_")].sort.join(" ")}", "\t$(ECHO) compiling #{source}",
                  "\t$(Q) $(CC) $(INCFLAGS) $(CPPFLAGS) $(CFLAGS) $(COUTFLAG)$@ -c #{source}#{" -w -Wno-incompatible-pointer-types" if generated.include?(object)}"
  end
end
