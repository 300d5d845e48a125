# Metaclasses, __init_subclass__, __set_name__, descriptors, __class_getitem__, __getattr__, __new__, abstract classes.
from abc import ABC, abstractmethod


class Meta(type):
    def __new__(mcs, name, bases, namespace, **options):
        cls = super().__new__(mcs, name, bases, namespace)
        cls.options = options
        return cls

    def __init__(cls, name, bases, namespace, **options):
        super().__init__(name, bases, namespace)
        cls.fields = [key for key, value in namespace.items() if isinstance(value, Field)]

    def __call__(cls, *args):
        instance = super().__call__(*args)
        instance.ready = True
        return instance

    def __len__(cls):
        return len(cls.fields)

    @classmethod
    def __prepare__(mcs, name, bases, **options):
        return {"prepared": name}


class Field:
    def __init__(self, default=None):
        self.default = default

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, instance, owner):
        if instance is None:
            return self
        return instance.__dict__.get(self.name, self.default)

    def __set__(self, instance, value):
        instance.__dict__[self.name] = value


class Model(metaclass=Meta, table="models"):
    a = Field(1)
    b = Field()

    def __init__(self, *values):
        for name, value in zip(type(self).fields, values):
            setattr(self, name, value)


class Plugin:
    known = []

    def __init_subclass__(cls, /, label=None, **kwargs):
        super().__init_subclass__(**kwargs)
        Plugin.known.append((cls.__name__, label))

    def __class_getitem__(cls, item):
        return f"{cls.__name__}[{item}]"


class One(Plugin, label="first"):
    pass


class Two(One):
    pass


class Single:
    made = None

    def __new__(cls, *args):
        if cls.made is None:
            cls.made = super().__new__(cls)
        return cls.made

    def __init__(self, value):
        self.value = value


class Lazy:
    def __getattr__(self, name):
        if name.startswith("no"):
            raise AttributeError(name)
        value = name.upper()
        setattr(self, name, value)
        return value

    def __setattr__(self, name, value):
        object.__setattr__(self, name, value + "!")

    def __delattr__(self, name):
        object.__delattr__(self, name)


class Abstract(ABC):
    @abstractmethod
    def do(self):
        ...

    @property
    def doubled(self):
        return self.do() * 2


class Concrete(Abstract):
    def do(self):
        return 21


model = Model(5)
print(model.a, model.b, model.ready, len(Model), Model.options, Model.prepared)
model.b = [1]
print(model.b, Model.a.default)
print(Plugin.known, Plugin[3], Two["x"])
first, second = Single(1), Single(2)
print(first is second, first.value)
lazy = Lazy()
print(lazy.abc, lazy.abc, hasattr(lazy, "nothing"))
del lazy.abc
try:
    Abstract()
except TypeError:
    print("abstract")
print(Concrete().doubled)
Dynamic = type("Dynamic", (Model,), {"c": Field(9)})
print(Dynamic(7).c, Dynamic.fields)
