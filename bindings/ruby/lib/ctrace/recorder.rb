require_relative "form"
require_relative "filter"

module Ctrace
  # Records what this process does from now on. There is at most one recording at a time.
  module Recorder
    # Starts to record `program` into the folder `out_dir`. Code is recorded when its file is one of `include` or lies
    # below one of these folders (default: the program's own folder) and not below one of `exclude` (default: Ruby's
    # own library, gems, and this gem). Stop with `stop`; the end of the process stops it too.
    # `form` is how the trace is stored, a key of FORMS.
    # `mode` is how events are had: :global listens to all code, :bindings does so without a look at Ruby's frames.
    # With `flight_recorder`, a number of MiB, the newest events of that size are kept in memory and written when `dump`
    # is called, at the signal USR2, and when an exception ends the program. `durable` lets each flush reach the disk.
    # A child of a fork is recorded into forks/PID below the folder. `filter` is a Filter; default: that of the project
    # which the program lies in. With `show_secrets` texts are shown that look like secrets.
    def self.start(out_dir, program: $0, args: ARGV, include: nil, exclude: outside_folders, mode: nil,
                   form: "json", flight_recorder: nil, durable: false, filter: nil, show_secrets: false)
      program = File.realpath(program)
      include ||= [File.dirname(program)]
      included = [program, *include].map { |path| real(path) }.compact
      # A program that is itself below such a folder, a gem's say, is still the program.
      excluded = exclude.map { |path| real(path) }.compact.reject { |path| below?(program, path) }
      filter ||= Filter.new(FilterFiles.chain(File.dirname(program)), secrets: !show_secrets)
      options = { mode: (mode || :global).to_sym, form: Ctrace.form_number(form), flight_recorder: flight_recorder,
                  durable: durable, filter: filter.handle, show_secrets: show_secrets }
      start_native(out_dir, program, args.to_a, included, excluded, options)
      record_output
      stop_at_exit
      self
    end

    # The folders of code that is not the program's: Ruby's library, gems, and this gem.
    def self.outside_folders
      config = RbConfig::CONFIG
      folders = config.values_at("rubylibprefix", "rubylibdir", "rubyarchdir", "sitedir", "vendordir")
      folders.concat(Gem.path, [Gem.default_dir]) if defined?(Gem)
      folders << File.expand_path("..", __dir__)
      folders.compact.reject(&:empty?).uniq
    end

    # To be called before the program begins: then only the code that is recorded is listened to, and all other code
    # costs nothing, as long as none of what is recorded was loaded before.
    def self.start_before(program, out_dir, **options)
      folder = File.dirname(File.realpath(program))
      loaded = $LOADED_FEATURES.any? { |path| below?(path, folder) }
      start(out_dir, program: program, mode: loaded ? nil : ENV["CTRACE_RUBY_MODE"] || :targeted, **options)
    end

    def self.real(path)
      File.realpath(path)
    rescue SystemCallError
      nil
    end

    def self.below?(path, folder)
      path == folder || path.start_with?("#{folder.chomp("/")}/")
    end

    private_class_method :start_native, :record_output, :stop_at_exit, :real, :below?
  end
end
