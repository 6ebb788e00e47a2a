"""What can be had from a file that does not parse."""


def before(a):
    """Stands."""
    return a


class Broken(Base:
    limit = 3

    def method(self, x):
        return helper(x

    def second(self):
        return 2


def after():
    """Stands too."""
    return before(1)
