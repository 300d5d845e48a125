# needs 3.2
# Data, anonymous arguments passed on.
Coordinate = Data.define(:lat, :lon) do
  def +(other) = with(lat: lat + other.lat, lon: lon + other.lon)
end

def inner(*args, **options) = [args, options]
def passes(*, **) = inner(*, **)

here = Coordinate.new(lat: 1, lon: 2)
there = here + Coordinate.new(3, 4)
p here, there, passes(1, a: 2)
case there
in { lat:, lon: }
  p lat, lon
end
begin
  here.instance_variable_set(:@lat, 5)
rescue FrozenError => e
  p e.class
end
