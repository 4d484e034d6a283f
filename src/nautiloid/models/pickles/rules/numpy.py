"""Arrays of NumPy."""

from __future__ import annotations

from nautiloid.models.pickles import checks
from nautiloid.models.pickles.checks import Call
from nautiloid.models.pickles.rules.rule import Rule, Rules

_NUMPY = ("numpy.core", "numpy._core")
_NUMPY_SCALARS = ("bool_", "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16",
                  "float32", "float64", "longdouble", "complex64", "complex128", "str_", "bytes_", "intc", "longlong",
                  "ulonglong", "datetime64", "timedelta64")  # fmt: skip
_BIT_GENERATOR = checks.named(
    "numpy.random._mt19937.MT19937", "numpy.random._pcg64.PCG64", "numpy.random._philox.Philox",
    "numpy.random._sfc64.SFC64",
)  # fmt: skip


def numpy_rules() -> Rules:
    """Yield what may be done with arrays of NumPy, alone or as joblib writes them.

    Sources: NumPy's ``__reduce__`` methods and joblib's ``numpy_pickle.py``.
    """
    array = Call((checks.named("numpy.ndarray", "numpy.matrix"), checks.numbers, checks.octets_or_text))
    for prefix in _NUMPY:
        yield (f"{prefix}._internal", "_reconstruct"), Rule((array,), checks.data, function=True)
        yield (f"{prefix}.multiarray", "_reconstruct"), Rule((array,), checks.data, function=True)
        scalar = Call((checks.number_type, checks.octets_or_text))
        yield (f"{prefix}.multiarray", "scalar"), Rule((scalar,), function=True)
        plain = Call((checks.octets, checks.number_type, checks.numbers, checks.text))
        yield (f"{prefix}.numeric", "_frombuffer"), Rule((plain,), function=True)
    yield ("numpy", "ndarray"), Rule()
    yield ("numpy", "dtype"), Rule((Call((checks.scalar_type, checks.whole, checks.whole), 2),), checks.data)
    for name in _NUMPY_SCALARS:
        yield ("numpy", name), Rule()
    source = checks.either(checks.text, checks.made_by("__bit_generator_ctor"), _BIT_GENERATOR)
    for name in ("__randomstate_ctor", "__generator_ctor", "__bit_generator_ctor"):
        call = Call((source, checks.named("numpy.random._pickle.__bit_generator_ctor")), 2)
        yield ("numpy.random._pickle", name), Rule((call,), checks.data, function=True)
    for module, name in (("_mt19937", "MT19937"), ("_pcg64", "PCG64"), ("_philox", "Philox"), ("_sfc64", "SFC64")):
        yield (f"numpy.random.{module}", name), Rule()
    yield ("joblib.numpy_pickle", "NumpyArrayWrapper"), Rule((Call(),), checks.a_dict, special="joblib")
    seed = Call((checks.named("numpy.random.bit_generator.SeedSequence"), checks.whole, checks.data))
    yield ("numpy.random.bit_generator", "SeedSequence"), Rule()
    yield ("numpy.random.bit_generator", "__pyx_unpickle_SeedSequence"), Rule((seed,), checks.data, function=True)
