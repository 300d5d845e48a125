module Ctrace
  # Which filter files hold for a program.
  module FilterFiles
    NAME = ".codetracer/trace-filter.toml".freeze
    VARIABLE = "CODETRACER_TRACE_FILTER".freeze

    # Those of a program in this folder, in their order: that of the project it lies in, those of CODETRACER_TRACE_FILTER,
    # and those that are given, each of them a path or several as "A::B".
    def self.chain(folder, given = [], environment = ENV)
      paths = [nearest(folder)].compact
      paths.concat(split(environment[VARIABLE])) unless environment[VARIABLE].to_s.empty?
      given.each { |part| paths.concat(split(part)) }
      paths.map { |path| File.exist?(path) ? File.realpath(path) : File.expand_path(path) }
    end

    # The filter of the project that the folder lies in, or nil.
    def self.nearest(folder)
      folder = File.realpath(folder)
      loop do
        path = File.join(folder, NAME)
        return path if File.file?(path)
        return nil if File.dirname(folder) == folder

        folder = File.dirname(folder)
      end
    end

    # The paths of "A::B".
    def self.split(chain)
      paths = chain.split("::").reject(&:empty?)
      raise ArgumentError, "there is no path in the chain of filters #{chain.inspect}" if paths.empty?

      paths
    end
  end
end
