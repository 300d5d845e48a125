# Modules: include, extend, prepend, module_function, hooks, super through them, refinements, constants.
module Loud
  def speak(*words)
    super(*words.map(&:upcase))
  end
end

module Polite
  def self.included(base)
    base.extend(ClassMethods)
    base.instance_variable_set(:@polite, true)
  end

  module ClassMethods
    def polite? = @polite
  end

  def speak(*words)
    super(*words, "please")
  end
end

module Counted
  attr_reader :count

  def speak(*)
    @count = (@count || 0) + 1
    super
  end
end

class Base
  def self.inherited(child)
    super
    (@children ||= []) << child.name
  end

  class << self
    attr_reader :children
  end

  def speak(*words)
    words.join(" ")
  end
end

class Speaker < Base
  include Polite
  prepend Counted

  def speak(*words)
    super(*words, "now")
  end
end

module Tools
  module_function

  def helper(n)
    n + 1
  end

  VERSION = "1.0"

  module Deep
    VERSION = "2.0"

    def self.versions = [VERSION, Tools::VERSION]
  end
end

module Shouting
  refine String do
    def shout
      upcase + "!"
    end

    def length
      super + 100
    end
  end
end

using Shouting

speaker = Speaker.new
p speaker.speak("hello"), speaker.count, Speaker.polite?
speaker.extend(Loud)
p speaker.speak("again"), speaker.count
p Base.children, Tools.helper(1), Tools::Deep.versions
p "abc".shout, "abc".length
p Speaker.ancestors.first(4), speaker.singleton_class.include?(Loud), speaker.is_a?(Polite)

module Registry
  def self.extended(base)
    base.define_singleton_method(:registered) { |*names| (@names ||= []).concat(names) }
  end

  def method_added(name)
    (@added ||= []) << name
    super
  end
end

class Watched
  extend Registry
  registered :a, :b

  def one = 1
  def two = one + 1
end
p Watched.registered(:c), Watched.instance_variable_get(:@added), Watched.new.two
p Comparable.instance_of?(Module), Module.new { def self.x = 5 }.x
begin
  Missing::Name
rescue NameError => e
  p e.name
end

class Object
  def self.const_missing(name) = name == :Magic ? 42 : super
end
p Magic
