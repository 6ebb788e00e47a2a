"""Shapes and what can be done with them.

    An indented line stays indented.
"""
from __future__ import annotations

import os.path as osp, sys
from typing import Any, Final, NewType, TypeAlias
from . import sibling
from ..base.core import (Root as BaseRoot,
                         helper)
from .everything import *

MAX_SIDES = 12
limit: Final = 3
counter: int = 0
_cache = {}
LEFT, right = 1, 2
UserId = NewType("UserId", int)
Names: TypeAlias = list[str]
type Pair[T] = tuple[T, T]
double = lambda x, y=2: x * y

if sys.version_info >= (3, 12):
    COMPAT = True
else:
    COMPAT = False


def plain(a, b: int = MAX_SIDES, *args: str, key=None, **rest) -> list[int]:
    '''Adds \"things\".

        Indented.
    Back.
    '''
    global counter
    counter += 1
    local = helper(a)
    for index in range(b):
        local.append(index)
    with open(a) as stream, lock:
        stream.read()
    try:
        import json
        return [value for value in local if value]
    except ValueError as error:
        raise Root(error) from None
    except:
        pass


async def fetch(
    url,  # where
    timeout: float = 1.5,
):
    async with session.get(url) as reply:
        def inner(part):
            return part + url
        return inner(await reply.body())


@registry.register("polygon")
class Polygon(BaseRoot, mixins.Drawable, Generic[T], metaclass=Meta):
    """A closed line."""

    SIDES = 5
    name: str
    colour = "red"
    area = lambda self: 1

    class Corner:
        x: int = 0

        def move(self, dx, /, dy, *, fast=False):
            self.x += dx

    def __init__(self, sides: "int"):
        super().__init__(sides)
        self.sides = sides

    @property
    def size(self) -> Any:
        return self.compute().total

    @size.setter
    def size(self, value): ...

    @abstractmethod
    def draw(self):
        raise NotImplementedError

    def _private(self):
        return match_it(self)


def match_it(subject):
    match subject:
        case Polygon(sides=3) as triangle:
            return triangle
        case [first, *others] if others:
            return first
        case {"key": value}:
            return value
    return (lambda q: q)(subject)


def later():
    """TODO: write it."""


import late
