"""Classes whose instances are made empty and given their attributes, whose values are data again.

Most are listed in a file beside this one: the modules of PyTorch and the estimators of scikit-learn. What they call
when they are used are methods of their own classes; another function could only come from the pickle, which may hold
none.
"""

from __future__ import annotations

from importlib.resources import files

from nautiloid.models.pickles import checks
from nautiloid.models.pickles.checks import Call
from nautiloid.models.pickles.rules.rule import Rule, Rules

_DISTANCES = ("Euclidean", "SEuclidean", "Manhattan", "Chebyshev", "Minkowski", "Mahalanobis", "Hamming", "Canberra",
              "BrayCurtis", "Jaccard", "Dice", "Haversine")  # fmt: skip
_LOSSES = ("AbsoluteError", "ExponentialLoss", "HalfBinomialLoss", "HalfGammaLoss", "HalfMultinomialLoss",
           "HalfPoissonLoss", "HalfSquaredError", "HalfTweedieLoss", "HalfTweedieLossIdentity", "HuberLoss",
           "PinballLoss")  # fmt: skip
_PARTS = ("_loss.link Interval", "_loss.link IdentityLink", "_loss.link LogLink", "_loss.link LogitLink",
          "_loss.link HalfLogitLink", "_loss.link MultinomialLogit", "utils._bunch Bunch",
    "neural_network._stochastic_optimizers AdamOptimizer", "neural_network._stochastic_optimizers SGDOptimizer",
          "ensemble._hist_gradient_boosting.binning _BinMapper",
          "ensemble._hist_gradient_boosting.predictor TreePredictor")  # fmt: skip


def instance_rules() -> Rules:
    """Yield what may be done with classes of models, and with parts of them."""
    bare = Rule((Call(),), checks.a_dict)
    yield ("argparse", "Namespace"), bare
    yield ("types", "SimpleNamespace"), bare
    for line in files("nautiloid.models.pickles.rules").joinpath("instances.txt").read_text("utf-8").splitlines():
        module, _, name = line.partition(" ")
        if module and not module.startswith("#"):
            yield (module, name), bare
    yield from _scikit_learn(bare)


def _scikit_learn(bare: Rule) -> Rules:
    for part in _PARTS:
        module, _, name = part.partition(" ")
        yield (f"sklearn.{module}", name), Rule(bare.calls, bare.state, "dict" if name == "Bunch" else "")
    for name in _LOSSES:
        yield ("sklearn._loss.loss", name), bare
        yield ("sklearn._loss._loss", f"Cy{name}"), Rule((Call((checks.number,), 1),), checks.data)
    count = checks.either(checks.whole, checks.made_by("scalar"))
    sizes = Call((count, checks.made_by("_reconstruct", "NumpyArrayWrapper", "_frombuffer"), count))
    yield ("sklearn.tree._tree", "Tree"), Rule((sizes,), checks.a_dict)
    for kind in ("kd", "ball"):
        for width in ("", "32", "64"):
            name = f"{'KD' if kind == 'kd' else 'Ball'}Tree{width}"
            yield (f"sklearn.neighbors._{kind}_tree", name), Rule()
        trees = checks.named(*(f"sklearn.neighbors._{kind}_tree.{'KD' if kind == 'kd' else 'Ball'}Tree{width}"
                               for width in ("", "32", "64")))  # fmt: skip
        yield (f"sklearn.neighbors._{kind}_tree", "newObj"), Rule((Call((trees,)),), checks.data, function=True)
    names = [f"{name}Distance{width}" for name in _DISTANCES for width in ("", "32", "64")]
    for name in names:
        yield ("sklearn.metrics._dist_metrics", name), Rule()
    metrics = checks.named(*(f"sklearn.metrics._dist_metrics.{name}" for name in names))
    yield ("sklearn.metrics._dist_metrics", "newObj"), Rule((Call((metrics,)),), checks.data, function=True)
