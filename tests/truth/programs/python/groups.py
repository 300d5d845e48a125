# needs 3.11
# Exception groups and notes.


def fails(kind):
    raise kind(kind.__name__.lower())


def gather(kinds):
    errors = []
    for kind in kinds:
        try:
            fails(kind)
        except Exception as error:
            error.add_note("gathered")
            errors.append(error)
    raise ExceptionGroup("several", errors)


def split(kinds):
    found = []
    try:
        gather(kinds)
    except* ValueError as group:
        found.append(("value", len(group.exceptions)))
    except* (KeyError, IndexError) as group:
        found.append(("lookup", len(group.exceptions)))
    return found


print(split([ValueError, KeyError, IndexError]))
print(split([ValueError]))
try:
    split([TypeError, ValueError])
except ExceptionGroup as rest:
    print([type(error).__name__ for error in rest.exceptions], rest.exceptions[0].__notes__)
