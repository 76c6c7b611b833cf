"""How a correction takes its place in moto."""

from functools import wraps


def replace(owner):
    """The decorated function becomes `owner`'s method of the same name."""

    def put_in_place(function):
        setattr(owner, function.__name__, function)
        return function

    return put_in_place


def wrap(owner):
    """The same, for a function that calls moto's own: it gets that one first."""

    def put_in_place(function):
        original = getattr(owner, function.__name__)

        @wraps(original)
        def corrected(*arguments, **named):
            return function(original, *arguments, **named)

        setattr(owner, function.__name__, corrected)
        return function

    return put_in_place
