"""Models that deceive, made on the spot, and honest ones: by the class of trick, each of which some scanner has missed.

Nothing here is ever loaded; the command in the payloads is ``true``.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import pickle
import struct
import tarfile
import zipfile
import zlib
from collections import OrderedDict
from functools import cache

CALL = b"cos\nsystem\n(S'true'\ntR."


class Hostile:
    """Runs a command when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (os.system, ("true",))


def called(module: str, name: str, *args: object) -> bytes:
    """Return a pickle of protocol 4 that calls one global."""
    inner = b"".join(pickle.dumps(arg, 2)[2:-1] for arg in args)
    return b"\x80\x04" + _text(module) + _text(name) + b"\x93(" + inner + b"tR."


def _text(text: str) -> bytes:
    return b"\x8c" + bytes([len(text)]) + text.encode()


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def tarred(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def npy(descr: str, content: bytes, shape: str = "(1,)") -> bytes:
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + content


def safetensors(header: object, content: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + content


def keras(layer: dict[str, object]) -> bytes:
    config = {"module": "keras", "class_name": "Sequential", "config": {"layers": [layer]}, "registered_name": None}
    return zipped({"config.json": json.dumps(config).encode(), "metadata.json": b"{}"})


def field(number: int, value: bytes | int) -> bytes:
    """Return a field of a protocol buffer; lengths and numbers below 128, or longer by two bytes."""
    if isinstance(value, int):
        return bytes([number << 3 & 0x7F | (0x80 if number > 15 else 0)]) + (
            bytes([number >> 4]) if number > 15 else b"") + bytes([value])  # fmt: skip
    key = number << 3 | 2
    return _varint(key) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    found = b""
    while value > 0x7F:
        found += bytes([value & 0x7F | 0x80])
        value >>= 7
    return found + bytes([value])


def onnx(node: bytes = b"", tensor: bytes = b"") -> bytes:
    graph = (field(1, node) if node else b"") + field(2, b"g") + (field(5, tensor) if tensor else b"")
    return field(1, 8) + field(2, b"x") + field(7, graph) + field(8, field(2, 17))


def gguf(template: str) -> bytes:
    name, text = b"tokenizer.chat_template", template.encode()
    note = struct.pack("<Q", len(name)) + name + struct.pack("<IQ", 8, len(text)) + text
    return b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + note


def saved_model(operator: str) -> bytes:
    node = field(1, b"n") + field(2, operator.encode())
    return field(1, 1) + field(2, field(2, field(1, node)))


def _checkpoint(payload: bytes, **more: bytes) -> dict[str, bytes]:
    return {"archive/data.pkl": payload, "archive/version": b"3\n", **more}


def _flagged(content: bytes) -> bytes:
    """Set the encryption flag in every header: PyTorch's reader ignores it."""
    content = content.replace(b"PK\x03\x04\x14\x00\x00\x00", b"PK\x03\x04\x14\x00\x01\x00")
    return content.replace(b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01\x00")


def _bad_sum(content: bytes) -> bytes:
    at = content.index(b"PK\x01\x02") + 16
    return content[:at] + b"\xde\xad\xbe\xef" + content[at + 4 :]


def _renamed(content: bytes) -> bytes:
    """Name a member otherwise in its own header than in the directory."""
    return content.replace(b"archive/data.pkl", b"archive/data.txt", 1)


@cache
def malicious() -> dict[str, bytes]:
    """Return files that run code, or deceive whoever trusts them, by name."""
    hostile = pickle.dumps(Hostile(), 4)
    header = {"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}
    found = {f"protocol-{number}.pkl": pickle.dumps([Hostile()], number) for number in range(6)}
    found.update(
        {
            # Names that lists of the forbidden lack.
            "importlib.pkl": called("importlib", "import_module", "os"),
            "pip.pkl": called("pip", "main", ["install", "x"]),
            "timeit.pkl": called("timeit", "timeit", "1"),
            "profile.pkl": called("cProfile", "run", "1"),
            "idlelib.pkl": called("idlelib.autocomplete", "AutoComplete.get_entity", "1"),
            "torch-dynamo.pkl": called("torch._dynamo.guards", "GuardBuilder.get", "1"),
            "torch-config.pkl": called("torch.utils._config_module", "ConfigModule.load_config", b"x"),
            "numpy-testing.pkl": called("numpy.testing._private.utils", "runstring", "1", {}),
            "mailcap.pkl": called("mailcap", "findmatch", {}, "a"),
            "ensurepip.pkl": called("ensurepip", "_run_pip", ["x"]),
            "lib2to3.pkl": called("lib2to3.pgen2.pgen", "ParserGenerator.make_label", "1"),
            "marshal.pkl": called("marshal", "loads", b"x"),
            "submodule.pkl": called("asyncio.unix_events", "_UnixSubprocessTransport._start", "1"),
            "write-file.pkl": called("distutils.file_util", "write_file", "/x", []),
            "doctest.pkl": called("doctest", "debug_script", "1"),
            "hidden-by-encode.pkl": called("_codecs", "encode", "bf", "rot13"),
            "nested.pkl": called("torch.storage", "_load_from_bytes", hostile),
            "numpy-dtype.pkl": called("numpy", "load", "x.npy"),
            "resource.pkl": called("my.own.module", "Loader", 1),
            # Tricks of the machine.
            "memo.pkl":
                b"\x80\x04" + _text("os") + b"q\x00" + _text("system") + b"q\x01" + _text("torch._utils") + b"\x94"
            + _text("_rebuild_tensor_v2") + b"\x94" + b"0000h\x00h\x01\x93" + _text("true") + b"\x85R.",
            "extension.pkl": b"\x80\x02\x82\x05)R.",
            "duplicate.pkl": b"\x80\x04" + _text("os") + b"2\x93.",
            "stack.pkl":
                b"\x80\x04" + _text("os") + _text("a") + b"0" + _text("system") + b"\x93" + _text("true") + b"\x85R.",
            "not-ascii.pkl": "c\N{LATIN SMALL LETTER E WITH ACUTE}t\u00e9\nrun\n)R.".encode(),
            "object.pkl": b"(cos\nsystem\nS'true'\no.",
            "instance.pkl": b"(S'true'\nios\nsystem\n.",
            "build-on-class.pkl":
                b"\x80\x02ccollections\nOrderedDict\nN}X\x01\x00\x00\x00ak\x01s\x86b.".replace(b"k\x01", b"K\x01"),
            "setstate.pkl":
                b"\x80\x02cargparse\nNamespace\n)\x81}X\x0c\x00\x00\x00__setstate__cbuiltins\neval\nsbX\x01\x00\x00\x001b.",
            "factory.pkl": called("collections", "defaultdict") [:-3] + b"cos\nsystem\ntR.",
            "kept-function.pkl": b"\x80\x02]ctorch.storage\n_load_from_bytes\na.",
            "persistent.pkl": b"\x80\x02X\x01\x00\x00\x00xQ.",
            # Streams.
            "no-header.dat": CALL,
            "named-as-text.txt": CALL,
            "second-stream.pkl": pickle.dumps([1]) + hostile,
            "broken-at-the-end.pkl": hostile[:-1] + b"\xff",
            "after-the-error.pkl": pickle.dumps([1])[:-1] + b"\xff\xff" + hostile,
            "trailing.pkl": pickle.dumps({"a": 1}) + b"\xff\xffnothing",
            "frame.pkl": hostile[:2] + b"\x95" + struct.pack("<Q", 1 << 40) + hostile[2:],
            "gzip.bin": gzip.compress(hostile, mtime=0),
            "bzip2.joblib": bz2.compress(hostile),
            "xz.joblib": lzma.compress(hostile),
            "zlib.joblib": zlib.compress(hostile),
            "twice.bin": gzip.compress(gzip.compress(hostile, mtime=0), mtime=0),
            "damaged.gz": gzip.compress(hostile * 50, mtime=0)[:-12],
            # Archives.
            "checkpoint.pt": zipped(_checkpoint(hostile)),
            "other-name.pt": zipped(_checkpoint(pickle.dumps({}), **{"archive/weights.txt": hostile})),
            "deflated.pt": zipped(_checkpoint(hostile), zipfile.ZIP_DEFLATED),
            "flags.pt": _flagged(zipped(_checkpoint(hostile))),
            "checksum.pt": _bad_sum(zipped(_checkpoint(hostile))),
            "renamed.pt": _renamed(zipped(_checkpoint(hostile))),
            "no-directory.pt": zipped(_checkpoint(hostile))[:-40],
            "zip-in-zip.zip": zipped({"a/inner.dat": zipped(_checkpoint(hostile))}),
            "behind-a-pickle.pt": pickle.dumps({}) + zipped(_checkpoint(hostile)),
            "old.tar": tarred({"pickle": hostile, "storages": pickle.dumps(0), "tensors": pickle.dumps(0)}),
            "escape.nemo":
                tarred({"../../x": b"y", "model_config.yaml": b"a: 1", "model_weights.ckpt": pickle.dumps({})}),
            "weights.nemo": gzip.compress(tarred({"model_config.yaml": b"", "model_weights.ckpt": hostile}), mtime=0),
            "served.mar": zipped({"MAR-INF/MANIFEST.json": b'{"model": {"handler": "h.py"}}', "h.py": b"import os"}),
            "seven.7z": b"7z\xbc\xaf\x27\x1c\0\x04" + b"\0" * 40,
            "native.pt2": zipped({"m/archive_format": b"pt2", "m/data/aotinductor/m.so": b"\x7fELF" + b"\0" * 80}),
            "evaluated.pt2": zipped({"archive_format": b"pt2", "models/m.json": b'{"expr_str": "__import__(\'os\')"}'}),
            "script.pt": zipped({"s/data.pkl": pickle.dumps([]), "s/constants.pkl": pickle.dumps(()),
                                 "s/code/m.py": b"def f(self):\n  return torch.from_file('/etc/passwd')\n"}),
            # Arrays.
            "object.npy": npy("'|O'", hostile), "words.npy": npy("'object'", hostile),
            "width.npy": npy('"O8"', hostile),
            "fields.npy": npy("[('a', 'O')]", hostile), "spaced.npy": npy("  '|O' ", hostile),
            "second.npy": npy("'<i4'", b"\0\0\0\0") + npy("'|O'", hostile),
            "behind.npy": npy("'<i4'", b"\0\0\0\0") + hostile,
            "arrays.npz": zipped({"a.npy": npy("'|O'", hostile)}),
            # Headers that lie.
            "overlap.safetensors": safetensors({**header, "b": header["a"]}, b"\0" * 4),
            "gap.safetensors": safetensors({"a": {**header["a"], "data_offsets": [4, 8]}}, b"\0" * 8),
            "short.safetensors": safetensors(header, b"\0" * 2),
            "long.safetensors": safetensors(header, b"\0" * 4 + hostile),
            "shape.safetensors": safetensors({"a": {**header["a"], "shape": [9]}}, b"\0" * 4),
            "doubled.safetensors": safetensors(b'{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},'
                                               b'"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', b"\0"),
            "header.safetensors": struct.pack("<Q", 1 << 40) + b'{"a": 1}',
            "template.gguf": gguf("{{ ''.__class__.__mro__ }}"),
            "cut.gguf": gguf("x")[:-3],
            "external.onnx": onnx(tensor=field(13, field(1, b"location") + field(2, b"../../etc/passwd"))),
            "custom.onnx": onnx(node=field(4, b"Evil") + field(7, b"my.domain")),
            "python.onnx": onnx(node=field(4, b"PyOp") + field(7, b"ai.onnx.contrib")),
            "saved_model.pb": saved_model("PyFunc"), "read/saved_model.pb": saved_model("ReadFile"),
            "custom/saved_model.pb": saved_model("MyOwnOp"),
            "lambda.keras": keras({"module": "keras.layers", "class_name": "Lambda", "config": {}}),
            "module.keras": keras({"module": "os", "class_name": "system", "config": "true"}),
            "function.keras": keras({"module": "keras.utils", "class_name": "get_file", "config": {}}),
            "wrapper.keras": keras({"module": "keras.layers", "class_name": "TorchModuleWrapper", "config": {}}),
            "vocabulary.keras": keras({"module": "keras.layers", "class_name": "StringLookup",
                                       "config": {"vocabulary": "/etc/passwd"}}),
            "unread.h5": b"\x89HDF\r\n\x1a\n" + b"\0" * 90 + b"model_config" + b'{"class_name": "Lambda"}',
        }
    )  # fmt: skip
    return found


@cache
def benign() -> dict[str, bytes]:
    """Return honest files that need no library to be made."""
    header = {"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}, "__metadata__": {"format": "pt"}}
    data = {"weights": [1.5, 2, True, None], "name": "x", "raw": b"\xff\x00", "more": {1, 2}, "o": OrderedDict(a=1)}
    found = {f"data-{number}.pkl": pickle.dumps(data, number) for number in range(6)}
    found.update(
        {
            "numbers.npy": npy("'<i4'", b"\0\0\0\0"),
            "fields.npy": npy("[('a', '<f4', (2,)), ('b', '|S3')]", b"\0" * 11),
            "arrays.npz": zipped({"a.npy": npy("'<f8'", b"\0" * 8)}, zipfile.ZIP_DEFLATED),
            "one.safetensors": safetensors(header, b"\0" * 4),
            "chat.gguf": gguf("{% for m in messages %}{{ m['content'] }}{% endfor %}"),
            "add.onnx": onnx(node=field(4, b"Add"), tensor=field(13, field(1, b"location") + field(2, b"w.bin"))),
            "saved_model.pb": saved_model("MatMul"),
            "dense.keras": keras({"module": "keras.layers", "class_name": "Dense", "config": {"units": 1}}),
            "packed.joblib": zlib.compress(pickle.dumps(data)),
            "checkpoint.pt": zipped(_checkpoint(pickle.dumps(data))),
        }
    )
    return found
