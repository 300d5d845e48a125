require_relative "native"
require_relative "filter_files"

module Ctrace
  # Which functions are recorded and which values are shown: the rules of filter files, and those against secrets in front.
  # `paths` are files in TOML, read in their order. Without `secrets` what has the name of a secret is shown too. With
  # `replace` the value patterns of a rule replace those of the rules before it, instead of being added to them.
  class Filter
    ACTIONS = %i[allow redact drop].freeze
    KINDS = %i[local global arg ret attr].freeze

    # A file cannot be read, or does not say what a filter says.
    class Invalid < Error
      def initialize(path, message)
        super("#{path}: #{message}")
        @file = path
        @detail = message
        @status = -7
      end
    end

    attr_reader :handle

    def initialize(paths = [], secrets: true, replace: false)
      @handle = C::Filter.make(paths.map { |path| self.class.read(path) }, secrets, replace)
    end

    # Of what was read by `read`, maybe in another process.
    def self.of(sources, secrets: true, replace: false)
      allocate.tap { |filter| filter.instance_variable_set(:@handle, C::Filter.make(sources, secrets, replace)) }
    end

    # The [path, SHA-256, name, version] of each file; the builtin rules have no SHA-256.
    def sources
      handle.sources
    end

    # Whether a function is recorded, and why: [true, 'rule 2 "pkg:Shop" of …'].
    def explain(package: "main", file: "", function: "")
      handle.ask(package, file.empty? ? file : File.expand_path(file), function)
    end

    # What is shown of a value, and why: [:redact, …].
    def explain_value(kind, name, package: "main", file: "", function: "")
      action, why = handle.ask(package, file.empty? ? file : File.expand_path(file), function, KINDS.index(kind), name)
      [ACTIONS[action], why]
    end

    class << self
      # What a file says: [path, SHA-256, table].
      def read(path)
        path = File.realpath(path)
        content = File.binread(path)
        [path, digest(content), parse(path, content.delete_prefix("\xEF\xBB\xBF".b).force_encoding(Encoding::UTF_8))]
      rescue SystemCallError => e
        raise Invalid.new(path, "cannot read the trace filter: #{e.message[/\A[^@]*/].strip}")
      end

      private

      def digest(content)
        require "digest"
        Digest::SHA256.hexdigest(content)
      end

      def parse(path, text)
        raise Invalid.new(path, "the trace filter is not UTF-8") unless text.valid_encoding?

        begin
          require "tomlrb"
        rescue LoadError
          raise Invalid.new(path, "reading a trace filter needs the gem tomlrb: gem install tomlrb")
        end
        begin
          Tomlrb.parse(text)
        rescue StandardError => e
          raise Invalid.new(path, "the trace filter is not TOML: #{e.message.lines.first.to_s.strip}")
        end
      end
    end
  end
end
