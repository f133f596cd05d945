"""Prices: how much an edit has to say to one who knows the first network.

A new part is as dear as all that is in it; for one that goes its place is enough, and another width costs little.
"""

from dataclasses import fields

from brickwork.diffing.series import Part, Path
from brickwork.network import Concat, Gate, Layer, Named, OnChange, Residual, SideHead, walk
from brickwork.network import layers as atoms
from brickwork.network.historic import PartialConv, RadialBasis, Subsampling

ROLES: dict[type, str] = {  # layers of one role can take each other's place
    atoms.Conv: "conv",
    PartialConv: "conv",
    atoms.Linear: "dense",
    RadialBasis: "dense",
    atoms.MaxPool: "pool",
    atoms.AvgPool: "pool",
    Subsampling: "pool",
    atoms.GlobalAvgPool: "mean",
    atoms.AdaptiveAvgPool: "mean",
    atoms.BatchNorm: "norm",
    atoms.LocalResponseNorm: "norm",
    atoms.ReLU: "activation",
    atoms.Tanh: "activation",
    atoms.Sigmoid: "activation",
}
OF_ROLE = {"conv": 8, "dense": 8, "pool": 4, "mean": 4}  # to insert a layer
OF_LAYER = 2  # of any other role
OF_HOLDER: dict[type, int] = {  # without what is inside
    Concat: 4,
    Residual: 4,
    Gate: 4,
    SideHead: 4,
    Named: 2,
    OnChange: 1,
    Path: 1,
}
GONE = 1  # to delete a part, whatever is in it
FIELD = LABEL = 1  # another value of a field, another name
IDEA = 4  # what the first network has nowhere: brickwork.diffing.traits
KIND = 2  # another kind of the same role


def own_price(part: Part) -> int:
    """The price of a part to be inserted, without what is in its slots."""
    if isinstance(part, Layer):
        return OF_ROLE.get(ROLES.get(type(part), ""), OF_LAYER)
    if type(part) in OF_HOLDER:
        return OF_HOLDER[type(part)]
    layers = [inside for _, inside in walk(part) if isinstance(inside, Layer)]  # type: ignore[arg-type]
    return 1 + sum(map(own_price, layers))


def replace_price(old: Layer, new: Layer) -> int | None:
    """The price of a layer in another one's place; None where it is no replacement."""
    if type(old) is type(new):
        differing = sum(getattr(old, f.name) != getattr(new, f.name) for f in fields(old))  # type: ignore[arg-type]
        return min(FIELD * differing + 1, own_price(old))
    role = ROLES.get(type(old))
    return KIND + 1 if role and role == ROLES.get(type(new)) else None
